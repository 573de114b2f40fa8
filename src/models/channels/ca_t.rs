//! Huguenard and McCormick's calcium channel of low threshold, p²q. Parameters: E, g_max, phi_p,
//! phi_q, V_sh.

use super::kinetics::{Kinetics, MOST, bounded, names};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{exp_neg, reciprocal};

names!(e g_max phi_p phi_q v_sh);

pub(crate) struct CaT;

impl Kinetics<2, { Parameters::COUNT }> for CaT {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    /// Each gate takes one division. The two branches of τ_q share one exponential.
    #[inline(always)]
    fn rates<R: Arithmetic>(v: R, &Parameters { phi_p, phi_q, v_sh, .. }: &Parameters<R>) -> [(R, R); 2] {
        let one = R::of(1.0);
        let w = v - v_sh;
        let ep = one + bounded((w + R::of(59.0)) * R::of(1.0 / 6.2)); // 1/p_∞
        let b = bounded((w + R::of(132.0)) * R::of(1.0 / 16.7)) + bounded((w + R::of(16.8)) * R::of(-1.0 / 18.2));
        let r = b / (b.mul_add(R::of(0.612), one) * ep); // p_∞/τ_p
        let eq = one + bounded((w + R::of(83.0)) * R::of(-1.0 / 4.0)); // 1/q_∞
        let limit = R::of(-80.0);
        let by = R::select_less_equal(limit, w, R::of(22.0), R::of(467.0));
        let scale = R::select_less_equal(limit, w, R::of(1.0 / 10.5), R::of(-1.0 / 66.6));
        let more = R::select_less_equal(limit, w, R::of(28.0), R::of(0.0));
        let tau = R::of(1.0 / MOST).max(exp_neg((w + by) * scale) + more);
        let q = reciprocal(tau * eq); // q_∞/τ_q
        [(phi_p * r, phi_p * (r * ep)), (phi_q * q, phi_q * (q * eq))]
    }

    #[inline(always)]
    fn open<R: Arithmetic>([p, q]: [R; 2]) -> R {
        p * p * q
    }
}
