//! `overtime` simulates neurons, spiking networks and recurrent layers step by step, on CPUs and
//! NVIDIA GPUs, with the same bits on both.
//!
//! ```
//! use overtime::{Init, Input, LoopOverTime, models::Hh, monitor};
//!
//! # fn main() -> overtime::Result<()> {
//! let neurons = Hh::<f64>::new(2).param("gL", 0.3)?.v(Init::Constant(-65.0));
//! let mut over_time = LoopOverTime::builder(neurons)
//!     .dt(0.1) // ms
//!     .out_vars([monitor("V"), monitor("spike").events()])
//!     .build()?;
//!
//! let run = over_time.run(Input::duration(100.0).constant(10.0))?; // 10 µA/cm² for 100 ms
//! assert_eq!(run["V"].shape(), [1000, 2]); // [T, N]
//! println!("the first spike is at {} ms", run.times("spike")?[0]);
//!
//! let next = over_time.run_for(50.0)?; // continues from there, without input
//! assert_eq!((next.i, next.t), (1500, 150.0));
//! # Ok(()) }
//! ```
//!
//! # Where to find things
//!
//! | task | place |
//! |---|---|
//! | choose a neuron, a cell, a layer or a source of spikes | [`models`] |
//! | join neurons by synapses | [`network`] |
//! | stack layers | [`Sequential`] |
//! | write a system of your own | [`System`], [`Closure`], [`Program`] for GPUs |
//! | write a model as equations in text | [`Equations`]; the page of the language is [`equations_as_text`] |
//! | run a system | [`LoopOverTime`]; [`Builder`] has every option; [`for_loop`] runs a closure in one line |
//! | give inputs | [`Input`]: arrays, one constant or one for each unit, names; [`inputs`]: ramps, waves, noise, … |
//! | give inputs and monitors by name | [`runner`], brainpy's `DSRunner` |
//! | choose the recorded variables | [`OutVars`], [`monitor`]; the result is a [`Recording`] |
//! | evaluate spikes | [`spikes`]: rates, intervals and their regularity, the rate of a population over time |
//! | save and load | [`states`]; [`torch`] reads the weights of a `state_dict`; [`tree`] names nodes and variables |
//! | choose a device | [`Device`], [`Strategy`], [`Products`]; [`Survey`] says why a GPU is not used |
//! | multiply matrices without a loop | [`matmul`] |
//!
//! [`equations_as_text`] describes the language of [`Equations`]. [`coming_from_brainpy`] maps
//! brainpy's words to this crate's, [`differences_from_brainpy`] lists the differences that can
//! surprise, and the [`glossary`] defines the terms.
//!
//! # Guarantees
//!
//! - The same binary, input and seed give the same bits, for any number of threads, block size,
//!   chunk, strategy and set of monitors.
//! - run(T₁) then run(T₂) is run(T₁ + T₂), and a run that is saved and continued has the bits of an
//!   uninterrupted run. A layer in both directions of time is the exception.
//! - A caller or a file causes an [`Error`], never a panic.
//!
//! # Devices
//!
//! A loop runs on the CPU, or on an NVIDIA GPU of compute capability 7.5 (Turing) or later.
//! [`Device::auto`] is a GPU if one can be used, otherwise the CPU. On a GPU the state lies in
//! device memory from `build` on. A run uploads its input and downloads its recordings, while
//! neighbouring chunks are computed. [`LoopOverTime::run_on_device`] leaves the recordings on the
//! device.
//!
//! NVRTC compiles the kernels, which are CUDA C, when the loop is built, and a cache on disk keeps
//! them. A machine therefore needs a driver for CUDA 12.0 or later and `libnvrtc` (`pip install
//! nvidia-cuda-nvrtc`, or `nvidia-cuda-nvrtc-cu12` for a driver of CUDA 12), and no toolkit. A
//! system of your own runs there if it has a [`Program`]. The same operations in the same order
//! give the same bits on both kinds of device; matrix products do so with [`Products::Ordered`].
//! Nothing has run on a GPU yet: a simulated driver runs the kernels in the tests.
//!
//! | environment | meaning |
//! |---|---|
//! | `OVERTIME_LIBCUDA` | the driver's library, if the loader does not find it |
//! | `OVERTIME_NVRTC` | NVRTC's library, or its folder, instead of all other places |
//! | `OVERTIME_CACHE` | the folder of compiled kernels, or `off`; `$XDG_CACHE_HOME/overtime` by default |
//! | `OVERTIME_IMAGE=ptx` | the driver receives PTX instead of machine code |
//! | `OVERTIME_CHUNK_MS` | the length of a chunk on a GPU, ms: 100 by default, 50 where a watchdog runs |
//! | `OVERTIME_CELLS` | the tier of recurrent cells: `block`, `cluster`, `grid`, `step`, `product`, `reference`; for comparisons |
//!
//! # Features
//!
//! - `cuda` (default) is the engine for NVIDIA GPUs. It looks for the driver and NVRTC at run time,
//!   and links to neither.
//! - `embed-cubin` puts the machine code of the crate's kernels into the crate, if there is an
//!   NVRTC when it is built. It serves machines with a driver and without NVRTC. Systems of your
//!   own still need NVRTC. `OVERTIME_EMBED=80,90`, when the crate is built, embeds the kernels of
//!   these generations only, of 75, 80, 90, 100 and 120. Each generation takes a fifth of the time
//!   and of the size. `OVERTIME_EMBED_TYPES=f32,bf16` embeds the kernels of these element types only.
#![deny(missing_docs)]

