//! Hodgkin and Huxley's potassium channel, p⁴. Parameters: E, g_max, phi, V_sh.

use super::kinetics::{Kinetics, bounded, names};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{inv_exprel_near, reciprocal};

names!(e g_max phi v_sh);

pub(crate) struct KHh;

impl Kinetics<1, { Parameters::COUNT }> for KHh {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    #[inline(always)]
    fn rates<R: Arithmetic>(v: R, &Parameters { phi, v_sh, .. }: &Parameters<R>) -> [(R, R); 1] {
        let one = R::of(1.0);
        let w = v - v_sh + R::of(20.0);
        let e80 = bounded(w * R::of(1.0 / 80.0));
        let e40 = e80 * e80;
        // As in `na_hh`.
        let e20 = R::of(3e5).min(e40 * e40);
        let e10 = e20 * e20;
        let y = w.mul_add(R::of(0.1), R::of(-1.0));
        let (abs, half) = (y.abs(), R::of(0.5));
        let d = e10.mul_add(R::of(-std::f64::consts::E), one);
        let d = R::select_less(abs, half, one, d);
        let a = R::of(0.1) * R::select_less(abs, half, inv_exprel_near(y), y * reciprocal(d));
        [(phi * a, phi * (a + R::of(0.125) * e80))]
    }

    #[inline(always)]
    fn open<R: Arithmetic>([p]: [R; 1]) -> R {
        (p * p) * (p * p)
    }
}
