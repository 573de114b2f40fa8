//! Morris and Lecar's neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{exp, exp_neg};

/// Morris and Lecar's neuron (Biophys. J. 35, 1981, 193-213): `brainpy.dyn.MorrisLecar`.
///
/// ```text
/// C dV/dt = −g_Ca M∞ (V − V_Ca) − g_K W (V − V_K) − g_leak (V − V_leak) + I
///   dW/dt = (W∞ − W)/τ_W
/// M∞ = ½ (1 + tanh((V − V1)/V2))        W∞ = ½ (1 + tanh((V − V3)/V4))
/// τ_W = 1/(φ cosh((V − V3)/(2 V4)))
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV |
/// | `W` | fraction of potassium channels that are open |
/// | `spike` | 1 if V crossed `V_th` from below in this step, else 0; also the output. There is no reset |
/// | `below` | 1 if V was below `V_th` at the start and at the end of this step, else 0 |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `V_Ca`, `V_K`, `V_leak` | 130, −84, −60 | mV |
/// | `g_Ca`, `g_K`, `g_leak` | 4.4, 8, 2 | mS/cm² |
/// | `C` | 20 | µF/cm² |
/// | `V1`, `V2`, `V3`, `V4` | −1.2, 18, 2, 30 | mV |
/// | `phi` | 0.04 | 1/ms |
/// | `V_th` | 10 | mV |
///
/// Time is in ms, I in µA/cm². V starts uniform in [−70, −60), W at 0.02. The argument of cosh is
/// limited to [−20, 20]; it has these values where V is 1.2 V from `V3`.
pub type MorrisLecar<R> = Neuron<R, MorrisLecarEquations, N, P>;

const N: usize = 2;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`MorrisLecar`].
    pub struct Parameters {
        v_th: "V_th" = 10.0, "mV", Finite, "threshold of a spike";
        v_ca: "V_Ca" = 130.0, "mV", Finite, "calcium reversal potential";
        g_ca: "g_Ca" = 4.4, "mS/cm²", NonNegative, "calcium conductance";
        v_k: "V_K" = -84.0, "mV", Finite, "potassium reversal potential";
        g_k: "g_K" = 8.0, "mS/cm²", NonNegative, "potassium conductance";
        v_leak: "V_leak" = -60.0, "mV", Finite, "leak reversal potential";
        g_leak: "g_leak" = 2.0, "mS/cm²", NonNegative, "leak conductance";
        c: "C" = 20.0, "µF/cm²", Positive, "membrane capacitance";
        v1: "V1" = -1.2, "mV", Finite, "middle of M∞";
        v2: "V2" = 18.0, "mV", Positive, "width of M∞";
        v3: "V3" = 2.0, "mV", Finite, "middle of W∞";
        v4: "V4" = 30.0, "mV", Positive, "width of W∞";
        phi: "phi" = 0.04, "1/ms", NonNegative, "rate of W";
    }
}

/// The equations of [`MorrisLecar`].
#[derive(Clone, Copy, Debug)]
pub struct MorrisLecarEquations;

impl NeuronEquations<N, P> for MorrisLecarEquations {
    const NAME: &'static str = "MorrisLecar";
    const ABOUT: &'static str = "Morris and Lecar's neuron";
    const SOURCE: Option<&'static str> = Some("Morris & Lecar, Biophys. J. 35, 1981, 193-213");
    const UNITS: [&'static str; 2] = ["µA/cm²", "mS/cm²"];
    const VARIABLES: [Variable; N] =
        [Variable::new("V", "mV", "membrane potential"), Variable::new("W", "", "potassium activation")];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = false;

    fn initial() -> [Option<Init>; N] {
        [Some(Init::uniform(-70.0, -60.0)), Some(Init::Constant(0.02))]
    }

    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v, w]: [R; N],
        i: R,
        &Parameters { v_ca, g_ca, v_k, g_k, v_leak, g_leak, c, v1, v2, v3, v4, phi, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let (half, one, two) = (R::of(0.5), R::of(1.0), R::of(2.0));
        // ½ (1 + tanh x) = 1/(1 + e^{−2x})
        let m = one / (one + exp_neg(two * (v - v1) / v2));
        // e^{−y} of cosh's argument y; W∞ needs its fourth power, e^{−2·2y}.
        let e = exp(R::of(20.0).min(R::of(-20.0).max((v3 - v) / (two * v4))));
        let squared = e * e;
        let w_inf = one / squared.mul_add(squared, one);
        let rate = phi * (half * (e + one / e));
        let from_ca = v - v_ca;
        let current = i - g_ca * m * from_ca - g_k * w * (v - v_k) - g_leak * (v - v_leak);
        // dM∞/dV = 2/V2 · M∞ (1 − M∞)
        let steep = two / v2 * (m * (one - m));
        let conductance = g_ca * steep.mul_add(from_ca, m) + g_k * w + g_leak;
        ([current / c, (w_inf - w) * rate], [-(conductance / c), -rate])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(p: &Parameters<R>) -> R {
        R::of(1.0) / p.c
    }

    steps!(N, P);
}
