//! A CUDA driver without a GPU: interprets the PTX that NVRTC emits, on the CPU, and checks what a GPU does not check.
//!
//! Built as a `cdylib` it is found as `libcuda.so.1` (through a link of that name) and has the entry points that cudarc
//! calls. As a Rust library it runs kernels directly: see [`parse`] and [`run`].
//!
//! Checked are: accesses outside of every allocation or in freed memory, misaligned ones, races in shared memory and
//! between blocks, deadlocks and endless waiting. Fresh memory is poison (`0xa5`). What is not known is an error.

pub mod driver;
mod exec;
mod memory;
mod ops;
mod parse;
mod race;
mod types;

pub use exec::{Fault, Kernel, Kind, Launch, Limits, Outcome, run};
pub use memory::{Memory, POISON};
pub use parse::{Error, Module, Variable, parse};
pub use types::Space;
