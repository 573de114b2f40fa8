//! The step of a text, and its adjoint, in the words of the language and in CUDA C.

use super::adjoint::text::cuda_text;
use super::adjoint::{Adjoint, AdjointOptions};
use super::cuda;
use super::graph::{Id, Leaf};
use super::print::{lines, operations};
use super::release::TRANSMITTED;
use super::system::Equations;
use crate::error::{Error, Result};
use crate::numeric::scalar::Real;
use crate::system::System;

/// A step in the words of the language and in CUDA C.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct StepText {
    /// Lines `name = expression`. A name with `_` has several uses, `new V` is the variable `V` after the
    /// step, and `each0` is the first expression of parameters that differ between units.
    pub lines: Vec<String>,
    /// The names and the numbers of the operations of a unit in a step.
    pub operations: Vec<(String, usize)>,
    /// The number of loops over units in the CPU's program, each of which has one or several operations.
    pub loops: usize,
    /// The most values that the CPU's program keeps at a time, beside variables and output.
    pub registers: usize,
    /// The CUDA C text.
    pub cuda: String,
    /// Of an adjoint: the variables, and `output`, without a derivative, because they change in whole steps. A
    /// loss that depends on them has no gradient.
    pub without_gradient: Vec<String>,
}

impl Equations {
    /// Describes the step of length `dt` in the arithmetic of an element type: the operations after all
    /// passes, and the CUDA text. The step of a text of an ion channel is that of a neuron whose only channel
    /// is the text.
    ///
    /// # Errors
    /// If a parameter has an impossible value, or the method does not suit the equations.
    pub fn step_text<R: Real>(&self, dt: f64) -> Result<StepText> {
        if self.describes_channel() {
            return self.neuron_of_channel().step_text::<R>(dt);
        }
        if self.describes_synapses() || self.describes_plasticity() {
            self.check_values(self.units)?
        } else {
            System::<R>::check(self)?
        }
        if self.describes_plasticity() {
            return self.rule_text::<R>(dt);
        }
        let program = self.step_program::<R>(dt)?;
        let tape = self.tape::<R>(&program)?;
        let variables = self.variables();
        let named = |k: usize| variables.get(k).map_or("?", |(name, _)| name).to_owned();
        let mut roots: Vec<_> =
            program.after.iter().enumerate().map(|(k, id)| (format!("new {}", named(k)), *id)).collect();
        let is_release = self.describes_synapses();
        let output = if is_release { TRANSMITTED } else { "output" };
        roots.push((output.to_owned(), program.output));
        let ids: Vec<Id> = roots.iter().map(|(_, id)| *id).collect();
        let lines = lines(&program.graph, &roots, &|leaf| match leaf {
            Leaf::Param(k) => format!("each{k}"),
            leaf => self.model.name(leaf),
        });
        Ok(StepText {
            lines,
            operations: operations(&program.graph, &ids),
            loops: tape.loops(),
            registers: tape.registers(),
            cuda: if is_release {
                self.release_text(&program, 0)
            } else {
                cuda::text(&program, self.model.inputs.len())
            },
            without_gradient: Vec::new(),
        })
    }

    /// Describes the adjoint of the step of length `dt`: the program that makes the adjoints of the states and
    /// inputs before a step from those of the states and the output after it, and adds to the gradients by
    /// parameters. The lines have `adj_V` for the adjoint of V, and `grad_p` for the gradient by p.
    ///
    /// ```
    /// use overtime::{AdjointOptions, Equations};
    ///
    /// # fn main() -> overtime::Result<()> {
    /// let leaky = Equations::new("param tau = 10\ninput I\nV' = (I - V)/tau\n")?;
    /// let adjoint = leaky.adjoint_text::<f64>(0.1, &AdjointOptions::default().by(["tau"]))?;
    /// assert!(adjoint.lines.iter().any(|line| line.starts_with("old adj_V = ")));
    /// assert!(adjoint.lines.iter().any(|line| line.starts_with("new grad_tau = ")));
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the step has an error, or a parameter has no gradient: the refractory period is a whole number of
    /// steps, and a comparison has no slope without a [`Surrogate`](crate::Surrogate).
    pub fn adjoint_text<R: Real>(&self, dt: f64, options: &AdjointOptions) -> Result<StepText> {
        if self.describes_channel() {
            return self.neuron_of_channel().adjoint_text::<R>(dt, options);
        }
        if self.describes_synapses() {
            return Err(Error::Unsupported("kinetics of synapses have no adjoint".into()));
        }
        if self.describes_plasticity() {
            return Err(Error::Unsupported("plasticity has no adjoint".into()));
        }
        System::<R>::check(self)?;
        let program = self.model.adjoint::<R>(self.method, dt, &self.params, options)?;
        let tape = Adjoint::<R>::new(&program)?.tape;
        let roots: Vec<Id> = program.after.iter().chain(&program.inputs).copied().collect();
        Ok(StepText {
            lines: self.model.adjoint_lines(&program),
            operations: operations(&program.graph, &roots),
            loops: tape.loops(),
            registers: tape.registers(),
            cuda: cuda_text(&program),
            without_gradient: program.without_gradient(&self.model),
        })
    }
}
