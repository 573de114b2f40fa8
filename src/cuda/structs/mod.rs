//! TODO head

pub(crate) mod gemm;
pub(crate) mod launch_args;
pub(crate) mod mirrors;
pub(crate) mod network;
