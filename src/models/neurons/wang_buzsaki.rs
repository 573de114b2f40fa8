//! Wang and Buzsáki's neuron.

use super::frame::{Neuron, NeuronEquations, steps};
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::math::{exp_neg, inv_exprel_near};

/// Wang and Buzsáki's fast-spiking interneuron (J. Neurosci. 16, 1996, 6402-6413):
/// `brainpy.dyn.WangBuzsakiHH`, except for α_n.
///
/// ```text
/// C dV/dt = −g_Na m∞³h (V − E_Na) − g_K n⁴ (V − E_K) − g_L (V − E_L) + I
///   dx/dt = φ (α_x(V) (1 − x) − β_x(V) x)                  for x = h, n;   m∞ = α_m/(α_m + β_m)
/// α_m = 0.1 (V+35)/(1 − e^{−(V+35)/10})     β_m = 4 e^{−(V+60)/18}
/// α_h = 0.07 e^{−(V+58)/20}                 β_h = 1/(1 + e^{−(V+28)/10})
/// α_n = 0.01 (V+34)/(1 − e^{−(V+34)/10})    β_n = 0.125 e^{−(V+44)/80}
/// ```
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV |
/// | `h`, `n` | gates: sodium inactivation, potassium activation |
/// | `spike` | 1 if V crossed `V_th` from below in this step, else 0; also the output. There is no reset |
/// | `below` | 1 if V was below `V_th` at the start and at the end of this step, else 0 |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `ENa`, `EK`, `EL` | 55, −90, −65 | mV |
/// | `gNa`, `gK`, `gL` | 35, 9, 0.1 | mS/cm² |
/// | `C` | 1 | µF/cm² |
/// | `phi` | 5 | 1, a factor of the gates' rates |
/// | `V_th` | 20 | mV |
///
/// Time is in ms, I in µA/cm². V starts at −65, h at 0.6, n at 0.32.
///
/// α_n is that of the paper and of brainpy's documentation. The code of brainpy 2.8.2 computes ten
/// times this value, which is another neuron. The default method, `exp_auto`, holds m∞ constant
/// when it differentiates dV/dt by V, so that the equation is linear in V. brainpy also
/// differentiates m∞: the slope is then positive on an upstroke, and a step overshoots by far. The
/// other methods use no slope.
#[doc(alias("WangBuzsakiHH"))]
pub type WangBuzsaki<R> = Neuron<R, WangBuzsakiEquations, N, P>;

const N: usize = 3;
const P: usize = Parameters::COUNT;

crate::parameters! {
    /// The parameters of [`WangBuzsaki`].
    pub struct Parameters {
        v_th: "V_th" = 20.0, "mV", Finite, "threshold of a spike";
        e_na: "ENa" = 55.0, "mV", Finite, "sodium reversal potential";
        g_na: "gNa" = 35.0, "mS/cm²", NonNegative, "sodium conductance";
        e_k: "EK" = -90.0, "mV", Finite, "potassium reversal potential";
        g_k: "gK" = 9.0, "mS/cm²", NonNegative, "potassium conductance";
        e_l: "EL" = -65.0, "mV", Finite, "leak reversal potential";
        g_l: "gL" = 0.1, "mS/cm²", NonNegative, "leak conductance";
        c: "C" = 1.0, "µF/cm²", Positive, "membrane capacitance";
        phi: "phi" = 5.0, "", NonNegative, "factor of the rates of the gates";
    }
}

/// The equations of [`WangBuzsaki`].
#[derive(Clone, Copy, Debug)]
pub struct WangBuzsakiEquations;

impl NeuronEquations<N, P> for WangBuzsakiEquations {
    const NAME: &'static str = "WangBuzsaki";
    const ALIASES: &'static [&'static str] = &["WangBuzsakiHH"];
    const ABOUT: &'static str = "Wang and Buzsáki's interneuron";
    const SOURCE: Option<&'static str> = Some("Wang & Buzsáki, J. Neurosci. 16, 1996, 6402-6413");
    const UNITS: [&'static str; 2] = ["µA/cm²", "mS/cm²"];
    const VARIABLES: [Variable; N] = [
        Variable::new("V", "mV", "membrane potential"),
        Variable::new("h", "", "sodium inactivation"),
        Variable::new("n", "", "potassium activation"),
    ];
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    type Parameters<R: Arithmetic> = Parameters<R>;
    const RESETS: bool = false;

    fn initial() -> [Option<Init>; N] {
        [-65.0, 0.6, 0.32].map(|x| Some(Init::Constant(x)))
    }

    /// The exponentials at scales 80, 20 and 10 are powers of one exponential. Where x/(1 − e^{−x})
    /// is near its limit, a series replaces the quotient.
    #[inline(always)]
    fn derivatives<R: Arithmetic>(
        [v, h, n]: [R; N],
        i: R,
        &Parameters { e_na, g_na, e_k, g_k, e_l, g_l, c, phi, .. }: &Parameters<R>,
    ) -> ([R; N], [R; N]) {
        let (half, one, tenth) = (R::of(0.5), R::of(1.0), R::of(0.1));
        let e80 = exp_neg((v + R::of(44.0)) * R::of(1.0 / 80.0));
        let e18 = exp_neg((v + R::of(60.0)) * R::of(1.0 / 18.0));
        let e40 = e80 * e80;
        let e20 = e40 * e40;
        // At this limit the rates that it multiplies are negligible, and products stay finite.
        let e10 = R::of(1e11).min(e20 * e20);

        let x = v.mul_add(tenth, R::of(3.5)); // α_m is a function of x, α_n of y
        let y = v.mul_add(tenth, R::of(3.4));
        let (abs_x, abs_y) = (x.abs(), y.abs());
        let beta_m = R::of(4.0) * e18;
        let dx = e10.mul_add(R::of(-2.459_603_111_156_95), one); // e^{0.9}
        let dy = e10.mul_add(R::of(-std::f64::consts::E), one);
        let a = R::select_less(abs_x, half, inv_exprel_near(x), x);
        let m = a / R::select_less(abs_x, half, one, dx).mul_add(beta_m, a);
        let quotient = y / R::select_less(abs_y, half, one, dy);
        let alpha_n = tenth * R::select_less(abs_y, half, inv_exprel_near(y), quotient);
        let alpha_h = R::of(0.034_760_971_265_398_67) * e20; // 0.07 e^{−0.7}
        let beta_h = one / e10.mul_add(R::of(4.953_032_424_395_115), one); // e^{1.6}
        let beta_n = R::of(0.125) * e80;

        let g_na = g_na * m * m * m * h;
        let g_k = g_k * (n * n) * (n * n);
        let current = i - g_na * (v - e_na) - g_k * (v - e_k) - g_l * (v - e_l);
        let (sum_h, sum_n) = (phi * (alpha_h + beta_h), phi * (alpha_n + beta_n));
        let f = [current / c, sum_h.mul_add(-h, phi * alpha_h), sum_n.mul_add(-n, phi * alpha_n)];
        (f, [-((g_na + g_k + g_l) / c), -sum_h, -sum_n])
    }

    #[inline(always)]
    fn input_gain<R: Arithmetic>(p: &Parameters<R>) -> R {
        R::of(1.0) / p.c
    }

    steps!(N, P);
}
