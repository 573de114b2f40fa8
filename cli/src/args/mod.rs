//! The command line.

mod help;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{ArgAction, Parser, Subcommand, ValueHint};
use help::{
    CHECKPOINTS, ENGINE, EQUATIONS, EXIT_CODES, KERNELS, LENGTH, MESSAGES, MODEL, MODELS, NEW, PICTURE, PLOT, RESULTS,
    RESUME, RUN, START,
};
use overtime::{Strategy, Surrogate, models::Method};
use overtime_model::{Axis, Type};
use std::path::PathBuf;

/// Run neurons, networks and recurrent layers over time
#[derive(Parser, Debug)]
#[command(name = "overtime", version, after_help = EXIT_CODES)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print more on stderr; twice for still more
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    /// Run a system over time
    #[command(long_about = RUN)]
    Run(Box<RunArgs>),
    /// Write an example of a model file
    #[command(long_about = NEW)]
    New(NewArgs),
    /// List the models, or describe one of them
    #[command(long_about = MODELS)]
    Models(ModelsArgs),
    /// Continue a run from a checkpoint to its end
    #[command(long_about = RESUME)]
    Resume(ResumeArgs),
    /// Draw a picture from a file of results
    #[command(long_about = PLOT)]
    Plot(Box<PlotArgs>),
    /// List the contents of a state, checkpoint, weights or result file
    Inspect(InspectArgs),
    /// Check equations as text, and print their step
    #[command(long_about = EQUATIONS)]
    Equations(EquationsArgs),
    /// List the devices, and the reasons why a GPU is not used
    Devices,
    /// List the kernels of a GPU: registers, shared memory, spills, code
    #[command(long_about = KERNELS)]
    Kernels(KernelsArgs),
}

fn axis() -> impl TypedValueParser<Value = Axis> {
    PossibleValuesParser::new(Axis::NAMES).try_map(|name| name.parse())
}

fn dtype() -> impl TypedValueParser<Value = Type> {
    PossibleValuesParser::new(Type::NAMES).try_map(|name| name.parse())
}

#[derive(clap::Args, Debug, Default)]
pub(crate) struct RunArgs {
    /// A kind of neuron (`hh`, `adexif`, `overtime models`), a model file (MODEL.toml), or equations (MODEL.eq)
    pub(crate) system: String,

    /// The number of neurons
    #[arg(long, value_name = "N", help_heading = MODEL)]
    pub(crate) size: Option<u64>,
    /// Multiply the number of neurons of a network by K
    ///
    /// The sizes of all groups and of their parts are multiplied. A neuron keeps its number of
    /// synapses: `fixed_prob` divides its probability by K, `fixed_total_number` is multiplied by
    /// K, and `fixed_num_pre`, `fixed_num_post` and `one_to_one` are unchanged. Weights, delays and
    /// inputs are unchanged. COBAHH has 4,000 neurons with 80 synapses each on average, and 400,000
    /// with `--scale 100`.
    #[arg(long, value_name = "K", allow_negative_numbers = true, help_heading = MODEL)]
    pub(crate) scale: Option<f64>,
    /// Multiply the number of synapses of each neuron of a network by K
    ///
    /// The probability of `fixed_prob`, the number of `fixed_num_pre`, `fixed_num_post` and
    /// `fixed_total_number`, and the rates of Poisson drives are multiplied by K. Weights are
    /// divided by √K. A constant current of each group compensates the lost mean input, so that the
    /// mean and the variance of the input stay. For it, each group of sources has `mean_rate`, the
    /// mean rate of its neurons in the network of full size, in Hz. All receptors are currents, or
    /// deltas on V. With `--scale` the network is smaller as well.
    #[arg(long, value_name = "K", allow_negative_numbers = true, help_heading = MODEL)]
    pub(crate) scale_in_degrees: Option<f64>,
    /// The integration method of neurons: exp_auto, euler, rk4, exact, … [default: exp_auto]
    ///
    /// `overtime models` lists the methods.
    #[arg(long, value_name = "NAME", help_heading = MODEL)]
    pub(crate) method: Option<Method>,
    /// A file of all weights of the layers, .npz or .safetensors
    ///
    /// Names are those of the system (`l1.Wi`), or those of a torch `state_dict` (`l1.weight`,
    /// `model.lstm.weight_ih_l0`, `0.weight`). The file has every weight of the system, and nothing
    /// else.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = MODEL)]
    pub(crate) weights: Option<PathBuf>,

