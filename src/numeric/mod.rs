//! Numbers: element types, functions with the same bits everywhere, random numbers, SIMD loops,
//! matrix products, and threads that share a step.

pub(crate) mod arithmetic;
pub(crate) mod gemm;
pub mod math;
pub mod rng;
pub(crate) mod rounding;
pub(crate) mod scalar;
pub(crate) mod simd;
pub(crate) mod team;
pub(crate) mod white_noise;
