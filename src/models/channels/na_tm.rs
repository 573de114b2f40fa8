//! The sodium channel, p³q, of Traub and Miles, and of Bazhenov et al. Parameters: E, g_max, phi,
//! V_sh.

use super::kinetics::{Kinetics, bounded, names};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{exp_neg, inv_exprel_near, reciprocal};

names!(e g_max phi v_sh);

pub(crate) struct NaTm;

impl Kinetics<2, { Parameters::COUNT }> for NaTm {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    /// Two exponentials are computed: e^{−u/20}, whose fourth and fifth powers are e^{−u/5} and
    /// e^{−u/4}, and e^{−u/18}. The three quotients share one division. Near the singularities of
    /// α_p (u = 13) and β_p (u = 40) a series replaces the quotient.
    #[inline(always)]
    fn rates<R: Arithmetic>(v: R, &Parameters { phi, v_sh, .. }: &Parameters<R>) -> [(R, R); 2] {
        let (half, one) = (R::of(0.5), R::of(1.0));
        let u = v - v_sh;
        // The products below must not overflow. In f32 the bound is met at u < −92, where α_p and
        // β_q are negligible.
        let most = R::of_precision(1e16, 100.0);
        let e20 = most.min(exp_neg(u * R::of(1.0 / 20.0)));
        let e18 = bounded(u * R::of(1.0 / 18.0));
        let e10 = e20 * e20;
        let e5 = e10 * e10;
        let e4 = e5 * e20;
        let x = u.mul_add(R::of(0.25), R::of(-3.25)); // α_p is a function of x, β_p of z
        let z = u.mul_add(R::of(-0.2), R::of(8.0));
        let ez = e5 * R::of(2_980.957_987_041_728); // e^z
        let (abs_x, abs_z) = (x.abs(), z.abs());
        let dx = e4.mul_add(R::of(-25.790_339_917_193_062), one); // e^{3.25}
        let dx = R::select_less(abs_x, half, one, dx);
        let dz = R::select_less(abs_z, half, one, ez - one);
        let dq = ez + one;
        let dxz = dx * dz;
        let r = reciprocal(dxz * dq);
        // x and z are never both near 0, so that one series serves both.
        let near = inv_exprel_near(R::select_less(abs_z, half, z, x));
        let ap = R::of(1.28) * R::select_less(abs_x, half, near, x * (dz * dq) * r);
        let bp = R::of(1.4) * R::select_less(abs_z, half, near, z * ((ez * r) * (dx * dq)));
        let aq = R::of(0.329_137_207_652_867_8) * e18; // 0.128 e^{17/18}
        let bq = R::of(4.0) * dxz * r;
        [(phi * ap, phi * (ap + bp)), (phi * aq, phi * (aq + bq))]
    }

    #[inline(always)]
    fn open<R: Arithmetic>([p, q]: [R; 2]) -> R {
        p * p * p * q
    }
}
