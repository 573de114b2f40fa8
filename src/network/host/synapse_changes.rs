//! Changes of the variables of synapses. A block of synapses is gathered, computed and stored again.

use crate::connectivity::columns::Columns;
use crate::connectivity::{SynapseTable, Targets};
use crate::equations::{Change, InPlace};
use crate::network::plan::plastic::PlasticPlan;
use crate::network::plan::rule::{Owner, RuleShape};
use crate::numeric::scalar::Real;
use crate::system::Tick;
use std::ops::Range;

/// The number of synapses of a block.
const BLOCK: usize = 1024;

/// The synapses of a source over which its spike arrives, and the place of the source's variables.
#[derive(Clone, Debug)]
pub(super) struct Arrived {
    pub(super) synapses: Range<usize>,
    pub(super) source: usize,
}

/// The synapses that change.
#[derive(Clone, Copy)]
pub(super) enum Events<'a> {
    /// Over which spikes have arrived. They ascend.
    Arrivals { arrived: &'a [Arrived], targets: &'a Targets },
    /// Whose targets spike.
    Spikes { spiking: &'a [usize], columns: &'a Columns },
}

/// A change of synapses by spikes, for the synapses from number `base` on.
pub(super) struct SynapseChange<'a, T> {
    pub(super) change: &'a Change<T>,
    pub(super) at: Tick<'a>,
    pub(super) events: Events<'a>,
    pub(super) shape: &'a RuleShape,
    /// The variables of sources and targets.
    pub(super) others: &'a [&'a [T]],
    pub(super) base: usize,
    pub(super) synapse: Vec<&'a mut [T]>,
}

impl<'a> Events<'a> {
    /// The events of two parts of `len` synapses from number `base` on, and the length of the first part;
    /// `None` if one thread does all.
    fn divided(self, base: usize, len: usize, shares: usize) -> Option<([Self; 2], usize)> {
        if shares < 2 || len < 2 {
            return None;
        }
        match self {
            Self::Arrivals { arrived, targets } => {
                let (former, later) = arrived.split_at(arrived.len() / 2);
                let middle = later.first()?.synapses.start - base;
                let of = |arrived: &'a [Arrived]| Self::Arrivals { arrived, targets };
                (!former.is_empty()).then(|| ([of(former), of(later)], middle))
            }
            Self::Spikes { .. } => Some(([self; 2], len * (shares / 2) / shares)),
        }
    }
}

impl<T: Real> SynapseChange<'_, T> {
    /// Divides the synapses into this number of shares for threads.
    pub(super) fn share(self, shares: usize) {
        let len = self.synapse.first().map_or(0, |var| var.len());
        let Some((events, middle)) = self.events.divided(self.base, len, shares) else { return self.run() };
        let Self { change, at, shape, others, base, synapse, .. } = self;
        let (synapse, later): (Vec<_>, Vec<_>) = synapse.into_iter().map(|var| var.split_at_mut(middle)).unzip();
        let a = SynapseChange { change, at, events: events[0], shape, others, base, synapse };
        let b = SynapseChange { change, at, events: events[1], shape, others, base: base + middle, synapse: later };
        rayon::join(|| a.share(shares / 2), || b.share(shares - shares / 2));
    }

    fn run(mut self) {
        let end = self.base + self.synapse.first().map_or(0, |var| var.len());
        let mut block = Block::default();
        match self.events {
            Events::Arrivals { arrived, targets } => {
                for Arrived { synapses, source } in arrived {
                    for place in synapses.clone() {
                        let target = match targets {
                            Targets::U16(targets) => targets[place].into(),
                            Targets::U32(targets) => targets[place],
                        };
                        self.add(&mut block, place, *source, target as usize);
                    }
                }
            }
            Events::Spikes { spiking, columns } => {
                for target in spiking {
                    let column = columns.column(*target);
                    let places = &columns.places[column.clone()];
                    let from = places.partition_point(|place| (*place as usize) < self.base);
                    let to = from + places[from..].partition_point(|place| (*place as usize) < end);
                    let traces = &columns.traces[column][from..to];
                    for (place, source) in places[from..to].iter().zip(traces) {
                        self.add(&mut block, *place as usize, *source as usize, *target);
                    }
                }
            }
        }
        self.finish(&mut block);
    }

    #[inline]
    fn add(&mut self, block: &mut Block<T>, place: usize, source: usize, target: usize) {
        block.places.push(place - self.base);
        block.sources.push(source);
        block.targets.push(target);
        if block.places.len() == BLOCK {
            self.finish(block);
        }
    }

    /// Computes the changes of a block, which is then empty.
    fn finish(&mut self, block: &mut Block<T>) {
        if block.places.is_empty() {
            return;
        }
        block.values.resize_with(self.shape.names.len(), Vec::new);
        for k in &self.change.reads {
            let values = &mut block.values[*k];
            values.clear();
            match self.synapse.get(*k) {
                Some(own) => values.extend(block.places.iter().map(|place| own[*place])),
                None => {
                    let is_source = self.shape.of(Owner::Source).contains(k);
                    let indices = if is_source { &block.sources } else { &block.targets };
                    let from = self.others[*k - self.synapse.len()];
                    values.extend(indices.iter().map(|index| from[*index]));
                }
            }
        }
        let count = block.places.len();
        block.results.resize_with(self.change.writes.len(), || vec![T::of(0.0); BLOCK]);
        let inputs: Vec<&[T]> = block.values.iter().map(Vec::as_slice).collect();
        let mut results: Vec<&mut [T]> = block.results.iter_mut().map(|result| &mut result[..count]).collect();
        self.change.run(self.at, &inputs, &mut results);
        for (k, result) in self.change.writes.iter().zip(&results) {
            for (place, value) in block.places.iter().zip(&**result) {
                self.synapse[*k][*place] = *value;
            }
        }
        block.places.clear();
        block.sources.clear();
        block.targets.clear();
    }
}

