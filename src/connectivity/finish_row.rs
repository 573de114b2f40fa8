//! The last step of a row: delays, the order, and weights.

use super::build::Row;
use super::radix;
use super::rng_streams::{DELAY, WEIGHT};
use super::rows::Rows;
use super::spec::ConnectivitySpec;
use super::synapse_table::{DelayClasses, Index};
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
    keys: Vec<u64>,
    /// The keys before a pass of the sort.
    other_keys: Vec<u64>,
}

impl Scratch {
    fn numbers(&self) -> Numbers<'_> {
        if self.numbers.is_empty() { Numbers::Zero } else { Numbers::Each(&self.numbers) }
    }

    /// Draws the targets of a source, and numbers the synapses if their numbers matter.
    pub(super) fn draw(&mut self, rows: &Rows<'_>, numbered: bool, source: u32) {
        self.numbers.clear();
        if numbered {
            rows.targets(source, &mut self.row);
            self.numbers.extend(0..self.row.len() as u32);
        } else {
            rows.row(source, &mut self.row);
        }
    }

    /// Sorts the row by (delay, target, number).
    fn sort(&mut self) {
        let Self { row, numbers, steps, keys, other_keys } = self;
        steps.resize(row.len(), 0);
        if numbers.iter().any(|number| *number > u32::from(u16::MAX)) {
            return self.sort_long();
        }
        // The delay, the target and the number, of 16, 32 and 16 bits.
        let key = |(delay, target): (&u32, &u32), number: u32| {
            u64::from(*delay) << 48 | u64::from(*target) << 16 | u64::from(number)
        };
        let pairs = steps.iter().zip(&*row);
        keys.clear();
        if numbers.is_empty() {
            keys.extend(pairs.map(|pair| key(pair, 0)));
        } else {
            keys.extend(pairs.zip(&*numbers).map(|(pair, number)| key(pair, *number)));
        }
        radix::sort(keys, other_keys);
        for ((delay, target), key) in steps.iter_mut().zip(row).zip(&*keys) {
            (*delay, *target) = ((key >> 48) as u32, (key >> 16) as u32);
        }
        numbers.iter_mut().zip(&*keys).for_each(|(number, key)| *number = *key as u32 & u32::from(u16::MAX));
    }

    /// The same for a row whose numbers have more than 16 bits.
    fn sort_long(&mut self) {
        let Self { row, numbers, steps, .. } = self;
        let mut all: Vec<_> = (steps.iter().zip(&*row).zip(&*numbers)).map(|((d, t), n)| (*d, *t, *n)).collect();
        all.sort_unstable();
        for (((delay, target), number), sorted) in steps.iter_mut().zip(row).zip(numbers).zip(all) {
            (*delay, *target, *number) = sorted;
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
            // The numbers of synapses with each delay become the ends of the delays in the row.
            if !row.ends.is_empty() {
                steps.iter().for_each(|delay| row.ends[(delay - row.least) as usize] += 1);
                DelayClasses::ends_of_numbers(row.ends);
            }
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
        for (len, delays, numbered) in [
            (0, 1, true),
            (1, 1, false),
            (70_000, 45, true),
            (500, 45, true),
            (500, 45, false),
            (90, 65_536, true),
            (90, 700, false),
        ] {
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
