//! Hodgkin and Huxley's neuron.

mod rates;

use super::crossing::crossing;
use super::hodgkin_huxley::{HodgkinHuxleyEquations, HodgkinHuxleyNeuron, Membrane, steps};
use crate::init::Init;
use crate::models::info::variables;
use crate::models::{Parameter, Variable};
use crate::numeric::scalar::Real;

crate::parameters! {
    /// The parameters of [`Hh`].
    pub struct Parameters {
        e_na: "ENa" = 50.0, "mV", Finite, "sodium reversal potential";
        g_na: "gNa" = 120.0, "mS/cm²", NonNegative, "sodium conductance";
        e_k: "EK" = -77.0, "mV", Finite, "potassium reversal potential";
        g_k: "gK" = 36.0, "mS/cm²", NonNegative, "potassium conductance";
        e_l: "EL" = -54.387, "mV", Finite, "leak reversal potential";
        g_l: "gL" = 0.03, "mS/cm²", NonNegative, "leak conductance";
        c: "C" = 1.0, "µF/cm²", Positive, "membrane capacitance";
        v_th: "V_th" = 20.0, "mV", Finite, "threshold that counts as a spike";
    }
}

/// Hodgkin and Huxley's neuron (J. Physiol. 117, 1952, 500-544), with the resting potential at −65
/// mV: `brainpy.dyn.HH`.
///
/// ```text
/// C dV/dt = −g_Na m³h (V − E_Na) − g_K n⁴ (V − E_K) − g_L (V − E_L) + I
///   dx/dt = α_x(V) (1 − x) − β_x(V) x                    for x = m, h, n
/// α_m = 0.1 (V+40)/(1 − e^{−(V+40)/10})     β_m = 4 e^{−(V+65)/18}
/// α_h = 0.07 e^{−(V+65)/20}                 β_h = 1/(1 + e^{−(V+35)/10})
/// α_n = 0.01 (V+55)/(1 − e^{−(V+55)/10})    β_n = 0.125 e^{−(V+65)/80}
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV |
/// | `m`, `h`, `n` | gates: sodium activation, sodium inactivation, potassium activation |
/// | `spike` | 1 if V crossed `V_th` from below in this step, else 0; also the output. There is no reset |
/// | `input` | the current I of this step, noise included, µA/cm² |
/// | `below` | 1 if V was below `V_th` at the start and at the end of this step, else 0 |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `ENa`, `EK`, `EL` | 50, −77, −54.387 | mV |
/// | `gNa`, `gK`, `gL` | 120, 36, 0.03 | mS/cm². Brainpy's `gL` is a tenth of Hodgkin and Huxley's 0.3, and so is this one |
/// | `C` | 1 | µF/cm² |
/// | `V_th` | 20 | mV |
///
/// Every upward crossing of `V_th` is a spike. If a network's synapse lifts V over the threshold
/// between two steps, the neuron spikes in the second (`below` tells that it has not yet);
/// brainpy's does not spike.
///
/// Time is in ms. V starts uniform in [−70, −60), the gates where they are steady at that V. Input
/// `x`: `[N]`, current in µA/cm²; a run may do without. With [`conductance`](Self::conductance)
/// there is an input `g` too, `[N]`, in mS/cm², which adds −g V to the current and enters ∂V'/∂V: a
/// synapse of conductance s and reversal potential E adds s to g and s·E to x.
#[doc(alias("HH", "HodgkinHuxley"))]
pub type Hh<R> = HodgkinHuxleyNeuron<R, HhEquations, P>;

const P: usize = Parameters::COUNT;

impl<R: Real> Hh<R> {
    /// Adds white noise of intensity `sigma` (µA/cm²·√ms) to the input: σ·ξ/√dt, a fresh standard
    /// normal ξ for each neuron and step, reproducible by the loop's seed.
    #[must_use]
    pub fn noise(mut self, sigma: f64) -> Self {
        self.noise = Some(sigma);
        self
    }

    super::builders::builders!(conductance);
}

/// The equations of [`Hh`].
#[derive(Clone, Copy, Debug)]
pub struct HhEquations;

impl HodgkinHuxleyEquations<P> for HhEquations {
    const NAME: &'static str = "HH";
    const ALIASES: &'static [&'static str] = &["HodgkinHuxley"];
    const ABOUT: &'static str = "Hodgkin and Huxley's neuron";
    const SOURCE: &'static str = "Hodgkin & Huxley, J. Physiol. 117, 1952, 500-544";
    const UNITS: [&'static str; 2] = ["µA/cm²", "mS/cm²"];
    const KERNEL: (&'static str, &'static str) = ("hh.cu", include_str!("../../../../kernels/models/hh.cu"));
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    const OTHERS: &'static [Variable] = &[
        variables::CROSSED,
        Variable::fixed("input", "µA/cm²", "the current of this step, noise included"),
        variables::BELOW,
    ];
    const RECORDS_INPUT: bool = true;
    const CONDUCTANCE: bool = false;
    const OPTIONS: &'static [&'static str] = &["method", "noise", "conductance"];
    const REST: [f64; 4] = [-65.0, 0.05, 0.6, 0.32];
    type Parameters<R: Real> = Parameters<R>;

    fn initial() -> Init {
        Init::uniform(-70.0, -60.0)
    }

    #[inline(always)]
    fn membrane<R: Real>(&Parameters { e_na, g_na, e_k, g_k, e_l, g_l, c, .. }: &Parameters<R>) -> Membrane<R> {
        Membrane { e_na, g_na, e_k, g_k, e_l, g_l, c }
    }

    #[inline(always)]
    fn rates<R: Real>(v: R, _: &Parameters<R>) -> [(R, R); 3] {
        rates::rates(v)
    }

    #[inline(always)]
    fn spike<R: Real>(start: R, end: R, below: R, p: &Parameters<R>) -> (R, R) {
        crossing(start, end, p.v_th, below)
    }

    steps!(P);
}
