//! The adjoint of a step on the CPU. Tests alone go back over steps so far: the command prints adjoints, and
//! training does not exist yet.

use super::AdjointProgram;
use crate::equations::tape::{Tape, compile_all};
use crate::error::{Error, Result};
use crate::numeric::scalar::Real;

/// An adjoint for the CPU, in the arithmetic of an element type.
#[derive(Debug)]
pub(crate) struct Adjoint<R> {
    pub(crate) tape: Tape<R>,
    /// The values of expressions of parameters that differ between units.
    #[cfg(test)]
    each: Vec<Vec<R>>,
}

impl<R: Real> Adjoint<R> {
    /// The program for the CPU.
    ///
    /// # Errors
    /// If it needs more registers than a tape can number.
    pub(crate) fn new(program: &AdjointProgram) -> Result<Self> {
        let tape = compile_all(&program.graph, &program.after, &program.inputs);
        let tape =
            tape.ok_or_else(|| Error::Unsupported("the adjoint has more than 65,535 values at a time".into()))?;
        Ok(Self {
            tape,
            #[cfg(test)]
            each: program.each.iter().map(|values| values.iter().map(|value| R::of(*value)).collect()).collect(),
        })
    }

    /// Goes back over the step `at` of these units.
    ///
    /// `before` has the states before the step, then the inputs of the step, then the adjoint of the output.
    /// `adjoints` has the adjoints of the states, which become those before the step, and then the gradients
    /// by parameters, to which the step adds. `inputs` becomes the adjoints of the inputs.
    #[cfg(test)]
    pub(crate) fn step(
        &self,
        at: crate::system::Tick<'_>,
        units: crate::equations::tape::Units,
        before: &[&[R]],
        adjoints: &mut [&mut [R]],
        inputs: &mut [&mut [R]],
    ) {
        self.tape.step_with_results(at, units, before, &self.each, adjoints, inputs);
    }
}
