//! The boundary between a loop and the engine of a device, and arrays in the memory of a device.

#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine reads it"))]
pub(crate) mod boundary;
pub(crate) mod device_array;
pub(crate) mod gemm_shape;
