//! Numbers: element types, functions with the same bits everywhere, random numbers, SIMD loops and
//! matrix products.

pub(crate) mod gemm;
pub mod math;
pub mod rng;
pub(crate) mod rounding;
pub(crate) mod scalar;
pub(crate) mod simd;
pub(crate) mod white_noise;
