//! The neuron of Traub and Miles.

mod rates;

use super::hodgkin_huxley::{HodgkinHuxleyEquations, HodgkinHuxleyNeuron, Membrane, steps};
use crate::error::Result;
use crate::init::Init;
use crate::models::{Parameter, Variable};
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::refractory;

crate::parameters! {
    /// The parameters of [`TraubMiles`].
    pub struct Parameters {
        e_na: "ENa" = 50.0, "mV", Finite, "sodium reversal potential";
        g_na: "gNa" = 20_000.0, "nS", NonNegative, "sodium conductance";
        e_k: "EK" = -90.0, "mV", Finite, "potassium reversal potential";
        g_k: "gK" = 6000.0, "nS", NonNegative, "potassium conductance";
        e_l: "EL" = -60.0, "mV", Finite, "leak reversal potential";
        g_l: "gL" = 10.0, "nS", NonNegative, "leak conductance";
        c: "C" = 200.0, "pF", Positive, "membrane capacitance";
        v_th: "V_th" = -20.0, "mV", Finite, "threshold of a spike";
        v_t: "V_T" = -63.0, "mV", Finite, "moves all rates";
        tau_ref: "tau_ref" = 3.0, "ms", NonNegative, "refractory period of spikes";
    }
}

/// The cell of benchmark 3, "COBAHH", of Brette et al. (J. Comput. Neurosci. 23, 2007, 349-398),
/// Brian2's `examples/COBAHH.py`: a Hodgkin-Huxley neuron with the currents of Traub & Miles
/// (Neuronal Networks of the Hippocampus, 1991), a port for conductances, and a refractory period
/// for its spikes.
///
/// ```text
/// C dV/dt = −g_Na m³h (V − E_Na) − g_K n⁴ (V − E_K) − g_L (V − E_L) − g V + I
///   dx/dt = α_x (1 − x) − β_x x                           for x = m, h, n
/// u = V − V_T,  exprel(x) = (eˣ − 1)/x
/// α_m = 1.28/exprel((13−u)/4)      β_m = 1.4/exprel((u−40)/5)
/// α_h = 0.128 e^{(17−u)/18}        β_h = 4/(1 + e^{(40−u)/5})
/// α_n = 0.16/exprel((15−u)/5)      β_n = 0.5 e^{(10−u)/40}
/// ```
///
/// A synapse of conductance s and reversal potential E adds s to g and s·E to I, so that s enters
/// ∂V'/∂V.
///
/// | variable | meaning |
/// |---|---|
/// | `V` | membrane potential, mV |
/// | `m`, `h`, `n` | gates: sodium activation, sodium inactivation, potassium activation |
/// | `spike` | 1 where V > `V_th` after the step and the last spike is `tau_ref` or longer ago, else 0; also the output. There is no reset |
/// | `refractory` | in how many steps the next spike can be, at the soonest; 0 also where that is the next step |
///
/// | parameter | default | unit |
/// |---|---|---|
/// | `ENa`, `EK`, `EL` | 50, −90, −60 | mV |
/// | `gNa`, `gK`, `gL` | 20,000, 6,000, 10 | nS |
/// | `C` | 200 | pF |
/// | `V_th` | −20 | mV |
/// | `V_T` | −63 | mV, moves all rates |
/// | `tau_ref` | 3 | ms |
///
/// Time is in ms. Inputs, which a run may do without: `x`, `[N]`, current in pA; `g`, `[N]`,
/// conductance in nS towards 0 mV. V starts normal with mean −65 and deviation 5, as in COBAHH, and
/// the gates where they are steady at that V (in COBAHH they start at 0: [`gates`](Self::gates)).
///
/// The default method, `exp_auto`, is Brian2's `exponential_euler`. After a spike at step k the
/// next can be at step k + `tau_ref`/dt, as in Brian2; steps are counted, so that no rounding of
/// times changes that. In brainpy 2.8.2 the currents are `INa_TM1991`, `IK_TM1991` and `IL` in a
/// `CondNeuGroup`, whose spike is a crossing of `V_th` without a refractory period.
#[doc(alias("COBAHH", "hh_cond_exp_traub"))]
pub type TraubMiles<R> = HodgkinHuxleyNeuron<R, TraubMilesEquations, P>;

const P: usize = Parameters::COUNT;

/// The equations of [`TraubMiles`].
#[derive(Clone, Copy, Debug)]
pub struct TraubMilesEquations;

impl HodgkinHuxleyEquations<P> for TraubMilesEquations {
    const NAME: &'static str = "TraubMiles";
    const ALIASES: &'static [&'static str] = &["COBAHH"];
    const ABOUT: &'static str = "the neuron of Traub and Miles, the cell of COBAHH";
    const SOURCE: &'static str = "Traub & Miles, Neuronal Networks of the Hippocampus, 1991; Brette et al., J. Comput. Neurosci. 23, 2007, 349-398";
    const UNITS: [&'static str; 2] = ["pA", "nS"];
    const KERNEL: (&'static str, &'static str) =
        ("traub_miles.cu", include_str!("../../../../kernels/models/traub_miles.cu"));
    const PARAMETERS: [Parameter; P] = Parameters::TABLE;
    const OTHERS: &'static [Variable] = &[
        Variable::fixed("spike", "", "1 where V is above V_th, tau_ref or longer after the last; also the output"),
        Variable::fixed("refractory", "", "in how many steps the next spike can be, at the soonest"),
    ];
    const RECORDS_INPUT: bool = false;
    const CONDUCTANCE: bool = true;
    const OPTIONS: &'static [&'static str] = &["method"];
    const REST: [f64; 4] = [-65.0, 0.02, 1.0, 0.03];
    type Parameters<R: Real> = Parameters<R>;

    fn initial() -> Init {
        Init::normal(-65.0, 5.0)
    }

    /// The refractory period in steps.
    #[inline(always)]
    fn for_steps<R: Real>(p: Parameters<R>, dt: R) -> Parameters<R> {
        Parameters { tau_ref: refractory::steps_in(p.tau_ref, dt), ..p }
    }

    fn all_for_steps<R: Real>(all: &[Param<R>; P], dt: R) -> [Param<R>; P] {
        let mut all = all.clone();
        refractory::in_steps(Parameters::from(all.each_mut()).tau_ref, |tau| refractory::steps_in(tau, dt));
        all
    }

    fn check_steps<R: Real>(all: &[Param<R>; P], dt: f64) -> Result<()> {
        refractory::check_steps(Parameters::from(all.each_ref()).tau_ref, dt)
    }

    #[inline(always)]
    fn membrane<R: Real>(&Parameters { e_na, g_na, e_k, g_k, e_l, g_l, c, .. }: &Parameters<R>) -> Membrane<R> {
        Membrane { e_na, g_na, e_k, g_k, e_l, g_l, c }
    }

    #[inline(always)]
    fn rates<R: Real>(v: R, p: &Parameters<R>) -> [(R, R); 3] {
        rates::rates(v - p.v_t)
    }

    /// A spike is a potential above the threshold outside of the refractory period.
    #[inline(always)]
    fn spike<R: Real>(_: R, end: R, left: R, p: &Parameters<R>) -> (R, R) {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let rest = if left > one { left - one } else { zero };
        let fires = (end > p.v_th) & (rest == zero);
        (if fires { one } else { zero }, if fires { p.tau_ref } else { rest })
    }

    steps!(P);
}
