//! The gates' rates as functions of the potential.

use crate::numeric::math::{exp_neg, inv_exprel_near};
use crate::numeric::scalar::{DType, Real};

/// (α, β) of m, h and n at potential `u` (mV) above `V_T`, 1/ms.
///
/// All six need exponentials of u at different scales. Two are computed: e^{−u/40}, whose powers of
/// 2, 4, 8 and 10 are those at scales 20, 10, 5 and 4, and e^{−u/18}. The powers carry at most 10
/// times the first one's rounding error, which only 1 − e^{−x} near x = 0 would amplify; there a
/// series takes over. The four quotients share one division.
#[inline(always)]
pub(super) fn rates<R: Real>(u: R) -> [(R, R); 3] {
    let (half, one, fifth) = (R::of(0.5), R::of(1.0), R::of(0.2));
    let e40 = exp_neg(u * R::of(1.0 / 40.0));
    let e18 = exp_neg(u * R::of(1.0 / 18.0));
    // The products below must not overflow. In f32 the bound is met at u < −68, where α_m, α_n and
    // β_h are zero for every purpose.
    let most = R::of(if R::DTYPE == DType::F64 { 1e16 } else { 30.0 });
    let e20 = most.min(e40 * e40);
    let e10 = e20 * e20;
    let e5 = e10 * e10;
    let e4 = e5 * e20;

    let x = u.mul_add(R::of(0.25), R::of(-3.25)); // α_m is that of x, α_n of y, β_m of z
    let y = u.mul_add(fifth, R::of(-3.0));
    let z = u.mul_add(-fifth, R::of(8.0));
    let ez = e5 * R::of(2_980.957_987_041_728); // e^z
    let (near_x, near_y, near_z) = (x.abs() < half, y.abs() < half, z.abs() < half);
    let dx = e4.mul_add(R::of(-25.790_339_917_193_062), one); // e^{3.25}
    let dy = e5.mul_add(R::of(-20.085_536_923_187_668), one); // e³
    let dx = if near_x { one } else { dx };
    let dy = if near_y { one } else { dy };
    let dz = if near_z { one } else { ez - one };
    let dh = ez + one;
    let (dxy, dzh) = (dx * dy, dz * dh);
    let r = one / (dxy * dzh);
    // x and z are never both near 0: one series does for the two.
    let near = inv_exprel_near(if near_z { z } else { x });
    let am = if near_x { near } else { x * (dy * dzh) * r };
    let bm = if near_z { near } else { z * ((ez * r) * (dxy * dh)) };
    let an = if near_y { inv_exprel_near(y) } else { y * (dx * dzh) * r };
    let bh = R::of(4.0) * (dxy * dz) * r;
    [
        (R::of(1.28) * am, R::of(1.4) * bm),
        (R::of(0.329_137_207_652_867_8) * e18, bh), // 0.128 e^{17/18}
        (R::of(0.16) * an, R::of(0.642_012_708_343_870_7) * e40), // 0.5 e^{1/4}
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// x/(eˣ − 1) as the equations have it.
    fn inv_exprel(x: f64) -> f64 {
        if x == 0.0 { 1.0 } else { x / x.exp_m1() }
    }

    fn naive(u: f64) -> [(f64, f64); 3] {
        [
            (1.28 * inv_exprel((13.0 - u) / 4.0), 1.4 * inv_exprel((u - 40.0) / 5.0)),
            (0.128 * ((17.0 - u) / 18.0).exp(), 4.0 / (1.0 + ((40.0 - u) / 5.0).exp())),
            (0.16 * inv_exprel((15.0 - u) / 5.0), 0.5 * ((10.0 - u) / 40.0).exp()),
        ]
    }

    /// The worst error of a rate, relative to it, over these potentials.
    fn worst<R: Real>(potentials: impl Iterator<Item = f64>) -> f64 {
        let mut worst = 0.0_f64;
        for u in potentials {
            let u = R::of(u);
            for ((a, b), (right_a, right_b)) in rates(u).into_iter().zip(naive(u.to_f64())) {
                for (got, right) in [(a, right_a), (b, right_b)] {
                    let error = (got.to_f64() - right).abs() / right;
                    assert!(error.is_finite(), "u = {u}: {got}, not {right}");
                    worst = worst.max(error);
                }
            }
        }
        worst
    }

    #[test]
    fn rates_are_those_of_the_equations() {
        let wide = || (0..40_000).map(|k| -67.0 + 0.005 * f64::from(k) + 1e-4 * f64::from(k % 7));
        let near = || {
            let from = (0..600).map(|k| 10_f64.powf(1.0 - 0.03 * f64::from(k)));
            let around = |at: f64| from.clone().flat_map(move |d| [at - d, at + d]).chain([at]);
            around(13.0).chain(around(15.0)).chain(around(40.0))
        };
        let (double, single) =
            (worst::<f64>(wide()).max(worst::<f64>(near())), worst::<f32>(wide()).max(worst::<f32>(near())));
        println!("f64 {double:e}, f32 {single:e}");
        assert!(double <= 2e-14 && single <= 1e-5, "f64 {double:e}, f32 {single:e}");
    }

    /// Far out they stay finite, and what is zero for every purpose is small beside the other rate.
    #[test]
    fn rates_far_out_are_finite() {
        fn check<R: Real>() {
            for u in [-1e6, -3000.0, -400.0, -100.0, -68.5, 150.0, 300.0, 2000.0, 1e6] {
                for (a, b) in rates(R::of(u)) {
                    assert!(a.is_finite() && b.is_finite() && a >= R::of(0.0) && b >= R::of(0.0), "{u}: {a} {b}");
                }
            }
            let [m, h, n] = rates(R::of(-100.0));
            assert!(m.0 < m.1 * R::of(1e-7) && h.1 < h.0 * R::of(1e-7) && n.0 < n.1 * R::of(1e-6));
        }
        check::<f64>();
        check::<f32>();
    }
}
