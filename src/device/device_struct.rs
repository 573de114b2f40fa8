//! Structs and constants that Rust code and kernels share.
//!
//! [`device_struct!`] and [`device_constants!`] declare them once. Headers in `kernels/include` are
//! generated from these declarations; a unit test in `src/cuda/structs/headers.rs` compares them.

#[cfg(feature = "cuda")]
pub(crate) use fields::{DeviceField, is_field};

/// Types of fields.
#[cfg(feature = "cuda")]
mod fields {
    /// A type with the same bytes in Rust and in CUDA C, and without padding.
    pub(crate) trait DeviceField: Copy {}
    impl DeviceField for u8 {}
    impl DeviceField for u32 {}
    impl DeviceField for u64 {}
    impl DeviceField for i64 {}
    impl DeviceField for f64 {}
    impl<T: DeviceField, const N: usize> DeviceField for [T; N] {}

    /// Compiles only for a type of a field of a shared struct.
    pub(crate) const fn is_field<T: DeviceField>() {}
}

/// Declares a struct that kernels read. The field comments are also the comments of the generated C
/// struct.
///
/// The C type of a field follows from its Rust type. Where the C type is another one of the same
/// size, such as a pointer, a literal after `as` names it; for an array the literal names the type
/// of an element.
#[cfg(feature = "cuda")]
macro_rules! device_struct {
    (@c) => { None };
    (@c $c:literal) => { Some($c) };
    (
        $(#[doc = $doc:literal])*
        $(#[derive($($derive:ident),*)])?
        pub(crate) struct $name:ident {
            $($(#[doc = $field_doc:literal])* $field:ident: $ty:ty $(as $c:literal)?,)*
        }
    ) => {
        $(#[doc = $doc])*
        #[repr(C)]
        #[derive(Clone, Copy, Debug $($(, $derive)*)?)]
        pub(crate) struct $name {
            $($(#[doc = $field_doc])* pub(crate) $field: $ty,)*
        }

        impl $crate::device::device_struct::DeviceField for $name {}

        // `repr(C)` keeps the order of the fields. The sum of their sizes shows that no padding
        // lies between them.
        const _: () = {
            $($crate::device::device_struct::is_field::<$ty>();)*
            assert!(size_of::<$name>() == 0 $(+ size_of::<$ty>())*, "a shared struct has padding");
        };

        #[cfg(test)]
        impl $name {
            /// The declaration, from which the C struct is generated.
            pub(crate) const STRUCT: $crate::device::device_struct::Struct = $crate::device::device_struct::Struct {
                name: stringify!($name),
                docs: &[$($doc),*],
                bytes: size_of::<$name>(),
                fields: &[$($crate::device::device_struct::Field {
                    name: stringify!($field),
                    rust: stringify!($ty),
                    c: $crate::device::device_struct::device_struct!(@c $($c)?),
                    docs: &[$($field_doc),*],
                    at: std::mem::offset_of!($name, $field),
                    bytes: size_of::<$ty>(),
                }),*],
            };
        }
    };
}
#[cfg(feature = "cuda")]
pub(crate) use device_struct;

/// Declares constants of one kind that kernels know by the same names.
macro_rules! device_constants {
    ($list:ident { $($(#[doc = $doc:literal])* $name:ident: $ty:ty = $value:expr,)* }) => {
        $(
            $(#[doc = $doc])*
            #[allow(dead_code, reason = "kernels know the constant")]
            pub(crate) const $name: $ty = $value;
        )*

        /// These constants, as the generated header lists them.
        #[cfg(all(test, feature = "cuda"))]
        pub(crate) const $list: &[$crate::device::device_struct::Constant] = &[$($crate::device::device_struct::Constant {
            name: stringify!($name),
            value: $name as u64,
            docs: &[$($doc),*],
        }),*];
    };
}
pub(crate) use device_constants;

/// The declaration of a shared struct.
#[cfg(all(test, feature = "cuda"))]
#[derive(Debug)]
pub(crate) struct Struct {
    pub(crate) name: &'static str,
    pub(crate) docs: &'static [&'static str],
    pub(crate) bytes: usize,
    pub(crate) fields: &'static [Field],
}

/// The declaration of a field: its Rust type, its C type if the declaration names one, its offset
/// and its size.
#[cfg(all(test, feature = "cuda"))]
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) rust: &'static str,
    pub(crate) c: Option<&'static str>,
    pub(crate) docs: &'static [&'static str],
    pub(crate) at: usize,
    pub(crate) bytes: usize,
}

/// The declaration of a shared constant.
#[cfg(all(test, feature = "cuda"))]
#[derive(Debug)]
pub(crate) struct Constant {
    pub(crate) name: &'static str,
    pub(crate) value: u64,
    pub(crate) docs: &'static [&'static str],
}
