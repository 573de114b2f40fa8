//! The memory of a thread, and the additions of synapses to its sums.

use crate::connectivity::{GeneratedRow, Weights};
use crate::network::host::synaptic_weight::{Sum, TargetIndex};
use crate::numeric::simd::prefetch;
use std::ops::{AddAssign, Range};

/// The number of spikes by which a prefetch precedes the use of their rows.
pub(super) const AHEAD: usize = 12;

/// The memory of a thread. Sums, of spikes or of weights, are 0 between steps.
#[derive(Clone, Default)]
pub(super) struct Thread {
    /// The sources whose spikes arrive, with their delays, and their synapses.
    pub(super) spikes: Vec<(u32, u32)>,
    pub(super) ranges: Vec<Range<usize>>,
    pub(super) row: GeneratedRow,
    pub(super) counts: Vec<i32>,
    pub(super) loads: Vec<i64>,
    /// Whether to list the targets with a sum, because these are few, and the list.
    pub(super) lists: bool,
    pub(super) touched: Vec<u32>,
}

/// Sums of spikes, or of weights, of a thread.
pub(super) trait ThreadSum: Sum + AddAssign + Sync {
    fn of(thread: &mut Thread) -> &mut [Self];
    fn of_weight(weight: i32) -> Self;

    /// Adds a generated row.
    fn add_row(row: &GeneratedRow, sums: &mut [Self]);

    /// Adds the synapses in these ranges.
    #[inline(always)]
    fn add_ranges<X: TargetIndex>(
        targets: &[X],
        weights: &Weights,
        ranges: &[Range<usize>],
        first: usize,
        sums: &mut [Self],
    ) {
        let sums = &mut sums[first..];
        for (k, range) in ranges.iter().enumerate() {
            let next = ranges.get(k + AHEAD).map_or(0, |range| range.start);
            prefetch(targets, next);
            match weights {
                Weights::Same => {
                    for target in &targets[range.clone()] {
                        sums[target.number()] += Self::of_weight(1);
                    }
                }
                Weights::Each(weights) => {
                    prefetch(weights, next);
                    prefetch(weights, next + 16);
                    for (target, weight) in targets[range.clone()].iter().zip(&weights[range.clone()]) {
                        sums[target.number()] += Self::of_weight(*weight);
                    }
                }
            }
        }
    }
}

impl ThreadSum for i32 {
    fn of(thread: &mut Thread) -> &mut [Self] {
        &mut thread.counts
    }
    #[inline(always)]
    fn of_weight(weight: i32) -> Self {
        weight
    }
    fn add_row(row: &GeneratedRow, sums: &mut [Self]) {
        for target in &row.targets {
            sums[*target as usize] += 1;
        }
    }
}

impl ThreadSum for i64 {
    fn of(thread: &mut Thread) -> &mut [Self] {
        &mut thread.loads
    }
    #[inline(always)]
    fn of_weight(weight: i32) -> Self {
        Self::from(weight)
    }
    fn add_row(row: &GeneratedRow, sums: &mut [Self]) {
        for (target, weight) in row.targets.iter().zip(&row.integer_weights) {
            sums[*target as usize] += Self::from(*weight);
        }
    }
}