    /// The duration in ms (in the unit of dt)
    #[arg(long, value_name = "MS", conflicts_with = "steps", allow_negative_numbers = true, help_heading = LENGTH)]
    pub(crate) duration: Option<f64>,
    /// The number of steps
    #[arg(long, value_name = "N", help_heading = LENGTH)]
    pub(crate) steps: Option<u64>,
    /// The length of a step in ms [default: 0.1]
    #[arg(long, value_name = "MS", allow_negative_numbers = true, help_heading = LENGTH)]
    pub(crate) dt: Option<f64>,
    /// The input: a number for every step, or a series from a file
    ///
    /// The file is an .npz, .npy or .safetensors. FILE:NAME is an array of it; without a name the
    /// array is `in`, or the only one. In a network the input is that of one group; several groups
    /// have one each: `--input A=1.0 --input B=x.npz`.
    #[arg(long, value_name = "[GROUP=]VALUE|FILE", allow_hyphen_values = true, help_heading = LENGTH)]
    pub(crate) input: Vec<String>,
    /// The number of batch rows
    ///
    /// Without it there is no batch axis, unless the input has one.
    #[arg(long, value_name = "B", value_parser = clap::value_parser!(u64).range(1..), help_heading = LENGTH)]
    pub(crate) batch: Option<u64>,
    /// A file of the number of steps that each batch row makes, for cells and layers
    #[arg(long, value_name = "FILE[:NAME]", value_hint = ValueHint::FilePath, help_heading = LENGTH)]
    pub(crate) lengths: Option<String>,
    /// The first axis of input and results: time or batch [default: T]
    #[arg(long, value_name = "T|B", value_parser = axis(), hide_possible_values = true, help_heading = LENGTH)]
    pub(crate) first_axis: Option<Axis>,

    /// A file of the state to start from
    ///
    /// A file of --save-state has the clock, the seed and the synapses too. An .npz has variables by
    /// name (`V`, `l1.state`, or `l1.h` and `l1.c`): all that a start needs.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = START)]
    pub(crate) state: Option<PathBuf>,
    /// The time of the first step in ms [default: 0]
    ///
    /// It is not allowed beside a --state with a clock.
    #[arg(long, value_name = "MS", allow_negative_numbers = true, help_heading = START)]
    pub(crate) t0: Option<f64>,
    /// The seed of initial values, weights, synapses and noise [default: 0]
    ///
    /// Beside --state it is the seed of the random numbers from there on.
    #[arg(long, value_name = "N", help_heading = START)]
    pub(crate) seed: Option<u64>,

    /// The device: auto, cpu or cuda:0 [default: auto]
    #[arg(long, value_name = "DEVICE", help_heading = ENGINE)]
    pub(crate) device: Option<String>,
    /// The element type; halves are for cells and layers [default: f32]
    #[arg(long, value_parser = dtype(), value_name = "f64|f32|f16|bf16")]
    #[arg(hide_possible_values = true, help_heading = ENGINE)]
    pub(crate) dtype: Option<Type>,
    /// How a GPU runs the loop: auto, host-loop, graph or persistent [default: auto]
    #[arg(long, value_name = "NAME", help_heading = ENGINE)]
    pub(crate) strategy: Option<Strategy>,

    /// The file of the results: .npz, .safetensors or .csv
    ///
    /// It has the times `ts` in ms, `output`, each variable of --out-vars by its name, and the time
    /// `t` and index `i` of the end. A .csv has a line for each step, with the columns `ts,V[0],V[1]`;
    /// without --out-vars it has the output.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = RESULTS)]
    pub(crate) out: Option<PathBuf>,
    /// The variables to record, such as `V,l1.state`
    ///
    /// `V[0..5]` or `V[0,7]` are some units, `spike:events` the events, and `spike:bits` a bit for
    /// each value: 1 if it is not zero. In a network the name of a group or population comes first:
    /// `P.V`, `E.V[0..5]`.
    #[arg(long, value_name = "NAMES", help_heading = RESULTS)]
    pub(crate) out_vars: Option<String>,
    /// Record the steps whose index is a multiple of K
    #[arg(long, value_name = "K", help_heading = RESULTS)]
    pub(crate) record_every: Option<u64>,
    /// The time in ms from which spikes count in statistics and box plots [default: the first step]
    ///
    /// It leaves the transient at the start of a run out of the statistics. The picture's box plots
    /// have a window of their own with --plot-window.
    #[arg(long, value_name = "MS", allow_negative_numbers = true, help_heading = RESULTS)]
    pub(crate) statistics_from: Option<f64>,
    /// Write results to disk during the run, for recordings larger than memory
    ///
    /// The folder FILE.parts beside --out FILE has npy files, of which the command makes FILE at the
    /// end. FILE is an .npz, and time-major.
    #[arg(long, requires = "out", help_heading = RESULTS)]
    pub(crate) stream: bool,
    /// The file of the spikes, written during the run: .npz or .csv
    ///
    /// An .npz has `spikes/NAME/node_ids` and `spikes/NAME/timestamps` (ms), as in SONATA, for each
    /// group of a network or for the kind of neuron, and `spikes/NAME/rows` in a batch. A .csv has the
    /// columns `time_ms,neuron`, and `group` in a network and `row` in a batch.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = RESULTS)]
    pub(crate) spikes: Option<PathBuf>,
    /// The file of the state (and weights) at the end, .safetensors
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = RESULTS)]
    pub(crate) save_state: Option<PathBuf>,

    /// The file of the checkpoint, which an interrupt writes, for `overtime resume`
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = CHECKPOINTS)]
    pub(crate) checkpoint: Option<PathBuf>,
    /// Write the checkpoint also after each MS of simulated time, more than 0
    #[arg(long, value_name = "MS", requires = "checkpoint", allow_negative_numbers = true, help_heading = CHECKPOINTS)]
    pub(crate) checkpoint_every: Option<f64>,

    /// The file of a picture: .png, .svg or .pdf
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, help_heading = PICTURE)]
    pub(crate) plot: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) look: LookArgs,

    /// Print errors only
    #[arg(long, help_heading = MESSAGES)]
    pub(crate) quiet: bool,
    /// Print the summary as a JSON object on stdout
    #[arg(long, help_heading = MESSAGES)]
    pub(crate) json: bool,
}

