//! The exponential integrate-and-fire neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::exp;

/// The exponential integrate-and-fire neuron (Fourcaud-Trocmé et al., J. Neurosci. 23, 2003,
/// 11628-11640): `brainpy.dyn.ExpIFRef`, and with `tau_ref` 0 `ExpIF`.
///
/// ```text
/// τ dV/dt = −(V − V_rest) + ΔT e^{(V − V_T)/ΔT} + R I        constant while refractory
/// if V ≥ V_th:  spike,  V ← V_reset,  refractory for tau_ref
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV, after the reset |
/// | `spike` | 1 if V reached `V_th` in this step, else 0; also the output |
/// | `refractory` | remaining steps of the refractory period, this step included; 0 outside of it |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_rest`, `V_reset`, `V_th`, `V_T` | −65, −68, −55, −59.9 | mV |
/// | `delta_T` | 3.48 | mV |
/// | `R` | 1 | MΩ, with I in nA |
/// | `tau`, `tau_ref` | 10, 0 | ms |
///
/// Time is in ms. V starts at 0, as in brainpy. This is above the threshold, so that all neurons
/// spike in the first step. The derivatives are taken at V or `V_th`, whichever is less, and their
/// exponent is at most 60.
#[doc(alias("ExpIF", "ExpIFRef"))]
pub type ExpIf<R> = Neuron<R, ExpIfEquations, N, P>;

const N: usize = 1;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`ExpIf`].
    pub struct Parameters {
        v_th: "V_th" = -55.0, "mV", Finite, "threshold";
        v_reset: "V_reset" = -68.0, "mV", Finite, "potential after a spike";
        tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
        v_rest: "V_rest" = -65.0, "mV", Finite, "resting potential";
        v_t: "V_T" = -59.9, "mV", Finite, "potential at which the exponent is 0";
        delta_t: "delta_T" = 3.48, "mV", Positive, "slope factor of the exponential";
        r: "R" = 1.0, "MΩ", Finite, "membrane resistance";
        tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
    }
}

/// The equations of [`ExpIf`].
#[derive(Clone, Copy, Debug)]
pub struct ExpIfEquations;

impl NeuronEquations<N, P> for ExpIfEquations {
    const NAME: &'static str = "ExpIF";
    const ALIASES: &'static [&'static str] = &["ExpIFRef", "EIF"];
    const ABOUT: &'static str = "the exponential integrate-and-fire neuron";
    const SOURCE: Option<&'static str> = Some("Fourcaud-Trocmé et al., J. Neurosci. 23, 2003, 11628-11640");
    const UNITS: [&'static str; 2] = ["nA", "µS"];
    const VARIABLES: [Variable; N] = [Variable::new("V", "mV", "membrane potential, after the reset")];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = true;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::Zeros)]
    }

    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v]: [R; N],
        i: R,
        &Parameters { v_rest, v_t, delta_t, r, tau, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let e = exp(R::of(60.0).min((v - v_t) / delta_t));
        ([r.mul_add(i, delta_t.mul_add(e, v_rest - v)) / tau], [(e - R::of(1.0)) / tau])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(&Parameters { r, tau, .. }: &Parameters<R>) -> R {
        r / tau
    }

    steps!(N, P);
}
