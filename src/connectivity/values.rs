//! Weights and delays of a row, computed with vectors. They equal the values of
//! [`ValueRule::at`].

use super::multapses::unit;
use super::spec::{integer_weight, steps};
use super::value_rule::ValueRule;
use crate::numeric::rng::Stream;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The values of a source's synapses.
pub(super) struct Values<'a> {
    pub(super) rule: ValueRule<'a>,
    pub(super) stream: Stream,
    pub(super) purpose: u64,
    pub(super) source: u32,
    /// The number of sources of the projection.
    pub(super) sources: u32,
    pub(super) targets: &'a [u32],
    pub(super) numbers: Numbers<'a>,
}

/// The numbers of the synapses of a row, by which the values of parallel synapses differ.
#[derive(Clone, Copy, Debug)]
pub(super) enum Numbers<'a> {
    /// 0: a pair has at most one synapse.
    Zero,
    /// The places in the row.
    Places,
    Each(&'a [u32]),
}

impl Values<'_> {
    pub(super) fn integer_weights(self, inv_scale: f64, out: &mut [i32]) {
        vectorize(IntegerWeights { values: self, inv_scale, out });
    }

    pub(super) fn steps(self, dt: f64, lead: u32, out: &mut Vec<u32>) {
        out.clear();
        out.resize(self.targets.len(), 0);
        vectorize(Steps { values: self, dt, lead, out });
    }

    /// Computes `W` values from number `first` on; values beyond the end are those of target 0.
    #[inline(always)]
    fn some(&self, first: usize) -> [f64; W] {
        let mut targets = [0; W];
        let len = self.targets.len().min(first + W) - first;
        targets[..len].copy_from_slice(&self.targets[first..first + len]);
        if let ValueRule::Drawn(bounded) = self.rule {
            let mut steps = [0; W];
            for k in 0..W {
                steps[k] = self.purpose | u64::from(targets[k]);
            }
            // The same unit for all values saves products of its random words.
            return match self.numbers {
                Numbers::Zero => bounded.draw_each(self.stream, [u64::from(self.source); W], steps),
                _ => bounded.draw_each(self.stream, self.units(first, len), steps),
            };
        }
        let mut all = [0.0; W];
        for k in 0..len {
            let pair = [self.source, targets[k]];
            all[k] = self.rule.at(self.stream, self.purpose, u64::from(self.source), pair);
        }
        all
    }

    /// The units of `len` values from number `first` on; units beyond the end are those of the
    /// source.
    #[inline(always)]
    fn units(&self, first: usize, len: usize) -> [u64; W] {
        let mut numbers = [0; W];
        match self.numbers {
            Numbers::Zero => {}
            Numbers::Places => {
                for (number, place) in numbers.iter_mut().zip(first as u32..) {
                    *number = place;
                }
            }
            Numbers::Each(all) => numbers[..len].copy_from_slice(&all[first..first + len]),
        }
        let mut units = [0; W];
        for k in 0..W {
            units[k] = unit(self.source, self.sources, numbers[k]);
        }
        units
    }
}

/// The number of values that are computed at once.
const W: usize = 16;

struct IntegerWeights<'a, 'b> {
    values: Values<'a>,
    inv_scale: f64,
    out: &'b mut [i32],
}

impl SimdLoop for IntegerWeights<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (n, out) in self.out.chunks_mut(W).enumerate() {
            let values = self.values.some(n * W);
            for k in 0..out.len() {
                out[k] = integer_weight(values[k], self.inv_scale);
            }
        }
    }
}

struct Steps<'a, 'b> {
    values: Values<'a>,
    dt: f64,
    lead: u32,
    out: &'b mut [u32],
}

impl SimdLoop for Steps<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (n, out) in self.out.chunks_mut(W).enumerate() {
            let values = self.values.some(n * W);
            for k in 0..out.len() {
                out[k] = steps(values[k], self.dt, self.lead);
            }
        }
    }
}
