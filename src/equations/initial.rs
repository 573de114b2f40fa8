//! The initial values of variables: those of the text, and those that take their place.

use super::evaluate::Evaluator;
use super::graph::Leaf;
use super::system::Equations;
use super::tape::purpose;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use std::collections::HashMap;

/// Checks a rule for the initial values of `units` units. Rules for matrices suit no variable.
pub(super) fn check_init(init: &Init, what: &str, units: usize) -> Result<()> {
    if init.range().is_none() {
        return Err(Error::value(what, format!("{init:?}"), "is defined for matrices only"));
    }
    init.check(what, &[units])
}

impl Equations {
    /// The rule of the initial values of a state that depend on parameters alone.
    pub(super) fn initial_of_parameters(&self, state: usize) -> Init {
        if let Some(Some(init)) = self.initial.get(state) {
            return init.clone();
        }
        let Some(spec) = self.model.states.get(state) else { return Init::Constant(0.0) };
        let mut evaluator = Evaluator::new(&self.model.graph, &[spec.initial]);
        evaluator.run(|leaf| match leaf {
            Leaf::Param(param) => self.params.get(usize::from(param)).map_or(0.0, |param| param.at(0)),
            _ => 0.0,
        });
        Init::Constant(evaluator.value(spec.initial))
    }

    /// Sets the initial values of the variables of `units` units. The names of their random streams begin
    /// with `stream`.
    pub(super) fn start<R: Real>(&self, seed: u64, node: u16, stream: &str, units: usize, vars: &mut [&mut [R]]) {
        let units = units.max(1);
        let graph = &self.model.graph;
        for k in &self.model.order {
            let Some(spec) = self.model.states.get(*k) else { continue };
            if let Some(init) = &self.initial[*k] {
                let stream = Stream::of_node(seed, node, &format!("{stream}{}", spec.name));
                if let Some(var) = vars.get_mut(*k) {
                    init.fill_checked(var, &[units], stream);
                }
                continue;
            }
            let mut evaluator = Evaluator::new(graph, &[spec.initial]);
            let mut streams: HashMap<Leaf, Stream> = HashMap::new();
            let mut random = |leaf| {
                *streams.entry(leaf).or_insert_with(|| {
                    let purpose = purpose(leaf).unwrap_or_default();
                    Stream::of_node(seed, node, &format!("{stream}{purpose}.initial"))
                })
            };
            for at in 0..vars.get(*k).map_or(0, |var| var.len()) {
                evaluator.run(|leaf| match leaf {
                    Leaf::State(other) => {
                        vars.get(usize::from(other)).and_then(|var| var.get(at)).map_or(0.0, |x| x.to_f64())
                    }
                    Leaf::Param(param) => self.params.get(usize::from(param)).map_or(0.0, |param| param.at(at % units)),
                    Leaf::Normal(_) => f64::from(random(leaf).normal(at as u64, 0)),
                    Leaf::Uniform(_) => random(leaf).uniform(at as u64, 0),
                    Leaf::Input(_) | Leaf::Time | Leaf::Dt => 0.0,
                });
                if let Some(x) = vars.get_mut(*k).and_then(|var| var.get_mut(at)) {
                    *x = R::of(evaluator.value(spec.initial));
                }
            }
        }
        for var in vars.iter_mut().skip(self.model.states.len()) {
            var.fill(R::of(0.0));
        }
    }
}
