//! The adaptive quadratic integrate-and-fire neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;

/// The adaptive quadratic integrate-and-fire neuron (Izhikevich, IEEE Trans. Neural Netw. 15, 2004,
/// 1063-1070; Touboul, SIAM J. Appl. Math. 68, 2008, 1045-1079): `brainpy.dyn.AdQuaIFRef`, and with
/// `tau_ref` 0 `AdQuaIF`.
///
/// ```text
/// τ dV/dt   = c (V − V_rest) (V − V_c) − w + I        constant while refractory
/// τ_w dw/dt = a (V − V_rest) − w
/// if V ≥ V_th:  spike,  V ← V_reset,  w ← w + b,  refractory for tau_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `w` | adaptation, in mV as I |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | remaining steps of the refractory period, this step included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_rest`, `V_reset`, `V_th` | −65, −68, −30 | mV |
/// | `V_c` | −50 | mV, potential above which V grows without input |
/// | `c` | 0.07 | 1/mV |
/// | `a`, `b` | 1, 0.1 | 1, mV |
/// | `tau`, `tau_w`, `tau_ref` | 10, 10, 0 | ms |
///
/// Time is in ms, I in mV. V and w start at 0, as in brainpy. V is then above the threshold, so
/// that all neurons spike in the first step.
#[doc(alias("AdQuaIF", "AdQuaIFRef"))]
pub type AdQuaIf<R> = Neuron<R, AdQuaIfEquations, N, P>;

const N: usize = 2;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`AdQuaIf`].
    pub struct Parameters {
        v_th: "V_th" = -30.0, "mV", Finite, "threshold";
        v_reset: "V_reset" = -68.0, "mV", Finite, "potential after a spike";
        tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
        v_rest: "V_rest" = -65.0, "mV", Finite, "resting potential";
        v_c: "V_c" = -50.0, "mV", Finite, "potential above which V grows without input";
        c: "c" = 0.07, "1/mV", Finite, "factor of the parabola";
        tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
        tau_w: "tau_w" = 10.0, "ms", Positive, "time constant of w";
        a: "a" = 1.0, "", Finite, "factor of V in the equation of w";
        b: "b" = 0.1, "mV", Finite, "increment of w at a spike";
    }
}

/// The equations of [`AdQuaIf`].
#[derive(Clone, Copy, Debug)]
pub struct AdQuaIfEquations;

impl NeuronEquations<N, P> for AdQuaIfEquations {
    const NAME: &'static str = "AdQuaIF";
    const ALIASES: &'static [&'static str] = &["AdQuaIFRef", "AdQIF"];
    const ABOUT: &'static str = "the adaptive quadratic integrate-and-fire neuron";
    const SOURCE: Option<&'static str> = Some(
        "Izhikevich, IEEE Trans. Neural Netw. 15, 2004, 1063-1070; Touboul, SIAM J. Appl. Math. 68, 2008, 1045-1079",
    );
    const UNITS: [&'static str; 2] = ["mV", ""];
    const VARIABLES: [Variable; N] =
        [Variable::new("V", "mV", "membrane potential, after the reset"), Variable::new("w", "mV", "adaptation")];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = true;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Zeros), Some(Init::Zeros)]
    }

    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v, w]: [R; N],
        i: R,
        &Parameters { v_rest, v_c, c, tau, tau_w, a, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let (from_rest, from_c) = (v - v_rest, v - v_c);
        let dv = (c * from_rest).mul_add(from_c, i - w) / tau;
        let dw = a.mul_add(from_rest, -w) / tau_w;
        ([dv, dw], [c * (from_rest + from_c) / tau, R::of(-1.0) / tau_w])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(p: &Parameters<R>) -> R {
        R::of(1.0) / p.tau
    }

    #[inline(always)]
    fn reset<R: Arithmetic>([v, w]: [R; N], p: &Parameters<R>) -> [R; N] {
        [v, w + p.b]
    }

    steps!(N, P);
}
