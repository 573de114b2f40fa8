//! Neurons with the currents of Hodgkin and Huxley: sodium with the gates m and h, potassium with
//! the gate n, and leak. The rates of the gates and the rule for spikes are those of a model.

mod equations;
mod step;

use super::builders::{builders, setters};
use super::initial;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, Variable};
use crate::models::neuron_group::not_taken;
use crate::models::{Method, NeuronGroup};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::{DType, Real};
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};
use equations::N;
pub(super) use equations::steps;
pub(super) use equations::{HodgkinHuxleyEquations, Membrane};
use std::array::from_fn;
use std::marker::PhantomData;
pub(super) use step::step;

/// The names of the differential variables.
const NAMES: [&str; N] = ["V", "m", "h", "n"];

/// A group of neurons with the currents of Hodgkin and Huxley: [`Hh`](crate::models::Hh) and
/// [`TraubMiles`](crate::models::TraubMiles).
#[derive(Clone, Debug)]
pub struct HodgkinHuxleyNeuron<R, E, const P: usize> {
    size: usize,
    params: [Param<R>; P],
    initial: [Option<Init>; N],
    method: Method,
    pub(super) noise: Option<f64>,
    pub(super) conductance: bool,
    equations: PhantomData<E>,
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> HodgkinHuxleyNeuron<R, E, P> {
    /// `size` neurons with the default parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self {
            size,
            params: E::PARAMETERS.map(|parameter| parameter.default.into()),
            initial: [Some(E::initial()), None, None, None],
            method: Method::ExpAuto,
            noise: None,
            conductance: E::CONDUCTANCE,
            equations: PhantomData,
        }
    }

    builders!(method param init);

    /// Sets the initial potential, mV.
    #[must_use]
    pub fn v(mut self, init: Init) -> Self {
        self.initial[0] = Some(init);
        self
    }

    /// Sets the initial `m`, `h` and `n`. By default they are steady at the initial potential.
    #[must_use]
    pub fn gates(mut self, m: Init, h: Init, n: Init) -> Self {
        let [v, ..] = self.initial;
        self.initial = [v, Some(m), Some(h), Some(n)];
        self
    }

    /// The facts of the model by name.
    #[must_use]
    pub fn info() -> ModelInfo {
        let [current, conductance] = E::UNITS;
        let mut all = ModelInfo::new(Family::Neuron, E::NAME, E::ABOUT);
        all.aliases = E::ALIASES;
        all.source = Some(E::SOURCE);
        let about = if E::CONDUCTANCE { "conductance" } else { "conductance, on request" };
        all.inputs = vec![Port::new("x", current, "current"), Port::new("g", conductance, about)];
        all.variables = vec![
            Variable::new("V", "mV", "membrane potential"),
            Variable::new("m", "", "sodium activation"),
            Variable::new("h", "", "sodium inactivation"),
            Variable::new("n", "", "potassium activation"),
        ];
        all.variables.extend_from_slice(E::OTHERS);
        all.parameters = E::PARAMETERS.to_vec();
        all.options = info::optional(E::OPTIONS);
        all
    }

    /// The parameters of one neuron.
    fn of_unit(&self, unit: usize) -> E::Parameters<R> {
        from_fn(|p| self.params[p].at(unit)).into()
    }

    /// σ/√dt, by which a standard normal number is multiplied.
    fn noise_scale(&self, dt: f64) -> R {
        R::of(self.noise.unwrap_or(0.0) / dt.sqrt())
    }
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> System<R> for HodgkinHuxleyNeuron<R, E, P> {
    fn schema(&self) -> Schema {
        let schema = Schema::pointwise(self.size).drive("x");
        let schema = if self.conductance { schema.drive("g") } else { schema };
        schema.vars(NAMES).vars(E::OTHERS.iter().map(|variable| variable.name.clone()))
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        initial::fill(shared, state, self.size, (NAMES, &self.initial), |k, v, unit| {
            let (a, b) = E::rates(v, &self.of_unit(unit))[k];
            a / (a + b)
        });
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let (first, node, units) = (state.first(), state.node(), state.units());
        let mut vars = state.all().iter_mut();
        let mut next = || vars.next().map_or_else(<&mut [R]>::default, |var| &mut **var);
        let (variables, spike) = (from_fn(|_| next()), next());
        let mut i = x.port(0);
        if E::RECORDS_INPUT {
            let input = next();
            input.copy_from_slice(i);
            if self.noise.is_some() {
                let (stream, scale) = (Stream::new(at.shared.seed, node), self.noise_scale(at.dt));
                for (k, i) in input.iter_mut().enumerate() {
                    *i += scale * R::of(f64::from(stream.normal((first + k) as u64, at.i)));
                }
            }
            i = input;
        }
        let block = super::block::Block {
            params: &self.params,
            method: self.method,
            soft: false,
            first,
            units,
            dt: R::of(at.dt),
            x: variables,
            spike,
            memory: next(),
            i,
            g: if self.conductance { x.port(1) } else { &[] },
            y,
        };
        match R::DTYPE {
            DType::F64 => block.of_type().map_or((), E::step_f64),
            _ => block.of_type().map_or((), E::step_f32),
        }
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let (file, text) = E::KERNEL;
        let (mut program, step) = (Program::pointwise(file, text), R::of(dt));
        let mut others = match self.method.tableau() {
            None => vec![step],
            Some(tableau) => {
                let (stages, coefficients) = tableau.stepper(step).coefficients();
                program = program.define("STAGES", stages);
                coefficients
            }
        };
        if self.noise.is_some() {
            program = program.define("NOISE", 1);
            others.push(self.noise_scale(dt));
        }
        Some(program.constants(&E::all_for_steps(&self.params, step), &others))
    }

    fn prepare(&self, dt: f64, _: Device) -> Result<()> {
        E::check_steps(&self.params, dt)
    }

    fn kind(&self) -> &str {
        E::NAME
    }

    fn check(&self) -> Result<()> {
        self.method.check_nonlinear(self.kind())?;
        info::check_all(&E::PARAMETERS, &self.params, self.size)?;
        for (name, init) in NAMES.iter().zip(&self.initial) {
            init.as_ref().map_or(Ok(()), |init| init.check(name, &[self.size]))?;
        }
        match self.noise {
            Some(sigma) if !(sigma.is_finite() && sigma >= 0.0) => {
                Err(Error::value("noise", sigma, "is not a non-negative number"))
            }
            _ => Ok(()),
        }
    }
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> NeuronGroup<R> for HodgkinHuxleyNeuron<R, E, P> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        *info::named(&E::PARAMETERS, self.params.each_mut(), name)? = value;
        Ok(())
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        match NAMES.iter().position(|var| *var == name) {
            Some(var) => self.initial[var] = Some(init),
            None => return Err(Error::unknown("variable with an initial value", name, NAMES)),
        }
        Ok(())
    }

    fn set_noise(&mut self, sigma: f64) -> Result<()> {
        if !E::RECORDS_INPUT {
            return Err(not_taken("noise", E::NAME));
        }
        self.noise = Some(sigma);
        Ok(())
    }

    setters!(set_method add_conductance);
}
