//! The command line.

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueHint};
use overtime::{Strategy, models::Method};
use overtime_model::{Axis, Type};
use std::path::PathBuf;

/// Run a single-step dynamical system over time: neurons, recurrent cells, stacks of layers.
#[derive(Parser, Debug)]
#[command(name = "overtime", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Say more on stderr about what is done; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

const EXIT_CODES: &str = "Exit codes: 0 done, 2 usage or configuration, 3 the device asked for is unavailable, 4 numerical failure, \
     5 input or output, 6 out of memory, 130 interrupted.";

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a system over time
    Run(Box<RunArgs>),
    /// Continue a run from a checkpoint to its end
    #[command(long_about = RESUME)]
    Resume(ResumeArgs),
    /// What devices there are, and why not others
    Devices,
    /// The kernels that run on a GPU: registers, shared memory, spills, and their code
    #[command(long_about = KERNELS)]
    Kernels(KernelsArgs),
    /// Draw a picture from a file of results
    #[command(long_about = PLOT)]
    Plot(Box<PlotArgs>),
    /// What is in a state, checkpoint, weights or result file
    Inspect(InspectArgs),
    /// List the models, or describe one of them
    #[command(long_about = MODELS)]
    Models(ModelsArgs),
    /// Write an example of a model file
    #[command(long_about = NEW)]
    New(NewArgs),
}

const MODELS: &str = "List the models, or describe one of them.

The list has a line for each neuron, channel, source, cell and layer, and for each receptor, synapse kinetics, plasticity, \
connectivity, distribution, sequence and stimulus of model files. With a name the command prints the variables, parameters and \
inputs with their units, defaults and meanings, and an example.";

const NEW: &str = "Write an example of a model file.

Without a name the command lists the examples. With a name it writes NAME.toml, or FILE, and the arrays that the example reads. \
`overtime run` runs the file as it is.";

const RESUME: &str = "Continue a run from a checkpoint to its end.

A checkpoint holds the state, the clock, the whole specification of the run, the input that is still to come, and everything \
recorded so far. The resumed run therefore writes the complete results, and on the same kind of device every array in them is \
bit for bit that of a run never interrupted. Results go where the first run would have put them, unless told otherwise here.";

const KERNELS: &str = "The kernels that run on a GPU: registers, shared memory, spills, and their code.

Every kernel that the program brings is compiled, in the specialisations that differ most; runs compile others for what they \
record. NVRTC is needed, a GPU is not. DOUBLE counts instructions in double precision.";

const PLOT: &str = "Draw a picture from a file of results, without another run.

A file has names and numbers, and no units. With --model (and --input, --dt, --out-vars, --scale where the run had them) the \
picture is that of `run --plot`, as far as the file has its values: potentials are there if --out-vars recorded them.";

fn axis() -> impl TypedValueParser<Value = Axis> {
    PossibleValuesParser::new(Axis::NAMES).try_map(|name| name.parse())
}

fn dtype() -> impl TypedValueParser<Value = Type> {
    PossibleValuesParser::new(Type::NAMES).try_map(|name| name.parse())
}

