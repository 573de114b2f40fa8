//! Delivery into the sum of a receptor, to which several projections may add, over stored synapses
//! with delays of their own and over procedural connectivity.
//!
//! In step i the synapses of delay d of the neurons that spiked in step i − d are added. A row
//! ascends by delay, so that each synapse is read once for each spike. A procedural row is generated,
//! added, and dropped. Sums are integers, so that the order of additions does not matter: threads
//! divide the spikes. Each thread has sums of its own, which are added afterwards.

use super::spike_lists::SpikeLists;
use super::synaptic_weight::{Sum, TargetIndex};
use crate::connectivity::{GeneratedRow, RowGenerator, SynapseTable, Targets, Weights};
use crate::network::plan::sums::SumPlan;
use crate::network::plan::{NetworkPlan, ProjectionPlan};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, prefetch, vectorize};
use rayon::prelude::*;
use std::mem::take;
use std::ops::{AddAssign, Range, RangeInclusive};

/// The number of synapses that pays for a thread with its own sums.
const SHARE: usize = 8192;
/// The maximum number of threads that share a sum.
const THREADS: usize = 8;
/// A dense pass over this number of targets costs about as much as one sparse lookup.
const DENSE: usize = 16;
/// The number of targets whose sums a thread moves at a time.
const PIECE: usize = 1 << 14;
/// The number of spikes by which a prefetch precedes the use of their rows.
const AHEAD: usize = 12;

/// A sum and the projections that add to it.
pub(super) struct SumDelivery<'n> {
    plan: &'n SumPlan,
    sources: Vec<Source<'n>>,
    threads: Vec<Thread>,
}

/// A projection.
struct Source<'n> {
    from: usize,
    /// The numbers of the sources in their group.
    pre: Range<usize>,
    /// The number of the first target among the targets of the sum.
    first: usize,
    rows: Rows<'n>,
    delays: RangeInclusive<u32>,
    /// The mean number of synapses with one delay of a source.
    mean: f64,
}

