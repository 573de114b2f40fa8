//! The functions of numbers. The documentation of each one is in the module above.

use crate::numeric::scalar::{DType, Real};

/// B₂ₖ/(2k)! for k = 1 …: x/(1−e⁻ˣ) = 1 + x/2 + Σ cₖ x²ᵏ (Abramowitz & Stegun 23.1.1).
const BERNOULLI: [f64; 7] = [
    1.0 / 12.0,
    -1.0 / 720.0,
    1.0 / 30_240.0,
    -1.0 / 1_209_600.0,
    1.0 / 47_900_160.0,
    -691.0 / 1_307_674_368_000.0,
    1.0 / 74_724_249_600.0,
];

/// The value of a polynomial, whose coefficients are in the order of rising powers.
#[inline(always)]
fn horner<R: Real>(coefficients: &[f64], x: R) -> R {
    let mut k = coefficients.len() - 1;
    let mut p = R::of(coefficients[k]);
    while k > 0 {
        k -= 1;
        p = p.mul_add(x, R::of(coefficients[k]));
    }
    p
}

/// Reduces x = n·ln 2 + r with |r| ≤ ln 2 / 2, and returns 2ⁿ and eʳ − 1. The reduction is that of
/// Cody and Waite, with exact products within the fused multiply-add.
#[inline(always)]
fn exp_parts<R: Real>(x: R) -> (R, R) {
    let rounded = x.mul_add(R::of(std::f64::consts::LOG2_E), R::of(R::ROUNDER));
    let n = rounded - R::of(R::ROUNDER);
    let r = n.mul_add(R::of(-R::LN2.1), n.mul_add(R::of(-R::LN2.0), x));
    (R::pow2(rounded), expm1_reduced(r))
}

/// Does the same as [`exp_parts`] for x = −z with z near 0. For `f32` it omits the second part of
/// ln 2. This costs n times 1.9e-9 of the result, which is less than half an ulp for z < 10. (For
/// `f64` it would cost a whole ulp.)
#[inline(always)]
fn exp_parts_near<R: Real>(z: R) -> (R, R) {
    let rounded = z.mul_add(R::of(-std::f64::consts::LOG2_E), R::of(R::ROUNDER));
    let n = rounded - R::of(R::ROUNDER);
    let r = n.mul_add(R::of(-R::LN2.0), -z);
    let r = if R::DTYPE == DType::F64 { n.mul_add(R::of(-R::LN2.1), r) } else { r };
    (R::pow2(rounded), expm1_reduced(r))
}

#[inline(always)]
fn expm1_reduced<R: Real>(r: R) -> R {
    // Estrin's scheme computes pairs of terms first, which shortens the chain of dependent
    // operations.
    let c = |k: usize| R::of(R::EXP_POLY[k]);
    let s = r * r;
    let pair = |k: usize| if k + 1 < R::EXP_POLY.len() { c(k + 1).mul_add(r, c(k)) } else { c(k) };
    let mut k = (R::EXP_POLY.len() - 1) / 2 * 2;
    let mut p = pair(k);
    while k > 0 {
        k -= 2;
        p = p.mul_add(s, pair(k));
    }
    p.mul_add(s, r)
}

#[inline(always)]
fn clamp_exp<R: Real>(x: R) -> R {
    // In this order a NaN passes both selects: min and max return their second operand if the first
    // one is NaN.
    let (low, high) = R::EXP_RANGE;
    R::of(low).max(R::of(high).min(x))
}

#[inline(always)]
pub(super) fn exp<R: Real>(x: R) -> R {
    let (scale, q) = exp_parts(clamp_exp(x));
    scale.mul_add(q, scale)
}

#[inline(always)]
pub(super) fn expm1<R: Real>(x: R) -> R {
    let (scale, q) = exp_parts(clamp_exp(x));
    scale.mul_add(q, scale - R::of(1.0))
}

#[inline(always)]
pub(super) fn exp_neg<R: Real>(z: R) -> R {
    let (low, high) = R::EXP_RANGE;
    let (scale, q) = exp_parts_near(R::of(-high).max(R::of(-low).min(z)));
    scale.mul_add(q, scale)
}

/// 1 − e^{−z} for z ≥ 0, without cancellation near 0: the fraction of the way to a steady state
/// that a relaxation covers.
#[inline(always)]
#[must_use]
pub fn decay<R: Real>(z: R) -> R {
    let (scale, q) = exp_parts_near(R::of(-R::EXP_RANGE.0).min(z));
    scale.mul_add(-q, R::of(1.0) - scale)
}

/// The maximum growth of a potential in a step under a negative conductance, as a logarithm. It is
/// far beyond any useful value, and below an overflow.
pub(crate) const GROWTH: f64 = 80.0;

/// The largest rate whose reciprocal is a normal `f32`, as [`relax`] needs it on GPUs.
const FASTEST: f64 = 8e37;

