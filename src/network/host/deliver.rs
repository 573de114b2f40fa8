//! Delivery: sums the spikes that arrive over a projection's synapses for each target, and adds the
//! sums to the target's receptor.

use super::synaptic_weight::{
    PlasticWeight, ReleasedAmount, ScaledWeight, StoredWeight, Sum, SynapticWeight, TargetIndex, UnitWeight,
};
use crate::connectivity::{Delays, SynapseTable, Targets, Weights};
use crate::network::plan::WORD;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};
use std::ops::Range;

/// The number of synapses of a step from which on threads share the targets.
const SHARED: usize = 8192;
/// The minimum row length at which splitting a row between threads pays for the two binary
/// searches.
const SHARE: usize = 16;
/// A dense pass over this number of targets costs about as much as one sparse lookup.
const DENSE: usize = 16;

/// Memory that all steps use.
#[derive(Default)]
pub(crate) struct Delivery {
    /// Sums of each target: of spikes, and of weights.
    counts: Vec<i32>,
    loads: Vec<i64>,
    /// Ranges of synapses over which spikes arrive.
    ranges: Vec<Range<usize>>,
    /// The released amount of each range's source; empty without a release model.
    amounts: Vec<i32>,
    /// The number of synapses in the ranges.
    events: usize,
}

impl Delivery {
    /// Creates memory for this number of targets.
    pub(crate) fn new(targets: usize) -> Self {
        Self { counts: vec![0; targets], loads: vec![0; targets], ..Self::default() }
    }

    /// Starts a new sum, without synapses.
    pub(crate) fn begin(&mut self) {
        self.ranges.clear();
        self.amounts.clear();
        self.events = 0;
    }

    /// Collects the synapses of the spikes in `words`, the mask of a whole group, that have this
    /// delay.
    pub(super) fn collect<T: Real>(&mut self, table: &SynapseTable, words: &[T], sources: &Range<usize>, delay: u32) {
        each_spike(words, sources, |source| self.row(table, source, delay));
    }

    /// Collects the synapses of all sources that release an amount.
    pub(crate) fn collect_amounts(&mut self, table: &SynapseTable, amounts: &[i32], delay: u32) {
        for (source, amount) in amounts.iter().enumerate().filter(|(_, amount)| **amount != 0) {
            self.row(table, source, delay);
            self.amounts.resize(self.ranges.len(), *amount);
        }
    }

    /// The synapses of one source with this delay.
    fn row(&mut self, table: &SynapseTable, source: usize, delay: u32) {
        let row = row_of(table, source, delay);
        if !row.is_empty() {
            self.events += row.len();
            self.ranges.push(row);
        }
    }

    /// Adds the collected synapses to the receptor `s` of the targets from number `first` on;
    /// `all`: these are all targets.
    pub(crate) fn add<T: Real>(&mut self, table: &SynapseTable, weight_scale: T, first: usize, all: bool, s: &mut [T]) {
        if self.events == 0 {
            return;
        }
        match &table.targets {
            Targets::U16(targets) => self.to(targets, &table.weights, (first, all), weight_scale, s),
            Targets::U32(targets) => self.to(targets, &table.weights, (first, all), weight_scale, s),
        }
    }

    fn to<T: Real, X: TargetIndex>(
        &mut self,
        targets: &[X],
        weights: &Weights,
        place: (usize, bool),
        weight_scale: T,
        s: &mut [T],
    ) {
        match (weights, self.amounts.is_empty()) {
            (Weights::Same, true) => self.part(targets, UnitWeight, place, weight_scale, s),
            (Weights::Each(weights), true) => self.part(targets, StoredWeight(weights), place, weight_scale, s),
            (Weights::Same, false) => self.part(targets, ReleasedAmount, place, weight_scale, s),
            (Weights::Each(weights), false) => self.part(targets, ScaledWeight(weights), place, weight_scale, s),
        }
    }

    /// Does the same as `add`, with the present weights `w`; the integer weight of a weight of 1 is
    /// `inv_scale`.
    pub(super) fn add_now<T: Real>(
        &mut self,
        table: &SynapseTable,
        (w, inv_scale): (&[T], f64),
        weight_scale: T,
        first: usize,
        all: bool,
        s: &mut [T],
    ) {
        if self.events == 0 {
            return;
        }
        let load = PlasticWeight { w, inv_scale };
        match &table.targets {
            Targets::U16(targets) => self.part(targets, load, (first, all), weight_scale, s),
            Targets::U32(targets) => self.part(targets, load, (first, all), weight_scale, s),
        }
    }

    fn part<T: Real, X: TargetIndex, L: SynapticWeight>(
        &mut self,
        targets: &[X],
        load: L,
        (first, all): (usize, bool),
        weight_scale: T,
        s: &mut [T],
    ) {
        let Self { counts, loads, ranges, amounts, events, .. } = self;
        let sums = &mut L::Sum::all(counts, loads)[..s.len()];
        let mean = *events / ranges.len().max(1);
        let shares = if *events >= SHARED { rayon::current_num_threads().min(mean / SHARE).max(1) } else { 1 };
        let whole = all && shares == 1;
        TargetRange {
            targets,
            load,
            ranges,
            amounts,
            dense: *events > s.len() / DENSE,
            weight_scale,
            first,
            whole,
            sums,
            s,
        }
        .share(shares);
    }
}

