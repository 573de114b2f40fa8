//! A projection that adds to a sum: it finds the synapses of the spikes that arrive, and adds them to
//! the sums of a thread.

use super::thread_sum::{AHEAD, Thread, ThreadSum};
use crate::connectivity::{RowGenerator, SynapseTable, Targets};
use crate::network::host::spike_lists::SpikeLists;
use crate::network::plan::ProjectionPlan;
use crate::network::plan::sums::SumPlan;
use std::mem::take;
use std::ops::{Range, RangeInclusive};

/// A projection.
pub(super) struct Source<'n> {
    pub(super) from: usize,
    /// The numbers of the sources in their group.
    pre: Range<usize>,
    /// The number of the first target among the targets of the sum.
    first: usize,
    rows: Rows<'n>,
    pub(super) delays: RangeInclusive<u32>,
    /// The mean number of synapses with one delay of a source.
    mean: f64,
}

enum Rows<'n> {
    Stored(&'n SynapseTable),
    Procedural(RowGenerator<'n>),
}

impl<'n> Source<'n> {
    /// A projection that adds to a sum; `None` if it has no synapses yet.
    pub(super) fn new(projection: &'n ProjectionPlan, sum: &SumPlan) -> Option<Self> {
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
        Some(Self {
            from: projection.from,
            pre: projection.spec.pre.clone(),
            first: projection.spec.post.start - sum.targets.start,
            rows,
            delays,
            mean: synapses as f64 / of_a_class as f64,
        })
    }

    /// Estimates the number of synapses of step `i` from the spikes of a batch row.
    pub(super) fn estimate(&self, lists: &[Option<SpikeLists>], (row, i): (usize, u64)) -> f64 {
        let Some(lists) = &lists[self.from] else { return 0.0 };
        let spikes: usize = self.delays.clone().map(|delay| lists.arriving(row, i, delay).len()).sum();
        spikes as f64 * self.mean
    }

    /// Adds the rows of the spikes `number`, `number + of`, … to the sums of a thread.
    pub(super) fn add<S: ThreadSum>(
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
