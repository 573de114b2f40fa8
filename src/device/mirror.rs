//! Structs that lie in memory as kernels have them. A kernel's text declares the twin; the compiler of kernels compares both, field by field.

use std::fmt::Write;

/// A field: its name, how many bytes of the struct lie before it, and how many it has.
#[derive(Debug)]
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) at: usize,
    pub(crate) bytes: usize,
}

/// What Rust has of a struct whose twin is in a kernel's text.
#[derive(Debug)]
pub(crate) struct Mirror {
    /// The twin's name.
    pub(crate) name: &'static str,
    pub(crate) bytes: usize,
    pub(crate) fields: &'static [Field],
}

/// Bytes of a field.
pub(crate) const fn bytes_of<S, F>(_: fn(&S) -> &F) -> usize {
    size_of::<F>()
}

/// Declares the mirror of a struct: its twin's name, and all of its fields, of the same names there.
macro_rules! mirror {
    ($name:ident as $twin:literal { $($field:ident),* $(,)? }) => {
        impl $name {
            /// What its twin is compared with.
            pub(crate) const MIRROR: $crate::device::mirror::Mirror = $crate::device::mirror::Mirror {
                name: $twin,
                bytes: size_of::<$name>(),
                fields: &[$($crate::device::mirror::Field {
                    name: stringify!($field),
                    at: std::mem::offset_of!($name, $field),
                    bytes: $crate::device::mirror::bytes_of(|whole: &$name| &whole.$field),
                }),*],
            };
        }

        // None is left out.
        const _: fn($name) = |whole| {
            let $name { $($field: _),* } = whole;
        };
    };
}
pub(crate) use mirror;

impl Mirror {
    /// What stands behind the twin in a kernel's text, and is replaced by [`Mirror::comparison`].
    pub(crate) fn mark(&self) -> String {
        format!("/* the fields of {} are compared here */", self.name)
    }

    /// What the compiler compares, on one line, so that lines keep their numbers.
    pub(crate) fn comparison(&self) -> String {
        let Self { name, bytes, fields } = self;
        let mut text = format!("static_assert(sizeof({name}) == {bytes}, \"struct {name} has another size than its twin in Rust\");");
        for Field { name: field, at, bytes } in *fields {
            // `__INTADDR__` is how this compiler spells `offsetof`, which is in a header otherwise. Writing to a String never fails.
            let _ = write!(
                text,
                " static_assert(__INTADDR__(&((({name}*)0)->{field})) == {at} && sizeof((({name}*)0)->{field}) == {bytes}, \
                 \"{name}::{field} is not where its twin in Rust is, or not as large\");"
            );
        }
        text
    }
}
