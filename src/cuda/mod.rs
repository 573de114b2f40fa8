//! The engine for NVIDIA GPUs. Driver and run-time compiler are found at run time: nothing here links to them.
//!
//! A room for each floor of it: `driver` has the driver's objects, `compiler` makes machine code, `structs` what both sides share, `gemm` and
//! `recurrent` choose kernels, `schedule` plans stages and chunks, `network` and `stage` run them, `engine` runs chunk after chunk.
//!
//! Each library is opened by name, every function that is needed is looked up first, and whatever is amiss comes back as a
//! [`Reason`](crate::Reason). Nothing panics, whatever the library is.

pub(crate) mod compiler;
pub(crate) mod driver;
pub(crate) mod engine;
mod gemm;
pub(crate) mod network;
pub(crate) mod recurrent;
pub(crate) mod schedule;
mod stage;
pub(crate) mod structs;

pub(crate) use driver::context::Context;
pub(crate) use driver::memory::Buffer;
pub(crate) use engine::Engine;
pub(crate) use gemm::{Gemm, catalog as products};
