//! A tensor: an array in the form of a file.

use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::{DType, Scalar};
use half::{bf16, f16};
use ndarray::{ArrayD, ArrayViewD, IxDyn};
use safetensors::Dtype;

macro_rules! types {
    ($($variant:ident $name:literal $size:literal $doc:literal)*) => {
        /// The element types of files.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum Type {
            $(#[doc = $doc] $variant,)*
        }

        impl Type {
            /// The name: `f64`, `bf16`, `i32`, `bool`, …
            #[must_use]
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// The number of bytes in an element.
            #[must_use]
            pub fn size(self) -> usize {
                match self { $(Self::$variant => $size,)* }
            }
        }
    };
}

types! {
    F64 "f64" 8 "IEEE double precision."
    F32 "f32" 4 "IEEE single precision."
    F16 "f16" 2 "IEEE half precision."
    Bf16 "bf16" 2 "bfloat16."
    U64 "u64" 8 "Unsigned, 64 bits."
    U32 "u32" 4 "Unsigned, 32 bits."
    U16 "u16" 2 "Unsigned, 16 bits."
    U8 "u8" 1 "Unsigned, 8 bits."
    I64 "i64" 8 "Signed, 64 bits."
    I32 "i32" 4 "Signed, 32 bits."
    I16 "i16" 2 "Signed, 16 bits."
    I8 "i8" 1 "Signed, 8 bits."
    Bool "bool" 1 "0 or 1 in a byte."
}

const PAIRS: [(Type, Dtype); 13] = [
    (Type::F64, Dtype::F64),
    (Type::F32, Dtype::F32),
    (Type::F16, Dtype::F16),
    (Type::Bf16, Dtype::BF16),
    (Type::U64, Dtype::U64),
    (Type::U32, Dtype::U32),
    (Type::U16, Dtype::U16),
    (Type::U8, Dtype::U8),
    (Type::I64, Dtype::I64),
    (Type::I32, Dtype::I32),
    (Type::I16, Dtype::I16),
    (Type::I8, Dtype::I8),
    (Type::Bool, Dtype::BOOL),
];

impl Type {
    pub(super) fn from_file(dtype: Dtype) -> Option<Self> {
        PAIRS.iter().find(|(_, d)| *d == dtype).map(|(t, _)| *t)
    }

    pub(super) fn to_file(self) -> Dtype {
        PAIRS.iter().find(|(t, _)| *t == self).map_or(Dtype::U8, |(_, d)| *d)
    }
}

impl From<DType> for Type {
    fn from(dtype: DType) -> Self {
        match dtype {
            DType::F64 => Self::F64,
            DType::F32 => Self::F32,
            DType::F16 => Self::F16,
            DType::Bf16 => Self::Bf16,
        }
    }
}

impl std::fmt::Display for Type {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// The purpose of the memory, for error messages.
const ARRAY: &str = "an array of a file";

/// An array in the form of a file: row-major, little-endian. `{:?}` prints type and shape.
#[derive(Clone, PartialEq)]
pub struct Tensor {
    /// The type of the elements.
    pub dtype: Type,
    /// The shape; empty for a single number.
    pub shape: Vec<usize>,
    /// The bytes of the elements.
    pub bytes: Vec<u8>,
}

impl std::fmt::Debug for Tensor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {:?}", self.dtype, self.shape)
    }
}

impl Tensor {
    /// Converts an array of any memory layout. If memory is short, the process aborts;
    /// [`Tensor::try_from_array`] returns an error instead.
    #[must_use]
    pub fn from_array<T: Scalar>(array: ArrayViewD<'_, T>) -> Self {
        let bytes = Vec::with_capacity(array.len() * size_of::<T>());
        Self::put(array, bytes)
    }

    /// Converts an array of any memory layout.
    ///
    /// # Errors
    /// If memory is short.
    pub fn try_from_array<T: Scalar>(array: ArrayViewD<'_, T>) -> Result<Self> {
        let bytes = memory::room("a tensor of a file", array.len() * size_of::<T>())?;
        Ok(Self::put(array, bytes))
    }

    fn put<T: Scalar>(array: ArrayViewD<'_, T>, mut bytes: Vec<u8>) -> Self {
        match array.as_slice() {
            Some(all) if cfg!(target_endian = "little") => bytes.extend_from_slice(bytemuck::cast_slice(all)),
            _ => array.iter().for_each(|x| {
                let at = bytes.len();
                bytes.extend_from_slice(bytemuck::bytes_of(x));
                if cfg!(target_endian = "big") {
                    bytes[at..].reverse();
                }
            }),
        }
        Self { dtype: T::DTYPE.into(), shape: array.shape().to_vec(), bytes }
    }

    /// The number of elements; `None` if it overflows or does not fit the bytes.
    #[must_use]
    pub fn len(&self) -> Option<usize> {
        let len = self.shape.iter().try_fold(1_usize, |n, axis| n.checked_mul(*axis))?;
        (len.checked_mul(self.dtype.size()) == Some(self.bytes.len())).then_some(len)
    }

    /// Whether there are no elements.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Converts the tensor to an array of any element type: the same bits for the tensor's own
    /// type, and the nearest values otherwise.
    ///
    /// # Errors
    /// If shape and bytes do not fit (they fit in all tensors that were read from a file), or if
    /// memory is short.
    pub fn to_array<T: Scalar>(&self) -> Result<ArrayD<T>> {
        let wrong = || {
            Error::value(
                "tensor",
                format!("{:?}", self.shape),
                format!("of {} is not {} bytes", self.dtype, self.bytes.len()),
            )
        };
        self.len().ok_or_else(wrong)?;
        let values: Vec<T> = if Type::from(T::DTYPE) == self.dtype && cfg!(target_endian = "little") {
            let mut values = memory::zeros(ARRAY, self.bytes.len() / size_of::<T>())?;
            bytemuck::cast_slice_mut(&mut values).copy_from_slice(&self.bytes);
            values
        } else {
            self.converted()?
        };
        ArrayD::from_shape_vec(IxDyn(&self.shape), values).map_err(|_| wrong())
    }

    fn converted<T: Scalar>(&self) -> Result<Vec<T>> {
        macro_rules! each {
            ($t:ty, $f:expr) => {
                memory::collect(
                    ARRAY,
                    (self.bytes.chunks_exact(size_of::<$t>()))
                        .map(|c| T::from_f64($f(<$t>::from_le_bytes(c.try_into().unwrap_or_default())))),
                )
            };
        }
        match self.dtype {
            Type::F64 => each!(f64, |x| x),
            Type::F32 => each!(f32, f64::from),
            Type::F16 => each!(f16, f64::from),
            Type::Bf16 => each!(bf16, f64::from),
            Type::U64 => each!(u64, |x| x as f64),
            Type::U32 => each!(u32, f64::from),
            Type::U16 => each!(u16, f64::from),
            Type::U8 | Type::Bool => each!(u8, f64::from),
            Type::I64 => each!(i64, |x| x as f64),
            Type::I32 => each!(i32, f64::from),
            Type::I16 => each!(i16, f64::from),
            Type::I8 => each!(i8, f64::from),
        }
    }
}
