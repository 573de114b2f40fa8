//! Structs that Rust and kernels share. The compiler of kernels compares them field by field.

pub(crate) mod gemm;
pub(crate) mod launch_args;
pub(crate) mod mirrors;
pub(crate) mod network;
