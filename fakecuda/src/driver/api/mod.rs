//! The entry points, as `cuda.h` declares them.
#![allow(non_snake_case, unused_variables, clippy::too_many_arguments)]

/// Declares entry points: the requirement of each, its arguments, and its body, which has the state
/// as `s`.
macro_rules! entries {
    ($($needs:ident fn $name:ident($s:ident $(, $a:ident: $t:ty)* $(,)?) $body:block)*) => {
        $(
            /// See NVIDIA's documentation of the driver API.
            ///
            /// # Safety
            /// As in that documentation: pointers must point to what it demands.
            #[unsafe(no_mangle)]
            pub unsafe extern "C" fn $name($($a: $t),*) -> u32 {
                #[allow(unused_variables)]
                crate::driver::call(stringify!($name), crate::driver::api::Needs::$needs, |$s| {
                    // SAFETY: the body relies only on what the caller guarantees.
                    #[allow(unused_unsafe)]
                    unsafe { $body }
                    #[allow(unreachable_code)]
                    Ok(())
                })
            }
        )*
        /// The entry points by name, for `cuGetProcAddress`.
        pub(super) fn table() -> Vec<(&'static str, *const std::ffi::c_void)> {
            vec![$((stringify!($name), $name as *const std::ffi::c_void)),*]
        }
    };
}

pub mod context;
pub mod device;
pub mod event;
pub mod function;
pub mod graph;
pub mod memory;
pub mod module;
pub mod plane;
pub mod process;
pub mod stream;
pub mod tensor;

pub(crate) use super::state::Needs;
use super::{Code, Failure};

/// Writes a result through a pointer, which must not be null.
pub(super) unsafe fn put<T>(to: *mut T, value: T) -> Result<(), Failure> {
    if to.is_null() {
        return Err(Code::ERROR_INVALID_VALUE.why("a null pointer for a result"));
    }
    // SAFETY: the pointer is not null, and the caller guarantees the rest.
    unsafe { to.write(value) };
    Ok(())
}
