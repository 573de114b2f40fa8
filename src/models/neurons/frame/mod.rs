//! A neuron that is its equations alone: parameters, methods, spikes, resets and refractoriness are
//! here, for all of them.

mod equations;
mod kernel;
#[cfg(test)]
mod slopes;
mod step;

use super::block::Block;
use super::builders::{builders, setters};
use super::initial;
use crate::device::Device;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::models::info;
use crate::models::info::{Family, ModelInfo, Port, variables};
use crate::models::{Method, NeuronGroup};
use crate::numeric::scalar::{DType, Real};
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::refractory::{check_steps, in_steps, no_reset, steps_in};
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};
pub use equations::NeuronEquations;
pub(crate) use equations::steps;
use std::borrow::Cow;

/// Where parameters that the frame itself uses stand in the table of any neuron; the last two are
/// there if the potential is reset.
const V_TH: usize = 0;
const V_RESET: usize = 1;
const TAU_REF: usize = 2;

/// A group of neurons of one kind: what [`AdExIf`](crate::models::AdExIf),
/// [`Izhikevich`](crate::models::Izhikevich) and others are, each with equations of its own.
///
/// - Input `x`: `[N]`, the current; a run may do without. With [`conductance`](Self::conductance)
///   there is an input `g` too, `[N]`, which adds −g V to the current and enters ∂V'/∂V: a synapse
///   of conductance s and reversal potential E adds s to g and s·E to x.
/// - State: the equations' variables, then `spike`, which is the output too; then, where the
///   potential is reset, `refractory`: how many steps of the refractory period are left, the one
///   just made included; elsewhere `below`: 1 if V was below `V_th` at the start and at the end of
///   the step just made, else 0.
/// - During the refractory period the potential stays, the neuron does not spike, and what a
///   network's synapses would add to the potential is dropped (Brian2's `unless refractory`, NEST's
///   rule); the other variables go on. After the step of a spike the period is as many steps as fit
///   into `tau_ref`, as NEST counts; Brian2 counts the step of the spike as one of them. They are
///   counted, so that a spike's time does not change how long that is; brainpy compares times, and
///   for `tau_ref` a multiple of `dt` their rounding makes it a step more or less. Brainpy's
///   neurons also spike within the period, if V is at the threshold.
/// - Where the potential is not reset, a spike is an upward crossing of `V_th`, within a step by
///   the neuron's own dynamics or between two steps by a synapse; then the neuron spikes in the
///   second. (What arrives at the end of a step may take V back below `V_th` before it is
///   recorded.)
/// - The default method is brainpy's `exp_auto`: each variable by its own derivative. Where the
///   potential is reset, every method takes the derivatives at V or at `V_th`, whichever is less: a
///   neuron has spiked before V is above the threshold.
#[derive(Clone, Debug)]
pub struct Neuron<R, E, const N: usize, const P: usize> {
    size: usize,
    params: [Param<R>; P],
    initial: [Option<Init>; N],
    method: Method,
    reset: Reset,
    conductance: bool,
    equations: std::marker::PhantomData<E>,
}

/// What a spike does to the potential: brainpy's `spk_reset`, which there counts in its training
/// mode alone; else it resets hard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Reset {
    /// V ← V_reset.
    #[default]
    Hard,
    /// V ← V − (V_th − V_reset): what is above the threshold is kept.
    Soft,
}

impl<R: Real, E: NeuronEquations<N, P>, const N: usize, const P: usize> Neuron<R, E, N, P> {
    /// `size` neurons with the default parameters.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self {
            size,
            params: E::PARAMETERS.map(|parameter| parameter.default.into()),
            initial: E::initial(),
            method: Method::ExpAuto,
            reset: Reset::Hard,
            conductance: false,
            equations: std::marker::PhantomData,
        }
    }

    builders!(method param init conductance);

    /// Initial potential.
    #[must_use]
    pub fn v(mut self, init: Init) -> Self {
        self.initial[0] = Some(init);
        self
    }

    /// What a spike does to the potential; [`Reset::Hard`] by default. A loop is refused whose
    /// steps are so long that one of them takes V from the threshold, the other variables at rest,
    /// by more than `V_th − V_reset`: a soft reset would then not end the spike.
    #[must_use]
    pub fn reset(mut self, reset: Reset) -> Self {
        self.reset = reset;
        self
    }

    /// What there is to know of the model by name.
    #[must_use]
    pub fn info() -> ModelInfo {
        let [current, conductance] = E::UNITS;
        let mut all = ModelInfo::new(Family::Neuron, E::NAME, E::ABOUT);
        all.aliases = E::ALIASES;
        all.source = E::SOURCE;
        all.inputs = vec![Port::new("x", current, "current"), Port::new("g", conductance, "conductance, on request")];
        all.variables = E::VARIABLES.to_vec();
        let (spike, memory) = if E::RESETS {
            (variables::REACHED, variables::REFRACTORY)
        } else {
            (variables::CROSSED, variables::BELOW)
        };
        all.variables.extend([spike, memory]);
        all.parameters = E::PARAMETERS.to_vec();
        all.options =
            info::optional(if E::RESETS { &["method", "reset", "conductance"] } else { &["method", "conductance"] });
        all
    }

    /// The names of the differential variables.
    fn names() -> [Cow<'static, str>; N] {
        E::VARIABLES.map(|variable| variable.name)
    }

    /// The parameters of one neuron.
    fn of_unit(&self, unit: usize) -> [R; P] {
        std::array::from_fn(|p| self.params[p].at(unit))
    }

    /// All variables at the potential `v`: those that start where it takes them, there, and others
    /// at 0, which is where they start.
    fn resting(v: R, p: &[R; P]) -> [R; N] {
        let (steady, initial) = (E::steady_state(v, &E::Parameters::from(*p)), E::initial());
        std::array::from_fn(|k| if k == 0 || initial[k].is_none() { steady[k] } else { R::of(0.0) })
    }

    /// The parameters as a step of `dt` has them: the refractory period in steps, with the spike's
    /// own.
    fn held(&self, dt: R) -> [Param<R>; P] {
        let mut all = self.params.clone();
        if E::RESETS {
            in_steps(&mut all[TAU_REF], |tau| R::of(1.0) + steps_in(tau, dt));
        }
        all
    }
}

