//! Delivery: the spikes that arrive over a projection's synapses are summed up for each target, and the sums added to its receptor.

use super::presynaptic::AMOUNT_ONE;
use crate::connectivity::{Delays, SynapseTable, Targets, Weights};
use crate::network::plan::WORD;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{Kernel, vectorize};
use std::ops::{AddAssign, Range};

/// Synapses of a step from which on its targets are shared out.
const SHARED: usize = 8192;
/// Fewest synapses of a row that it is worth to look for the ends of a share of them.
const SHARE: usize = 16;
/// So many targets' sums are moved in the time of one that has to be found.
const DENSE: usize = 16;

/// Memory that steps use again.
#[derive(Default)]
pub(crate) struct Delivery {
    /// Sums of each target: of spikes, and of weights.
    counts: Vec<i32>,
    loads: Vec<i64>,
    /// Synapses that spikes arrive over.
    ranges: Vec<Range<usize>>,
    /// Targets that spike themselves, for those who ask.
    list: Vec<usize>,
    /// Of each range, what its source's terminal passes on; nothing where there are none.
    amounts: Vec<i32>,
    /// How many these are.
    events: usize,
}

impl Delivery {
    /// With room for so many targets.
    pub(crate) fn new(targets: usize) -> Self {
        Self { counts: vec![0; targets], loads: vec![0; targets], ..Self::default() }
    }

    /// Nothing arrives yet.
    pub(crate) fn begin(&mut self) {
        self.ranges.clear();
        self.amounts.clear();
        self.events = 0;
    }

    /// What is sent by the spikes in `words`, those of a whole group, arrives after `delay` steps.
    pub(super) fn collect<T: Real>(&mut self, table: &SynapseTable, words: &[T], sources: &Range<usize>, delay: u32) {
        each_spike(words, sources, |source| self.row(table, source, delay));
    }

    /// What terminals pass on, `amounts` of all sources.
    pub(crate) fn collect_amounts(&mut self, table: &SynapseTable, amounts: &[i32], delay: u32) {
        for (source, amount) in amounts.iter().enumerate().filter(|(_, amount)| **amount != 0) {
            self.row(table, source, delay);
            self.amounts.resize(self.ranges.len(), *amount);
        }
    }

    /// The synapses of one source with this delay.
    fn row(&mut self, table: &SynapseTable, source: usize, delay: u32) {
        let mut row = table.offsets[source] as usize..table.offsets[source + 1] as usize;
        if let Delays::Each(delays) = &table.delays {
            let own = &delays[row.clone()];
            let from = own.partition_point(|d| u32::from(*d) < delay);
            let to = own.partition_point(|d| u32::from(*d) <= delay);
            row = row.start + from..row.start + to;
        }
        if !row.is_empty() {
            self.events += row.len();
            self.ranges.push(row);
        }
    }

    /// Adds what has been collected to the receptor `s` of the targets, of which those from number `first` on are here,
    /// `all` or not.
    pub(crate) fn add<T: Real>(&mut self, table: &SynapseTable, quantum: T, first: usize, all: bool, s: &mut [T]) {
        if self.events == 0 {
            return;
        }
        match &table.targets {
            Targets::U16(targets) => self.to(targets, &table.weights, (first, all), quantum, s),
            Targets::U32(targets) => self.to(targets, &table.weights, (first, all), quantum, s),
        }
    }

    fn to<T: Real, X: Target>(&mut self, targets: &[X], weights: &Weights, place: (usize, bool), quantum: T, s: &mut [T]) {
        match (weights, self.amounts.is_empty()) {
            (Weights::Same, true) => self.part(targets, UnitWeight, place, quantum, s),
            (Weights::Each(weights), true) => self.part(targets, StoredWeight(weights), place, quantum, s),
            (Weights::Same, false) => self.part(targets, ReleasedAmount, place, quantum, s),
            (Weights::Each(weights), false) => self.part(targets, ScaledWeight(weights), place, quantum, s),
        }
    }

