//! The potassium channel, p⁴, of Traub and Miles, and of Bazhenov et al. Parameters: E, g_max, phi,
//! V_sh.

use super::kinetics::{Kinetics, bounded, names};
use crate::numeric::math::inv_exprel_near;
use crate::numeric::scalar::Real;

names!(e g_max phi v_sh);

pub(crate) struct KTm;

impl Kinetics<1, { Parameters::COUNT }> for KTm {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Real> = Parameters<R>;

    #[inline(always)]
    fn rates<R: Real>(v: R, &Parameters { phi, v_sh, .. }: &Parameters<R>) -> [(R, R); 1] {
        let one = R::of(1.0);
        let u = v - v_sh;
        let e40 = bounded(u * R::of(1.0 / 40.0));
        // From here on (u < −276) α is negligible.
        let e20 = R::of(1e6).min(e40 * e40);
        let e10 = e20 * e20;
        let e5 = e10 * e10;
        let y = u.mul_add(R::of(0.2), R::of(-3.0));
        let near = y.abs() < R::of(0.5);
        let d = e5.mul_add(R::of(-20.085_536_923_187_668), one); // e³
        let d = if near { one } else { d };
        let a = R::of(0.16) * if near { inv_exprel_near(y) } else { y * (one / d) };
        [(phi * a, phi * (a + R::of(0.642_012_708_343_870_7) * e40))] // 0.5 e^{1/4}
    }

    #[inline(always)]
    fn open<R: Real>([p]: [R; 1]) -> R {
        (p * p) * (p * p)
    }
}
