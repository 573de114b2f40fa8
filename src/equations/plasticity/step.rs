//! The graph of plasticity: a step of all variables, and their values after spikes.

use crate::equations::graph::{Binary, Id, Unary};
use crate::equations::model::Plasticity;
use crate::equations::step::{Step, StepGraph};
use crate::error::Result;

/// Variables of a smaller magnitude become 0 at the end of a step. Operations with subnormal numbers take
/// many times longer on some CPUs, and traces of silent neurons would end there.
const LEAST: f64 = 1e-30;

impl Step<'_> {
    /// The states after the equations and `each step`, then the states after a spike of the source, then
    /// those after a spike of the target, and the bounds of the weight. The leaves are the values before.
    pub(in crate::equations) fn plastic(
        mut self,
        plasticity: &Plasticity,
        start: &[Id],
        now: Vec<Id>,
    ) -> Result<StepGraph> {
        let mut after = now;
        for (k, value) in after.iter_mut().enumerate().filter(|(k, _)| *k != plasticity.weight) {
            if *value != start[k] {
                *value = self.flushed(*value);
            }
        }
        self.clip(plasticity, start, &mut after);
        for event in [&plasticity.on_pre, &plasticity.on_post] {
            let mut then = start.to_vec();
            self.assign(event, &mut then, None)?;
            self.clip(plasticity, start, &mut then);
            after.extend(then);
        }
        after.extend(plasticity.bounds);
        self.check_size()?;
        Ok(StepGraph { output: self.graph.constant(0.0), graph: self.graph, after, spike: None })
    }

    /// Sets the weight to the nearest value within its bounds, if it has changed. NaN stays.
    fn clip(&mut self, plasticity: &Plasticity, start: &[Id], now: &mut [Id]) {
        let Plasticity { weight, bounds: [low, high], .. } = *plasticity;
        if now[weight] == start[weight] {
            return;
        }
        let is_low = self.graph.binary(Binary::Less, now[weight], low);
        let is_high = self.graph.binary(Binary::Less, high, now[weight]);
        let at_most = self.graph.select(is_high, high, now[weight]);
        now[weight] = self.graph.select(is_low, low, at_most);
    }

    fn flushed(&mut self, value: Id) -> Id {
        let (zero, least) = (self.graph.constant(0.0), self.graph.constant(LEAST));
        let magnitude = self.graph.unary(Unary::Abs, value);
        let is_small = self.graph.binary(Binary::Less, magnitude, least);
        self.graph.select(is_small, zero, value)
    }
}
