//! The gates' rates as functions of the potential.

use crate::math::{exp, inv_exprel_neg};
use crate::scalar::Real;

/// (α, β) of m, h and n at potential `v` (mV), 1/ms.
///
/// All six need exponentials of v at different scales. Two are computed: e^{−(v+65)/80}, whose powers of 2, 4 and 8 are those at
/// scales 40, 20 and 10, and e^{−(v+65)/18}. The powers carry at most 8 times the first one's rounding error, which only
/// 1 − e^{−x} near x = 0 would amplify; there a series takes over.
#[inline(always)]
pub(super) fn rates<R: Real>(v: R) -> [(R, R); 3] {
    let w = v + R::of(65.0);
    let e80 = exp(w * R::of(-1.0 / 80.0));
    let e18 = exp(w * R::of(-1.0 / 18.0));
    let e40 = e80 * e80;
    let e20 = e40 * e40;
    let e10 = e20 * e20;
    let tenth = R::of(0.1);
    let am = inv_exprel_neg((v + R::of(40.0)) * tenth, e10 * R::of(12.182_493_960_703_473)); // e^{2.5}
    let an = tenth * inv_exprel_neg((v + R::of(55.0)) * tenth, e10 * R::of(std::f64::consts::E));
    let ah = R::of(0.07) * e20;
    let bm = R::of(4.0) * e18;
    let bh = R::of(1.0) / e10.mul_add(R::of(20.085_536_923_187_668), R::of(1.0)); // e³
    let bn = R::of(0.125) * e80;
    [(am, bm), (ah, bh), (an, bn)]
}
