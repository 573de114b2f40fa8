//! The last step of a row: delays, the order, and weights.

use super::build::Row;
use super::rng_streams::{DELAY, WEIGHT};
use super::spec::ConnectivitySpec;
use super::synapse_table::Index;
use super::value_rule::ValueRule;
use super::values::{Numbers, Values};
use crate::error::Result;

/// Memory that a thread uses again for each row.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) row: Vec<u32>,
    /// The numbers of the synapses; empty if they do not matter.
    pub(super) numbers: Vec<u32>,
    steps: Vec<u32>,
    /// The delay in the upper half, the target in the lower half.
    keys: Vec<u64>,
    /// The same, with the number below the target.
    numbered_keys: Vec<u128>,
}

impl Scratch {
    fn numbers(&self) -> Numbers<'_> {
        if self.numbers.is_empty() { Numbers::Zero } else { Numbers::Each(&self.numbers) }
    }

    /// Sorts the row by (delay, target).
    fn sort(&mut self) {
        self.keys.clear();
        let keys = self.steps.iter().zip(&self.row).map(|(steps, target)| u64::from(*steps) << 32 | u64::from(*target));
        self.keys.extend(keys);
        self.keys.sort_unstable();
        for ((steps, target), key) in self.steps.iter_mut().zip(&mut self.row).zip(&self.keys) {
            (*steps, *target) = ((key >> 32) as u32, *key as u32);
        }
    }

    /// Sorts the row by (delay, target, number).
    fn sort_numbered(&mut self) {
        self.steps.resize(self.row.len(), 0);
        self.numbered_keys.clear();
        let all = self.steps.iter().zip(&self.row).zip(&self.numbers);
        self.numbered_keys.extend(all.map(|((steps, target), number)| {
            u128::from(*steps) << 64 | u128::from(u64::from(*target) << 32 | u64::from(*number))
        }));
        self.numbered_keys.sort_unstable();
        let all = self.steps.iter_mut().zip(&mut self.row).zip(&mut self.numbers);
        for (((steps, target), number), key) in all.zip(&self.numbered_keys) {
            (*steps, *target, *number) = ((key >> 64) as u32, (key >> 32) as u32, *key as u32);
        }
    }
}

/// Adds delays to the targets of a row, sorts them, and adds weights.
pub(super) struct Finish<'a> {
    spec: &'a ConnectivitySpec,
    weights: ValueRule<'a>,
    inv_scale: f64,
    pub(super) weigh: bool,
    times: ValueRule<'a>,
    pub(super) delay: bool,
}

impl<'a> Finish<'a> {
    pub(super) fn of(spec: &'a ConnectivitySpec) -> Result<Self> {
        let (weights, times) = (spec.weights()?, spec.times()?);
        let inv_scale = 1.0 / spec.weight_scale();
        Ok(Self { spec, weights, inv_scale, weigh: spec.weighs(), times, delay: spec.delays_differ() })
    }

    /// Writes the targets in `scratch` into their row.
    pub(super) fn row<X: Index>(&self, source: u32, scratch: &mut Scratch, row: Row<'_, X>) {
        let Self { spec, weights, inv_scale, times, .. } = self;
        let (stream, sources) = (spec.stream, spec.pre.len() as u32);
        scratch.steps.clear();
        if self.delay {
            let mut steps = std::mem::take(&mut scratch.steps);
            let (targets, numbers) = (&scratch.row, scratch.numbers());
            let values = Values { rule: *times, stream, purpose: DELAY, source, sources, targets, numbers };
            values.steps(spec.dt, spec.lead, &mut steps);
            scratch.steps = steps;
        }
        match (scratch.numbers.is_empty(), self.delay) {
            (false, _) => scratch.sort_numbered(),
            (true, true) => scratch.sort(),
            (true, false) => {}
        }
        row.delays.iter_mut().zip(&scratch.steps).for_each(|(delay, steps)| *delay = *steps as u16);
        row.targets.iter_mut().zip(&scratch.row).for_each(|(place, target)| *place = X::of(*target));
        if self.weigh {
            let (targets, numbers) = (&scratch.row, scratch.numbers());
            let values = Values { rule: *weights, stream, purpose: WEIGHT, source, sources, targets, numbers };
            values.integer_weights(*inv_scale, row.integer_weights);
        }
    }
}
