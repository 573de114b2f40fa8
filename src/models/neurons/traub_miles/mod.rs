//! The neuron of Traub and Miles.

mod constants;
mod program;
mod rates;
mod step;

use super::refractory::check_steps;
use crate::device::Device;
use crate::error::Result;
use crate::init::Init;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable};
use crate::models::{Method, NeuronGroup};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};
use constants::Parameters;
use rates::rates;
use step::{Block, Vars, step};

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
#[derive(Clone, Debug)]
pub struct TraubMiles<R> {
    size: usize,
    constants: Parameters<Param<R>>,
    method: Method,
    v: Init,
    gates: [Option<Init>; 3],
}

impl<R: Real> TraubMiles<R> {
    /// `size` neurons with the default parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        let gates = [None, None, None];
        Self {
            size,
            constants: Parameters::TABLE.map(|parameter| parameter.default.into()).into(),
            method: Method::ExpAuto,
            v: Init::Normal(-65.0, 5.0),
            gates,
        }
    }

    /// The integration method; [`Method::ExpAuto`] by default.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sets the parameter of this name (`ENa gNa EK gK EL gL C V_th V_T tau_ref`), one value or one
    /// for each neuron.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn param(mut self, name: &str, value: impl Into<Param<R>>) -> Result<Self> {
        self.set_param(name, value.into())?;
        Ok(self)
    }

    /// The initial value of the variable of this name (`V`, `m`, `h`, `n`).
    ///
    /// # Errors
    /// If there is no such variable.
    pub fn init(mut self, name: &str, init: Init) -> Result<Self> {
        self.set_init(name, init)?;
        Ok(self)
    }

    /// Initial potential, mV.
    #[must_use]
    pub fn v(mut self, init: Init) -> Self {
        self.v = init;
        self
    }

    /// Initial `m`, `h` and `n`, where they are not to be steady at the initial potential.
    #[must_use]
    pub fn gates(mut self, m: Init, h: Init, n: Init) -> Self {
        self.gates = [Some(m), Some(h), Some(n)];
        self
    }

    /// What there is to know of the model by name.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Neuron, "TraubMiles", "the neuron of Traub and Miles, the cell of COBAHH");
        all.aliases = &["COBAHH"];
        all.source = Some(
            "Traub & Miles, Neuronal Networks of the Hippocampus, 1991; Brette et al., J. Comput. Neurosci. 23, 2007, 349-398",
        );
        all.inputs = vec![Port::new("x", "pA", "current"), Port::new("g", "nS", "conductance")];
        all.variables = vec![
            Variable::new("V", "mV", "membrane potential"),
            Variable::new("m", "", "sodium activation"),
            Variable::new("h", "", "sodium inactivation"),
            Variable::new("n", "", "potassium activation"),
            Variable::fixed("spike", "", "1 where V is above V_th, tau_ref or longer after the last; also the output"),
            Variable::fixed("refractory", "", "in how many steps the next spike can be, at the soonest"),
        ];
        all.parameters = Parameters::TABLE.to_vec();
        all.options = info::optional(&["method"]);
        all
    }
}

const GATES: [&str; 3] = ["m", "h", "n"];

impl<R: Real> System<R> for TraubMiles<R> {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.size).drive("x").drive("g").vars(["V", "m", "h", "n", "spike", "refractory"])
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        let stream = |name: &str| Stream::named(shared.seed ^ u64::from(state.node()).rotate_left(40), name);
        let streams = ["V", "m", "h", "n"].map(stream);
        let units = state.units().max(1);
        let [v, m, h, n, spike, refractory] = state.vars();
        let shape = [self.size];
        self.v.fill_checked(v, &shape, streams[0]);
        for (k, gate) in [m, h, n].into_iter().enumerate() {
            match &self.gates[k] {
                Some(init) => init.fill_checked(gate, &shape, streams[k + 1]),
                None => gate.iter_mut().zip(&*v).enumerate().for_each(|(unit, (x, v))| {
                    let (a, b) = rates(*v - self.constants.v_t.at(unit % units))[k];
                    *x = a / (a + b);
                }),
            }
        }
        spike.fill(R::of(0.0));
        refractory.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, units) = (state.first(), state.units());
        let [v, m, h, n, spike, refractory] = state.vars();
        let vars = Vars { v, m, h, n, spike, refractory, i: x.port(0), g: x.port(1), y };
        step(Block { constants: &self.constants, first, units, method: self.method, dt: R::of(at.dt), vars });
    }

    fn program(&self, dt: f64) -> Option<Program> {
        Some(program::program(self, dt))
    }

    fn prepare(&self, dt: f64, _: Device) -> Result<()> {
        check_steps(&self.constants.tau_ref, dt)
    }

    fn kind(&self) -> &str {
        "TraubMiles"
    }

    fn check(&self) -> Result<()> {
        info::check_all(&Parameters::TABLE, self.constants.all(), self.size)?;
        self.v.check("V", &[self.size])?;
        for (gate, name) in self.gates.iter().zip(GATES) {
            gate.as_ref().map_or(Ok(()), |init| init.check(name, &[self.size]))?;
        }
        Ok(())
    }
}

impl<R: Real> NeuronGroup<R> for TraubMiles<R> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        *info::named(&Parameters::TABLE, self.constants.all_mut(), name)? = value;
        Ok(())
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        match (name, GATES.iter().position(|gate| *gate == name)) {
            ("V", _) => self.v = init,
            (_, Some(gate)) => self.gates[gate] = Some(init),
            _ => {
                return Err(crate::error::Error::unknown("variable with an initial value", name, ["V", "m", "h", "n"]));
            }
        }
        Ok(())
    }

    fn set_method(&mut self, method: Method) -> Result<()> {
        self.method = method;
        Ok(())
    }

    fn add_conductance(&mut self) -> Result<()> {
        // It has one as it is.
        Ok(())
    }
}
