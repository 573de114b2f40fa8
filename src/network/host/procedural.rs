//! Delivery with procedural connectivity: the rows of the sources that spike are generated, summed,
//! and dropped.
//!
//! Sums are integers, so that the order of the rows does not matter. Workers divide the sources;
//! each has sums of its own, which are added afterwards.

use super::deliver::each_spike;
use crate::connectivity::{GeneratedRow, RowGenerator};
use crate::network::plan::ProjectionPlan;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};
use rayon::prelude::*;
use std::mem::take;
use std::ops::{AddAssign, Range};

/// The number of synapses that pays for a worker with its own sums.
const SHARE: usize = 8192;
/// The maximum number of workers.
const WORKERS: usize = 8;
/// A dense pass over this number of targets costs about as much as one sparse lookup.
const DENSE: usize = 16;
/// The number of targets whose sums a thread moves at a time.
const PIECE: usize = 1 << 14;

/// Memory that all steps use.
#[derive(Default)]
pub(super) struct Procedural {
    /// Sources whose spikes arrive.
    sources: Vec<u32>,
    workers: Vec<Worker>,
    /// Targets with a sum, if these are few.
    touched: Vec<u32>,
}

/// A worker's row and sums, of spikes or of weights; sums are 0 between steps.
#[derive(Clone, Default)]
struct Worker {
    row: GeneratedRow,
    counts: Vec<i32>,
    loads: Vec<i64>,
}

/// Bytes that delivery over procedural projections takes.
pub(crate) fn bytes(projections: &[ProjectionPlan]) -> u64 {
    let sums =
        |projection: &ProjectionPlan| projection.spec.post.len() as u64 * if projection.spec.weighs() { 8 } else { 4 };
    let procedural = || projections.iter().filter(|projection| projection.spec.procedural);
    let lengths = procedural().map(|projection| projection.spec.procedural_bytes()).fold(0, u64::saturating_add);
    procedural().map(sums).max().unwrap_or(0).saturating_mul(workers() as u64).saturating_add(lengths)
}

fn workers() -> usize {
    rayon::current_num_threads().min(WORKERS)
}

impl Procedural {
    /// With room for these projections.
    pub(super) fn new(projections: &[ProjectionPlan]) -> Self {
        let most = |exact| {
            let own =
                projections.iter().filter(|projection| projection.spec.procedural && projection.spec.weighs() == exact);
            own.map(|projection| projection.spec.post.len()).max().unwrap_or(0)
        };
        let (counts, loads) = (most(false), most(true));
        let some = if counts + loads == 0 { 0 } else { workers() };
        // Zeros come from the operating system: pages that are not used take no memory.
        let worker = || Worker { row: GeneratedRow::default(), counts: vec![0; counts], loads: vec![0; loads] };
        Self { workers: (0..some).map(|_| worker()).collect(), ..Self::default() }
    }

    /// Collects the spikes in `words`, the mask of a whole group with the sources `pre`.
    pub(super) fn collect<T: Real>(&mut self, words: &[T], pre: &Range<usize>) {
        self.sources.clear();
        each_spike(words, pre, |source| self.sources.push(source as u32));
    }

    /// Adds the rows of the collected sources to the receptor `s` of the targets from number
    /// `first` on.
    pub(super) fn add<T: Real>(&mut self, growing: &RowGenerator<'_>, weight_scale: T, first: usize, s: &mut [T]) {
        match (self.sources.is_empty(), growing.weigh) {
            (true, _) => {}
            (_, true) => self.sum::<T, i64>(growing, weight_scale, first, s),
            (_, false) => self.sum::<T, i32>(growing, weight_scale, first, s),
        }
    }