/// A divisor that is safe for quotients such as x/(1 − e⁻ˣ). It is 1e-30 if |x| is below 1e-30,
/// where 1 − e⁻ˣ = x to the last bit, and x otherwise. It is at least `low`.
#[inline(always)]
pub(crate) fn divisible<R: Real>(x: R, low: R) -> R {
    let tiny = R::of(1e-30);
    let x = if x.abs() < tiny { tiny } else { x };
    low.max(x)
}

#[inline(always)]
pub(super) fn exprel<R: Real>(x: R) -> R {
    // Below 1e-30 the quotient may lose bits to subnormal numbers, and 1 is correct to the last
    // bit.
    if x.abs() < R::of(1e-30) { R::of(1.0) } else { expm1(x) / x }
}

#[inline(always)]
pub(super) fn inv_exprel_near<R: Real>(x: R) -> R {
    let s = x * x;
    let p = horner(&BERNOULLI[..R::BERNOULLI_TERMS], s);
    p.mul_add(s, x.mul_add(R::of(0.5), R::of(1.0)))
}

#[inline(always)]
pub(super) fn tanh<R: Real>(x: R) -> R {
    // tanh|x| = (e²ˣ − 1)/(e²ˣ + 1) with |x| for x. From 20 on it is 1 in both types. This order of
    // the arguments of `min` passes a NaN.
    let e = expm1(R::of(40.0).min(x.abs() + x.abs()));
    (e / (e + R::of(2.0))).copysign(x)
}

/// Φ(−y)·e^{y²/2}·(y + 5) for y ≥ 0 as a polynomial in t = (y − 5)/(y + 5), the change of variable
/// of Schonfelder and of Shepherd & Laframboise. The coefficients come from a Chebyshev series. The
/// relative error is 3e-17 for f64 and 1e-8 for f32.
const NORMAL: [f64; 24] = [
    0.769_193_049_750_063,
    -0.665_382_502_890_057,
    0.495_305_615_969_980_5,
    -0.313_533_156_671_281_4,
    0.165_020_366_170_195_17,
    -0.069_118_638_707_071_62,
    0.020_795_066_803_234_04,
    -0.002_993_376_758_978_478,
    -0.000_797_869_427_747_529_7,
    0.000_544_898_968_373_562_9,
    -5.937_558_833_377_767e-5,
    -4.976_232_792_457_951_5e-5,
    1.668_085_271_992_539_4e-5,
    3.979_361_513_829_216e-6,
    -2.768_878_783_672_091_5e-6,
    -3.335_427_141_231_054e-7,
    4.334_766_428_513_756_7e-7,
    3.857_144_856_725_758_7e-8,
    -6.741_689_051_823_604e-8,
    -6.940_847_374_044_867e-9,
    9.275_082_241_537_343e-9,
    1.271_375_926_027_823_1e-9,
    -7.854_458_583_247_658e-10,
    -1.331_210_743_010_702e-10,
];
const NORMAL_F32: [f64; 12] = [
    0.769_193_053_245_544_4,
    -0.665_382_504_463_195_8,
    0.495_305_985_212_326_05,
    -0.313_532_888_889_312_74,
    0.165_016_144_514_083_86,
    -0.069_120_839_238_166_81,
    0.020_813_677_459_955_215,
    -0.002_985_708_881_169_557_6,
    -0.000_835_731_043_480_336_7,
    0.000_531_777_099_240_571_3,
    -2.196_782_770_624_85e-5,
    -3.869_155_989_377_759_4e-5,
];

/// Φ(x) = ½(1 + erf(x/√2)), the standard normal distribution function, with an error of at most
/// 8 ulp in both tails. It is 0 where e^{−x²/2} is outside the range of `exp`.
#[inline(always)]
#[must_use]
pub fn normal_cdf<R: Real>(x: R) -> R {
    let poly: &[f64] = if R::DTYPE == DType::F64 { &NORMAL } else { &NORMAL_F32 };
    let (one, half) = (R::of(1.0), R::of(0.5));
    let y = R::of(40.0).min(x.abs());
    let d = one / (y + R::of(5.0));
    let t = d.mul_add(R::of(-10.0), one);
    let p = horner(poly, t);
    // y² exactly, as a sum of two numbers. The rounding error of y² alone would change the
    // exponential by a relative y²·ε/2.
    let square = y * y;
    let rest = y.mul_add(y, -square);
    let e = exp(-half * square);
    let e = (half * e).mul_add(-rest, e);
    let tail = p * d * e;
    let tail = if square > R::of(-2.0 * R::EXP_RANGE.0) { R::of(0.0) } else { tail };
    if x < R::of(0.0) { tail } else { one - tail }
}

