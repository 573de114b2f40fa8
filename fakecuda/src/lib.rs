//! A CUDA driver for machines without a GPU. It interprets the PTX that NVRTC emits, on the CPU,
//! and checks for errors that a GPU does not report.
//!
//! The `cdylib` is found as `libcuda.so.1`, through a link of that name, and has the entry points
//! that cudarc calls. The Rust library runs kernels directly: see [`parse`] and [`run`].
//!
//! The checks find accesses outside allocations or in freed memory, misaligned accesses, races in
//! shared memory and between thread blocks, deadlocks, and endless waits. Fresh memory holds the
//! poison value `0xa5`. Unknown PTX is an error.

pub mod driver;
mod exec;
mod memory;
mod ops;
mod parse;
mod race;
mod spare;
mod types;

pub use exec::{Fault, Kernel, Kind, Launch, Limits, Outcome, run};
pub use memory::{Memory, POISON};
pub use parse::{Error, Module, Variable, parse};
pub use types::Space;
