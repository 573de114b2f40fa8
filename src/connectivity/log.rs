//! The natural logarithm in `f64`, computed with basic IEEE operations. Its counterpart is `ln` in
//! `kernels/include/connect.cuh`.

/// The bits of √½, the smallest mantissa m.
const ROOT_HALF: u64 = 0x3fe6_a09e_667f_3bcd;
const ONE: u64 = 0x3ff0_0000_0000_0000;
const MANTISSA: u64 = (1 << 52) - 1;
/// 1.5·2⁵²: its sum with a small integer contains the integer in the low bits, with its sign.
const ROUNDER: f64 = 6_755_399_441_055_744.0;

/// Returns ln x to within 3 ulp, for normal x > 0: x = 2ᵉ·m with m in [√½, √2), and ln m =
/// 2·atanh(s) by its series (Abramowitz & Stegun 4.1.27) in s = (m − 1)/(m + 1), |s| < 0.172. The
/// first omitted term is below 0.2 ulp.
#[inline(always)]
pub(crate) fn ln(x: f64) -> f64 {
    let bits = x.to_bits().wrapping_add(ONE - ROOT_HALF);
    // Exponents are integers below 2¹¹. Their bits are converted to floating point without a
    // conversion instruction, which older vector instruction sets lack.
    let exponent = f64::from_bits(ROUNDER.to_bits() + (bits >> 52)) - (ROUNDER + 1023.0);
    let m = f64::from_bits((bits & MANTISSA) + ROOT_HALF);
    let s = (m - 1.0) / (m + 1.0);
    let q = s * s;
    let mut p = 2.0 / 21.0;
    p = q.mul_add(p, 2.0 / 19.0);
    p = q.mul_add(p, 2.0 / 17.0);
    p = q.mul_add(p, 2.0 / 15.0);
    p = q.mul_add(p, 2.0 / 13.0);
    p = q.mul_add(p, 2.0 / 11.0);
    p = q.mul_add(p, 2.0 / 9.0);
    p = q.mul_add(p, 2.0 / 7.0);
    p = q.mul_add(p, 2.0 / 5.0);
    p = q.mul_add(p, 2.0 / 3.0);
    let log_m = (s * q).mul_add(p, s + s);
    exponent.mul_add(std::f64::consts::LN_2, log_m)
}

/// Returns ln(1 − p) for p in (0, 1], and −∞ for 1, without the cancellation of 1 − p for small p
/// (Kahan's correction).
pub(super) fn ln_one_minus(p: f64) -> f64 {
    let u = 1.0 - p;
    if u <= 0.0 {
        f64::NEG_INFINITY
    } else if u == 1.0 {
        -p
    } else {
        ln(u) * (p / (1.0 - u))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ulps(a: f64, b: f64) -> f64 {
        (a - b).abs() / (b.abs() * f64::EPSILON).max(f64::MIN_POSITIVE)
    }

    #[test]
    fn the_logarithm_is_accurate() {
        let mut worst = 0.0_f64;
        let mut x = 0x9e37_79b9_7f4a_7c15_u64;
        for k in 0..400_000_u64 {
            x = x.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(k | 1);
            // The inputs are all of (0, 1], as rows draw from it, numbers near 1, and any normal
            // number.
            let unit = 2.0 - f64::from_bits(ONE | x >> 12);
            let near = f64::from_bits(ONE - (x >> 20)).max(0.5);
            let any = f64::from_bits((x >> 1).clamp(f64::MIN_POSITIVE.to_bits(), f64::MAX.to_bits()));
            for u in [unit, near, any] {
                let (ours, exact) = (ln(u), u.ln());
                assert!(ulps(ours, exact) <= 3.0, "ln {u:e}: {ours:e}, not {exact:e}");
                worst = worst.max(ulps(ours, exact));
            }
        }
        assert_eq!(ln(1.0).to_bits(), 0.0_f64.to_bits());
        assert!(worst > 0.1, "nothing was compared");
    }

    #[test]
    fn small_probabilities_lose_nothing() {
        for p in [1e-300, 1e-20, 1e-16, 1.2e-16, 1e-9, 1e-4, 0.02, 0.3, 0.5, 0.9, 1.0 - 1e-9] {
            let (ours, exact) = (ln_one_minus(p), (-p).ln_1p());
            assert!((ours - exact).abs() <= 2e-15 * exact.abs(), "ln(1 − {p:e}): {ours:e}, not {exact:e}");
        }
        assert_eq!(ln_one_minus(1.0), f64::NEG_INFINITY);
    }
}