    fn sum<T: Real, S: Sum>(&mut self, growing: &RowGenerator<'_>, weight_scale: T, first: usize, s: &mut [T]) {
        let Self { sources, workers, touched } = self;
        let synapses = sources.len().saturating_mul(growing.mean);
        let len = s.len();
        let few = synapses < len / DENSE;
        // Each worker has enough rows, and adding the sums costs less than the rows.
        let shares = (synapses / SHARE.max(len / 4)).clamp(1, workers.len().max(1)).min(sources.len());
        touched.clear();
        let go = |worker: &mut Worker, sources: &[u32], mut seen: Option<&mut Vec<u32>>| {
            let (row, sums) = S::of(worker, len);
            for source in sources {
                growing.row(*source, row);
                S::add(row, first, sums);
                seen.iter_mut().for_each(|seen| seen.extend_from_slice(&row.targets));
            }
        };
        let Some((own, others)) = workers.split_first_mut() else { return };
        if shares <= 1 {
            go(own, sources, few.then_some(&mut *touched));
        } else {
            let (mine, theirs) = sources.split_at(sources.len() / shares);
            let others = &mut others[..shares - 1];
            let each = theirs.len().div_ceil(others.len());
            let together = || {
                others
                    .par_iter_mut()
                    .zip(theirs.par_chunks(each))
                    .for_each(|(worker, sources)| go(worker, sources, None))
            };
            rayon::join(|| go(own, mine, None), together);
        }
        let (_, sums) = S::of(own, len);
        for other in &mut others[..shares - 1] {
            let (_, more) = S::of(other, len);
            sums.par_chunks_mut(PIECE).zip(more.par_chunks_mut(PIECE)).for_each(|(sums, more)| {
                for (sum, more) in sums.iter_mut().zip(more) {
                    *sum += take(more);
                }
            });
        }
        let all = |(s, sums): (&mut [T], &mut [S])| vectorize(All { sums, weight_scale, s });
        if few {
            vectorize(Few { touched, first, sums, weight_scale, s });
        } else if s.len() <= PIECE {
            all((s, sums));
        } else {
            s.par_chunks_mut(PIECE).zip(sums.par_chunks_mut(PIECE)).for_each(all);
        }
    }
}

/// Sums of spikes, or of weights.
trait Sum: Copy + Default + PartialEq + AddAssign + Send + Sync {
    fn of(worker: &mut Worker, targets: usize) -> (&mut GeneratedRow, &mut [Self]);
    /// Adds a row to the sums of the targets from number `first` on.
    fn add(row: &GeneratedRow, first: usize, sums: &mut [Self]);
    fn real<T: Real>(self) -> T;
}

impl Sum for i32 {
    fn of(worker: &mut Worker, targets: usize) -> (&mut GeneratedRow, &mut [Self]) {
        (&mut worker.row, &mut worker.counts[..targets])
    }
    fn add(row: &GeneratedRow, first: usize, sums: &mut [Self]) {
        for target in &row.targets {
            if let Some(sum) = sums.get_mut((*target as usize).wrapping_sub(first)) {
                *sum += 1;
            }
        }
    }
    #[inline(always)]
    fn real<T: Real>(self) -> T {
        T::of_count(self)
    }
}

impl Sum for i64 {
    fn of(worker: &mut Worker, targets: usize) -> (&mut GeneratedRow, &mut [Self]) {
        (&mut worker.row, &mut worker.loads[..targets])
    }
    fn add(row: &GeneratedRow, first: usize, sums: &mut [Self]) {
        for (target, integer_weight) in row.targets.iter().zip(&row.integer_weights) {
            if let Some(sum) = sums.get_mut((*target as usize).wrapping_sub(first)) {
                *sum += Self::from(*integer_weight);
            }
        }
    }
    #[inline(always)]
    fn real<T: Real>(self) -> T {
        T::of_whole(self)
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
    first: usize,
    sums: &'a mut [S],
    weight_scale: T,
    s: &'a mut [T],
}

impl<T: Real, S: Sum> SimdLoop for Few<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for target in self.touched {
            let k = (*target as usize).wrapping_sub(self.first);
            if k < self.s.len() && self.sums[k] != S::default() {
                self.s[k] = take(&mut self.sums[k]).real::<T>().mul_add(self.weight_scale, self.s[k]);
            }
        }
    }
}