enum Rows<'n> {
    Stored(&'n SynapseTable),
    Procedural(RowGenerator<'n>),
}

/// The memory of a thread. Sums, of spikes or of weights, are 0 between steps.
#[derive(Clone, Default)]
struct Thread {
    /// The sources whose spikes arrive, with their delays, and their synapses.
    spikes: Vec<(u32, u32)>,
    ranges: Vec<Range<usize>>,
    row: GeneratedRow,
    counts: Vec<i32>,
    loads: Vec<i64>,
    /// Whether to list the targets with a sum, because these are few, and the list.
    lists: bool,
    touched: Vec<u32>,
}

fn threads() -> usize {
    rayon::current_num_threads().min(THREADS)
}

impl NetworkPlan {
    /// Whether a sum needs a [`SumDelivery`]. All other sums belong to one projection, whose stored
    /// synapses have one delay.
    pub(crate) fn is_delivered_by_lists(&self, sum: &SumPlan) -> bool {
        let special = |p: &ProjectionPlan| p.kinetics.is_some() || p.plastic.is_some();
        match sum.projections[..] {
            [one] => {
                let one = &self.projections[one];
                !special(one) && (one.spec.procedural || one.spec.delays_differ())
            }
            _ => true,
        }
    }

    /// The bytes that the deliveries into sums take.
    pub(crate) fn sum_bytes(&self) -> u64 {
        let sums = self.sums.iter().filter(|sum| self.is_delivered_by_lists(sum));
        let procedural = self.projections.iter().filter(|projection| projection.spec.procedural);
        let lengths = procedural.map(|projection| projection.spec.procedural_bytes()).fold(0, u64::saturating_add);
        let bytes = |sum: &SumPlan| sum.targets.len() as u64 * if self.weighs(sum) { 8 } else { 4 };
        sums.map(bytes).fold(0_u64, u64::saturating_add).saturating_mul(threads() as u64).saturating_add(lengths)
    }

    fn weighs(&self, sum: &SumPlan) -> bool {
        sum.projections.iter().any(|p| self.projections[*p].spec.weighs())
    }
}

impl<'n> SumDelivery<'n> {
    /// The delivery into a sum; `None` if a projection has no synapses yet.
    pub(super) fn new(plan: &'n NetworkPlan, sum: &'n SumPlan) -> Option<Self> {
        let source = |number: &usize| {
            let projection = &plan.projections[*number];
            let (rows, delays) = match projection.row_generator().ok()? {
                Some(rows) => (Rows::Procedural(rows), rows.delay..=rows.delay),
                None => {
                    let table = projection.table().ok()?;
                    (Rows::Stored(table), table.delays(&projection.delays))
                }
            };
            let synapses = match &rows {
                Rows::Stored(table) => table.len(),
                Rows::Procedural(rows) => rows.mean.saturating_mul(projection.spec.pre.len()),
            };
            let of_a_class = projection.spec.pre.len().max(1) * (delays.end() - delays.start() + 1) as usize;
            Some(Source {
                from: projection.from,
                pre: projection.spec.pre.clone(),
                first: projection.spec.post.start - sum.targets.start,
                rows,
                delays,
                mean: synapses as f64 / of_a_class as f64,
            })
        };
        let sources = sum.projections.iter().map(source).collect::<Option<Vec<_>>>()?;
        let len = sum.targets.len();
        let (counts, loads) = if plan.weighs(sum) { (0, len) } else { (len, 0) };
        // Zeros come from the operating system: pages that are not used take no memory.
        let thread = || Thread { counts: vec![0; counts], loads: vec![0; loads], ..Thread::default() };
        let threads = (0..threads()).map(|_| thread()).collect();
        Some(Self { plan: sum, sources, threads })
    }

    /// The network's variable that the sum is added to.
    pub(super) fn var(&self) -> usize {
        self.plan.var
    }

    /// The targets' group.
    pub(super) fn group(&self) -> usize {
        self.plan.group
    }

    /// The groups whose spikes it reads, and the shortest delays.
    pub(super) fn reads(&self) -> impl Iterator<Item = (usize, u32)> {
        self.sources.iter().map(|source| (source.from, *source.delays.start()))
    }

    /// Estimates the number of synapses of step `i` from the spikes of a batch row.
    pub(super) fn estimate(&self, lists: &[Option<SpikeLists>], row: usize, i: u64) -> usize {
        let of = |source: &Source<'_>| {
            let Some(lists) = &lists[source.from] else { return 0.0 };
            let spikes: usize = source.delays.clone().map(|delay| lists.arriving(row, i, delay).len()).sum();
            spikes as f64 * source.mean
        };
        self.sources.iter().map(of).sum::<f64>() as usize
    }

    /// Adds the synapses of a batch row in step `i` to the receptor `s`, whose first element is that
    /// of the target `here.start`; these are the targets that this worker owns, as numbers in the
    /// group. A thread takes at least `share` synapses.
    pub(super) fn step<T: Real>(
        &mut self,
        lists: &[Option<SpikeLists>],
        (row, i): (usize, u64),
        share: usize,
        here: Range<usize>,
        s: &mut [T],
    ) {
        let weighs = self.threads.first().is_some_and(|thread| !thread.loads.is_empty());
        if weighs {
            self.sum::<T, i64>(lists, (row, i), share, here, s);
        } else {
            self.sum::<T, i32>(lists, (row, i), share, here, s);
        }
    }

    fn sum<T: Real, S: ThreadSum>(
        &mut self,
        lists: &[Option<SpikeLists>],
        at: (usize, u64),
        share: usize,
        here: Range<usize>,
        s: &mut [T],
    ) {
        let events = self.estimate(lists, at.0, at.1);
        let Self { plan, sources, threads } = self;
        let len = plan.targets.len();
        let few = events < len / DENSE;
        // Each thread has enough rows, and adding the sums costs less than the rows.
        let shares = (events / share.max(SHARE).max(len / 4)).clamp(1, threads.len().max(1));
        let go = |(number, thread): (usize, &mut Thread)| {
            for source in sources.iter() {
                if let Some(lists) = &lists[source.from] {
                    source.add::<S>(lists, at, (number, shares), thread);
                }
            }
        };
        let Some((own, others)) = threads.split_first_mut() else { return };
        let others = &mut others[..shares - 1];
        own.lists = few;
        own.touched.clear();
        if shares == 1 {
            go((0, own));
        } else {
            rayon::join(
                || go((0, own)),
                || others.par_iter_mut().enumerate().for_each(|(k, thread)| go((k + 1, thread))),
            );
        }
        let touched = take(&mut own.touched);
        let sums = S::of(own);
        for other in others {
            let more = S::of(other);
            sums.par_chunks_mut(PIECE).zip(more.par_chunks_mut(PIECE)).for_each(|(sums, more)| {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum += take(more);
                }
            });
        }
        // The targets of the sum that this worker owns, and their elements of `s`.
        let owned = plan.targets.start.max(here.start)..plan.targets.end.min(here.end);
        let weight_scale = T::of(plan.weight_scale);
        if few {
            vectorize(Few {
                touched: &touched,
                sums,
                first: plan.targets.start,
                owned,
                here: here.start,
                weight_scale,
                s,
            });
            own.touched = touched;
            return;
        }
        if owned.start < owned.end {
            let mine = &mut sums[owned.start - plan.targets.start..owned.end - plan.targets.start];
            let s = &mut s[owned.start - here.start..owned.end - here.start];
            if shares > 1 && s.len() > PIECE {
                let all = |(s, sums): (&mut [T], &mut [S])| vectorize(All { sums, weight_scale, s });
                s.par_chunks_mut(PIECE).zip(mine.par_chunks_mut(PIECE)).for_each(all);
            } else {
                vectorize(All { sums: mine, weight_scale, s });
            }
        }
        if owned.len() < len {
            sums.fill(S::default());
        }
    }
}

