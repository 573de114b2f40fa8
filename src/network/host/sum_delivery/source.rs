//! A source of spikes: it finds the synapses of the spikes that arrive, and adds them to sums.

use super::sums::Sums;
use crate::connectivity::{GeneratedRow, JointPiece, JointRows, RowGenerator, SynapseTable, Targets, Weights};
use crate::network::host::spike_lists::SpikeLists;
use crate::network::host::synaptic_weight::{StoredWeight, SynapticWeight, TargetIndex, UnitWeight};
use crate::network::plan::ProjectionPlan;
use crate::numeric::simd::prefetch;
use std::ops::{Range, RangeInclusive};

/// The number of spikes by which a prefetch precedes the use of their rows.
const AHEAD: usize = 12;
/// The number of spikes by which a prefetch precedes the use of a joint piece, which is longer.
const PIECES_AHEAD: usize = 2;
/// The numbers of targets and of weights that are prefetched together: those of a cache line.
const TARGETS_OF_LINE: usize = 32;
const WEIGHTS_OF_LINE: usize = 16;

/// A projection, or several with joint rows.
pub(super) struct Source<'n> {
    pub(super) from: usize,
    /// The numbers of the sources in their group.
    pre: Range<usize>,
    rows: Rows<'n>,
    pub(super) delays: RangeInclusive<u32>,
    /// The projections, ascending by sum.
    pub(super) onto: Vec<Onto>,
    /// The sources whose spikes arrive in this step, and the delays of these spikes.
    pub(super) spikes: Vec<(u32, u32)>,
}

/// The targets of a projection.
pub(super) struct Onto {
    /// The number of the sum.
    pub(super) sum: usize,
    /// The number of the first target among the targets of the sum.
    pub(super) first: usize,
    /// The mean number of synapses of a source with one delay.
    pub(super) mean: f64,
}

enum Rows<'n> {
    Stored(&'n SynapseTable),
    Joint(&'n JointRows),
    Procedural(RowGenerator<'n>),
}

/// The memory of a task, used again in each step.
#[derive(Default)]
pub(super) struct Scratch {
    ranges: Vec<Range<usize>>,
    pieces: Vec<JointPiece>,
    row: GeneratedRow,
}

/// The sums that a thread adds to, for some of the spikes.
pub(super) struct Task<'s> {
    /// The number of the first sum.
    pub(super) first: usize,
    pub(super) sums: Vec<&'s mut Sums>,
    /// The task adds the spikes `share`, `share + shares`, …
    pub(super) share: usize,
    pub(super) shares: usize,
}

impl Task<'_> {
    /// The spikes of this task.
    fn of<'l>(&self, spikes: &'l [(u32, u32)]) -> impl Iterator<Item = (usize, u32)> + Clone + use<'l> {
        spikes.iter().skip(self.share).step_by(self.shares).map(|(source, delay)| (*source as usize, *delay))
    }

    /// The sums of a projection, and the number of its first target in them.
    #[inline(always)]
    fn sums(&mut self, onto: &Onto) -> (&mut Sums, usize) {
        (&mut *self.sums[onto.sum - self.first], onto.first)
    }
}

impl<'n> Source<'n> {
    /// A projection whose first target is number `first` of a sum; `None` if it has no synapses yet.
    pub(super) fn new(projection: &'n ProjectionPlan, sum: usize, first: usize) -> Option<Self> {
        let (rows, delays, synapses) = match projection.row_generator().ok()? {
            Some(rows) => {
                let synapses = rows.mean.saturating_mul(projection.spec.pre.len());
                (Rows::Procedural(rows), rows.delay..=rows.delay, synapses)
            }
            None => {
                let table = projection.table().ok()?;
                (Rows::Stored(table), table.delays(&projection.delays), table.len())
            }
        };
        let onto = vec![Onto { sum, first, mean: mean(synapses, projection, &delays) }];
        let pre = projection.spec.pre.clone();
        Some(Self { from: projection.from, pre, rows, delays, onto, spikes: Vec::new() })
    }

    /// The projections with these joint rows, of which `projection` is one, and for each the number of
    /// its sum and of its first target in it.
    pub(super) fn joint(projection: &ProjectionPlan, rows: &'n JointRows, onto: &[(usize, usize)]) -> Self {
        let delays = rows.delays();
        let lengths = onto.iter().zip(&rows.synapses);
        let onto = lengths.map(|((sum, first), synapses)| {
            let mean = mean(*synapses as usize, projection, &delays);
            Onto { sum: *sum, first: *first, mean }
        });
        let (onto, pre) = (onto.collect(), projection.spec.pre.clone());
        Self { from: projection.from, pre, rows: Rows::Joint(rows), delays, onto, spikes: Vec::new() }
    }

    /// Lists the spikes of a batch row that arrive in step `i`.
    pub(super) fn collect(&mut self, lists: &[Option<SpikeLists>], (row, i): (usize, u64)) {
        self.spikes.clear();
        let Some(lists) = &lists[self.from] else { return };
        let first = self.pre.start as u32;
        for (delay, list) in self.delays.clone().zip(lists.arriving(row, i, *self.delays.start())) {
            let (Some(least), Some(most)) = (list.first(), list.last()) else { continue };
            let before = |end: usize| list.partition_point(|unit| (*unit as usize) < end);
            let from = if *least as usize >= self.pre.start { 0 } else { before(self.pre.start) };
            let to = if (*most as usize) < self.pre.end { list.len() } else { before(self.pre.end) };
            self.spikes.extend(list[from..to].iter().map(|unit| (unit - first, delay)));
        }
    }

