//! The last step of a row: delays, the order, and weights.

use super::build::Row;
use super::rng_streams::{DELAY, WEIGHT};
use super::spec::ConnectivitySpec;
use super::synapse_table::Index;
use super::value_rule::ValueRule;
use super::values::{Numbers, Values};
use crate::error::Result;

/// The delays, beside eight for each synapse, up to which a row is sorted by places.
const MANY: usize = 64;

/// Memory that a thread uses again for each row.
#[derive(Default)]
pub(super) struct Scratch {
    pub(super) row: Vec<u32>,
    /// The numbers of the synapses; empty if they do not matter.
    pub(super) numbers: Vec<u32>,
    steps: Vec<u32>,
    /// The number of synapses with each delay, then their places.
    places: Vec<usize>,
    /// The target in the upper half, the number in the lower half.
    keys: Vec<u64>,
}

impl Scratch {
    fn numbers(&self) -> Numbers<'_> {
        if self.numbers.is_empty() { Numbers::Zero } else { Numbers::Each(&self.numbers) }
    }

    /// Sorts the row by (delay, target, number): synapses are counted by their delays, moved to the
    /// places of their delay, and sorted there. The classes of a row are short, so that this takes a
    /// fraction of the time of a sort by all keys.
    fn sort(&mut self) {
        let Self { row, numbers, steps, places, keys } = self;
        steps.resize(row.len(), 0);
        let numbered = !numbers.is_empty();
        let (Some(least), Some(most)) = (steps.iter().min().copied(), steps.iter().max().copied()) else { return };
        let delays = (most - least) as usize + 1;
        if delays > MANY + 8 * row.len() {
            return self.sort_all();
        }
        places.clear();
        places.resize(delays + 1, 0);
        steps.iter().for_each(|delay| places[(delay - least) as usize + 1] += 1);
        for k in 1..places.len() {
            places[k] += places[k - 1];
        }
        keys.resize(row.len(), 0);
        for (k, (delay, target)) in steps.iter().zip(&*row).enumerate() {
            let number = if numbered { numbers[k] } else { 0 };
            let place = &mut places[(delay - least) as usize];
            keys[*place] = u64::from(*target) << 32 | u64::from(number);
            *place += 1;
        }
        // A place is now the end of its delay.
        let mut start = 0;
        for (delay, end) in (least..=most).zip(&*places) {
            keys[start..*end].sort_unstable();
            steps[start..*end].fill(delay);
            start = *end;
        }
        row.iter_mut().zip(&*keys).for_each(|(target, key)| *target = (key >> 32) as u32);
        numbers.iter_mut().zip(&*keys).for_each(|(number, key)| *number = *key as u32);
    }

    /// The same for a short row with delays that are far apart.
    fn sort_all(&mut self) {
        let number = |k: usize| self.numbers.get(k).copied().unwrap_or(0);
        let mut all: Vec<_> = (0..self.row.len()).map(|k| (self.steps[k], self.row[k], number(k))).collect();
        all.sort_unstable();
        for (k, (delay, target, number)) in all.into_iter().enumerate() {
            (self.steps[k], self.row[k]) = (delay, target);
            if let Some(place) = self.numbers.get_mut(k) {
                *place = number;
            }
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
        if self.delay || !scratch.numbers.is_empty() {
            scratch.sort();
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::numeric::rng::Stream;

    #[test]
    fn rows_ascend_by_delay_target_and_number() {
        let stream = Stream::named(7, "finish_row");
        for (len, delays, numbered) in
            [(0, 1, true), (1, 1, false), (500, 45, true), (500, 45, false), (90, 65_536, true), (90, 700, false)]
        {
            let draw = |k: u64, of: u32| (0..len).map(|n| stream.words(n as u64, k)[0] % of).collect::<Vec<_>>();
            let (steps, row) = (draw(0, delays), draw(1, 100));
            let numbers: Vec<u32> = if numbered { (0..len as u32).rev().collect() } else { Vec::new() };
            let number = |k: usize| numbers.get(k).copied().unwrap_or(0);
            let mut right: Vec<_> = (0..len).map(|k| (steps[k], row[k], number(k))).collect();
            right.sort_unstable();
            let mut scratch = Scratch { row, numbers: numbers.clone(), steps, ..Scratch::default() };
            scratch.sort();
            let numbers = scratch.numbers.iter().copied().chain(std::iter::repeat(0));
            let all: Vec<_> =
                scratch.steps.iter().zip(&scratch.row).zip(numbers).map(|((d, t), n)| (*d, *t, n)).collect();
            assert_eq!(all, right, "{len} {delays}");
        }
    }
}
