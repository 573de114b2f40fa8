//! The adaptive exponential integrate-and-fire neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::exp;

/// The adaptive exponential integrate-and-fire neuron (Brette & Gerstner, J. Neurophysiol. 94,
/// 2005, 3637-3642): `brainpy.dyn.AdExIFRef`, and with `tau_ref` 0 `AdExIF`.
///
/// ```text
/// τ dV/dt   = −(V − V_rest) + ΔT e^{(V − V_T)/ΔT} + R (I − w)        constant while refractory
/// τ_w dw/dt = a (V − V_rest) − w
/// if V ≥ V_th:  spike,  V ← V_reset,  w ← w + b,  refractory for tau_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `w` | adaptation, a current, nA |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | remaining steps of the refractory period, this step included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_rest`, `V_reset`, `V_th`, `V_T` | −65, −68, −55, −59.9 | mV |
/// | `delta_T` | 3.48 | mV |
/// | `R` | 1 | MΩ, with currents in nA |
/// | `tau`, `tau_w`, `tau_ref` | 10, 30, 0 | ms |
/// | `a` | 1 | µS |
/// | `b` | 1 | nA |
///
/// Time is in ms. V and w start at 0, as in brainpy. V is then above the threshold, so that all
/// neurons spike in the first step. The derivatives are taken at V or `V_th`, whichever is less,
/// and their exponent is at most 60.
#[doc(alias("AdExIF", "AdExIFRef", "AdEx", "aeif_cond_exp"))]
pub type AdExIf<R> = Neuron<R, AdExIfEquations, N, P>;

const N: usize = 2;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`AdExIf`].
    pub struct Parameters {
        v_th: "V_th" = -55.0, "mV", Finite, "threshold";
        v_reset: "V_reset" = -68.0, "mV", Finite, "potential after a spike";
        tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
        v_rest: "V_rest" = -65.0, "mV", Finite, "resting potential";
        v_t: "V_T" = -59.9, "mV", Finite, "potential at which the exponent is 0";
        delta_t: "delta_T" = 3.48, "mV", Positive, "slope factor of the exponential";
        r: "R" = 1.0, "MΩ", Finite, "membrane resistance";
        tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
        tau_w: "tau_w" = 30.0, "ms", Positive, "time constant of w";
        a: "a" = 1.0, "µS", Finite, "factor of V in the equation of w";
        b: "b" = 1.0, "nA", Finite, "increment of w at a spike";
    }
}

/// The equations of [`AdExIf`].
#[derive(Clone, Copy, Debug)]
pub struct AdExIfEquations;

impl NeuronEquations<N, P> for AdExIfEquations {
    const NAME: &'static str = "AdExIF";
    const ALIASES: &'static [&'static str] = &["AdEx", "AdExIFRef"];
    const ABOUT: &'static str = "the adaptive exponential integrate-and-fire neuron";
    const SOURCE: Option<&'static str> = Some("Brette & Gerstner, J. Neurophysiol. 94, 2005, 3637-3642");
    const UNITS: [&'static str; 2] = ["nA", "µS"];
    const VARIABLES: [Variable; N] =
        [Variable::new("V", "mV", "membrane potential, after the reset"), Variable::new("w", "nA", "adaptation")];
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
        &Parameters { v_rest, v_t, delta_t, r, tau, tau_w, a, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let e = exp(R::of(60.0).min((v - v_t) / delta_t));
        let dv = r.mul_add(i - w, delta_t.mul_add(e, v_rest - v)) / tau;
        let dw = a.mul_add(v - v_rest, -w) / tau_w;
        ([dv, dw], [(e - R::of(1.0)) / tau, R::of(-1.0) / tau_w])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(&Parameters { r, tau, .. }: &Parameters<R>) -> R {
        r / tau
    }

    #[inline(always)]
    fn reset<R: Arithmetic>([v, w]: [R; N], p: &Parameters<R>) -> [R; N] {
        [v, w + p.b]
    }

    steps!(N, P);
}
