//! Units that spike where they are told to in each step.

use crate::error::Result;
use crate::program::Program;
use crate::scalar::Real;
use crate::state::State;
use crate::system::{Inputs, Schema, Shared, System, Tick};

/// Units that spike where their input is not 0: an array of spikes, `[T, N]`, given to a run: `brainpy.dyn.InputGroup`.
///
/// | variable | meaning |
/// |---|---|
/// | `spike` | 1 where the input of this step is not 0, else 0; also the output, where brainpy's group has the input itself |
///
/// Input `x`: `[N]`; a run may do without. In a network the group must be given an [`input`](crate::network::Group::input).
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
}

impl<R: Real> System<R> for InputGroup {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.size).drive("x").vars(["spike"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        state.var_mut(0).fill(R::of(0.0));
    }

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        for ((spike, y), x) in state.var_mut(0).iter_mut().zip(y).zip(x.port(0)) {
            *spike = if *x == R::of(0.0) { R::of(0.0) } else { R::of(1.0) };
            *y = *spike;
        }
    }

    fn program(&self, _: f64) -> Option<Program> {
        Some(Program::pointwise("input_group.cu", include_str!("../../../kernels/models/input_group.cu")))
    }

    fn kind(&self) -> &str {
        "InputGroup"
    }

    fn check(&self) -> Result<()> {
        Ok(())
    }
}
