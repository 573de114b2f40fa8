//! Element types: the type of arrays in memory ([`Scalar`]), and the type of arithmetic ([`Real`]).

use super::arithmetic::{self, Arithmetic};
use bytemuck::Pod;
use half::{bf16, f16};
use std::fmt::{Debug, Display};

mod sealed {
    pub trait Sealed: Sized {}

    macro_rules! sealed {
        ($($t:ty),*) => { $(impl Sealed for $t {})* };
    }
    sealed!(f64, f32, half::f16, half::bf16);
}

/// The name of an element type, for types that are known at run time only (files, the command
/// line).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DType {
    /// IEEE double precision.
    F64,
    /// IEEE single precision.
    F32,
    /// IEEE half precision. Arithmetic uses `f32`.
    F16,
    /// bfloat16. Arithmetic uses `f32`.
    Bf16,
}

impl DType {
    /// The name for users: `f64`, `f32`, `f16`, `bf16`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        }
    }

    /// The number of bytes in one element.
    #[must_use]
    pub fn size(self) -> usize {
        match self {
            Self::F64 => 8,
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
        }
    }

    /// The number of bytes in one element of the type of arithmetic.
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
/// `f16` and `bf16` are types of memory only. Arithmetic uses `f32` ([`Scalar::Acc`]), and each
/// store rounds.
pub trait Scalar: sealed::Sealed + Pod + PartialOrd + Default + Debug + Display + Send + Sync {
    /// The type of arithmetic.
    type Acc: Real;
    /// The name of the type at run time.
    const DTYPE: DType;
    /// The element in the type of arithmetic (exact).
    fn to_acc(self) -> Self::Acc;
    /// The nearest element (ties to even).
    fn from_acc(a: Self::Acc) -> Self;
    /// The nearest element (ties to even).
    fn from_f64(x: f64) -> Self;
    /// The element as `f64` (exact).
    fn to_f64(self) -> f64;
    /// Whether the element is neither infinite nor NaN.
    fn is_finite(self) -> bool;
}

/// The type of arithmetic, `f64` or `f32`. Neurons take this type only.
///
/// Each operation of this trait is one correctly rounded IEEE operation. Code that consists of
/// these operations therefore gives the same bits in a SIMD lane, in a scalar loop, and on a
/// machine without fused multiply-add. Such a machine emulates it and is slower.
pub trait Real: Scalar<Acc = Self> + Arithmetic {
    /// A whole number, rounded once.
    #[doc(hidden)]
    fn of_whole(n: i64) -> Self;
    /// A smaller whole number, rounded once.
    #[doc(hidden)]
    fn of_count(n: i32) -> Self;
    /// The magnitude of `self` with the sign of `sign`.
    fn copysign(self, sign: Self) -> Self;
    /// (eʳ − 1 − r)/r² as a polynomial in r for |r| ≤ ln 2 / 2, lowest power first. It interpolates
    /// at Chebyshev nodes. The resulting error of eʳ is 1.0e-8 (f32) and 1.7e-17 (f64).
    #[doc(hidden)]
    const EXP_POLY: &'static [f64];
    /// The number of terms of the Bernoulli series in [`crate::math`] that the precision of this
    /// type needs.
    #[doc(hidden)]
    const BERNOULLI_TERMS: usize;
    /// The range in which `exp` neither overflows nor underflows to a subnormal scale.
    #[doc(hidden)]
    const EXP_RANGE: (f64, f64);
    /// `ln 2` rounded to this type, and the remainder.
    #[doc(hidden)]
    const LN2: (f64, f64);
    /// `1.5 · 2^(mantissa bits)`. Adding it rounds to an integer, which is then in the low bits.
    #[doc(hidden)]
    const ROUNDER: f64;
    /// `2^n` for the integer `n` in the low bits of `rounded = n + ROUNDER`.
    #[doc(hidden)]
    fn pow2(rounded: Self) -> Self;
    /// The least normal number.
    #[doc(hidden)]
    const LEAST_NORMAL: f64;
    /// A power of two whose product with any subnormal number is normal, and its exponent.
    #[doc(hidden)]
    const TO_NORMAL: (f64, f64);
    /// `ln 2` in two parts. The product of the first part with any exponent is exact.
    #[doc(hidden)]
    const LN2_SPLIT: (f64, f64);
    /// (ln((1+s)/(1−s)) − 2s)/s³ as a polynomial in s², lowest power first: fdlibm's.
    #[doc(hidden)]
    const LOG_POLY: &'static [f64];
    /// e and m of a positive normal `self` = 2ᵉ·m with √½ ≤ m < √2.
    #[doc(hidden)]
    fn log_parts(self) -> (Self, Self);
    /// π/2 in three parts.
    #[doc(hidden)]
    const HALF_PI: (f64, f64, f64);
    /// (sin r − r)/r³ as a polynomial in r² for |r| ≤ π/4, lowest power first: fdlibm's, and that of
    /// Cephes for `f32`.
    #[doc(hidden)]
    const SIN_POLY: &'static [f64];
    /// (cos r − 1)/r² as a polynomial in r² for |r| ≤ π/4, lowest power first. It has the same
    /// sources.
    #[doc(hidden)]
    const COS_POLY: &'static [f64];
    /// sin(n·π/2 + r) for the integer `n` in the low bits of `rounded = n + ROUNDER`, from sin r and
    /// cos r. It is cos(n·π/2 + r) if `ahead` is true.
    #[doc(hidden)]
    fn of_quadrant(rounded: Self, ahead: bool, sin: Self, cos: Self) -> Self;
    /// The derivative of `exprel` as a polynomial, lowest power first. It interpolates at Chebyshev
    /// nodes in |x| ≤ 5/4. The relative error is 1.7e-9 (f32) and 1.2e-17 (f64).
    #[doc(hidden)]
    const EXPREL_SLOPE: &'static [f64];
}

