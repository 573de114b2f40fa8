//! Run a single-step dynamical system over time.
#![deny(missing_docs)]

mod clock;
mod cpu;
#[cfg(feature = "cuda")]
mod cuda;
mod device;
mod error;
mod init;
mod input;
mod loop_over_time;
pub mod math;
mod memory;
pub mod models;
mod recording;
pub mod rng;
mod scalar;
mod scan;
mod sequential;
mod state;
pub mod states;
mod survey;
mod system;
pub mod tree;

pub use device::{Device, Strategy};
pub use error::{Error, Result};
pub use init::Init;
pub use input::{FirstAxis, Input};
pub use loop_over_time::{Builder, LoopOverTime, Progress};
pub use recording::{Events, Monitor, OutVars, Recorded, Recording, Tree, monitor};
pub use scalar::{DType, Real, Scalar};
pub use scan::Scan;
pub use sequential::Sequential;
pub use state::State;
pub use survey::{Finding, Gpu, MIN_CAPABILITY, MIN_DRIVER, Reason, Survey};
pub use system::{Coupling, InputSpec, Inputs, MAX_PORTS, Schema, Shared, System, Tick, VarSpec, Weight, WeightMut};
pub use tree::unique_name;