/// Synapses that are computed together: their places, and those of the variables of their sources and
/// targets.
#[derive(Default)]
struct Block<T> {
    places: Vec<usize>,
    sources: Vec<usize>,
    targets: Vec<usize>,
    values: Vec<Vec<T>>,
    results: Vec<Vec<T>>,
}

/// A step of the synapses from number `base` on.
pub(super) struct SynapseStep<'a, T> {
    pub(super) step: &'a InPlace<T>,
    pub(super) at: Tick<'a>,
    pub(super) plastic: &'a PlasticPlan,
    pub(super) table: &'a SynapseTable,
    /// The variables of sources and targets.
    pub(super) others: &'a [&'a [T]],
    pub(super) base: usize,
    pub(super) synapse: Vec<&'a mut [T]>,
}

impl<T: Real> SynapseStep<'_, T> {
    /// Divides the synapses into this number of shares for threads.
    pub(super) fn share(self, shares: usize) {
        let len = self.synapse.first().map_or(0, |var| var.len());
        if shares < 2 || len < 2 {
            return self.run(len);
        }
        let Self { step, at, plastic, table, others, base, synapse } = self;
        let middle = len * (shares / 2) / shares;
        let (synapse, later): (Vec<_>, Vec<_>) = synapse.into_iter().map(|var| var.split_at_mut(middle)).unzip();
        let a = SynapseStep { step, at, plastic, table, others, base, synapse };
        let b = SynapseStep { step, at, plastic, table, others, base: base + middle, synapse: later };
        rayon::join(|| a.share(shares / 2), || b.share(shares - shares / 2));
    }

    fn run(mut self, len: usize) {
        let offsets = &self.table.offsets;
        // The source whose row has the first synapse.
        let mut source = offsets.partition_point(|end| *end <= self.base as u64).saturating_sub(1);
        let mut values: Vec<Vec<T>> = vec![Vec::new(); self.plastic.shape.names.len()];
        let (mut sources, mut targets) = (Vec::with_capacity(BLOCK), Vec::with_capacity(BLOCK));
        for start in (0..len).step_by(BLOCK) {
            let count = BLOCK.min(len - start);
            sources.clear();
            targets.clear();
            for place in self.base + start..self.base + start + count {
                while offsets[source + 1] <= place as u64 {
                    source += 1;
                }
                sources.push(self.plastic.source_variable(self.table, source, place));
                targets.push(self.table.target(place) as usize);
            }
            for k in &self.step.reads {
                let is_source = self.plastic.shape.of(Owner::Source).contains(k);
                let indices = if is_source { &sources } else { &targets };
                let from = self.others[*k - self.synapse.len()];
                values[*k].clear();
                values[*k].extend(indices.iter().map(|index| from[*index]));
            }
            let inputs: Vec<&[T]> = values.iter().map(Vec::as_slice).collect();
            let mut own: Vec<&mut [T]> = self.synapse.iter_mut().map(|var| &mut var[start..start + count]).collect();
            self.step.run(self.at, &inputs, &mut own);
        }
    }
}
