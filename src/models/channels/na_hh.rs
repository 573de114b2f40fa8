//! Hodgkin and Huxley's sodium channel, p³q. Parameters: E, g_max, phi, V_sh.

use super::kinetics::{Kinetics, bounded, names};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{exp_neg, inv_exprel_near, reciprocal};

names!(e g_max phi v_sh);

pub(crate) struct NaHh;

impl Kinetics<2, { Parameters::COUNT }> for NaHh {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    /// All four rates need exponentials of w at different scales. Two are computed: e^{−w/20},
    /// whose square is e^{−w/10}, and e^{−w/18}. The two quotients share one division. Near the
    /// singularity of α_p a series replaces the quotient.
    #[inline(always)]
    fn rates<R: Arithmetic>(v: R, &Parameters { phi, v_sh, .. }: &Parameters<R>) -> [(R, R); 2] {
        let one = R::of(1.0);
        let w = v - v_sh + R::of(20.0);
        // From here on (w < −252) α_p and β_q are negligible.
        let e20 = R::of(3e5).min(exp_neg(w * R::of(1.0 / 20.0)));
        let e18 = bounded(w * R::of(1.0 / 18.0));
        let e10 = e20 * e20;
        let x = w.mul_add(R::of(0.1), R::of(-2.5));
        let (abs, half) = (x.abs(), R::of(0.5));
        let dp = e10.mul_add(R::of(-12.182_493_960_703_473), one); // e^{2.5}
        let dp = R::select_less(abs, half, one, dp);
        let dq = e10.mul_add(R::of(20.085_536_923_187_668), one); // e³
        let r = reciprocal(dp * dq);
        let ap = R::select_less(abs, half, inv_exprel_near(x), x * dq * r);
        let bp = R::of(4.0) * e18;
        let (aq, bq) = (R::of(0.07) * e20, dp * r);
        [(phi * ap, phi * (ap + bp)), (phi * aq, phi * (aq + bq))]
    }

    #[inline(always)]
    fn open<R: Arithmetic>([p, q]: [R; 2]) -> R {
        p * p * p * q
    }
}
