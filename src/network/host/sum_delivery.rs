//! Delivery into the sum of a receptor, to which several projections may add, over stored synapses
//! with delays of their own and over procedural connectivity.
//!
//! Steps form blocks (`block`, at most [`BLOCK`] steps), and a sum has a slot for each step of a
//! block. When a spike is listed, the synapses are added that deliver it within the present block. At
//! the beginning of each block, the synapses are added that deliver earlier spikes within it. A row
//! ascends by delay, so that each of these parts is contiguous, and each synapse is read once for
//! each spike. A procedural row is generated, added, and dropped.
//!
//! Sums are integers, so that the order of additions does not matter: threads divide the spikes.
//! Each thread has sums of its own, which are added afterwards.

use super::spike_lists::SpikeLists;
use super::synaptic_weight::{Sum, TargetIndex};
use crate::connectivity::{Delays, GeneratedRow, RowGenerator, SynapseTable, Targets, Weights};
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
/// The number of targets whose sums a thread moves at a time.
const PIECE: usize = 1 << 14;
/// The number of spikes by which a prefetch precedes the use of their rows.
const AHEAD: usize = 12;
/// The most steps of a block.
const BLOCK: usize = 8;
/// The bytes of the sums of a block, which should stay in L2.
const BLOCK_BYTES: usize = 3 << 19;

/// A sum and the projections that add to it.
pub(super) struct SumDelivery<'n> {
    plan: &'n SumPlan,
    sources: Vec<Source<'n>>,
    threads: Vec<Thread>,
    /// The number of steps of a block.
    block: usize,
    /// Whether sums are of weights, not of spikes.
    weighs: bool,
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

/// A spike whose synapses with these delays are added. Those of delay d go to slot `step + d`.
#[derive(Clone, Copy)]
struct Spike {
    source: u32,
    from: u32,
    to: u32,
    step: u32,
}

/// The memory of a thread.
#[derive(Clone, Default)]
struct Thread {
    spikes: Vec<Spike>,
    row: GeneratedRow,
    /// `[block][targets]`: sums of spikes or of weights.
    counts: Vec<i32>,
    loads: Vec<i64>,
    /// Whether each slot has a sum that is not 0.
    used: [bool; BLOCK],
}

fn threads() -> usize {
    rayon::current_num_threads().min(THREADS)
}

/// The number of steps of a block, for sums of `bytes` bytes and this number of delays.
fn block(bytes: usize, delays: u32) -> usize {
    let most = (BLOCK_BYTES / bytes.max(1)).min(delays as usize).clamp(1, BLOCK);
    // A power of two, so that blocks begin at multiples of it.
    1 << most.ilog2()
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
        let bytes = |sum: &SumPlan| (self.slot_bytes(sum) * self.block(sum)) as u64;
        sums.map(bytes).fold(0_u64, u64::saturating_add).saturating_mul(threads() as u64).saturating_add(lengths)
    }

    fn weighs(&self, sum: &SumPlan) -> bool {
        sum.projections.iter().any(|p| self.projections[*p].spec.weighs())
    }

    fn slot_bytes(&self, sum: &SumPlan) -> usize {
        sum.targets.len() * if self.weighs(sum) { size_of::<i64>() } else { size_of::<i32>() }
    }

    fn block(&self, sum: &SumPlan) -> usize {
        let delays = sum.projections.iter().map(|p| &self.projections[*p].delays);
        block(self.slot_bytes(sum), delays.map(|delays| delays.end() - delays.start() + 1).max().unwrap_or(1))
    }
}

impl<'n> SumDelivery<'n> {
    /// The delivery into a sum, for this number of batch rows; `None` if a projection has no synapses
    /// yet.
    pub(super) fn new(plan: &'n NetworkPlan, sum: &'n SumPlan, rows: usize) -> Option<Self> {
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
        // Batch rows use the same memory in turn, which is empty between the steps of a block of one.
        let (block, weighs) = (if rows == 1 { plan.block(sum) } else { 1 }, plan.weighs(sum));
        let len = sum.targets.len() * block;
        let (counts, loads) = if weighs { (0, len) } else { (len, 0) };
        // Zeros come from the operating system: pages that are not used take no memory.
        let thread = || Thread { counts: vec![0; counts], loads: vec![0; loads], ..Thread::default() };
        let threads = (0..threads()).map(|_| thread()).collect();
        Some(Self { plan: sum, sources, threads, block, weighs })
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

    /// Estimates the number of synapses that are added in a step.
    pub(super) fn estimate(&self, step: &ListedStep<'_>) -> usize {
        let of = |source: &Source<'_>| {
            let mut synapses = 0.0;
            source.parts(step, self.block, |spikes, from, to, _| {
                synapses += spikes.len() as f64 * f64::from(to - from) * source.mean;
            });
            synapses
        };
        self.sources.iter().map(of).sum::<f64>() as usize
    }

