//! The parts of sums that belong to blocks of neurons.

use super::drain::All;
use crate::numeric::scalar::Real;
use crate::numeric::simd::vectorize;
use std::mem::take;
use std::ops::Range;

/// The sums of targets that follow one another: numbers of spikes, or sums of weights.
pub(super) enum Values<'a> {
    Counts(&'a mut [i32]),
    Loads(&'a mut [i64]),
}

/// The sums of a group's targets that no block has yet.
pub(in crate::network::host) struct SumCursor<'a> {
    /// The number in its group of the next target.
    pub(super) next: usize,
    pub(super) values: Values<'a>,
    pub(super) weight_scale: f64,
}

/// The sums of a block's targets.
#[derive(Default)]
pub(in crate::network::host) struct SumPart<'a> {
    /// The index in the block of the first target.
    first: usize,
    values: Values<'a>,
    weight_scale: f64,
}

impl Default for Values<'_> {
    fn default() -> Self {
        Self::Counts(&mut [])
    }
}

impl Values<'_> {
    fn len(&self) -> usize {
        match self {
            Self::Counts(values) => values.len(),
            Self::Loads(values) => values.len(),
        }
    }

    fn fill_zero(&mut self) {
        match self {
            Self::Counts(values) => values.fill(0),
            Self::Loads(values) => values.fill(0),
        }
    }
}

impl<'a> SumCursor<'a> {
    /// Takes the sums of these neurons, which come after those of the blocks before. The sums between
    /// are dropped: other workers own their targets.
    pub(in crate::network::host) fn part(&mut self, neurons: Range<usize>) -> SumPart<'a> {
        self.split_off(neurons.start.saturating_sub(self.next)).fill_zero();
        let first = self.next.saturating_sub(neurons.start).min(neurons.len());
        let values = self.split_off(neurons.len() - first);
        SumPart { first, values, weight_scale: self.weight_scale }
    }

    /// Drops the sums that are left.
    pub(in crate::network::host) fn finish(&mut self) {
        self.values.fill_zero();
    }

    /// Takes this number of sums, or all.
    fn split_off(&mut self, count: usize) -> Values<'a> {
        let count = count.min(self.values.len());
        self.next += count;
        match &mut self.values {
            Values::Counts(values) => Values::Counts(values.split_off_mut(..count).unwrap_or_default()),
            Values::Loads(values) => Values::Loads(values.split_off_mut(..count).unwrap_or_default()),
        }
    }
}

impl SumPart<'_> {
    /// Adds the sums to the receptor `s` of the block.
    pub(in crate::network::host) fn add_to<T: Real>(&mut self, s: &mut [T]) {
        let (s, weight_scale) = (&mut s[self.first..], T::of(self.weight_scale));
        match take(&mut self.values) {
            Values::Counts(sums) => vectorize(All { sums, weight_scale, s }),
            Values::Loads(sums) => vectorize(All { sums, weight_scale, s }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The sums 1, 2, … of the targets from number 3 on.
    fn cursor(values: &mut [i64]) -> SumCursor<'_> {
        values.iter_mut().zip(1..).for_each(|(value, sum)| *value = sum);
        SumCursor { next: 3, values: Values::Loads(values), weight_scale: 0.5 }
    }

    #[test]
    fn blocks_add_the_sums_of_their_neurons_and_clear_all() {
        let mut values = [0; 9];
        let mut cursor = cursor(&mut values);
        let mut receptor = [0.0; 16];
        // The first block has no target, the second begins before the first target, neurons 8 and 9 belong
        // to another worker, and the last block ends behind the last target.
        for neurons in [0..2, 2..6, 6..8, 10..11, 11..16] {
            cursor.part(neurons.clone()).add_to(&mut receptor[neurons]);
        }
        cursor.finish();
        assert_eq!(receptor, [0.0, 0.0, 0.0, 0.5, 1.0, 1.5, 2.0, 2.5, 0.0, 0.0, 4.0, 4.5, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(values, [0; 9]);
        let mut rest = self::cursor(&mut values);
        assert_eq!(rest.part(0..4).add_to(&mut receptor[..4]), ());
        rest.finish();
        assert_eq!((receptor[3], values), (1.0, [0; 9]));
    }
}
