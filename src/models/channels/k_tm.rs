//! The potassium channel, p⁴, of Traub and Miles, and of Bazhenov et al. Parameters: E, g_max, phi,
//! V_sh.

use super::kinetics::{Kinetics, bounded, names};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{inv_exprel_near, reciprocal};

names!(e g_max phi v_sh);

pub(crate) struct KTm;

impl Kinetics<1, { Parameters::COUNT }> for KTm {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    #[inline(always)]
    fn rates<R: Arithmetic>(v: R, &Parameters { phi, v_sh, .. }: &Parameters<R>) -> [(R, R); 1] {
        let one = R::of(1.0);
        let u = v - v_sh;
        let e40 = bounded(u * R::of(1.0 / 40.0));
        // From here on (u < −276) α is negligible.
        let e20 = R::of(1e6).min(e40 * e40);
        let e10 = e20 * e20;
        let e5 = e10 * e10;
        let y = u.mul_add(R::of(0.2), R::of(-3.0));
        let (abs, half) = (y.abs(), R::of(0.5));
        let d = e5.mul_add(R::of(-20.085_536_923_187_668), one); // e³
        let d = R::select_less(abs, half, one, d);
        let a = R::of(0.16) * R::select_less(abs, half, inv_exprel_near(y), y * reciprocal(d));
        [(phi * a, phi * (a + R::of(0.642_012_708_343_870_7) * e40))] // 0.5 e^{1/4}
    }

    #[inline(always)]
    fn open<R: Arithmetic>([p]: [R; 1]) -> R {
        (p * p) * (p * p)
    }
}
