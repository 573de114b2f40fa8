//! What the library promises: every test that sees of it what a user sees. One program, so that
//! what many tests take is compiled and linked once.
//!
//! Tests run side by side in one process. One that changes what is the process's (its environment,
//! its limits, its driver, what it allocates) runs itself in a process of its own: see
//! [`common::itself`] and `cuda::child`.

mod accuracy;
mod cells;
mod common;
mod counting;
#[cfg(feature = "cuda")]
#[allow(clippy::duplicate_mod, reason = "it includes tests that run on the CPU too")]
mod cuda;
#[cfg(all(feature = "cuda", target_os = "linux"))]
mod devices;
mod docs;
mod edges;
mod faults;
mod golden;
#[cfg(feature = "cuda")]
mod kernels;
#[cfg(unix)]
mod kills;
mod layers;
#[cfg(target_os = "linux")]
mod limits;
mod memory;
mod mutations;
mod networks;
mod neurons;
mod properties;
#[cfg(feature = "cuda")]
mod sass;
mod semantics;
mod states;
mod tree;

/// Where reference runs and products are made, in the tests that `cuda` includes; there is another
/// function of this name there.
pub(crate) fn device() -> Option<overtime::Device> {
    Some(overtime::Device::Cpu)
}
