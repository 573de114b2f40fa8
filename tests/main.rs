//! The integration tests of the library. They are one program, so that shared code is compiled and
//! linked once.
//!
//! Tests run in parallel in one process. A test that changes the state of the process (its
//! environment, limits, driver or allocations) runs itself in a process of its own: see
//! [`common::itself`] and `cuda::child`.

mod accuracy;
mod bits;
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
mod equations;
mod faults;
mod golden;
mod inputs;
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
mod progress;
mod properties;
mod recordings;
#[cfg(feature = "cuda")]
mod sass;
mod semantics;
mod spikes;
mod states;
mod tree;
mod words;

/// The device for reference runs and products, in tests that the module `cuda` includes too. That
/// module has another function of this name.
pub(crate) fn device() -> Option<overtime::Device> {
    Some(overtime::Device::Cpu)
}