#[derive(clap::Args, Debug, Default)]
pub(crate) struct RunArgs {
    /// A kind of neuron (`hh`, `lif`), or a model file (MODEL.toml; what is given here overrides
    /// it)
    pub(crate) system: String,
    /// Number of neurons
    #[arg(long, value_name = "N")]
    pub(crate) size: Option<u64>,
    /// Times as many neurons of a network, in all groups and parts of them. Neurons keep their
    /// number of synapses: `fixed_prob` has its probability divided by K, `fixed_num_pre`,
    /// `fixed_num_post` and `one_to_one` stay; weights, delays and inputs stay. COBAHH's 4,000
    /// neurons of 80 synapses are 400,000 of 80 at `--scale 100`
    #[arg(long, value_name = "K", allow_negative_numbers = true)]
    pub(crate) scale: Option<f64>,
    /// Rows of the batch; without it there is no batch axis, unless the input has one
    #[arg(long, value_name = "B")]
    pub(crate) batch: Option<u64>,
    /// How long to run, in ms (in the unit of dt)
    #[arg(long, value_name = "MS", conflicts_with = "steps", allow_negative_numbers = true)]
    pub(crate) duration: Option<f64>,
    /// How many steps to run
    #[arg(long, value_name = "N")]
    pub(crate) steps: Option<u64>,
    /// A number given at every step, or a series: .npz (its array `in`, or its only one; FILE:NAME
    /// is another), .npy or .safetensors. Of a network for one of its groups, and then once for
    /// each: `--input A=1.0 --input B=x.npz`
    #[arg(long, value_name = "[GROUP=]VALUE|FILE", allow_hyphen_values = true)]
    pub(crate) input: Vec<String>,
    /// How many steps each row of the batch takes, from a file: FILE, or FILE:NAME for one of its
    /// arrays; of recurrent cells and layers
    #[arg(long, value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath)]
    pub(crate) lengths: Option<String>,
    /// Which axis of input and results comes first, time or batch
    #[arg(long, value_name = "T|B", value_parser = axis(), hide_possible_values = true)]
    pub(crate) first_axis: Option<Axis>,
    /// Length of a step in ms [default: 0.1]
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    pub(crate) dt: Option<f64>,
    /// Time of the first step in ms [default: 0]; not beside a --state that has a clock
    #[arg(long, value_name = "MS", allow_negative_numbers = true)]
    pub(crate) t0: Option<f64>,
    /// Integration method of neurons: exp_auto, euler, midpoint, heun2, rk2, rk3, rk4, … [default:
    /// exp_auto]
    #[arg(long, value_name = "NAME")]
    pub(crate) method: Option<Method>,
    /// Element type; halves are for cells and layers [default: f32]
    #[arg(long, value_parser = dtype(), value_name = "f64|f32|f16|bf16", hide_possible_values = true)]
    pub(crate) dtype: Option<Type>,
    /// auto, cpu or cuda:0 [default: auto]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
    /// How a GPU runs the loop: auto, host-loop, graph or persistent [default: auto]
    #[arg(long, value_name = "NAME")]
    pub(crate) strategy: Option<Strategy>,
    /// Seed of initial values, weights, synapses and noise [default: 0]; beside --state, of what is
    /// drawn from there on
    #[arg(long, value_name = "N")]
    pub(crate) seed: Option<u64>,
    /// Weights by name (`l1.Wi`), or a torch `state_dict` by its names (`l1.weight`,
    /// `model.lstm.weight_ih_l0`, `0.weight`), .npz or .safetensors; every weight of the system
    /// must be there, and nothing else
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) weights: Option<PathBuf>,
    /// State by name (`V`, `l1.state`, or `l1.h` and `l1.c`) to start from: a file of --save-state,
    /// whose clock, seed and synapses are taken too, or an .npz with the variables that a start
    /// needs
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) state: Option<PathBuf>,
    /// Variables to record, e.g. `V,l1.state`; `V[0..5]` or `V[0,7]` for some units, `spike:events`
    /// for events
    #[arg(long, value_name = "NAMES")]
    pub(crate) out_vars: Option<String>,
    /// Record the steps whose index is a multiple of K only
    #[arg(long, value_name = "K")]
    pub(crate) record_every: Option<u64>,
    /// Where results go, .npz or .safetensors: `ts` (ms), `output`, each recorded variable by its
    /// name, `t`, `i`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// Write results to disk while running, as npy files in the folder FILE.parts beside --out
    /// FILE, which is made of them at the end: for recordings larger than memory. FILE is an .npz,
    /// time-major
    #[arg(long, requires = "out")]
    pub(crate) stream: bool,
    /// Where spikes go, .npz, written while running: `spikes/NAME/node_ids` and
    /// `spikes/NAME/timestamps` (ms) as SONATA names them, for each group of a network, or for the
    /// kind of neuron; `spikes/NAME/rows` in a batch
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) spikes: Option<PathBuf>,
    /// Save the state (and weights) at the end, .safetensors
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save_state: Option<PathBuf>,
    /// Write a checkpoint here when interrupted (and every --checkpoint-every), for
    /// `overtime resume`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Write the checkpoint each time so many ms have been simulated; more than 0
    #[arg(long, value_name = "MS", requires = "checkpoint", allow_negative_numbers = true)]
    pub(crate) checkpoint_every: Option<f64>,
    /// Draw a picture, .png, .svg or .pdf
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Say nothing but errors
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Print the summary as one JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

