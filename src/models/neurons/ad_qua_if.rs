//! The adaptive quadratic integrate-and-fire neuron.

use super::frame::{Constant, Equations, Neuron, any, not_negative, positive, steps};
use crate::init::Init;
use crate::numeric::scalar::Real;

/// The adaptive quadratic integrate-and-fire neuron (Izhikevich, IEEE Trans. Neural Netw. 15, 2004, 1063-1070; Touboul, SIAM J. Appl. Math. 68,
/// 2008, 1045-1079): `brainpy.dyn.AdQuaIFRef`, and with `tau_ref` 0 `AdQuaIF`.
///
/// ```text
/// τ dV/dt   = c (V − V_rest) (V − V_c) − w + I        unless refractory; then V stays
/// τ_w dw/dt = a (V − V_rest) − w
/// if V ≥ V_th:  spike,  V ← V_reset,  w ← w + b,  refractory for tau_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `w` | adaptation, of I's unit |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | how many steps of the refractory period are left, the one just made included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_rest`, `V_reset`, `V_th` | −65, −68, −30 | mV |
/// | `V_c` | −50 | mV, from where V grows by itself |
/// | `c` | 0.07 | 1/mV |
/// | `a`, `b` | 1, 0.1 | of I per mV, of I |
/// | `tau`, `tau_w`, `tau_ref` | 10, 10, 0 | ms |
///
/// Time is in ms, I in mV. V and w start at 0, as brainpy's do: above the threshold, so that all neurons spike in the first step.
pub type AdQuaIf<R> = Neuron<R, AdQuaIfEquations, N, P>;

const N: usize = 2;
const P: usize = 10;

/// The equations of [`AdQuaIf`].
#[derive(Clone, Copy, Debug)]
pub struct AdQuaIfEquations;

impl Equations<N, P> for AdQuaIfEquations {
    const KIND: &'static str = "AdQuaIFRef";
    const KERNEL: (&'static str, &'static str) = ("ad_qua_if.cu", include_str!("../../../kernels/models/ad_qua_if.cu"));
    const VARS: [&'static str; N] = ["V", "w"];
    const PARAMS: [Constant; P] = [
        any("V_th", -30.0),
        any("V_reset", -68.0),
        not_negative("tau_ref", 0.0),
        any("V_rest", -65.0),
        any("V_c", -50.0),
        any("c", 0.07),
        positive("tau", 10.0),
        positive("tau_w", 10.0),
        any("a", 1.0),
        any("b", 0.1),
    ];
    const RESETS: bool = true;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Zeros), Some(Init::Zeros)]
    }

    #[inline(always)]
    fn flow<R: Real>([v, w]: [R; N], i: R, &[_, _, _, v_rest, v_c, c, tau, tau_w, a, _]: &[R; P]) -> ([R; N], [R; N]) {
        let (from_rest, from_c) = (v - v_rest, v - v_c);
        let dv = (c * from_rest).mul_add(from_c, i - w) / tau;
        let dw = a.mul_add(from_rest, -w) / tau_w;
        ([dv, dw], [c * (from_rest + from_c) / tau, R::of(-1.0) / tau_w])
    }

    #[inline(always)]
    fn gain<R: Real>(p: &[R; P]) -> R {
        R::of(1.0) / p[6]
    }

    #[inline(always)]
    fn reset<R: Real>([v, w]: [R; N], p: &[R; P]) -> [R; N] {
        [v, w + p[9]]
    }

    steps!(N, P);
}