impl<R: Real, E: NeuronEquations<N, P>, const N: usize, const P: usize> System<R> for Neuron<R, E, N, P> {
    fn schema(&self) -> Schema {
        let schema = Schema::pointwise(self.size).drive("x");
        let schema = if self.conductance { schema.drive("g") } else { schema };
        let schema = schema.vars(Self::names()).vars(["spike"]);
        if E::RESETS {
            schema.vars(["refractory"]).held(&E::VARIABLES[0].name, "refractory")
        } else {
            schema.vars(["below"])
        }
    }

    fn init(&self, shared: &Shared, state: &mut State<'_, R>) {
        initial::fill(shared, state, self.size, (Self::names(), &self.initial), |k, v, unit| {
            E::steady_state(v, &self.of_unit(unit).into())[k + 1]
        });
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let g = if self.conductance { x.port(1) } else { &[] };
        let (first, units) = (state.first(), state.units());
        let mut vars = state.all().iter_mut();
        let mut next = || vars.next().map_or_else(<&mut [R]>::default, |var| &mut **var);
        let block = Block {
            params: &self.params,
            method: self.method,
            soft: self.reset == Reset::Soft,
            first,
            units,
            dt: R::of(at.dt),
            x: std::array::from_fn(|_| next()),
            spike: next(),
            memory: next(),
            i: x.port(0),
            g,
            y,
        };
        match R::DTYPE {
            DType::F64 => block.of_type().map_or((), E::step_f64),
            _ => block.of_type().map_or((), E::step_f32),
        }
    }

    fn program(&self, dt: f64) -> Option<Program> {
        let dt = R::of(dt);
        let (file, text) = kernel::kernel::<E, N, P>();
        let mut program = Program::pointwise(file, text);
        if E::RESETS {
            program = program.define("RESET", if self.reset == Reset::Soft { 2 } else { 1 });
        }
        let others = match self.method.tableau() {
            None => vec![dt],
            Some(tableau) => {
                let (stages, coefficients) = tableau.stepper(dt).coefficients();
                program = program.define("STAGES", stages);
                coefficients
            }
        };
        Some(program.constants(&self.held(dt), &others))
    }

    fn prepare(&self, dt: f64, _: Device) -> Result<()> {
        if !E::RESETS {
            return Ok(());
        }
        check_steps(&self.params[TAU_REF], dt)?;
        let units = if self.reset == Reset::Soft { self.size } else { 0 };
        for unit in 0..units {
            let p = self.of_unit(unit);
            let (v_th, v_reset) = (p[V_TH], p[V_RESET]);
            let takes = (v_th - v_reset).to_f64();
            if takes <= 0.0 {
                return Err(no_reset(E::NAME, v_th, v_reset));
            }
            let kept = E::derivatives(Self::resting(v_th, &p), R::of(0.0), &p.into()).0[0].to_f64() * dt;
            if kept > takes {
                return Err(Error::Unsupported(format!(
                    "a soft reset of {} in steps of {dt} ms: it keeps what is above the threshold, of which one step at V_th = {} makes \
                     {kept:.3e} mV, more than the {takes} mV that it takes away. A shorter dt, a lower V_th or a hard reset helps",
                    E::NAME,
                    v_th
                )));
            }
            if self.params.iter().all(|p| matches!(p, Param::All(_))) {
                break;
            }
        }
        Ok(())
    }

    fn kind(&self) -> &str {
        E::NAME
    }

    fn check(&self) -> Result<()> {
        self.method.check_nonlinear(self.kind())?;
        info::check_all(&E::PARAMETERS, &self.params, self.size)?;
        for (name, init) in Self::names().iter().zip(&self.initial) {
            init.as_ref().map_or(Ok(()), |init| init.check(name, &[self.size]))?;
        }
        if self.reset == Reset::Soft && !E::RESETS {
            return Err(Error::Unsupported(format!("a soft reset of {}, which has no reset", E::NAME)));
        }
        Ok(())
    }
}

impl<R: Real, E: NeuronEquations<N, P>, const N: usize, const P: usize> NeuronGroup<R> for Neuron<R, E, N, P> {
    fn set_param(&mut self, name: &str, value: Param<R>) -> Result<()> {
        *info::named(&E::PARAMETERS, self.params.each_mut(), name)? = value;
        Ok(())
    }

    fn set_init(&mut self, name: &str, init: Init) -> Result<()> {
        match Self::names().iter().zip(&mut self.initial).find(|(var, _)| *var == name) {
            Some((_, initial)) => *initial = Some(init),
            None => return Err(Error::unknown("variable", name, Self::names())),
        }
        Ok(())
    }

    setters!(set_method set_reset add_conductance);
}