impl Source<'_> {
    /// Adds the rows of the spikes `number`, `number + of`, … to the sums of a thread.
    fn add<S: ThreadSum>(
        &self,
        lists: &SpikeLists,
        (row, i): (usize, u64),
        (number, of): (usize, usize),
        thread: &mut Thread,
    ) {
        let mut next = number;
        let mut spikes = take(&mut thread.spikes);
        spikes.clear();
        for delay in self.delays.clone() {
            let list = self.spikes(lists.arriving(row, i, delay));
            let first = self.pre.start as u32;
            spikes.extend(list.iter().skip(next).step_by(of).map(|unit| (unit - first, delay)));
            next = (next + list.len().saturating_sub(next).next_multiple_of(of)).saturating_sub(list.len());
        }
        match &self.rows {
            Rows::Stored(table) => self.add_stored::<S>(table, &spikes, thread),
            Rows::Procedural(rows) => {
                for (source, _) in &spikes {
                    self.add_procedural::<S>(rows, *source, thread);
                }
            }
        }
        thread.spikes = spikes;
    }

    fn add_stored<S: ThreadSum>(&self, table: &SynapseTable, spikes: &[(u32, u32)], thread: &mut Thread) {
        let mut ranges = take(&mut thread.ranges);
        ranges.clear();
        for (k, (source, delay)) in spikes.iter().enumerate() {
            if let Some((next, delay)) = spikes.get(k + AHEAD) {
                table.prefetch_class(*next as usize, *delay);
            }
            ranges.push(table.class(*source as usize, *delay));
        }
        match &table.targets {
            Targets::U16(targets) => S::add_ranges(targets, &table.weights, &ranges, self.first, S::of(thread)),
            Targets::U32(targets) => S::add_ranges(targets, &table.weights, &ranges, self.first, S::of(thread)),
        }
        if thread.lists {
            let places = ranges.iter().flat_map(Range::clone);
            thread.touched.extend(places.map(|place| self.first as u32 + table.target(place)));
        }
        thread.ranges = ranges;
    }

    fn add_procedural<S: ThreadSum>(&self, rows: &RowGenerator<'_>, source: u32, thread: &mut Thread) {
        let mut row = take(&mut thread.row);
        rows.row(source, &mut row);
        S::add_row(&row, &mut S::of(thread)[self.first..]);
        if thread.lists {
            thread.touched.extend(row.targets.iter().map(|target| self.first as u32 + target));
        }
        thread.row = row;
    }

    /// The spikes of this projection's sources.
    fn spikes<'l>(&self, list: &'l [u32]) -> &'l [u32] {
        let from = list.partition_point(|unit| (*unit as usize) < self.pre.start);
        let to = list.partition_point(|unit| (*unit as usize) < self.pre.end);
        &list[from..to]
    }
}

/// Sums of spikes, or of weights, of a thread.
trait ThreadSum: Sum + AddAssign + Sync {
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

/// Moves all sums to their receptors. A sum of 0 adds nothing, not even 0.
struct All<'a, T, S> {
    sums: &'a mut [S],
    weight_scale: T,
    s: &'a mut [T],
}

impl<T: Real, S: Sum> SimdLoop for All<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let len = self.s.len().min(self.sums.len());
        let (sums, s) = (&mut self.sums[..len], &mut self.s[..len]);
        for k in 0..len {
            let moved = sums[k].real::<T>().mul_add(self.weight_scale, s[k]);
            s[k] = if sums[k] != S::default() { moved } else { s[k] };
            sums[k] = S::default();
        }
    }
}

/// Moves the sums of the targets that have one.
struct Few<'a, T, S> {
    touched: &'a [u32],
    sums: &'a mut [S],
    /// The numbers in the group of the first target, of the targets that are owned, and of the first
    /// element of `s`.
    first: usize,
    owned: Range<usize>,
    here: usize,
    weight_scale: T,
    s: &'a mut [T],
}

impl<T: Real, S: Sum> SimdLoop for Few<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for target in self.touched {
            let sum = take(&mut self.sums[*target as usize]);
            let unit = self.first + *target as usize;
            if sum != S::default() && self.owned.contains(&unit) {
                let s = &mut self.s[unit - self.here];
                *s = sum.real::<T>().mul_add(self.weight_scale, *s);
            }
        }
    }
}
