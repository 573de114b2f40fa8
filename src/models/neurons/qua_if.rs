//! The quadratic integrate-and-fire neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;

/// The quadratic integrate-and-fire neuron (Latham et al., J. Neurophysiol. 83, 2000, 808-827):
/// `brainpy.dyn.QuaIFRef`, and with `tau_ref` 0 `QuaIF`.
///
/// ```text
/// τ dV/dt = c (V − V_rest) (V − V_c) + R I        constant while refractory
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
/// | `V_rest`, `V_reset`, `V_th` | −65, −68, −30 | mV |
/// | `V_c` | −50 | mV, potential above which V grows without input |
/// | `c` | 0.07 | 1/mV |
/// | `R` | 1 | MΩ, with I in nA |
/// | `tau`, `tau_ref` | 10, 0 | ms |
///
/// Time is in ms. V starts at 0, as in brainpy. This is above the threshold, so that all neurons
/// spike in the first step.
#[doc(alias("QuaIF", "QuaIFRef", "QIF"))]
pub type QuaIf<R> = Neuron<R, QuaIfEquations, N, P>;

const N: usize = 1;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`QuaIf`].
    pub struct Parameters {
        v_th: "V_th" = -30.0, "mV", Finite, "threshold";
        v_reset: "V_reset" = -68.0, "mV", Finite, "potential after a spike";
        tau_ref: "tau_ref" = 0.0, "ms", NonNegative, "refractory period";
        v_rest: "V_rest" = -65.0, "mV", Finite, "resting potential";
        v_c: "V_c" = -50.0, "mV", Finite, "potential above which V grows without input";
        c: "c" = 0.07, "1/mV", Finite, "factor of the parabola";
        r: "R" = 1.0, "MΩ", Finite, "membrane resistance";
        tau: "tau" = 10.0, "ms", Positive, "membrane time constant";
    }
}

/// The equations of [`QuaIf`].
#[derive(Clone, Copy, Debug)]
pub struct QuaIfEquations;

impl NeuronEquations<N, P> for QuaIfEquations {
    const NAME: &'static str = "QuaIF";
    const ALIASES: &'static [&'static str] = &["QuaIFRef", "QIF"];
    const ABOUT: &'static str = "the quadratic integrate-and-fire neuron";
    const SOURCE: Option<&'static str> = Some("Latham et al., J. Neurophysiol. 83, 2000, 808-827");
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
        &Parameters { v_rest, v_c, c, r, tau, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let (from_rest, from_c) = (v - v_rest, v - v_c);
        ([(c * from_rest).mul_add(from_c, r * i) / tau], [c * (from_rest + from_c) / tau])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(&Parameters { r, tau, .. }: &Parameters<R>) -> R {
        r / tau
    }

    steps!(N, P);
}
