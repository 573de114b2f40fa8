//! The engine for NVIDIA GPUs. It opens the CUDA driver and NVRTC at run time: the crate links to
//! neither.
//!
//! - `driver` wraps the objects of the CUDA driver.
//! - `compiler` compiles CUDA C to machine code.
//! - `structs` holds the structs that Rust and CUDA share.
//! - `gemm` and `recurrent` choose kernels for matrix products and recurrent cells.
//! - `schedule` plans stages and chunks; `network` and `stage` run them; `engine` runs one chunk
//!   after another.
//!
//! The engine opens each library by name and looks up all functions that it needs before it calls
//! any. A failure is returned as a [`Reason`](crate::Reason). No library, however broken, causes a
//! panic.

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
