//! Structs that Rust code and kernels share. The headers `kernels/include/…_args.cuh` are generated
//! from them.

pub(crate) mod gemm;
#[cfg(test)]
mod headers;
pub(crate) mod launch_args;
pub(crate) mod network;

/// Lets the engine copy shared structs as bytes.
macro_rules! no_uninit {
    ($($name:ty),*) => {$(
        const _: () = $crate::device::device_struct::is_field::<$name>();
        // SAFETY: `device_struct!` declares the struct, since it is a `DeviceField`: the struct is
        // `repr(C)`, every field is an integer, a float, an array of these or another such struct,
        // and the sum of their sizes is the struct's size, so that no padding lies between.
        unsafe impl bytemuck::NoUninit for $name {}
    )*};
}
use no_uninit;

no_uninit!(crate::connectivity::device::ConnectArgs);
