//! Units that spike where an array of spikes is 1.

use crate::error::{Error, Result};
use crate::models::NeuronGroup;
use crate::models::info::{Family, ModelInfo, Port, variables};
use crate::numeric::scalar::Real;
use crate::system::param::Param;
use crate::system::program::Program;
use crate::system::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};

/// Units that spike where their input is 1: `brainpy.dyn.InputGroup`. The input of a run is an
/// array of spikes, `[T, N]`.
///
/// | variable | meaning |
/// |---|---|
/// | `spike` | 1 where the input of this step is 1, else 0; also the output, where brainpy's group has the input itself |
///
/// A unit spikes at most once in a step. An input that is neither 0 nor 1, such as a number of
/// spikes, ends the run with [`Error::OutOfRange`]. If the loop allows values that are not finite,
/// the unit spikes once, and its `spike` is NaN from then on.
///
/// The input is `spikes`, `[N]`. A run without an input has no spikes. In a network the group needs an
/// [`input`](crate::network::Group::input).
#[derive(Clone, Debug)]
pub struct InputGroup {
    size: usize,
}

impl InputGroup {
    /// `size` units.
    #[must_use]
    pub fn new(size: usize) -> Self {
        Self { size }
    }

    /// The facts of the model: names, variables, parameters and settings.
    #[must_use]
    pub fn info() -> ModelInfo {
        let mut all = ModelInfo::new(
            Family::Source,
            "InputGroup",
            "units that spike where their input is 1, and not where it is 0",
        );
        all.inputs = vec![Port::new("spikes", "", "0 or 1")];
        all.variables = vec![variables::FIRED];
        all
    }
}

impl<R: Real> System<R> for InputGroup {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.size).drive("spikes").vars(["spike"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        state.var_mut(0).fill(R::of(0.0));
    }

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        for ((spike, y), x) in state.var_mut(0).iter_mut().zip(y).zip(x.port(0)) {
            *y = if *x == R::of(0.0) { R::of(0.0) } else { R::of(1.0) };
            // An input that is neither 0 nor 1 makes it NaN for good, which ends the run.
            *spike = if *x == *y && spike.is_finite() { *y } else { R::of(f64::NAN) };
        }
    }

    fn program(&self, _: f64) -> Option<Program> {
        Some(Program::pointwise("input_group.cu", include_str!("../../../kernels/models/input_group.cu")))
    }

    fn kind(&self) -> &str {
        "InputGroup"
    }

    fn explain(&self, error: Error) -> Error {
        match error {
            Error::NotFinite { variable, step: Some(step), index, .. } if variable == "spike" => {
                let reason = "its input there is neither 0 nor 1, as inputs of an InputGroup are: a unit spikes once in a step or not at all";
                Error::OutOfRange { variable, step, index, reason: reason.into() }
            }
            other => other,
        }
    }
}

impl<R: Real> NeuronGroup<R> for InputGroup {
    fn set_param(&mut self, name: &str, _: Param<R>) -> Result<()> {
        Err(Error::unknown("parameter", name, [""; 0]))
    }
}
