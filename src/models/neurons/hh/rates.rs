//! The gates' rates as functions of the potential.

use crate::numeric::math::{exp_neg, inv_exprel_near};
use crate::numeric::scalar::Real;

/// (α, β) of m, h and n at potential `v` (mV), 1/ms.
///
/// All six need exponentials of v at different scales. Two are computed: e^{−(v+65)/80}, whose
/// powers of 2, 4 and 8 are those at scales 40, 20 and 10, and e^{−(v+65)/18}. The powers carry at
/// most 8 times the first one's rounding error, which only 1 − e^{−x} near x = 0 would amplify;
/// there a series takes over. The three quotients share one division.
#[inline(always)]
pub(super) fn rates<R: Real>(v: R) -> [(R, R); 3] {
    let (half, one, tenth) = (R::of(0.5), R::of(1.0), R::of(0.1));
    let w = v + R::of(65.0);
    let e80 = exp_neg(w * R::of(1.0 / 80.0));
    let e18 = exp_neg(w * R::of(1.0 / 18.0));
    let e40 = e80 * e80;
    let e20 = e40 * e40;
    // From 1e11 on (v < −318) α_m, α_n and β_h are zero for every purpose, and the product below
    // must not overflow.
    let e10 = R::of(1e11).min(e20 * e20);

    let x = v.mul_add(tenth, R::of(4.0));
    let y = v.mul_add(tenth, R::of(5.5));
    let (near_x, near_y) = (x.abs() < half, y.abs() < half);
    let dm = e10.mul_add(R::of(-12.182_493_960_703_473), one); // e^{2.5}
    let dn = e10.mul_add(R::of(-std::f64::consts::E), one);
    let dh = e10.mul_add(R::of(20.085_536_923_187_668), one); // e³
    let dm = if near_x { one } else { dm };
    let dn = if near_y { one } else { dn };
    let (dmn, dmh, dnh) = (dm * dn, dm * dh, dn * dh);
    let r = one / (dmn * dh);
    let am = x * dnh * r;
    let an = y * dmh * r;
    let am = if near_x { inv_exprel_near(x) } else { am };
    let an = tenth * if near_y { inv_exprel_near(y) } else { an };
    [(am, R::of(4.0) * e18), (R::of(0.07) * e20, dmn * r), (an, R::of(0.125) * e80)]
}
