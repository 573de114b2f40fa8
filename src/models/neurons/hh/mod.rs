//! Hodgkin and Huxley's neuron.

mod program;
mod rates;
mod step;

use crate::error::Result;
use crate::init::Init;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable, variables};
use crate::models::{Method, NeuronGroup};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};
use rates::rates;
use step::{Block, Vars, step};

crate::parameters! {
    /// The parameters of [`Hh`].
    pub(super) struct Parameters {
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
#[derive(Clone, Debug)]
pub struct Hh<R> {
    size: usize,
    constants: Parameters<Param<R>>,
    method: Method,
    v: Init,
    gates: [Option<Init>; 3],
    noise: Option<f64>,
    conductance: bool,
}

impl<R: Real> Hh<R> {
    /// `size` neurons with the default parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self {
            size,
            constants: Parameters::TABLE.map(|parameter| parameter.default.into()).into(),
            method: Method::ExpAuto,
            v: Init::Uniform(-70.0, -60.0),
            gates: [None, None, None],
            noise: None,
            conductance: false,
        }
    }

    /// The integration method; [`Method::ExpAuto`] by default.
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.method = method;
        self
    }

    /// Sets the parameter of this name (`ENa gNa EK gK EL gL C V_th`), one value or one for each
    /// neuron.
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

    /// Adds white noise of intensity `sigma` (µA/cm²·√ms) to the input: σ·ξ/√dt, a fresh standard
    /// normal ξ for each neuron and step, reproducible by the loop's seed.
    #[must_use]
    pub fn noise(mut self, sigma: f64) -> Self {
        self.noise = Some(sigma);
        self
    }

    /// Adds the input `g`, a conductance towards 0 mV, for synapses that have one.
    #[must_use]
    pub fn conductance(mut self) -> Self {
        self.conductance = true;
        self
    }

    /// What there is to know of the model by name.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(Family::Neuron, "HH", "Hodgkin and Huxley's neuron");
        all.aliases = &["HodgkinHuxley"];
        all.source = Some("Hodgkin & Huxley, J. Physiol. 117, 1952, 500-544");
        all.inputs = vec![Port::new("x", "µA/cm²", "current"), Port::new("g", "mS/cm²", "conductance, on request")];
        all.variables = vec![
            Variable::new("V", "mV", "membrane potential"),
            Variable::new("m", "", "sodium activation"),
            Variable::new("h", "", "sodium inactivation"),
            Variable::new("n", "", "potassium activation"),
            variables::CROSSED,
            Variable::fixed("input", "µA/cm²", "the current of this step, noise included"),
            variables::BELOW,
        ];
        all.parameters = Parameters::TABLE.to_vec();
        all.options = info::optional(&["method", "noise", "conductance"]);
        all
    }

    /// σ/√dt: what a standard normal is multiplied by.
    fn noise_scale(&self, dt: f64) -> R {
        R::of(self.noise.unwrap_or(0.0) / dt.sqrt())
    }
}

const GATES: [&str; 3] = ["m", "h", "n"];

impl<R: Real> System<R> for Hh<R> {
    fn schema(&self) -> Schema {
        let schema = Schema::pointwise(self.size).drive("x");
        let schema = if self.conductance { schema.drive("g") } else { schema };
        schema.vars(["V", "m", "h", "n", "spike", "input", "below"])
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        let stream = |name: &str| Stream::named(shared.seed ^ u64::from(state.node()).rotate_left(40), name);
        let streams = ["V", "m", "h", "n"].map(stream);
        let [v, m, h, n, spike, input, below] = state.vars();
        let shape = [self.size];
        self.v.fill_checked(v, &shape, streams[0]);
        for (k, gate) in [m, h, n].into_iter().enumerate() {
            match &self.gates[k] {
                Some(init) => init.fill_checked(gate, &shape, streams[k + 1]),
                None => gate.iter_mut().zip(&*v).for_each(|(x, v)| {
                    let (a, b) = rates(*v)[k];
                    *x = a / (a + b);
                }),
            }
        }
        spike.fill(R::of(0.0));
        input.fill(R::of(0.0));
        below.fill(R::of(0.0));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, node, units) = (state.first(), state.node(), state.units());
        let [v, m, h, n, spike, input, below] = state.vars();
        input.copy_from_slice(x.port(0));
        if self.noise.is_some() {
            let stream = Stream::new(at.shared.seed, node);
            let scale = self.noise_scale(at.dt);
            for (k, i) in input.iter_mut().enumerate() {
                *i += scale * R::of(f64::from(stream.normal((first + k) as u64, at.i)));
            }
        }
        let g = if self.conductance { x.port(1) } else { &[] };
        let vars = Vars { v, m, h, n, spike, below, input, g, y };
        step(Block { constants: &self.constants, first, units, method: self.method, dt: R::of(at.dt), vars });
    }

    fn program(&self, dt: f64) -> Option<Program> {
        Some(program::program(self, dt))
    }

    fn kind(&self) -> &str {
        "HH"
    }

    fn check(&self) -> Result<()> {
        info::check_all(&Parameters::TABLE, self.constants.all(), self.size)?;
        self.v.check("V", &[self.size])?;
        for (gate, name) in self.gates.iter().zip(GATES) {
            gate.as_ref().map_or(Ok(()), |init| init.check(name, &[self.size]))?;
        }
        match self.noise {
            Some(sigma) if !(sigma.is_finite() && sigma >= 0.0) => {
                Err(crate::error::Error::value("noise", sigma, "is not a non-negative number"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Real> NeuronGroup<R> for Hh<R> {
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

    fn set_noise(&mut self, sigma: f64) -> Result<()> {
        self.noise = Some(sigma);
        Ok(())
    }

    fn add_conductance(&mut self) -> Result<()> {
        self.conductance = true;
        Ok(())
    }
}
