//! The arithmetic of equations: numbers, or a record of the operations on them.

use super::math::Functions;
use std::fmt::Debug;
use std::ops::{Add, AddAssign, Div, DivAssign, Mul, MulAssign, Neg, Sub, SubAssign};

pub(crate) mod sealed {
    pub trait Sealed {}
}

/// The arithmetic of equations. The types `f64` and `f32` compute. A third type records the
/// operations, and the library writes CUDA C from its record.
///
/// Equations are functions of a type with this trait. They compute with the operations of this
/// trait and with functions of [`math`](crate::math). The same text then runs on a CPU and on a GPU,
/// and gives the same bits. A value of the recording type is not known, so that equations have no
/// `if`: [`select_less`](Self::select_less) chooses between two values.
///
/// Each operation is one correctly rounded IEEE operation, as in [`Real`](crate::Real).
pub trait Arithmetic:
    sealed::Sealed
    + Functions
    + Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
    + DivAssign
{
    /// A constant: the nearest value of this type.
    fn of(x: f64) -> Self;
    /// A constant that depends on the precision: the first value for `f64`, the second one for
    /// `f32`.
    fn of_precision(double: f64, single: f64) -> Self;
    /// `self · a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The magnitude.
    fn abs(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The smaller value; `other` if `self` is NaN.
    fn min(self, other: Self) -> Self;
    /// The larger value; `other` if `self` is NaN.
    fn max(self, other: Self) -> Self;
    /// `yes` if a < b, otherwise `no`. Both values are computed.
    fn select_less(a: Self, b: Self, yes: Self, no: Self) -> Self;
    /// `yes` if a ≤ b, otherwise `no`. Both values are computed.
    fn select_less_equal(a: Self, b: Self, yes: Self, no: Self) -> Self;
}
