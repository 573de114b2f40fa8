//! The long texts of `--help`, and the headings of its lists.

pub(super) const EXIT_CODES: &str = "Exit codes: 0 done, 2 usage or configuration, 3 the requested device is unavailable, \
     4 numerical failure, 5 input or output, 6 out of memory, 130 interrupted.";

pub(super) const RUN: &str = "Run a system over time.

The system is a kind of neuron, such as `hh`, or a model file, such as `net.toml`. Arguments \
override the file. `overtime models` lists the kinds, and `overtime new` the examples of model \
files.";

pub(super) const MODELS: &str = "List the models, or describe one of them.

The list has a line for each neuron, channel, source, cell and layer, and for each receptor, \
synapse kinetics, plasticity, connectivity, distribution, sequence and stimulus of model files. \
With a name the command prints the variables, parameters and inputs with their units, defaults and \
meanings, and an example.";

pub(super) const NEW: &str = "Write an example of a model file.

Without a name the command lists the examples. With a name it writes NAME.toml, or FILE, and the \
arrays that the example reads. `overtime run` runs the file as it is.";

pub(super) const RESUME: &str = "Continue a run from a checkpoint to its end.

A checkpoint holds the state, the clock, the whole specification of the run, the rest of the \
input, and all recordings. The resumed run therefore writes the complete results. On the same kind \
of device every array is bit for bit that of an uninterrupted run. Results go to the files of the \
first run, unless arguments name others.";

pub(super) const KERNELS: &str = "List the kernels of a GPU: registers, shared memory, spills, code.

The command compiles every kernel of the program in the specialisations that differ most. A run \
compiles others for its recordings. The command needs NVRTC, and no GPU. The column DOUBLE counts \
instructions in double precision.";

pub(super) const EQUATIONS: &str = "Check equations as text, and print their step.

The command prints the variables, parameters and inputs of the text, the operations of a step after all \
passes (folding, derivatives, fused operations), their numbers, and the CUDA C text that a GPU runs. Mistakes \
are printed with their lines.

With --adjoint it prints the adjoint of the step: `adj_V` is the derivative of a loss by V after the step, `old adj_V` \
that by V before the step, and `grad_tau` the gradient by tau.";

pub(super) const PLOT: &str = "Draw a picture from a file of results, without another run.

A file has names and numbers, and no units. With --model (and --input, --dt, --out-vars, --scale, \
--scale-in-degrees where the run had them) the picture is that of `run --plot`, as far as the file has its values: \
potentials are there if --out-vars recorded them.";

/// The headings of the arguments of `run`.
pub(super) const MODEL: &str = "Model";
pub(super) const START: &str = "Start";
pub(super) const LENGTH: &str = "Time and input";
pub(super) const ENGINE: &str = "Computation";
pub(super) const RESULTS: &str = "Results";
pub(super) const CHECKPOINTS: &str = "Checkpoints";
pub(super) const PICTURE: &str = "Picture";
pub(super) const MESSAGES: &str = "Messages";