    /// Adds the synapses of a step to the receptor `s`, whose first element is that of the target
    /// `here.start`; these are the targets that this worker owns, as numbers in the group. A thread
    /// takes at least `share` synapses.
    pub(super) fn step<T: Real>(&mut self, step: &ListedStep<'_>, share: usize, here: Range<usize>, s: &mut [T]) {
        if self.weighs {
            self.sum::<T, i64>(step, share, here, s);
        } else {
            self.sum::<T, i32>(step, share, here, s);
        }
    }

    fn sum<T: Real, S: ThreadSum>(&mut self, step: &ListedStep<'_>, share: usize, here: Range<usize>, s: &mut [T]) {
        let events = self.estimate(step);
        let Self { plan, sources, threads, block, .. } = self;
        let len = plan.targets.len();
        // Each thread has enough rows, and adding the sums costs less than the rows.
        let shares = (events / share.max(SHARE).max(len / 4)).clamp(1, threads.len().max(1));
        let go = |(number, thread): (usize, &mut Thread)| {
            sources.iter().for_each(|source| source.add::<S>(step, *block, (number, shares), len, thread));
        };
        if let [own, others @ ..] = &mut threads[..shares] {
            if others.is_empty() {
                go((0, own));
            } else {
                rayon::join(
                    || go((0, own)),
                    || others.par_iter_mut().enumerate().for_each(|(k, thread)| go((k + 1, thread))),
                );
            }
        }
        let slot = (step.i % *block as u64) as usize;
        let Some(number) = threads.iter().position(|thread| thread.used[slot]) else { return };
        let [own, others @ ..] = &mut threads[number..] else { return };
        own.used[slot] = false;
        let sums = &mut S::of(own)[slot * len..][..len];
        for other in others {
            if !take(&mut other.used[slot]) {
                continue;
            }
            let more = &mut S::of(other)[slot * len..][..len];
            sums.par_chunks_mut(PIECE).zip(more.par_chunks_mut(PIECE)).for_each(|(sums, more)| {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum += take(more);
                }
            });
        }
        // The targets of the sum that this worker owns, and their elements of `s`.
        let owned = plan.targets.start.max(here.start)..plan.targets.end.min(here.end);
        let weight_scale = T::of(plan.weight_scale);
        if owned.start < owned.end {
            let mine = &mut sums[owned.start - plan.targets.start..owned.end - plan.targets.start];
            let s = &mut s[owned.start - here.start..owned.end - here.start];
            if s.len() > PIECE {
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
    /// Calls `each` for every list of spikes of which synapses are added in this step, with the delays
    /// of these synapses (`from..to`), and with the step of the spikes.
    fn parts(&self, step: &ListedStep<'_>, block: usize, mut each: impl FnMut(&[u32], u32, u32, u32)) {
        let Some(lists) = &step.lists[self.from] else { return };
        let begins = step.first || step.i.is_multiple_of(block as u64);
        // Synapses deliver in this step and in the rest of the block.
        let left = block as u32 - (step.i % block as u64) as u32;
        let (shortest, longest) = (*self.delays.start(), *self.delays.end());
        let newest = lists.shortest();
        // Spikes `ago` steps before this step; those of the newest list are new.
        let oldest = if begins { longest } else { newest.min(longest) };
        for ago in newest..=oldest {
            let (from, to) = (ago.max(shortest), (ago + left).min(longest + 1));
            let list = lists.arriving(step.row, step.i, ago);
            if from < to && !list.is_empty() {
                let first = list.partition_point(|unit| (*unit as usize) < self.pre.start);
                let last = list.partition_point(|unit| (*unit as usize) < self.pre.end);
                // The slot of delay d is that of step i − ago + d.
                let at = (step.i % block as u64) as u32 + block as u32 - ago % block as u32;
                each(&list[first..last], from, to, at);
            }
        }
    }

    /// Adds the rows of the spikes `number`, `number + of`, … to the sums of a thread.
    fn add<S: ThreadSum>(
        &self,
        step: &ListedStep<'_>,
        block: usize,
        (number, of): (usize, usize),
        len: usize,
        thread: &mut Thread,
    ) {
        let mut next = number;
        let mut spikes = take(&mut thread.spikes);
        spikes.clear();
        let first = self.pre.start as u32;
        self.parts(step, block, |list, from, to, step| {
            spikes.extend(list.iter().skip(next).step_by(of).map(|unit| Spike { source: unit - first, from, to, step }));
            next = (next + list.len().saturating_sub(next).next_multiple_of(of)) - list.len();
        });
        match &self.rows {
            Rows::Stored(table) => {
                for spike in &spikes {
                    for delay in spike.from..spike.to {
                        thread.used[(spike.step + delay) as usize % block] = true;
                    }
                }
                let slots = Slots { sums: S::of(thread), len, block, first: self.first };
                match &table.targets {
                    Targets::U16(targets) => slots.add_rows(table, targets, &spikes),
                    Targets::U32(targets) => slots.add_rows(table, targets, &spikes),
                }
            }
            Rows::Procedural(rows) => {
                for spike in &spikes {
                    let mut row = take(&mut thread.row);
                    rows.row(spike.source, &mut row);
                    let slot = (spike.step + spike.from) as usize % block;
                    thread.used[slot] = true;
                    S::add_row(&row, &mut S::of(thread)[slot * len..][..len][self.first..]);
                    thread.row = row;
                }
            }
        }
        thread.spikes = spikes;
    }
}

/// The sums of a thread.
struct Slots<'a, S> {
    sums: &'a mut [S],
    /// The number of targets.
    len: usize,
    block: usize,
    /// The first target of the projection.
    first: usize,
}

impl<S: ThreadSum> Slots<'_, S> {
    /// Adds the synapses of these spikes.
    fn add_rows<X: TargetIndex>(mut self, table: &SynapseTable, targets: &[X], spikes: &[Spike]) {
        for (k, spike) in spikes.iter().enumerate() {
            // The row of a later spike, and the synapses of one that is near.
            if let Some(next) = spikes.get(k + AHEAD) {
                table.prefetch_class(next.source as usize, next.from);
            }
            if let Some(next) = spikes.get(k + AHEAD / 2) {
                let place = table.class(next.source as usize, next.from).start;
                prefetch(targets, place);
                if let Weights::Each(weights) = &table.weights {
                    prefetch(weights, place);
                    prefetch(weights, place + 16);
                }
            }
            let source = spike.source as usize;
            match &table.delays {
                Delays::Each(delays) => {
                    let range = table.classes(source, spike.from, spike.to);
                    for place in range {
                        let slot = (spike.step + u32::from(delays[place])) as usize % self.block;
                        self.add(slot, targets, &table.weights, place..place + 1);
                    }
                }
                _ => {
                    for delay in spike.from..spike.to {
                        let slot = (spike.step + delay) as usize % self.block;
                        self.add(slot, targets, &table.weights, table.class(source, delay));
                    }
                }
            }
        }
    }

