//! The sums of targets, and the additions of synapses to them.

use crate::connectivity::GeneratedRow;
use crate::network::host::synaptic_weight::{Sum, SynapticWeight, TargetIndex};
use std::ops::Range;

/// A sum of spikes, or of weights, for each target. Sums are 0 between steps.
#[derive(Debug, Default)]
pub(super) struct Sums {
    counts: Vec<i32>,
    loads: Vec<i64>,
    /// Whether to list the targets with a sum, because these are few, and the list.
    pub(super) lists: bool,
    pub(super) touched: Vec<u32>,
}

impl Sums {
    /// Zeros for this number of targets, of weights or of spikes. They come from the operating
    /// system: pages that are not used take no memory.
    pub(super) fn new(len: usize, weighs: bool) -> Self {
        let (counts, loads) = if weighs { (0, len) } else { (len, 0) };
        Self { counts: vec![0; counts], loads: vec![0; loads], ..Self::default() }
    }

    pub(super) fn of<S: Sum>(&mut self) -> &mut [S] {
        S::all(&mut self.counts, &mut self.loads)
    }

    /// Adds synapses. Their targets count from target number `first`.
    #[inline(always)]
    pub(super) fn add<X: TargetIndex, W: SynapticWeight>(
        &mut self,
        first: usize,
        targets: &[X],
        weights: W,
        synapses: Range<usize>,
    ) {
        let sums = &mut self.of::<W::Sum>()[first..];
        let (targets, weights) = (&targets[synapses.clone()], weights.part(synapses));
        for (k, target) in targets.iter().enumerate() {
            sums[target.number()] += weights.of(k, 1);
        }
        if self.lists {
            self.touched.extend(targets.iter().map(|target| (first + target.number()) as u32));
        }
    }

    /// Adds a generated row.
    pub(super) fn add_row(&mut self, first: usize, row: &GeneratedRow) {
        if self.loads.is_empty() {
            let counts = &mut self.counts[first..];
            row.targets.iter().for_each(|target| counts[*target as usize] += 1);
        } else {
            let loads = &mut self.loads[first..];
            for (target, weight) in row.targets.iter().zip(&row.integer_weights) {
                loads[*target as usize] += i64::from(*weight);
            }
        }
        if self.lists {
            self.touched.extend(row.targets.iter().map(|target| first as u32 + target));
        }
    }
}