    /// Adds the synapses of the spikes of a task to its sums.
    pub(super) fn add(&self, task: &mut Task<'_>, scratch: &mut Scratch) {
        let from = self.onto.partition_point(|onto| onto.sum < task.first);
        let to = self.onto.partition_point(|onto| onto.sum < task.first + task.sums.len());
        if from == to {
            return;
        }
        match &self.rows {
            Rows::Stored(table) => {
                scratch.find_ranges(table, task.of(&self.spikes));
                let (sums, first) = task.sums(&self.onto[from]);
                match &table.targets {
                    Targets::U16(targets) => add_ranges(&scratch.ranges, targets, &table.weights, first, sums),
                    Targets::U32(targets) => add_ranges(&scratch.ranges, targets, &table.weights, first, sums),
                }
            }
            Rows::Joint(rows) => {
                scratch.find_pieces(rows, task.of(&self.spikes), from);
                let joint = Joint { rows, pieces: &scratch.pieces, onto: &self.onto[from..to] };
                match &rows.targets {
                    Targets::U16(targets) => joint.add(targets, task),
                    Targets::U32(targets) => joint.add(targets, task),
                }
            }
            Rows::Procedural(rows) => {
                let (spikes, (sums, first)) = (task.of(&self.spikes), task.sums(&self.onto[from]));
                for (source, _) in spikes {
                    rows.row(source as u32, &mut scratch.row);
                    sums.add_row(first, &scratch.row);
                }
            }
        }
    }
}

/// The mean number of synapses of a source with one of these delays. It is not 0, so that a sum with
/// spikes differs from one without.
fn mean(synapses: usize, projection: &ProjectionPlan, delays: &RangeInclusive<u32>) -> f64 {
    let delays = (delays.end() - delays.start() + 1) as usize;
    let mean = synapses as f64 / (projection.spec.pre.len().max(1) * delays) as f64;
    mean.max(f64::MIN_POSITIVE)
}

impl Scratch {
    fn find_ranges(&mut self, table: &SynapseTable, spikes: impl Iterator<Item = (usize, u32)> + Clone) {
        self.ranges.clear();
        let mut ahead = spikes.clone().skip(AHEAD);
        self.ranges.extend(spikes.map(|(source, delay)| {
            if let Some((source, delay)) = ahead.next() {
                table.prefetch_class(source, delay);
            }
            table.class(source, delay)
        }));
    }

    /// Finds the synapses of the projections from number `first` on.
    fn find_pieces(&mut self, rows: &JointRows, spikes: impl Iterator<Item = (usize, u32)> + Clone, first: usize) {
        self.pieces.clear();
        let mut ahead = spikes.clone().skip(AHEAD);
        self.pieces.extend(spikes.map(|(source, delay)| {
            if let Some((source, delay)) = ahead.next() {
                rows.prefetch_piece(source, delay, first);
            }
            rows.piece(source, delay, first)
        }));
    }
}

/// Adds the synapses in these ranges to sums from number `first` on.
fn add_ranges<X: TargetIndex>(
    ranges: &[Range<usize>],
    targets: &[X],
    weights: &Weights,
    first: usize,
    sums: &mut Sums,
) {
    match weights {
        Weights::Same => add_weighted(ranges, targets, UnitWeight, first, sums),
        Weights::Each(weights) => add_weighted(ranges, targets, StoredWeight(weights), first, sums),
    }
}

fn add_weighted<X: TargetIndex, W: SynapticWeight>(
    ranges: &[Range<usize>],
    targets: &[X],
    weights: W,
    first: usize,
    sums: &mut Sums,
) {
    for (k, range) in ranges.iter().enumerate() {
        if let Some(next) = ranges.get(k + AHEAD) {
            prefetch(targets, next.start);
            weights.prefetch(next.start);
            weights.prefetch(next.start + WEIGHTS_OF_LINE);
        }
        sums.add(first, targets, weights, range.clone());
    }
}

/// Pieces of joint rows, and the projections whose synapses are added.
struct Joint<'a> {
    rows: &'a JointRows,
    pieces: &'a [JointPiece],
    onto: &'a [Onto],
}

impl Joint<'_> {
    fn add<X: TargetIndex>(&self, targets: &[X], task: &mut Task<'_>) {
        match &self.rows.weights {
            Weights::Same => self.add_weighted(targets, UnitWeight, task),
            Weights::Each(weights) => self.add_weighted(targets, StoredWeight(weights), task),
        }
    }

    fn add_weighted<X: TargetIndex, W: SynapticWeight>(&self, targets: &[X], weights: W, task: &mut Task<'_>) {
        for (k, piece) in self.pieces.iter().enumerate() {
            if let Some(next) = self.pieces.get(k + PIECES_AHEAD) {
                let end = self.rows.ends(*next, self.onto.len()).next_back().unwrap_or(next.start);
                (next.start..end).step_by(TARGETS_OF_LINE).for_each(|place| prefetch(targets, place));
                (next.start..end).step_by(WEIGHTS_OF_LINE).for_each(|place| weights.prefetch(place));
            }
            let mut start = piece.start;
            for (onto, end) in self.onto.iter().zip(self.rows.ends(*piece, self.onto.len())) {
                let (sums, first) = task.sums(onto);
                sums.add(first, targets, weights, start..end);
                start = end;
            }
        }
    }
}