    /// Adds the synapses in this range to a slot.
    #[inline(always)]
    fn add<X: TargetIndex>(&mut self, slot: usize, targets: &[X], weights: &Weights, range: Range<usize>) {
        let sums = &mut self.sums[slot * self.len + self.first..(slot + 1) * self.len];
        match weights {
            Weights::Same => {
                for target in &targets[range] {
                    sums[target.number()] += S::of_weight(1);
                }
            }
            Weights::Each(weights) => {
                for (target, weight) in targets[range.clone()].iter().zip(&weights[range]) {
                    sums[target.number()] += S::of_weight(*weight);
                }
            }
        }
    }
}

/// A step of one batch row, after its spikes were listed.
pub(super) struct ListedStep<'r> {
    /// For each group, the spikes of the last steps.
    pub(super) lists: &'r [Option<SpikeLists>],
    pub(super) row: usize,
    pub(super) i: u64,
    /// Whether the sums have nothing yet of spikes before this step.
    pub(super) first: bool,
}

/// Sums of spikes, or of weights, of a thread.
trait ThreadSum: Sum + AddAssign + Sync {
    fn of(thread: &mut Thread) -> &mut [Self];
    fn of_weight(weight: i32) -> Self;

    /// Adds a generated row.
    fn add_row(row: &GeneratedRow, sums: &mut [Self]);
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
