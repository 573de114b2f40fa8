//! A model of equations as a system.

use super::cuda;
use super::initial::check_init;
use super::model::{Model, Spike};
use super::program::StepProgram;
use super::step::Added;
use super::tape::{Tape, Units, compile};
use super::text::read;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::integrator::Method;
use crate::numeric::scalar::{DType, Real};
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};
use std::sync::{Arc, OnceLock};

/// The most parameters of a kernel that differ between units.
const MAX_EACH: usize = 32;

/// Units whose model is a text of equations.
///
/// ```
/// use overtime::{Equations, Input, LoopOverTime};
///
/// # fn main() -> overtime::Result<()> {
/// let neurons = Equations::new(
///     "
///     param tau = 10 ms
///     param V_th = -50 mV
///     param V_rest = -65 mV
///     input I : mV
///     V' = (V_rest - V + I)/tau : mV
///     state V = V_rest
///     spike when V >= V_th
///     reset V = V_rest
///     refractory 2 ms holds V
///     ",
/// )?;
/// let neurons = neurons.units(3).param("tau", vec![10.0, 20.0, 30.0])?;
/// let mut over_time = LoopOverTime::<f64, _>::builder(neurons).out_vars("V").build()?;
/// let run = over_time.run(Input::duration(100.0).constant(20.0))?;
/// assert_eq!(run["V"].shape(), [1000, 3]);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug)]
pub struct Equations {
    text: Arc<str>,
    pub(super) model: Arc<Model>,
    name: String,
    pub(super) units: usize,
    pub(super) params: Vec<Param<f64>>,
    pub(super) initial: Vec<Option<Init>>,
    pub(super) method: Method,
    ready: Ready,
}

// Two models are the same if their texts and all settings are.
impl PartialEq for Equations {
    fn eq(&self, other: &Self) -> bool {
        let of = |of: &Self| (of.text.clone(), of.name.clone(), of.units, of.params.clone(), of.initial.clone());
        of(self) == of(other) && self.method == other.method
    }
}

/// The programs of the last prepared loop, in each element type.
#[derive(Debug, Default)]
struct Ready {
    f32: OnceLock<Prepared<f32>>,
    f64: OnceLock<Prepared<f64>>,
}

// A copy may have other parameters.
impl Clone for Ready {
    fn clone(&self) -> Self {
        Self::default()
    }
}

/// A program for steps of one length.
#[derive(Debug)]
struct Prepared<R> {
    dt: f64,
    tape: Tape<R>,
    each: Vec<Vec<R>>,
}

impl Equations {
    /// The model of a text, with one unit.
    ///
    /// # Errors
    /// [`Error::Equations`] with the place of each mistake.
    pub fn new(text: &str) -> Result<Self> {
        let model = read(text).map_err(|error| Error::Equations(Box::new(error)))?;
        let params = model.params.iter().map(|param| Param::All(param.default)).collect();
        let initial = model.states.iter().map(|_| None).collect();
        Ok(Self { text: text.into(), ..Self::of_model("Equations", model, (params, initial), 1) })
    }

    /// A model without a text, with the values of its parameters and the initial values that replace its own.
    pub(super) fn of_model(
        name: &str,
        model: Model,
        (params, initial): (Vec<Param<f64>>, Vec<Option<Init>>),
        units: usize,
    ) -> Self {
        Self {
            text: "".into(),
            model: Arc::new(model),
            name: name.to_owned(),
            units,
            params,
            initial,
            method: Method::ExpAuto,
            ready: Ready::default(),
        }
    }

    /// Sets the number of units.
    #[must_use]
    pub fn units(mut self, units: usize) -> Self {
        self.units = units;
        self
    }

    /// Sets the name of the model, for messages. The default is `Equations`.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// Sets the integration method. The default is [`Method::ExpAuto`].
    #[must_use]
    pub fn method(mut self, method: Method) -> Self {
        self.put_method(method);
        self
    }

    /// Sets a parameter, in the unit of the text: one value, or one for each unit.
    ///
    /// # Errors
    /// If the text has no such parameter.
    pub fn param(mut self, name: &str, value: impl Into<Param<f64>>) -> Result<Self> {
        self.put_param(name, value.into())?;
        Ok(self)
    }

