//! Delivery into the sum of a receptor, to which several projections may add, over stored synapses
//! with delays of their own and over procedural connectivity.
//!
//! In step i the synapses of delay d of the neurons that spiked in step i − d are added. A row
//! ascends by delay, so that each synapse is read once for each spike. A procedural row is generated,
//! added, and dropped. Sums are integers, so that the order of additions does not matter: threads
//! divide the spikes. Each thread has sums of its own, which are added afterwards.

mod drain;
mod source;
mod thread_sum;

use super::spike_lists::SpikeLists;
use crate::network::plan::sums::SumPlan;
use crate::network::plan::{NetworkPlan, ProjectionPlan};
use crate::numeric::scalar::Real;
use crate::numeric::simd::vectorize;
use drain::{All, Few};
use rayon::prelude::*;
use source::Source;
use std::mem::take;
use std::ops::Range;
use thread_sum::{Thread, ThreadSum};

/// The number of synapses that pays for a thread with its own sums.
const SHARE: usize = 8192;
/// The maximum number of threads that share a sum.
const THREADS: usize = 8;
/// A dense pass over this number of targets costs about as much as one sparse lookup.
const DENSE: usize = 16;
/// The number of targets whose sums a thread moves at a time.
const PIECE: usize = 1 << 14;

/// A sum and the projections that add to it.
pub(super) struct SumDelivery<'n> {
    plan: &'n SumPlan,
    sources: Vec<Source<'n>>,
    threads: Vec<Thread>,
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
        let source = |number: &usize| Source::new(&plan.projections[*number], sum);
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
        self.sources.iter().map(|source| source.estimate(lists, (row, i))).sum::<f64>() as usize
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