/// The synapses of one source with this delay.
pub(super) fn row_of(table: &SynapseTable, source: usize, delay: u32) -> Range<usize> {
    if matches!(table.delays, Delays::Same(_)) { table.row(source) } else { table.class(source, delay) }
}

/// Calls `each` for the spikes of these neurons in `words`, the mask of a whole group, with their
/// numbers among the neurons.
pub(super) fn each_spike<T: Real>(words: &[T], part: &Range<usize>, mut each: impl FnMut(usize)) {
    let first = part.start / WORD;
    let words = &words[first..part.end.div_ceil(WORD)];
    let zero = T::of(0.0);
    // Spikes are rare: eight words are tested at a time.
    for (c, chunk) in words.chunks(8).enumerate() {
        if !chunk.iter().fold(false, |any, w| any | (*w != zero)) {
            continue;
        }
        for (w, word) in chunk.iter().enumerate() {
            let mut bits = word.to_f64() as u32;
            while bits != 0 {
                let unit = (first + c * 8 + w) * WORD + bits.trailing_zeros() as usize;
                bits &= bits - 1;
                if part.contains(&unit) {
                    each(unit - part.start);
                }
            }
        }
    }
}

/// Some of the targets, and all synapses that deliver to them. Their sums are 0 before and after.
struct TargetRange<'a, T, X, L: SynapticWeight> {
    targets: &'a [X],
    load: L,
    ranges: &'a [Range<usize>],
    amounts: &'a [i32],
    /// The number of targets with a sum is so large that all targets are visited.
    dense: bool,
    weight_scale: T,
    first: usize,
    /// The range is all targets.
    whole: bool,
    sums: &'a mut [L::Sum],
    s: &'a mut [T],
}

impl<T: Real, X: TargetIndex, L: SynapticWeight> TargetRange<'_, T, X, L> {
    /// Divides the targets into this number of shares.
    fn share(self, shares: usize) {
        if shares <= 1 {
            return vectorize(self);
        }
        let Self { targets, load, ranges, amounts, dense, weight_scale, first, whole, sums, s } = self;
        let middle = s.len() * (shares / 2) / shares;
        let (sums, later_sums) = sums.split_at_mut(middle);
        let (s, later_s) = s.split_at_mut(middle);
        let a = TargetRange { targets, load, ranges, amounts, dense, weight_scale, first, whole, sums, s };
        let b = TargetRange {
            targets,
            load,
            ranges,
            amounts,
            dense,
            weight_scale,
            first: first + middle,
            whole,
            sums: later_sums,
            s: later_s,
        };
        rayon::join(|| a.share(shares / 2), || b.share(shares - shares / 2));
    }

    /// The part of range `k` whose targets are here; targets ascend.
    #[inline(always)]
    fn cut(&self, k: usize) -> Range<usize> {
        let range = self.ranges[k].clone();
        if self.whole {
            return range;
        }
        let row = &self.targets[range.clone()];
        let from = row.partition_point(|x| x.number() < self.first);
        let to = from + row[from..].partition_point(|x| x.number() < self.first + self.s.len());
        range.start + from..range.start + to
    }

    /// Moves a sum to its receptor. A sum of 0 adds nothing, not even 0.
    #[inline(always)]
    fn take(&mut self, k: usize) {
        let sum = self.sums[k];
        if sum != L::Sum::default() {
            self.s[k] = sum.real::<T>().mul_add(self.weight_scale, self.s[k]);
            self.sums[k] = L::Sum::default();
        }
    }
}

/// `vectorize` is called for the fused multiply-adds, which are function calls otherwise, and not
/// for vectors.
impl<T: Real, X: TargetIndex, L: SynapticWeight> SimdLoop for TargetRange<'_, T, X, L> {
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        for k in 0..self.ranges.len() {
            let range = self.cut(k);
            let amount = self.amounts.get(k).copied().unwrap_or_default();
            for synapse in range {
                self.sums[self.targets[synapse].number() - self.first] += self.load.of(synapse, amount);
            }
        }
        if self.dense {
            let len = self.s.len().min(self.sums.len());
            let (sums, s) = (&mut self.sums[..len], &mut self.s[..len]);
            for k in 0..len {
                let moved = sums[k].real::<T>().mul_add(self.weight_scale, s[k]);
                s[k] = if sums[k] != L::Sum::default() { moved } else { s[k] };
                sums[k] = L::Sum::default();
            }
        } else {
            for k in 0..self.ranges.len() {
                let range = self.cut(k);
                for synapse in range {
                    self.take(self.targets[synapse].number() - self.first);
                }
            }
        }
    }
}