/// How a picture looks.
#[derive(clap::Args, Clone, Debug, Default)]
pub(crate) struct LookArgs {
    /// Width and height of the picture in mm, such as `85x60`, with type of 7 points
    #[arg(long, value_name = "WxH", allow_hyphen_values = true)]
    pub(crate) plot_size: Option<String>,
    /// Pixels of a .png per inch [default: 300 with a size]
    #[arg(long, value_name = "DPI", allow_negative_numbers = true)]
    pub(crate) plot_dpi: Option<f64>,
    /// The times shown, such as `200..400`, in ms; steps of layers
    #[arg(long, value_name = "FROM..TO", allow_hyphen_values = true)]
    pub(crate) plot_window: Option<String>,
    /// The panels from top to bottom, e.g. `V,spike,input`: `spike`, `rate`, `input`, `output`, or
    /// variables as --out-vars has them
    #[arg(long, value_name = "NAMES")]
    pub(crate) plot_panels: Option<String>,
    /// The title of the picture; empty for none
    #[arg(long, value_name = "TEXT")]
    pub(crate) plot_title: Option<String>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct PlotArgs {
    /// A file of --out, .npz or .safetensors
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The picture, .png, .svg or .pdf [default: the file's name with .png, in this folder]
    #[arg(short, long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// What was run: a kind of neuron, or a model file
    #[arg(long, value_name = "SYSTEM")]
    pub(crate) model: Option<String>,
    /// The input of the run, where the model file does not say it
    #[arg(long, value_name = "[GROUP=]VALUE|FILE", allow_hyphen_values = true, requires = "model")]
    pub(crate) input: Vec<String>,
    /// The variables that were recorded, where the model file does not say which units
    #[arg(long, value_name = "NAMES", requires = "model")]
    pub(crate) out_vars: Option<String>,
    /// Length of a step in ms, where the model file does not say it
    #[arg(long, value_name = "MS", allow_negative_numbers = true, requires = "model")]
    pub(crate) dt: Option<f64>,
    /// The scale of the network, if the run had one
    #[arg(long, value_name = "K", allow_negative_numbers = true, requires = "model")]
    pub(crate) scale: Option<f64>,
    /// Which axis of the results comes first, time or batch
    #[arg(long, value_name = "T|B", value_parser = axis(), hide_possible_values = true, requires = "model")]
    pub(crate) first_axis: Option<Axis>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Say nothing but errors
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct ResumeArgs {
    /// The checkpoint; further checkpoints of this run go there too
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// Where results go instead of where the first run would have put them
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// Where the state goes instead
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save_state: Option<PathBuf>,
    /// Where the picture goes instead
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PathBuf>,
    /// auto, cpu or cuda:0 [default: the kind of device the run was on]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
    /// Say nothing but errors
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Print the summary as one JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct KernelsArgs {
    /// The architecture to compile for [default: that of the first GPU, or else sm_90]
    #[arg(long, value_name = "sm_XX")]
    pub(crate) arch: Option<String>,
    /// Only kernels of this element type
    #[arg(long, value_parser = dtype(), value_name = "f64|f32|f16|bf16", hide_possible_values = true)]
    pub(crate) dtype: Option<Type>,
    /// Write each kernel's whole source, PTX and machine code into this folder
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct InspectArgs {
    /// .safetensors, .npz or .npy
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
}

#[derive(clap::Args, Debug)]
pub(crate) struct ModelsArgs {
    /// A model, such as `adex`, or another word of model files, such as `stp`
    pub(crate) name: Option<String>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct NewArgs {
    /// The example
    pub(crate) name: Option<String>,
    /// The model file to write [default: NAME.toml]
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: Option<PathBuf>,
    /// Replace files that exist
    #[arg(long)]
    pub(crate) force: bool,
}
