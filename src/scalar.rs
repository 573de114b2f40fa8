//! Element types: what lives in memory ([`Scalar`]) and what arithmetic is done in ([`Real`]).

use bytemuck::Pod;
use half::{bf16, f16};
use std::fmt::{Debug, Display};
use std::ops::{Add, AddAssign, Div, Mul, MulAssign, Neg, Sub, SubAssign};

mod sealed {
    pub trait Sealed: Sized {}

    macro_rules! sealed {
        ($($t:ty),*) => { $(impl Sealed for $t {})* };
    }
    sealed!(f64, f32, half::f16, half::bf16);
}

/// An element type by name, for what is only known at run time (files, the command line).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE double precision.
    F64,
    /// IEEE single precision.
    F32,
    /// IEEE half precision; arithmetic is done in `f32`.
    F16,
    /// bfloat16; arithmetic is done in `f32`.
    Bf16,
}

impl DType {
    /// The name users write: `f64`, `f32`, `f16`, `bf16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// Bytes of one element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// Bytes of one element of the type that arithmetic is done in.
    #[cfg(feature = "cuda")]
    pub(crate) fn acc_size(self) -> usize {
        if self == Self::F64 { 8 } else { 4 }
    }
}

impl Display for DType {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name())
    }
}

/// An element of state, input, weights and recordings: `f64`, `f32`, `f16` or `bf16`.
///
/// Halves are stored as halves and computed with as `f32` ([`Scalar::Acc`]); they are rounded each time they are stored.
pub trait Scalar: sealed::Sealed + Pod + PartialOrd + Default + Debug + Display + Send + Sync {
    /// The type that arithmetic is done in.
    type Acc: Real;
    /// The type's run-time name.
    const DTYPE: DType;
    /// The element in the type arithmetic is done in (exact).
    fn to_acc(self) -> Self::Acc;
    /// The nearest element (ties to even).
    fn from_acc(a: Self::Acc) -> Self;
    /// The nearest element (ties to even).
    fn from_f64(x: f64) -> Self;
    /// The element as `f64` (exact).
    fn to_f64(self) -> f64;
    /// Neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// `f64` or `f32`: what arithmetic is done in, and what integrators take.
///
/// Every operation here is one IEEE operation (correctly rounded), so that whatever is built of them has the same bits in a
/// SIMD lane, in a scalar loop and on a machine without fused multiply-add (slower there, since it is emulated).
pub trait Real:
    Scalar<Acc = Self>
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + AddAssign
    + SubAssign
    + MulAssign
{
    /// A constant: the nearest value of this type.
    fn of(x: f64) -> Self;
    /// A whole number, rounded once.
    #[doc(hidden)]
    fn of_whole(n: i64) -> Self;
    /// The same of a smaller one.
    #[doc(hidden)]
    fn of_count(n: i32) -> Self;
    /// `self · a + b`, rounded once.
    fn mul_add(self, a: Self, b: Self) -> Self;
    /// The magnitude.
    fn abs(self) -> Self;
    /// The square root.
    fn sqrt(self) -> Self;
    /// The smaller; `other` where `self` is NaN.
    fn min(self, other: Self) -> Self;
    /// The larger; `other` where `self` is NaN.
    fn max(self, other: Self) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// (eʳ − 1 − r)/r² as a polynomial in r for |r| ≤ ln 2 / 2, lowest power first: interpolated at Chebyshev's nodes, good to
    /// 1.0e-8 (f32) and 1.7e-17 (f64) of eʳ.
    #[doc(hidden)]
    const EXP_POLY: &'static [f64];
    /// Terms of Bernoulli's series in [`crate::math`] that this type's precision needs.
    #[doc(hidden)]
    const BERNOULLI_TERMS: usize;
    /// Bounds between which `exp` neither overflows nor underflows to a subnormal scale.
    #[doc(hidden)]
    const EXP_RANGE: (f64, f64);
    /// `ln 2` rounded to this type, and what is missing.
    #[doc(hidden)]
    const LN2: (f64, f64);
    /// `1.5 · 2^(mantissa bits)`: adding it rounds to an integer, which then stands in the low bits.
    #[doc(hidden)]
    const ROUNDER: f64;
    /// `2^n` for the integer `n` that stands in the low bits of `rounded = n + ROUNDER`.
    #[doc(hidden)]
    fn pow2(rounded: Self) -> Self;
}

macro_rules! real {
    ($t:ident, $dtype:ident, $bits:ident, $mantissa:literal, $bias:literal, $exp:expr, $bernoulli:literal, $range:expr, $ln2:expr) => {
        impl Scalar for $t {
            type Acc = $t;
            const DTYPE: DType = DType::$dtype;
            #[inline(always)]
            fn to_acc(self) -> $t {
                self
            }
            #[inline(always)]
            fn from_acc(a: $t) -> Self {
                a
            }
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                f64::from(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
        }

        impl Real for $t {
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn of_whole(n: i64) -> Self {
                n as $t
            }
            #[inline(always)]
            fn of_count(n: i32) -> Self {
                n as $t
            }
            #[inline(always)]
            fn mul_add(self, a: Self, b: Self) -> Self {
                $t::mul_add(self, a, b)
            }
            #[inline(always)]
            fn abs(self) -> Self {
                $t::abs(self)
            }
            #[inline(always)]
            fn sqrt(self) -> Self {
                $t::sqrt(self)
            }
            // One comparison and a select: a single minps/maxps, where f32::min needs three operations to treat NaN evenly.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if self < other { self } else { other }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if self > other { self } else { other }
            }
            #[inline(always)]
            fn copysign(self, sign: Self) -> Self {
                $t::copysign(self, sign)
            }
            const EXP_POLY: &'static [f64] = $exp;
            const BERNOULLI_TERMS: usize = $bernoulli;
            const EXP_RANGE: (f64, f64) = $range;
            const LN2: (f64, f64) = $ln2;
            const ROUNDER: f64 = 1.5 * (1u64 << $mantissa) as f64;
            #[inline(always)]
            fn pow2(rounded: Self) -> Self {
                // The low bits of `rounded` hold n in two's complement; the shift drops all that is above them.
                $t::from_bits((rounded.to_bits().wrapping_add($bias)) << $mantissa)
            }
        }
    };
}

real!(
    f32,
    F32,
    u32,
    23,
    127,
    &[0.5, 0.166_665_769_896_987_76, 0.041_666_554_617_204_574, 0.008_363_179_052_722_577, 0.001_392_618_358_771_349_5],
    3,
    (-87.0, 88.0),
    (0.693_147_182_464_599_6, -1.904_654_299_957_767_7e-9)
);
real!(
    f64,
    F64,
    u64,
    52,
    1023,
    &[
        0.500_000_000_000_000_1,
        0.166_666_666_666_666_67,
        0.041_666_666_666_624_13,
        0.008_333_333_333_330_062,
        0.001_388_888_891_721_371_7,
        0.000_198_412_698_630_536_17,
        2.480_152_129_595_437_5e-5,
        2.755_726_845_999_706_4e-6,
        2.762_008_844_540_974_8e-7,
        2.510_038_549_551_032e-8
    ],
    7,
    (-708.0, 709.0),
    (std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17)
);

macro_rules! half {
    ($t:ident, $dtype:ident) => {
        impl Scalar for $t {
            type Acc = f32;
            const DTYPE: DType = DType::$dtype;
            #[inline(always)]
            fn to_acc(self) -> f32 {
                self.to_f32()
            }
            #[inline(always)]
            fn from_acc(a: f32) -> Self {
                $t::from_f32(a)
            }
            #[inline(always)]
            fn from_f64(x: f64) -> Self {
                $t::from_f64(x)
            }
            #[inline(always)]
            fn to_f64(self) -> f64 {
                $t::to_f64(self)
            }
            #[inline(always)]
            fn is_finite(self) -> bool {
                $t::is_finite(self)
            }
        }
    };
}

half!(f16, F16);
half!(bf16, Bf16);