    /// Sets the initial value of a variable, in the unit of the text, in place of the line `state …`.
    ///
    /// # Errors
    /// If the text has no such variable.
    pub fn init(mut self, name: &str, init: Init) -> Result<Self> {
        self.put_init(name, init)?;
        Ok(self)
    }

    /// The names of variables and their units: those of the text, then `spike`, `refractory` and `below`
    /// as far as the model has them.
    #[must_use]
    pub fn variables(&self) -> Vec<(&str, &str)> {
        let own = self.model.states.iter().map(|state| (state.name.as_str(), state.unit.as_str()));
        own.chain(self.model.added().into_iter().map(|added| (added.name(), "1"))).collect()
    }

    /// The names, units and present values of the parameters.
    #[must_use]
    pub fn parameters(&self) -> Vec<(&str, &str, &Param<f64>)> {
        let specs = self.model.params.iter().zip(&self.params);
        specs.map(|(spec, value)| (spec.name.as_str(), spec.unit.as_str(), value)).collect()
    }

    /// The names of inputs and their units.
    #[must_use]
    pub fn inputs(&self) -> Vec<(&str, &str)> {
        self.model.inputs.iter().map(|input| (input.name.as_str(), input.unit.as_str())).collect()
    }

    /// The name of the model, for messages.
    pub(crate) fn kind_name(&self) -> &str {
        &self.name
    }

    /// The names of the variables that are not in the text.
    pub(crate) fn added_variables(&self) -> Vec<&'static str> {
        self.model.added().into_iter().map(Added::name).collect()
    }

    /// Whether a reset changes a variable of the text.
    #[must_use]
    pub fn resets(&self, variable: &str) -> bool {
        let names = || self.model.reset.iter().filter_map(|(k, _)| self.model.states.get(*k));
        names().any(|state| state.name == variable)
    }

    pub(crate) fn put_param(&mut self, name: &str, value: Param<f64>) -> Result<()> {
        let names = || self.model.params.iter().map(|param| param.name.as_str());
        let Some(k) = names().position(|own| own == name) else {
            return Err(Error::unknown("parameter", name, names()));
        };
        self.params[k] = value;
        self.ready = Ready::default();
        Ok(())
    }

    pub(crate) fn put_init(&mut self, name: &str, init: Init) -> Result<()> {
        let names = || self.model.states.iter().map(|state| state.name.as_str());
        let Some(k) = names().position(|own| own == name) else {
            return Err(Error::unknown("variable", name, names()));
        };
        self.initial[k] = Some(init);
        Ok(())
    }

    pub(crate) fn put_method(&mut self, method: Method) {
        self.method = method;
        self.ready = Ready::default();
    }

    /// Checks the method and the parameters.
    pub(super) fn check_parameters(&self, units: usize) -> Result<()> {
        self.method.check_nonlinear(&self.name)?;
        for (spec, param) in self.model.params.iter().zip(&self.params) {
            param.check(&spec.name, units, |_| true, "")?;
        }
        Ok(())
    }

    /// Checks the method, the parameters and the initial values.
    pub(super) fn check_values(&self, units: usize) -> Result<()> {
        self.check_parameters(units)?;
        for (spec, init) in self.model.states.iter().zip(&self.initial) {
            init.as_ref().map_or(Ok(()), |init| check_init(init, &format!("initial {}", spec.name), units))?;
        }
        Ok(())
    }

    /// The step with the values of parameters.
    pub(super) fn step_program<R: Real>(&self, dt: f64) -> Result<StepProgram> {
        self.model.program::<R>(self.method, dt, &self.params)
    }

    pub(super) fn tape<R: Real>(&self, program: &StepProgram) -> Result<Tape<R>> {
        let tape = compile(&program.graph, &program.after, program.output);
        tape.ok_or_else(|| Error::Unsupported(format!("{}: the step has more than 65,535 values at a time", self.name)))
    }

    fn prepared<R: Real>(&self, dt: f64) -> Result<Prepared<R>> {
        let program = self.step_program::<R>(dt)?;
        let tape = self.tape(&program)?;
        let each = program.each.iter().map(|values| values.iter().map(|value| R::of(*value)).collect()).collect();
        Ok(Prepared { dt, tape, each })
    }
}