mod active_time;
mod connectivity;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(not(feature = "cuda"))]
#[path = "no_cuda.rs"]
mod cuda;
mod device;
mod engine;
mod equations;
mod error;
mod init;
mod input;
mod integrator;
#[cfg(feature = "cuda")]
#[doc(hidden)]
pub mod kernel_report;
mod loop_over_time;
pub mod matmul;
pub mod memory;
pub mod models;
pub mod network;
mod numeric;
#[cfg(all(debug_assertions, not(test)))]
#[doc(hidden)]
pub mod precompiled;
mod recording;
pub mod runner;
pub mod spikes;
pub mod states;
#[doc(hidden)]
pub mod stimuli;
mod survey;
mod synapses;
mod system;

#[doc(inline)]
#[cfg(feature = "cuda")]
pub use kernel_report as kernels;
pub use numeric::{math, rng};
#[doc(inline)]
pub use stimuli as inputs;
pub use system::{torch, tree};

pub use device::found::{Gpu, MIN_CAPABILITY, MIN_DRIVER};
pub use device::{Device, Products, Strategy};
pub use engine::device_array::{DeviceArray, DeviceRecording};
pub use equations::{AdjointOptions, Equations, StepText, Surrogate};
pub use error::Reason;
pub use error::{EquationsError, Error, Mistake, Number, Result};
pub use init::{Bounded, Distribution, DistributionInfo, Init, Outside};
pub use input::Input;
pub use loop_over_time::{Builder, LoopOverTime, Progress, WithProgress, for_loop};
pub use numeric::arithmetic::Arithmetic;
pub use numeric::scalar::{DType, Real, Scalar};
pub use recording::{
    Bits, Events, FirstAxis, Monitor, OutVars, Recorded, Recording, RecordingParts, Structure, monitor,
};
pub use survey::{Finding, Survey};
pub use system::closure::Closure;
pub use system::program::Program;
pub use system::scan::Scan;
pub use system::sequential::Sequential;
pub use system::state::State;
pub use system::tree::unique_name;
pub use system::{
    Coupling, InputSpec, Inputs, LinearMembrane, MAX_PORTS, Schema, Shared, Start, System, Tick, VarSpec, Weight,
    WeightMut,
};

// If a link has two definitions, the first one counts: in rustdoc the definition below, elsewhere
// the definition at the end of each page.
#[doc = "[differences]: crate::differences_from_brainpy\n[glossary]: crate::glossary\n\n"]
#[doc = include_str!("../docs/coming_from_brainpy.md")]
pub mod coming_from_brainpy {}

#[doc = "[words]: crate::coming_from_brainpy\n[glossary]: crate::glossary\n\n"]
#[doc = include_str!("../docs/differences_from_brainpy.md")]
pub mod differences_from_brainpy {}

#[doc = "[words]: crate::coming_from_brainpy\n[differences]: crate::differences_from_brainpy\n\n"]
#[doc = include_str!("../docs/glossary.md")]
pub mod glossary {}

#[doc = "[glossary]: crate::glossary\n\n"]
#[doc = include_str!("../docs/equations.md")]
pub mod equations_as_text {}

/// The programs of the README and of the book are compiled and run with the other documentation.
#[cfg(doctest)]
mod book {
    #[doc = include_str!("../README.md")]
    struct Readme;
    #[doc = include_str!("../docs/book/src/first-neuron.md")]
    struct FirstNeuron;
    #[doc = include_str!("../docs/book/src/recordings.md")]
    struct Recordings;
    #[doc = include_str!("../docs/book/src/network.md")]
    struct ANetwork;
    #[doc = include_str!("../docs/book/src/recurrent-layers.md")]
    struct RecurrentLayers;
    #[doc = include_str!("../docs/book/src/own-neuron.md")]
    struct OwnNeuron;
    #[doc = include_str!("../docs/book/src/equations.md")]
    struct EquationsAsText;
    #[doc = include_str!("../docs/book/src/gpu.md")]
    struct OnAGpu;
    #[doc = include_str!("../docs/book/src/long-runs.md")]
    struct LongRuns;
    #[doc = include_str!("../docs/book/src/exactness.md")]
    struct Exactness;
    #[doc = include_str!("../docs/book/src/performance.md")]
    struct Performance;
}
