//! The slopes of a spike.
//!
//! A spike is a step function of the comparison V ≥ V_th. A surrogate replaces the derivative of this step by
//! V − V_th, for each comparison of the condition of a spike. Of `crosses` it replaces that of the new value:
//! where the old value was above the threshold, there is no spike, and no slope.
//!
//! A reset is V + spike·(V_reset − V). By default, the spike in it has an adjoint. The conventions are those
//! of brainpy: also in the refractory period, in which the unit cannot spike, the spike has the slope of the
//! surrogate.

use super::AdjointOptions;
use crate::equations::graph::{Binary, Graph, Id, Node, Surrogates};
use crate::equations::model::{Model, Spike};
use crate::equations::step::StepGraph;
use crate::error::{Error, Result};
use std::collections::HashSet;

/// The graph of a step with the slopes of its spikes.
pub(super) struct WithSurrogates {
    pub(super) graph: Graph,
    pub(super) rules: Surrogates,
}

impl Model {
    /// The slopes that the nodes of a spike have.
    pub(super) fn surrogates(&self, step: &StepGraph, options: &AdjointOptions) -> Result<WithSurrogates> {
        let (mut graph, mut rules) = (step.graph.clone(), Surrogates::default());
        let Some(surrogate) = options.surrogate else { return Ok(WithSurrogates { graph, rules }) };
        let no_spike = |what: &str| Err(Error::Unsupported(format!("a surrogate is for spikes, {what}")));
        let Some(spike) = &step.spike else { return no_spike("and the equations have none") };
        let [free, fires] = spike.fires;
        for comparison in conditions(&graph, spike.test, &mut rules.conditions) {
            if let Node::Binary(_, a, b) = graph.node(comparison) {
                let above = graph.binary(Binary::Sub, b, a);
                let slope = surrogate.slope(&mut graph, above);
                rules.slopes.insert(comparison, slope);
            }
        }
        if rules.slopes.is_empty() {
            return no_spike("and the condition of a spike has no `<`, `<=`, `>` or `>=`");
        }
        if matches!(self.spike, Some(Spike::When(_))) {
            rules.conditions.insert(free);
        }
        if fires != free {
            rules.unconditional.insert(fires);
        }
        if !options.detached_reset {
            // A reset that changes nothing has no select.
            let is_reset = |id: &Id| matches!(graph.node(*id), Node::Select(condition, ..) if condition == fires);
            rules.conditions.extend(spike.resets.iter().copied().filter(is_reset));
        }
        Ok(WithSurrogates { graph, rules })
    }
}

/// The comparisons that a condition is made of. `selects` takes the nodes that join them by `and`, `or` and
/// `not`.
fn conditions(graph: &Graph, test: Id, selects: &mut HashSet<Id>) -> Vec<Id> {
    let (mut found, mut seen, mut stack) = (Vec::new(), HashSet::new(), vec![test]);
    while let Some(id) = stack.pop() {
        if !seen.insert(id) {
            continue;
        }
        match graph.node(id) {
            Node::Binary(Binary::Less | Binary::LessEqual, ..) => found.push(id),
            Node::Select(..) => {
                selects.insert(id);
                stack.extend(graph.node(id).operands());
            }
            _ => {}
        }
    }
    found
}
