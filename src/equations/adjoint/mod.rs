//! The adjoint of a step: the program that goes back over it.
//!
//! A run's gradient needs the adjoint of each state: the derivative of the loss by it. The program takes the
//! adjoints of the states after a step and of its output, and makes those of the states before it and of its
//! inputs. It adds to the gradients by parameters. It computes the values of the step again, from the states
//! before it: a run keeps its states, and nothing else.

mod run;
mod spikes;
#[cfg(test)]
mod tests;
pub(crate) mod text;

use super::graph::{Binary, Graph, Id, Leaf};
use super::model::Model;
use super::program::{Specialised, Valued, specialised};
use super::surrogate::Surrogate;
use crate::error::{Error, Result};
use crate::integrator::Method;
use crate::numeric::scalar::Real;
use crate::system::param::Param;
pub(crate) use run::Adjoint;

/// What an adjoint has beside the adjoints of states and inputs.
///
/// ```
/// use overtime::{AdjointOptions, Surrogate};
///
/// let options = AdjointOptions::default().by(["tau", "R"]).surrogate(Surrogate::Sigmoid { alpha: 4.0 });
/// ```
#[derive(Clone, Debug, Default)]
pub struct AdjointOptions {
    by: Vec<String>,
    surrogate: Option<Surrogate>,
    detached_reset: bool,
}

impl AdjointOptions {
    /// Adds gradients by these parameters.
    #[must_use]
    pub fn by(mut self, names: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.by.extend(names.into_iter().map(Into::into));
        self
    }

    /// Gives spikes a slope. Without it they have none: a loss that depends on spikes has no gradient, and a
    /// reset has no adjoint of the spike.
    #[must_use]
    pub fn surrogate(mut self, surrogate: Surrogate) -> Self {
        self.surrogate = Some(surrogate);
        self
    }

    /// Takes the spike as a constant in the reset, whatever the surrogate is.
    #[must_use]
    pub fn detach_reset(mut self) -> Self {
        self.detached_reset = true;
        self
    }
}

/// The adjoint of a step of one unit.
///
/// Its states are the adjoints of the states, which it changes to those before the step, and then the
/// gradients by parameters, to which it adds. Its inputs are the states before the step, then the inputs of
/// the step, then the adjoint of the output. Its results are the adjoints of the inputs.
#[derive(Clone, Debug)]
pub(crate) struct AdjointProgram {
    pub(crate) graph: Graph,
    /// The adjoints of the states before the step, then the gradients.
    pub(crate) after: Vec<Id>,
    /// The adjoints of the inputs.
    pub(crate) inputs: Vec<Id>,
    /// The number of states.
    pub(crate) states: usize,
    /// The names of the parameters that have gradients.
    pub(crate) by: Vec<String>,
    /// The values of expressions of parameters that differ between units.
    pub(crate) each: Vec<Vec<f64>>,
}

impl AdjointProgram {
    /// The variables and `output` whose adjoints after the step have no effect, because they change in whole
    /// steps alone, or do not change anything. A loss that depends on them has no gradient there.
    pub(crate) fn without_gradient(&self, model: &Model) -> Vec<String> {
        let roots: Vec<Id> = self.after.iter().chain(&self.inputs).copied().collect();
        let reached = self.graph.reached(&roots);
        let has_effect = |seed: &Leaf| self.graph.known_leaf(*seed).is_some_and(|id| reached[id.index()]);
        let states = (0..self.states as u16).map(|k| (Leaf::State(k), model.name(Leaf::State(k))));
        let output = (Leaf::Input((self.states + self.inputs.len()) as u16), "output".to_owned());
        states.chain([output]).filter(|(seed, _)| !has_effect(seed)).map(|(_, name)| name).collect()
    }
}

