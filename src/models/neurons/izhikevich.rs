//! Izhikevich's neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;

/// Izhikevich's neuron (IEEE Trans. Neural Netw. 14, 2003, 1569-1572): `brainpy.dyn.IzhikevichRef`,
/// and with `tau_ref` 0 `Izhikevich`.
///
/// ```text
/// dV/dt = p1 V² + p2 V + p3 − u + I        constant while refractory
/// du/dt = a (b V − u)
/// if V ≥ V_th:  spike,  V ← c,  u ← u + d,  refractory for tau_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `u` | recovery, mV/ms |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | remaining steps of the refractory period, this step included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_th`, `c` | 30, −65 | mV |
/// | `d` | 8 | mV/ms |
/// | `p1`, `p2`, `p3` | 0.04, 5, 140 | 1/(mV·ms), 1/ms, mV/ms |
/// | `a`, `b` | 0.02, 0.2 | 1/ms |
/// | `tau_ref` | 0 | ms |
///
/// Time is in ms, I in mV/ms, a conductance in 1/ms. V starts at −70, u at b·V. brainpy's
/// parameters `R` and `tau`, which its equations do not use, do not exist here. brainpy's class has
/// no soft reset; this type has both kinds of [`Reset`](crate::models::Reset).
#[doc(alias("IzhikevichRef"))]
pub type Izhikevich<R> = Neuron<R, IzhikevichEquations, N, P>;

const N: usize = 2;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`Izhikevich`].
    pub struct Parameters {
        v_th: "V_th" = 30.0, "mV", Finite, "threshold";
        v_reset: "c" = -65.0, "mV", Finite, "potential after a spike";
        tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
        p1: "p1" = 0.04, "1/(mV·ms)", Finite, "factor of V²";
        p2: "p2" = 5.0, "1/ms", Finite, "factor of V";
        p3: "p3" = 140.0, "mV/ms", Finite, "constant";
        a: "a" = 0.02, "1/ms", Finite, "rate of u";
        b: "b" = 0.2, "1/ms", Finite, "factor of V in the equation of u";
        d: "d" = 8.0, "mV/ms", Finite, "increment of u at a spike";
    }
}

/// The equations of [`Izhikevich`].
#[derive(Clone, Copy, Debug)]
pub struct IzhikevichEquations;

impl NeuronEquations<N, P> for IzhikevichEquations {
    const NAME: &'static str = "Izhikevich";
    const ALIASES: &'static [&'static str] = &["IzhikevichRef"];
    const ABOUT: &'static str = "Izhikevich's neuron";
    const SOURCE: Option<&'static str> = Some("Izhikevich, IEEE Trans. Neural Netw. 14, 2003, 1569-1572");
    const UNITS: [&'static str; 2] = ["mV/ms", "1/ms"];
    const VARIABLES: [Variable; N] =
        [Variable::new("V", "mV", "membrane potential, after the reset"), Variable::new("u", "mV/ms", "recovery")];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = true;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Constant(-70.0)), None]
    }

    fn steady_state<R: Arithmetic>(v: R, p: &Parameters<R>) -> [R; N] {
        [v, p.b * v]
    }

    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v, u]: [R; N],
        i: R,
        &Parameters { p1, p2, p3, a, b, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let square = p1 * v;
        let dv = (square + p2).mul_add(v, p3 - u + i);
        ([dv, a * b.mul_add(v, -u)], [square + square + p2, -a])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(_: &Parameters<R>) -> R {
        R::of(1.0)
    }

    #[inline(always)]
    fn reset<R: Arithmetic>([v, u]: [R; N], p: &Parameters<R>) -> [R; N] {
        [v, u + p.d]
    }

    steps!(N, P);
}