    /// As `add`, with the weights of now, of which one has so many quanta.
    pub(super) fn add_now<T: Real>(
        &mut self,
        table: &SynapseTable,
        (w, per_unit): (&[T], f64),
        quantum: T,
        first: usize,
        all: bool,
        s: &mut [T],
    ) {
        if self.events == 0 {
            return;
        }
        let load = PlasticWeight { w, per_unit };
        match &table.targets {
            Targets::U16(targets) => self.part(targets, load, (first, all), quantum, s),
            Targets::U32(targets) => self.part(targets, load, (first, all), quantum, s),
        }
    }

    /// The synapses that spikes arrive over, ascending, and how many these are.
    pub(super) fn sorted(&mut self) -> (&[Range<usize>], usize) {
        self.ranges.sort_unstable_by_key(|range| range.start);
        (&self.ranges, self.events)
    }

    /// A list, empty, for who needs one.
    pub(super) fn list(&mut self) -> &mut Vec<usize> {
        self.list.clear();
        &mut self.list
    }

    fn part<T: Real, X: Target, L: SynapticWeight>(
        &mut self,
        targets: &[X],
        load: L,
        (first, all): (usize, bool),
        quantum: T,
        s: &mut [T],
    ) {
        let Self { counts, loads, ranges, amounts, events, .. } = self;
        let sums = &mut L::Sum::all(counts, loads)[..s.len()];
        let mean = *events / ranges.len().max(1);
        let shares = if *events >= SHARED { rayon::current_num_threads().min(mean / SHARE).max(1) } else { 1 };
        let whole = all && shares == 1;
        TargetRange { targets, load, ranges, amounts, dense: *events > s.len() / DENSE, quantum, first, whole, sums, s }.share(shares);
    }
}

/// Calls `each` for the spikes in `words`, those of a whole group, of these neurons, with their numbers among them.
pub(super) fn each_spike<T: Real>(words: &[T], part: &Range<usize>, mut each: impl FnMut(usize)) {
    let first = part.start / WORD;
    let words = &words[first..part.end.div_ceil(WORD)];
    let zero = T::of(0.0);
    // Spikes are rare: look at eight words at a time.
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

/// A target's number.
trait Target: Copy + Send + Sync {
    fn number(self) -> usize;
}

impl Target for u16 {
    #[inline(always)]
    fn number(self) -> usize {
        usize::from(self)
    }
}

impl Target for u32 {
    #[inline(always)]
    fn number(self) -> usize {
        self as usize
    }
}

/// What is summed up for a target.
trait Sum: Copy + Default + PartialEq + AddAssign + Send {
    fn real<T: Real>(self) -> T;
    /// Where they are.
    fn all<'a>(counts: &'a mut [i32], loads: &'a mut [i64]) -> &'a mut [Self];
}

/// Spikes.
impl Sum for i32 {
    #[inline(always)]
    fn real<T: Real>(self) -> T {
        T::of_count(self)
    }
    fn all<'a>(counts: &'a mut [i32], _: &'a mut [i64]) -> &'a mut [i32] {
        counts
    }
}

/// Weights.
impl Sum for i64 {
    #[inline(always)]
    fn real<T: Real>(self) -> T {
        T::of_whole(self)
    }
    fn all<'a>(_: &'a mut [i32], loads: &'a mut [i64]) -> &'a mut [i64] {
        loads
    }
}

/// What synapses carry.
trait SynapticWeight: Copy + Send + Sync {
    type Sum: Sum;
    /// Of this synapse, if its source passes on so much.
    fn of(self, synapse: usize, amount: i32) -> Self::Sum;
}

/// A quantum each.
#[derive(Clone, Copy)]
struct UnitWeight;

impl SynapticWeight for UnitWeight {
    type Sum = i32;
    #[inline(always)]
    fn of(self, _: usize, _: i32) -> i32 {
        1
    }
}

/// So many quanta.
#[derive(Clone, Copy)]
struct StoredWeight<'a>(&'a [i32]);