#[inline(always)]
pub(super) fn inv_exprel<R: Real>(x: R) -> R {
    let near = x.abs() < R::of(0.5);
    let x = R::of(-R::EXP_RANGE.1).max(x);
    let far = x / -expm1(if near { R::of(-1.0) } else { -x });
    if near { inv_exprel_near(x) } else { far }
}

/// x/(1 − e) for e = e⁻ˣ, with the limit 1 at x = 0: [`inv_exprel`](super::inv_exprel) for an
/// exponential that is known already, below 8e37. A relative error of `e` counts at most one and a
/// half times. For x below the range of [`exp`](super::exp) it is the value at the end of this range.
/// NaN gives NaN.
#[inline(always)]
#[must_use]
pub fn inv_exprel_of<R: Real>(x: R, e: R) -> R {
    let near = x.abs() < R::of(0.5);
    let x = R::of(-R::EXP_RANGE.1).max(x);
    let far = x * (R::of(1.0) / if near { R::of(1.0) } else { R::of(1.0) - e });
    if near { inv_exprel_near(x) } else { far }
}

#[inline(always)]
pub(super) fn exprel_slope<R: Real>(x: R) -> R {
    // The difference cancels near 0.
    let near = x.abs() < R::of(1.25);
    let far = if near { R::of(2.0) } else { x };
    let far = (exp(far) - expm1(far) / far) / far;
    if near { horner(R::EXPREL_SLOPE, x) } else { far }
}

/// (1 − e^{−s·t})/s for t > 0, with the limit t at s = 0: the solution of x' = 1 − s·x from 0 after
/// the time t. A step of exponential Euler multiplies the slope by it. For s·t below −80 it is the
/// value at −80. NaN gives NaN. The error is at most 4 ulp for s ≥ 0 and t ≥ 1e-7. For s < 0 it is
/// larger by |s·t| ulp, because the exponential enlarges the rounding error of s·t. For s above 8e37 it is the
/// value at 8e37.
#[inline(always)]
#[must_use]
pub fn relax<R: Real>(s: R, t: R) -> R {
    let s = R::of(FASTEST).min(divisible(s, R::of(-GROWTH) / t));
    decay(s * t) * (R::of(1.0) / s)
}

#[inline(always)]
pub(super) fn log<R: Real>(x: R) -> R {
    let tiny = x < R::of(R::LEAST_NORMAL);
    let (e, m) = (if tiny { x * R::of(R::TO_NORMAL.0) } else { x }).log_parts();
    let e = if tiny { e - R::of(R::TO_NORMAL.1) } else { e };
    let f = m - R::of(1.0);
    let s = f / (f + R::of(2.0));
    let z = s * s;
    // ln m = f − (f²/2 − s·(f²/2 + z·p))
    let half_square = R::of(0.5) * f * f;
    let part = z.mul_add(horner(R::LOG_POLY, z), half_square);
    let rest = half_square - s.mul_add(part, e * R::of(R::LN2_SPLIT.1));
    let log = e.mul_add(R::of(R::LN2_SPLIT.0), f - rest);
    let log = if x == R::of(0.0) { R::of(f64::NEG_INFINITY) } else { log };
    let log = if x < R::of(0.0) { R::of(f64::NAN) } else { log };
    // Infinity and NaN are their own logarithms.
    if x < R::of(f64::INFINITY) { log } else { x }
}

/// sin x or cos x for x ≥ 0, from x = n·π/2 + r with |r| ≤ π/4. The first step of the reduction is
/// exact, because x and the product are multiples of the last place of r.
#[inline(always)]
fn turned<R: Real>(x: R, cos: bool) -> R {
    let rounded = x.mul_add(R::of(std::f64::consts::FRAC_2_PI), R::of(R::ROUNDER));
    let n = rounded - R::of(R::ROUNDER);
    let r = n.mul_add(R::of(-R::HALF_PI.0), x);
    let r = n.mul_add(R::of(-R::HALF_PI.1), r);
    let r = n.mul_add(R::of(-R::HALF_PI.2), r);
    // For a large x, n is wrong. The polynomials are between −1 and 1 for |r| ≤ 0.8, and a NaN
    // passes.
    let bound = R::of(0.8);
    let r = (-bound).max(bound.min(r));
    let s = r * r;
    let sin_r = (s * r).mul_add(horner(R::SIN_POLY, s), r);
    let cos_r = s.mul_add(horner(R::COS_POLY, s), R::of(1.0));
    R::of_quadrant(rounded, cos, sin_r, cos_r)
}

#[inline(always)]
pub(super) fn sin<R: Real>(x: R) -> R {
    // The sign of x is a factor, so that sin(−0) is −0.
    turned(x.abs(), false) * R::of(1.0).copysign(x)
}

#[inline(always)]
pub(super) fn cos<R: Real>(x: R) -> R {
    turned(x.abs(), true)
}

#[inline(always)]
pub(super) fn reciprocal<R: Real>(x: R) -> R {
    R::of(1.0) / x
}
