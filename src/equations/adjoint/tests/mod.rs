//! Adjoints compared with differences, with formulas, and with a scalar interpreter.

mod branches;
mod chain;
mod differences;
mod hostile;
mod programs;

use super::{AdjointOptions, AdjointProgram};
use crate::equations::evaluate::Evaluator;
use crate::equations::graph::{Id, Leaf};
use crate::equations::model::Model;
use crate::equations::program::Valued;
use crate::equations::samples::Random;
use crate::equations::text::read;
use crate::integrator::Method;
use crate::system::param::Param;

/// A model with the values of its parameters, and the step as a graph of them.
struct Forward {
    model: Model,
    method: Method,
    step: Valued,
    dt: f64,
}

/// What a step depends on beside the states.
#[derive(Clone)]
struct At {
    i: u64,
    inputs: Vec<f64>,
    params: Vec<f64>,
}

/// A fixed random number of a step: between −1.5 and 1.5, or between 0 and 1.
fn draw(leaf: Leaf, i: u64) -> f64 {
    let number = |k: u16| Random(i * 1000 + u64::from(k)).number();
    match leaf {
        Leaf::Normal(k) => number(k) / 2.0,
        Leaf::Uniform(k) => (number(k + 500) + 3.0) / 6.0,
        _ => 0.0,
    }
}

impl Forward {
    fn new(text: &str, method: Method, dt: f64) -> Self {
        let model = read(text).unwrap();
        let params: Vec<Param<f64>> = model.params.iter().map(|param| Param::All(param.default)).collect();
        let step = model.valued_step::<f64>(method, dt, &params).unwrap();
        Self { model, method, step, dt }
    }

    fn at(&self, i: u64, input: f64) -> At {
        let params = self.step.params.iter().map(|param| param.at(0)).collect();
        At { i, inputs: vec![input; self.model.inputs.len()], params }
    }

    /// The states at the start.
    fn start(&self) -> Vec<f64> {
        let mut states = vec![0.0; self.step.step.after.len()];
        let at = self.at(0, 0.0);
        for k in &self.model.order {
            let id = self.model.states[*k].initial;
            let mut evaluator = Evaluator::new(&self.model.graph, &[id]);
            evaluator.run(|leaf| self.leaf(leaf, &states, &at));
            states[*k] = evaluator.value(id);
        }
        states
    }

    fn leaf(&self, leaf: Leaf, states: &[f64], at: &At) -> f64 {
        match leaf {
            Leaf::State(k) => states[usize::from(k)],
            Leaf::Param(k) => at.params[usize::from(k)],
            Leaf::Input(k) => at.inputs[usize::from(k)],
            Leaf::Time => at.i as f64 * self.dt,
            Leaf::Dt => self.dt,
            random => draw(random, at.i),
        }
    }

    /// The nodes after a step: the states, then the output.
    fn roots(&self) -> Vec<Id> {
        let step = &self.step.step;
        step.after.iter().copied().chain([step.output]).collect()
    }

    /// The states after a step, then the output.
    fn run(&self, states: &[f64], at: &At) -> Vec<f64> {
        let roots = self.roots();
        let mut evaluator = Evaluator::new(&self.step.step.graph, &roots);
        evaluator.run(|leaf| self.leaf(leaf, states, at));
        roots.iter().map(|root| evaluator.value(*root)).collect()
    }

    fn params(&self) -> Vec<Param<f64>> {
        self.step.params[..self.model.params.len()].to_vec()
    }

    fn adjoint(&self, options: &AdjointOptions) -> crate::error::Result<Backward<'_>> {
        let program = self.model.adjoint::<f64>(self.method, self.dt, &self.params(), options)?;
        Ok(Backward { forward: self, program })
    }
}

/// The adjoint of a step, in a scalar interpreter.
struct Backward<'f> {
    forward: &'f Forward,
    program: AdjointProgram,
}

impl Backward<'_> {
    /// Goes back over a step: `adjoints` has the adjoints of the states, then the gradients. Returns the
    /// adjoints of the inputs.
    fn run(&self, states: &[f64], at: &At, output: f64, adjoints: &mut [f64]) -> Vec<f64> {
        let AdjointProgram { graph, after, inputs, states: count, .. } = &self.program;
        let roots: Vec<Id> = after.iter().chain(inputs).copied().collect();
        let mut evaluator = Evaluator::new(graph, &roots);
        evaluator.run(|leaf| match leaf {
            Leaf::State(k) => adjoints[usize::from(k)],
            Leaf::Input(k) => match usize::from(k).checked_sub(*count) {
                Some(k) => at.inputs.get(k).copied().unwrap_or(output),
                None => states[usize::from(k)],
            },
            leaf => self.forward.leaf(leaf, states, at),
        });
        for (adjoint, id) in adjoints.iter_mut().zip(after) {
            *adjoint = evaluator.value(*id);
        }
        inputs.iter().map(|id| evaluator.value(*id)).collect()
    }
}
