//! Arrays of any supported element type.

use half::f16;
use ndarray::{ArrayD, IxDyn};
use std::collections::TryReserveError;

mod sealed {
    pub trait Sealed {}
}

/// A supported element type: f64 f32 f16 u64 u32 u16 u8 i64 i32 i16 i8 bool.
pub trait Element: sealed::Sealed + bytemuck::NoUninit {
    /// The name of the type in this crate.
    const NAME: &'static str;
    /// The kind of the type in NumPy's headers (`f`, `u`, `i`, `b`).
    #[doc(hidden)]
    const KIND: char;
}

macro_rules! elements {
    ($($variant:ident $t:ty, $name:literal, $kind:literal, $doc:literal;)*) => {
        $(
            impl sealed::Sealed for $t {}
            impl Element for $t {
                const NAME: &'static str = $name;
                const KIND: char = $kind;
            }
        )*

        /// The elements of an array, in row-major order.
        #[derive(Clone, Debug, PartialEq)]
        #[non_exhaustive]
        pub enum Values {
            $(#[doc = $doc] $variant(Vec<$t>),)*
        }

        impl Values {
            /// The number of elements.
            #[must_use]
            pub fn len(&self) -> usize {
                match self { $(Self::$variant(v) => v.len(),)* }
            }

            /// The element type: `f64`, `i32`, `bool`, …
            #[must_use]
            pub fn dtype(&self) -> &'static str {
                match self { $(Self::$variant(_) => $name,)* }
            }

            /// The elements as `f64`. 64-bit integers are rounded.
            #[must_use]
            pub fn to_f64(&self) -> Vec<f64> {
                match self { $(Self::$variant(v) => v.iter().map(|x| IntoF64::into_f64(*x)).collect(),)* }
            }

            /// The elements as `f64`. Elements that are `f64` already need no memory. Returns an
            /// error if memory is short.
            fn into_f64(self) -> Result<Vec<f64>, TryReserveError> {
                if let Self::F64(values) = self {
                    return Ok(values);
                }
                let mut all = Vec::new();
                all.try_reserve_exact(self.len())?;
                match self { $(Self::$variant(v) => all.extend(v.into_iter().map(IntoF64::into_f64)),)* }
                Ok(all)
            }
        }
    };
}

elements! {
    F64 f64, "f64", 'f', "float64";
    F32 f32, "f32", 'f', "float32";
    F16 f16, "f16", 'f', "float16";
    I64 i64, "i64", 'i', "int64";
    I32 i32, "i32", 'i', "int32";
    I16 i16, "i16", 'i', "int16";
    I8 i8, "i8", 'i', "int8";
    U64 u64, "u64", 'u', "uint64";
    U32 u32, "u32", 'u', "uint32";
    U16 u16, "u16", 'u', "uint16";
    U8 u8, "u8", 'u', "uint8";
    Bool bool, "bool", 'b', "bool";
}

trait IntoF64 {
    fn into_f64(self) -> f64;
}

macro_rules! as_f64 {
    ($($t:ty)*) => { $(impl IntoF64 for $t { fn into_f64(self) -> f64 { self as f64 } })* };
}

as_f64!(f64 f32 i64 i32 i16 i8 u64 u32 u16 u8);

impl IntoF64 for f16 {
    fn into_f64(self) -> f64 {
        self.to_f64()
    }
}

impl IntoF64 for bool {
    fn into_f64(self) -> f64 {
        f64::from(u8::from(self))
    }
}

impl Values {
    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// An array from a file. It is row-major, whatever its order in the file.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// The shape; empty for a single number.
    pub shape: Vec<usize>,
    /// The elements, in row-major order.
    pub values: Values,
}

impl Array {
    /// The number of elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The element type: `f64`, `i32`, `bool`, …
    #[must_use]
    pub fn dtype(&self) -> &'static str {
        self.values.dtype()
    }

    /// Does the same as [`Array::to_f64`], but returns an error if memory is short.
    ///
    /// # Errors
    /// If the system refuses 8 bytes for each element. Elements that are `f64` already need no
    /// memory.
    pub fn into_f64(self) -> Result<ArrayD<f64>, TryReserveError> {
        let values = self.values.into_f64()?;
        Ok(shaped(&self.shape, values))
    }

    /// The array with `f64` elements. 64-bit integers are rounded. The result is flat if the shape
    /// does not fit the number of elements, which never occurs in arrays from a file.
    #[must_use]
    pub fn to_f64(&self) -> ArrayD<f64> {
        shaped(&self.shape, self.values.to_f64())
    }
}

fn shaped(shape: &[usize], values: Vec<f64>) -> ArrayD<f64> {
    let whole = shape.iter().try_fold(1_usize, |n, axis| n.checked_mul(*axis)) == Some(values.len());
    let shape = if whole { IxDyn(shape) } else { IxDyn(&[values.len()]) };
    ArrayD::from_shape_vec(shape, values).unwrap_or_default()
}