macro_rules! real {
    ($t:ident, $dtype:ident, $bits:ident, $mantissa:literal, $bias:literal, $exp:expr, $bernoulli:literal, $range:expr, $ln2:expr,
     ln2_split: $ln2_split:expr, log: $log:expr, sqrt_half: $sqrt_half:literal, half_pi: $half_pi:expr, sin: $sin:expr,
     cos: $cos:expr, exprel_slope: $exprel_slope:expr) => {
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

        impl arithmetic::sealed::Sealed for $t {}

        impl Arithmetic for $t {
            #[inline(always)]
            fn of(x: f64) -> Self {
                x as $t
            }
            #[inline(always)]
            fn of_precision(double: f64, single: f64) -> Self {
                Self::of(if Self::DTYPE == DType::F64 { double } else { single })
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
            // One comparison and a select compile to a single minps or maxps; f32::min needs three
            // operations, because it ignores a NaN in either operand.
            #[inline(always)]
            fn min(self, other: Self) -> Self {
                if self < other { self } else { other }
            }
            #[inline(always)]
            fn max(self, other: Self) -> Self {
                if self > other { self } else { other }
            }
            #[inline(always)]
            fn select_less(a: Self, b: Self, yes: Self, no: Self) -> Self {
                if a < b { yes } else { no }
            }
            #[inline(always)]
            fn select_less_equal(a: Self, b: Self, yes: Self, no: Self) -> Self {
                if a <= b { yes } else { no }
            }
        }

        impl Real for $t {
            #[inline(always)]
            fn of_whole(n: i64) -> Self {
                n as $t
            }
            #[inline(always)]
            fn of_count(n: i32) -> Self {
                n as $t
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
                // The low bits of `rounded` hold n in two's complement. The shift removes all bits
                // above them.
                $t::from_bits((rounded.to_bits().wrapping_add($bias)) << $mantissa)
            }
            const LEAST_NORMAL: f64 = $t::MIN_POSITIVE as f64;
            const TO_NORMAL: (f64, f64) = ((1u64 << ($mantissa + 2)) as f64, ($mantissa + 2) as f64);
            const LN2_SPLIT: (f64, f64) = $ln2_split;
            const LOG_POLY: &'static [f64] = $log;
            #[inline(always)]
            fn log_parts(self) -> (Self, Self) {
                // The sum carries into the exponent if the significand is at least √2.
                let bits = self.to_bits().wrapping_add((1.0 as $t).to_bits() - $sqrt_half);
                let exponent = (bits >> $mantissa).wrapping_sub($bias);
                let rounder = Self::ROUNDER as $t;
                let e = $t::from_bits(rounder.to_bits().wrapping_add(exponent)) - rounder;
                (e, $t::from_bits((bits & ((1 << $mantissa) - 1)) + $sqrt_half))
            }
            const HALF_PI: (f64, f64, f64) = $half_pi;
            const SIN_POLY: &'static [f64] = $sin;
            const COS_POLY: &'static [f64] = $cos;
            #[inline(always)]
            fn of_quadrant(rounded: Self, ahead: bool, sin: Self, cos: Self) -> Self {
                let n = rounded.to_bits().wrapping_add($bits::from(ahead));
                let magnitude = if n & 1 == 0 { sin } else { cos };
                $t::from_bits(magnitude.to_bits() ^ ((n & 2) << ($bits::BITS - 2)))
            }
            const EXPREL_SLOPE: &'static [f64] = $exprel_slope;
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
    (0.693_147_182_464_599_6, -1.904_654_299_957_767_7e-9),
    ln2_split: (0.693_138_122_558_593_8, 9.058_000_614_459_16e-6),
    log: &[0.666_666_626_930_236_8, 0.400_009_721_517_562_87, 0.284_987_866_878_509_5, 0.242_790_788_412_094_12],
    sqrt_half: 0x3f35_04f3,
    half_pi: (1.570_796_370_506_286_6, -4.371_138_828_673_793e-8, -1.715_124_510_005_881_9e-15),
    sin: &[-0.166_666_546_11, 0.008_332_160_873_6, -0.000_195_152_958_91],
    cos: &[-0.5, 0.041_666_645_682_988_27, -0.001_388_731_625_493_765, 2.443_315_711_809_948e-5],
    exprel_slope: &[0.500_000_000_428_446_5, 0.333_333_333_369_155_7, 0.124_999_986_292_474_54, 0.033_333_332_187_215_85, 0.006_944_514_552_694_608, 0.001_190_482_053_277_243_6, 0.000_173_485_771_070_822_56, 2.203_537_029_710_932_6e-5, 2.571_357_608_001_584_4e-6, 2.581_558_896_396_815_5e-7]
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
    (std::f64::consts::LN_2, 2.319_046_813_846_299_6e-17),
    ln2_split: (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10),
    log: &[0.666_666_666_666_673_5, 0.399_999_999_994_094_2, 0.285_714_287_436_623_9, 0.222_221_984_321_497_84, 0.181_835_721_616_180_5, 0.153_138_376_992_093_73, 0.147_981_986_051_165_86],
    sqrt_half: 0x3fe6_a09e_667f_3bcd,
    half_pi: (std::f64::consts::FRAC_PI_2, 6.123_233_995_736_766e-17, -1.497_384_904_859_169_8e-33),
    sin: &[-0.166_666_666_666_666_32, 0.008_333_333_333_322_49, -0.000_198_412_698_298_579_5, 2.755_731_370_707_006_8e-6, -2.505_076_025_340_686_3e-8, 1.589_690_995_211_55e-10],
    cos: &[-0.5, 0.041_666_666_666_666_6, -0.001_388_888_888_887_411, 2.480_158_728_947_673e-5, -2.755_731_435_139_066_3e-7, 2.087_572_321_298_175e-9, -1.135_964_755_778_819_5e-11],
    exprel_slope: &[0.5, 0.333_333_333_333_333_3, 0.125_000_000_000_000_25, 0.033_333_333_333_333_35, 0.006_944_444_444_441_217, 0.001_190_476_190_476_011, 0.000_173_611_111_127_631_08, 2.204_585_538_010_768_7e-5, 2.480_158_688_647_416_6e-6, 2.505_210_815_450_89e-7, 2.296_448_930_785_336e-8, 1.927_088_410_638_698_4e-9, 1.490_769_405_344_162_5e-10, 1.070_365_021_672_810_9e-11, 7.336_993_915_818_186e-13, 4.591_727_384_618_733e-14]
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