impl SynapticWeight for StoredWeight<'_> {
    type Sum = i64;
    #[inline(always)]
    fn of(self, synapse: usize, _: i32) -> i64 {
        i64::from(self.0[synapse])
    }
}

/// What weights are now, in quanta.
#[derive(Clone, Copy)]
struct PlasticWeight<'a, T> {
    w: &'a [T],
    per_unit: f64,
}

impl<T: Real> SynapticWeight for PlasticWeight<'_, T> {
    type Sum = i64;
    /// Its twin is `mantissa_of` in `stdp.cuh`. What cannot be one is as near as can be, and what is no number is 0.
    #[inline(always)]
    fn of(self, synapse: usize, _: i32) -> i64 {
        i64::from((self.w[synapse].to_f64() * self.per_unit).round_ties_even() as i32)
    }
}

/// So many 2⁻³⁰ of a quantum as the source passes on.
#[derive(Clone, Copy)]
struct ReleasedAmount;

impl SynapticWeight for ReleasedAmount {
    type Sum = i64;
    #[inline(always)]
    fn of(self, _: usize, amount: i32) -> i64 {
        i64::from(amount)
    }
}

/// That part of so many quanta, to the nearest.
#[derive(Clone, Copy)]
struct ScaledWeight<'a>(&'a [i32]);

impl SynapticWeight for ScaledWeight<'_> {
    type Sum = i64;
    #[inline(always)]
    fn of(self, synapse: usize, amount: i32) -> i64 {
        (i64::from(self.0[synapse]) * i64::from(amount) + i64::from(AMOUNT_ONE / 2)) >> AMOUNT_ONE.trailing_zeros()
    }
}

/// Some of the targets, and all that arrives at them. Their sums are 0 before and after.
struct TargetRange<'a, T, X, L: SynapticWeight> {
    targets: &'a [X],
    load: L,
    ranges: &'a [Range<usize>],
    amounts: &'a [i32],
    /// So many targets have a sum that all are looked at.
    dense: bool,
    quantum: T,
    first: usize,
    /// These are all targets.
    whole: bool,
    sums: &'a mut [L::Sum],
    s: &'a mut [T],
}

impl<T: Real, X: Target, L: SynapticWeight> TargetRange<'_, T, X, L> {
    /// By so many shares of the targets.
    fn share(self, shares: usize) {
        if shares <= 1 {
            return vectorize(self);
        }
        let Self { targets, load, ranges, amounts, dense, quantum, first, whole, sums, s } = self;
        let middle = s.len() * (shares / 2) / shares;
        let (sums, later_sums) = sums.split_at_mut(middle);
        let (s, later_s) = s.split_at_mut(middle);
        let a = TargetRange { targets, load, ranges, amounts, dense, quantum, first, whole, sums, s };
        let b = TargetRange { targets, load, ranges, amounts, dense, quantum, first: first + middle, whole, sums: later_sums, s: later_s };
        rayon::join(|| a.share(shares / 2), || b.share(shares - shares / 2));
    }

    /// What of range `k` has its targets here: they ascend.
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

    /// Moves a sum to its receptor. Where there is none nothing is added, not even 0.
    #[inline(always)]
    fn take(&mut self, k: usize) {
        let sum = self.sums[k];
        if sum != L::Sum::default() {
            self.s[k] = sum.real::<T>().mul_add(self.quantum, self.s[k]);
            self.sums[k] = L::Sum::default();
        }
    }
}

/// Not for its vectors: for its fused multiply-adds, which are calls elsewhere.
impl<T: Real, X: Target, L: SynapticWeight> Kernel for TargetRange<'_, T, X, L> {
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
                let moved = sums[k].real::<T>().mul_add(self.quantum, s[k]);
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
