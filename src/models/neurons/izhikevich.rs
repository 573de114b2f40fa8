//! Izhikevich's neuron.

use super::frame::{Constant, Equations, Neuron, any, not_negative, steps};
use crate::init::Init;
use crate::numeric::scalar::Real;

/// Izhikevich's neuron (IEEE Trans. Neural Netw. 14, 2003, 1569-1572): `brainpy.dyn.IzhikevichRef`, and with `tau_ref` 0 `Izhikevich`.
///
/// ```text
/// dV/dt = p1 V² + p2 V + p3 − u + I        unless refractory; then V stays
/// du/dt = a (b V − u)
/// if V ≥ V_th:  spike,  V ← c,  u ← u + d,  refractory for tau_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `u` | recovery, mV/ms |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | how many steps of the refractory period are left, the one just made included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_th`, `c` | 30, −65 | mV |
/// | `d` | 8 | mV/ms |
/// | `p1`, `p2`, `p3` | 0.04, 5, 140 | 1/(mV·ms), 1/ms, mV/ms |
/// | `a`, `b` | 0.02, 0.2 | 1/ms |
/// | `tau_ref` | 0 | ms |
///
/// Time is in ms; I in mV/ms, a conductance in 1/ms. V starts at −70, u at b·V. Brainpy's `R` and `tau`, of which its equations make no use,
/// are not there; nor is a soft reset in its class, which here is one of [`Reset`](crate::models::Reset) as elsewhere.
pub type Izhikevich<R> = Neuron<R, IzhikevichEquations, N, P>;

const N: usize = 2;
const P: usize = 9;

/// The equations of [`Izhikevich`].
#[derive(Clone, Copy, Debug)]
pub struct IzhikevichEquations;

impl Equations<N, P> for IzhikevichEquations {
    const KIND: &'static str = "IzhikevichRef";
    const KERNEL: (&'static str, &'static str) = ("izhikevich.cu", include_str!("../../../kernels/models/izhikevich.cu"));
    const VARS: [&'static str; N] = ["V", "u"];
    const PARAMS: [Constant; P] = [
        any("V_th", 30.0),
        any("c", -65.0),
        not_negative("tau_ref", 0.0),
        any("p1", 0.04),
        any("p2", 5.0),
        any("p3", 140.0),
        any("a", 0.02),
        any("b", 0.2),
        any("d", 8.0),
    ];
    const RESETS: bool = true;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Constant(-70.0)), None]
    }

    fn steady<R: Real>(v: R, [.., b, _]: &[R; P]) -> [R; N] {
        [v, *b * v]
    }

    #[inline(always)]
    fn flow<R: Real>([v, u]: [R; N], i: R, &[_, _, _, p1, p2, p3, a, b, _]: &[R; P]) -> ([R; N], [R; N]) {
        let square = p1 * v;
        let dv = (square + p2).mul_add(v, p3 - u + i);
        ([dv, a * b.mul_add(v, -u)], [square + square + p2, -a])
    }

    #[inline(always)]
    fn gain<R: Real>(_: &[R; P]) -> R {
        R::of(1.0)
    }

    #[inline(always)]
    fn reset<R: Real>([v, u]: [R; N], p: &[R; P]) -> [R; N] {
        [v, u + p[8]]
    }

    steps!(N, P);
}