/// How a picture looks.
#[derive(clap::Args, Clone, Debug, Default)]
#[command(next_help_heading = PICTURE)]
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
    /// The panels from top to bottom, e.g. `V,spike,input`: `spike`, `rate`, `rate_boxplot`,
    /// `cv_boxplot`, `correlation_boxplot`, `input`, `output`, or variables as --out-vars has them
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
    /// The seed of the run, for a random input
    #[arg(long, value_name = "N", requires = "model")]
    pub(crate) seed: Option<u64>,
    /// The time from which spikes count in box plots, where the model file does not say it
    #[arg(long, value_name = "MS", allow_negative_numbers = true, requires = "model")]
    pub(crate) statistics_from: Option<f64>,
    /// The scale of the network, if the run had one
    #[arg(long, value_name = "K", allow_negative_numbers = true, requires = "model")]
    pub(crate) scale: Option<f64>,
    /// The scale of the in-degrees, if the run had one
    #[arg(long, value_name = "K", allow_negative_numbers = true, requires = "model")]
    pub(crate) scale_in_degrees: Option<f64>,
    /// Which axis of the results comes first, time or batch
    #[arg(long, value_name = "T|B", value_parser = axis(), hide_possible_values = true, requires = "model")]
    pub(crate) first_axis: Option<Axis>,
    #[command(flatten)]
    pub(crate) look: LookArgs,
    /// Print errors only
    #[arg(long)]
    pub(crate) quiet: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct ResumeArgs {
    /// The checkpoint, which further checkpoints of the run replace
    #[arg(value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The file of the results, instead of that of the first run
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) out: Option<PathBuf>,
    /// The file of the state, instead of that of the first run
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) save_state: Option<PathBuf>,
    /// The file of the picture, instead of that of the first run
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) plot: Option<PathBuf>,
    /// The device: auto, cpu or cuda:0 [default: the kind of device of the run]
    #[arg(long, value_name = "DEVICE")]
    pub(crate) device: Option<String>,
    /// Print errors only
    #[arg(long)]
    pub(crate) quiet: bool,
    /// Print the summary as a JSON object on stdout
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct KernelsArgs {
    /// The architecture [default: that of the first GPU, or sm_90]
    #[arg(long, value_name = "sm_XX")]
    pub(crate) arch: Option<String>,
    /// List the kernels of this element type only
    #[arg(long, value_parser = dtype(), value_name = "f64|f32|f16|bf16", hide_possible_values = true)]
    pub(crate) dtype: Option<Type>,
    /// The folder for the source, PTX and machine code of each kernel
    #[arg(long, value_name = "DIR", value_hint = ValueHint::DirPath)]
    pub(crate) out: Option<PathBuf>,
}

#[derive(clap::Args, Debug)]
pub(crate) struct EquationsArgs {
    /// The file of the equations, MODEL.eq
    #[arg(value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub(crate) file: PathBuf,
    /// The integration method
    #[arg(long, value_name = "NAME", default_value = "exp_auto")]
    pub(crate) method: Method,
    /// The length of a step in ms
    #[arg(long, value_name = "MS", default_value_t = 0.1)]
    pub(crate) dt: f64,
    /// The element type
    #[arg(long, value_name = "f64|f32", value_parser = ["f64", "f32"], hide_possible_values = true, default_value = "f32")]
    pub(crate) dtype: String,
    /// Print the CUDA C text alone
    #[arg(long)]
    pub(crate) cuda: bool,
    /// Print the adjoint of the step, with which gradients go back over it
    #[arg(long)]
    pub(crate) adjoint: bool,
    /// A parameter with a gradient; the flag may be repeated
    #[arg(long, value_name = "PARAMETER", requires = "adjoint")]
    pub(crate) gradient: Vec<String>,
    /// The slope of a spike, such as `sigmoid`, with brainpy's defaults
    #[arg(long, value_name = "NAME", requires = "adjoint")]
    pub(crate) surrogate: Option<Surrogate>,
    /// Take the spike as a constant in the reset
    #[arg(long, requires = "surrogate")]
    pub(crate) detach_reset: bool,
}

#[derive(clap::Args, Debug)]
pub(crate) struct InspectArgs {
    /// The file: .safetensors, .npz or .npy
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
