//! Runs a single-step dynamical system over time, on a CPU or an NVIDIA GPU: a neuron, a recurrent cell, a stack of layers, or one of
//! your own, with its state kept where it is computed. It is `brainpy.LoopOverTime`, made exact; [`coming_from_brainpy`] maps word to word.
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
//! println!("first spike at {} ms", run.ts[run.events("spike")?.step[0] as usize]);
//!
//! let next = over_time.run_for(50.0)?; // goes on from there, without input
//! assert_eq!((next.i, next.t), (1500, 150.0));
//! # Ok(()) }
//! ```
//!
//! - A **system** is what implements [`System`]: the [`models`], a [`Sequential`] of them, or your own.
//! - [`LoopOverTime`] owns a system, its state and its clock. [`Builder`] has every option.
//! - [`Input`] is what a run is given: arrays of any layout, slices, constants, a duration; several inputs by name.
//! - [`inputs`] makes sections, ramps, pulses, waves and noise, by brainpy's names.
//! - [`Closure`] makes a system of a closure; [`for_loop`] runs one in a line; [`runner`] gives inputs and monitors by name.
//! - [`Recording`] is what comes out: the output, and the variables asked for with [`OutVars`] and [`monitor`].
//! - [`states`] saves and loads; [`torch`] takes the weights of a `state_dict`; [`tree`] names nodes, variables and weights.
//!
//! # What is promised
//!
//! The same bits for the same binary, input and seed, for any number of threads, block size, chunk, strategy and set of monitors.
//! run(T₁) then run(T₂) is run(T₁ + T₂), and a run that is saved and resumed is the one that was not. Nothing that a caller or
//! a file can contain makes the library panic: see [`Error`].
//!
//! # Devices
//!
//! The CPU, and NVIDIA GPUs from compute capability 7.5 (Turing) on. [`Device::auto`] takes a GPU that can be used, else the CPU, and
//! [`Survey`] says why. On a GPU state lies in device memory from `build` on: a run uploads its input, downloads what is to be recorded,
//! both in pieces while neighbouring pieces are computed, and nothing else; [`LoopOverTime::run_on_device`] not even that. Kernels are
//! CUDA C, compiled by NVRTC for the GPU at hand when the loop is built, and kept on disk: a machine needs a driver and `libnvrtc`
//! (`pip install nvidia-cuda-nvrtc` is enough, `nvidia-cuda-nvrtc-cu12` for a driver for CUDA 12), no toolkit. A system of your own runs there if it has a [`Program`]. The same operations in
//! the same order give the same bits on both kinds of device.
//!
//! | environment | |
//! |---|---|
//! | `OVERTIME_LIBCUDA` | the driver's library, if the loader does not find it |
//! | `OVERTIME_NVRTC` | NVRTC's library, or its folder, instead of all other places |
//! | `OVERTIME_CACHE` | where compiled kernels are kept, or `off`; `$XDG_CACHE_HOME/overtime` by default |
//! | `OVERTIME_IMAGE=ptx` | hands PTX to the driver, instead of machine code |
//! | `OVERTIME_CELLS` | runs recurrent cells by this tier, or not at all: `block`, `cluster`, `grid`, `step`, `product`, `reference`; to compare |
//! | `OVERTIME_CHUNK_MS` | milliseconds that a GPU is to take between two looks at the host: 100, half of it where a watchdog ends what takes long |
//!
//! # Features
//!
//! - `cuda` (default): the engine for NVIDIA GPUs. It looks for driver and NVRTC at run time; nothing links to them.
//! - `embed-cubin`: if there is an NVRTC when the crate is built, machine code of its kernels goes into it, for machines that have
//!   a driver and no NVRTC. Systems of your own still need one.
#![deny(missing_docs)]

#[doc(hidden)]
pub mod checkpoint;
mod connectivity;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
#[cfg(not(feature = "cuda"))]
#[path = "no_cuda.rs"]
mod cuda;
mod device;
mod engine;
mod error;
mod init;
mod input;
#[cfg(feature = "cuda")]
#[doc(hidden)]
pub mod kernel_report;
mod loop_over_time;
pub mod matmul;
pub mod memory;
pub mod models;
pub mod network;
mod numeric;
mod recording;
pub mod runner;
#[doc(hidden)]
pub mod stimuli;
mod survey;
mod synapses;
mod system;

#[doc(inline)]
pub use checkpoint as states;
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
pub use error::Reason;
pub use error::{Error, Number, Result};
pub use init::Init;
pub use input::Input;
pub use loop_over_time::{Builder, LoopOverTime, Progress, for_loop};
pub use numeric::scalar::{DType, Real, Scalar};
pub use recording::{Events, FirstAxis, Monitor, OutVars, Recorded, Recording, Tree, monitor};
pub use survey::{Finding, Survey};
pub use system::closure::Closure;
pub use system::program::Program;
pub use system::scan::Scan;
pub use system::sequential::Sequential;
pub use system::state::State;
pub use system::tree::unique_name;
pub use system::{Coupling, InputSpec, Inputs, MAX_PORTS, Schema, Shared, Start, System, Tick, VarSpec, Weight, WeightMut};

#[doc = include_str!("../docs/coming_from_brainpy.md")]
pub mod coming_from_brainpy {}

/// The example in the README is compiled and run with the other documentation.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