/// The cell of an element type.
fn cell<R: Real>(ready: &Ready) -> Option<&OnceLock<Prepared<R>>> {
    let any: &dyn std::any::Any = match R::DTYPE {
        DType::F64 => &ready.f64,
        _ => &ready.f32,
    };
    any.downcast_ref()
}

impl<R: Real> System<R> for Equations {
    // The first variable, the output without spikes, would be a spike wherever it is not 0.
    fn join_network(&mut self) {
        let has_neurons = self.model.release.is_none() && self.model.plasticity.is_none();
        if has_neurons && self.model.spike.is_none() && !self.model.states.is_empty() {
            let model = Arc::make_mut(&mut self.model);
            let never = model.graph.constant(0.0);
            model.spike = Some(Spike::When(never));
            self.ready = Ready::default();
        }
    }

    fn schema(&self) -> Schema {
        let mut schema = Schema::pointwise(self.units);
        for input in &self.model.inputs {
            schema = schema.drive(input.name.clone());
        }
        let added = self.model.added();
        schema = schema.vars(self.model.states.iter().map(|state| state.name.clone()));
        schema = schema.vars(added.iter().map(|added| added.name()));
        if added.contains(&Added::Refractory) {
            for state in self.model.states.iter().filter(|state| state.held) {
                schema = schema.held(&state.name, "refractory");
            }
        }
        schema
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        let (node, units) = (state.node(), state.units());
        self.start(shared.seed, node, "", units, state.all());
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let units = Units { first: state.first(), row: state.units(), node: state.node() };
        let ready = cell::<R>(&self.ready).and_then(OnceLock::get).filter(|ready| ready.dt == at.dt);
        let made;
        let prepared = match ready {
            Some(ready) => ready,
            // Only a step outside of a loop comes here.
            None => match self.prepared::<R>(at.dt) {
                Ok(now) => {
                    made = now;
                    &made
                }
                Err(_) => return y.fill(R::of(f64::NAN)),
            },
        };
        prepared.tape.step(at, units, x, &prepared.each, state.all(), y);
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let program = self.step_program::<R>(dt).ok()?;
        let text = cuda::text(&program, self.model.inputs.len());
        let each: Vec<Param<R>> =
            program.each.iter().map(|values| Param::Each(values.iter().map(|value| R::of(*value)).collect())).collect();
        let cuda = Program::pointwise("equations.cu", text);
        Some(if each.is_empty() { cuda } else { cuda.constants(&each, &[]) })
    }

    fn prepare(&self, dt: f64, device: Device) -> Result<()> {
        let prepared = self.prepared::<R>(dt)?;
        if !matches!(device, Device::Cpu) && prepared.each.len() > MAX_EACH {
            return Err(Error::Unsupported(format!(
                "{} on {device}: {} expressions of parameters differ between units, and a kernel has {MAX_EACH}",
                self.name,
                prepared.each.len()
            )));
        }
        if let Some(cell) = cell::<R>(&self.ready) {
            let _ = cell.set(prepared);
        }
        Ok(())
    }

    fn kind(&self) -> &str {
        &self.name
    }

    fn check(&self) -> Result<()> {
        if self.describes_synapses() {
            return Err(Error::Unsupported(format!(
                "{}: a text with `on spike` or `transmit` describes synapses; `Projection::kinetics` takes it",
                self.name
            )));
        }
        if self.describes_plasticity() {
            return Err(Error::Unsupported(format!(
                "{}: a text with `weight`, `on pre` or `on post` describes plasticity; `Projection::plasticity` takes it",
                self.name
            )));
        }
        if self.describes_channel() {
            return Err(Error::Unsupported(format!(
                "{}: a text with `current` describes an ion channel; `CondNeuGroup::channel` takes it",
                self.name
            )));
        }
        self.check_values(self.units)?;
        if self.model.states.is_empty() {
            return Err(Error::Unsupported(
                "the equations have no variable: `name' = …` and `state name = …` have one".into(),
            ));
        }
        Ok(())
    }
}