impl Model {
    /// The adjoint of the step of length `dt` by a method, for parameters of these values.
    ///
    /// # Errors
    /// If the step is impossible, a parameter has no gradient, or the adjoint has too many operations.
    pub(crate) fn adjoint<R: Real>(
        &self,
        method: Method,
        dt: f64,
        params: &[Param<f64>],
        options: &AdjointOptions,
    ) -> Result<AdjointProgram> {
        let by = self.numbers_of(&options.by)?;
        let Valued { step, params, dt } = self.valued_step::<R>(method, dt, params)?;
        let surrogates = self.surrogates(&step, options)?;
        let mut graph = surrogates.graph;
        let (states, inputs) = (step.after.len(), self.inputs.len());

        // In the graph of the step, the adjoints of the states after it and of its output are further inputs,
        // and the gradients are further states.
        let mut roots = step.after;
        roots.push(step.output);
        let seeds: Vec<Id> = (0..roots.len()).map(|k| graph.leaf(Leaf::Input((inputs + k) as u16))).collect();
        // The states that a step adds change in whole steps.
        let own = self.states.len();
        let leaves: Vec<Leaf> = (0..own)
            .map(|k| Leaf::State(k as u16))
            .chain(by.iter().map(|k| Leaf::Param(*k)))
            .chain((0..inputs).map(|k| Leaf::Input(k as u16)))
            .collect();
        let needed = graph.leaves(&roots);
        let mut found = graph.adjoint(&roots, &seeds, &leaves, &surrogates.rules);
        if graph.is_too_large() {
            return Err(Error::Unsupported("the adjoint of the step has too many operations".into()));
        }
        found.splice(own..own, vec![None; states - own]);
        let zero = graph.constant(0.0);
        let mut all: Vec<Id> = found.iter().map(|adjoint| adjoint.unwrap_or(zero)).collect();
        for ((name, number), place) in options.by.iter().zip(&by).zip(states..) {
            if found[place].is_none() && needed.contains(&Leaf::Param(*number)) {
                return Err(no_gradient(name, "the step compares with it, and a comparison has no slope"));
            }
            let gradient = graph.leaf(Leaf::State(place as u16));
            all[place] = graph.binary(Binary::Add, gradient, all[place]);
        }
        let renamed = |leaf| match leaf {
            Leaf::State(k) if usize::from(k) < states => Leaf::Input(k),
            Leaf::Input(k) => match usize::from(k).checked_sub(inputs) {
                Some(seed) if seed < states => Leaf::State(seed as u16),
                Some(_) => Leaf::Input((states + inputs) as u16),
                None => Leaf::Input(states as u16 + k),
            },
            leaf => leaf,
        };
        let Specialised { graph, roots: mut after, each } = specialised::<R>(&graph, &all, dt, &params, renamed)?;
        let reached = graph.reached(&after);
        let is_infinite = |id: Id| graph.value(id).is_some_and(|value| !value.is_finite());
        if graph.all().any(|(id, _)| reached[id.index()] && is_infinite(id)) {
            return Err(Error::Unsupported("the parameters are impossible: a derivative is infinite".into()));
        }
        let inputs = after.split_off(states + by.len());
        Ok(AdjointProgram { graph, after, inputs, states, by: options.by.clone(), each })
    }

    /// The numbers of parameters that may have a gradient.
    fn numbers_of(&self, by: &[String]) -> Result<Vec<u16>> {
        let names = || self.params.iter().map(|param| param.name.as_str());
        let of_refractory = self.refractory.map(|id| self.graph.reached(&[id])).unwrap_or_default();
        let mut numbers = Vec::new();
        for name in by {
            let Some(k) = names().position(|own| own == name) else {
                return Err(Error::unknown("parameter", name, names()));
            };
            let number = k as u16;
            let leaf = self.graph.known_leaf(Leaf::Param(number));
            if leaf.is_some_and(|leaf| of_refractory.get(leaf.index()) == Some(&true)) {
                return Err(no_gradient(name, "the refractory period is a whole number of steps"));
            }
            if numbers.contains(&number) {
                return Err(Error::Unsupported(format!("the gradient by `{name}` is wanted twice")));
            }
            numbers.push(number);
        }
        Ok(numbers)
    }
}

fn no_gradient(name: &str, reason: &str) -> Error {
    Error::Unsupported(format!("there is no gradient by `{name}`: {reason}"))
}
