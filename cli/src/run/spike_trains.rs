//! The spikes of a network's groups. They are kept if results are, and counted for each neuron in
//! any case, for rates and intervals.

use super::saved_statistics::{self, wrong};
use super::tensors::{indices, read_indices, read_whole, whole};
use crate::plot::{PAIRED, pairs_of};
use crate::spikes::spikes_of;
use overtime::spikes::{IntervalStatistics, SpikeCountCorrelations, SpikeStatistics};
use overtime::states::Tensor;
use overtime::{Events, Monitor, Recording, Scalar, memory, monitor};
use overtime_model::network::{Network, Population, total};
use std::ops::Range;

/// The name of events in an error of memory.
const EVENTS: &str = "recording of events";

/// The most populations of a network whose correlations are counted: they take a memory of their
/// own, 166 kB each at most.
const CORRELATED: usize = 64;

/// The spikes of one group.
#[derive(Clone, Debug)]
pub(crate) struct Train {
    pub(crate) group: String,
    /// All spikes, if results are kept.
    pub(crate) kept: Option<Events>,
    /// The counts and intervals of each neuron of each row, from this step on.
    statistics: SpikeStatistics,
    from: u64,
    /// The spikes of each population before; without populations if there is no such step.
    before: Vec<(Range<usize>, u64)>,
    /// The spike counts of each population's first neurons, from that step on.
    pairs: Vec<(Range<usize>, SpikeCountCorrelations)>,
}

/// The statistics of a population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) neurons: u64,
    /// The spikes that count, and those before.
    pub(crate) spikes: u64,
    pub(crate) before: u64,
    /// The mean over the neurons with two or more intervals; `None` without such a neuron.
    pub(crate) cv: Option<f64>,
}

impl Train {
    /// Bytes of the statistics of a neuron.
    pub(crate) const BYTES: u64 = size_of::<IntervalStatistics>() as u64;

    /// Bytes of all statistics.
    pub(crate) fn bytes(&self) -> u64 {
        let neurons = (self.statistics.neurons().len() as u64).saturating_mul(Self::BYTES);
        let pairs = self.pairs.iter().map(|(units, _)| SpikeCountCorrelations::bytes(units.len().min(PAIRED)));
        neurons.saturating_add(pairs.fold(0, u64::saturating_add))
    }

    pub(crate) fn all(net: &Network, rows: usize, keeps: bool) -> anyhow::Result<Vec<Self>> {
        let train = |group: &overtime_model::network::Group| {
            let units = usize::try_from(group.neurons.size)?;
            let statistics = SpikeStatistics::new(rows, units)?;
            let (kept, before, pairs) = (keeps.then(Events::default), Vec::new(), Vec::new());
            Ok(Self { group: group.name.clone(), kept, statistics, from: 0, before, pairs })
        };
        net.groups.iter().map(train).collect()
    }

    pub(crate) fn monitor(&self) -> Monitor {
        monitor(format!("{}.spike", self.group)).named(spikes_of(&self.group)).events().every(1)
    }

    /// Adds the spikes of a slice. Returns their number.
    pub(crate) fn append<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<u64> {
        let new = slice.events(&spikes_of(&self.group))?;
        if self.before.is_empty() {
            self.statistics.add(new)?;
        } else {
            self.add_from(new)?;
        }
        self.pairs.iter_mut().try_for_each(|(_, pairs)| pairs.add(new))?;
        if let Some(kept) = &mut self.kept {
            add(kept, new)?;
        }
        Ok(new.len() as u64)
    }

    /// Counts the spikes of these steps of `dt` ms in the statistics, of a run that begins at the step
    /// `begin`. `populations` are all of the network.
    ///
    /// # Errors
    /// If memory is short.
    pub(crate) fn start(
        &mut self,
        (begin, steps): (u64, Range<u64>),
        dt: f64,
        populations: &[Population],
    ) -> anyhow::Result<()> {
        let own = populations.iter().filter(|p| p.of == self.group).map(|p| indices_of(&p.units));
        if steps.start > begin {
            self.before = own.clone().map(|units| (units, 0)).collect();
        }
        self.from = steps.start;
        let pairs = |units: Range<usize>| Ok((units.clone(), pairs_of(&units, steps.clone(), dt)?));
        if populations.len() <= CORRELATED {
            self.pairs = own.map(pairs).collect::<anyhow::Result<_>>()?;
        }
        Ok(())
    }

    fn add_from(&mut self, new: &Events) -> anyhow::Result<()> {
        for (step, (row, unit)) in new.step.iter().zip(new.row.iter().zip(&new.unit)) {
            if *step >= self.from {
                self.statistics.add_spike(*step, (*row, *unit))?;
            } else if let Some((_, spikes)) = self.before.iter_mut().find(|(units, _)| units.contains(unit)) {
                *spikes += 1;
            }
        }
        Ok(())
    }

    /// The statistics of these neurons, in all rows.
    fn statistics(&self, units: Range<u64>) -> Statistics {
        let units = indices_of(&units);
        let before = self.before.iter().find(|(own, _)| *own == units).map_or(0, |(_, spikes)| *spikes);
        let mut all = Statistics { cv: self.statistics.mean_cv(units.clone()), before, ..Statistics::default() };
        for neuron in self.statistics.of(units) {
            all.neurons += 1;
            all.spikes += neuron.count;
        }
        all
    }

    /// The mean correlation coefficient of the pairs of a population.
    fn correlation(&self, units: &Range<u64>) -> Option<f64> {
        let units = indices_of(units);
        self.pairs.iter().find(|(own, _)| *own == units).and_then(|(_, pairs)| pairs.mean())
    }

    /// Passes the tensors of a checkpoint to `add`.
    pub(crate) fn save(&self, mut add: impl FnMut(&str, Tensor)) -> anyhow::Result<()> {
        saved_statistics::save(&self.statistics, &mut add)?;
        if !self.before.is_empty() {
            add("before", whole(self.before.iter().map(|(_, spikes)| *spikes))?);
        }
        for (k, (_, pairs)) in self.pairs.iter().enumerate() {
            add(&format!("pairs/{k}"), saved_statistics::save_pairs(pairs)?);
        }
        if let Some(kept) = &self.kept {
            add("step", whole(&kept.step)?);
            add("row", whole(&indices(&kept.row)?)?);
            add("unit", whole(&indices(&kept.unit)?)?);
        }
        Ok(())
    }

    /// Reads the tensors of [`Train::save`].
    pub(crate) fn load<'f>(&mut self, get: impl Fn(&str) -> anyhow::Result<&'f Tensor>) -> anyhow::Result<()> {
        saved_statistics::load(&mut self.statistics, &get)?;
        if !self.before.is_empty() {
            let saved = saved_statistics::read(get("before")?, "before", self.before.len())?;
            self.before.iter_mut().zip(saved).for_each(|((_, spikes), saved)| *spikes = saved);
        }
        for (k, (_, pairs)) in self.pairs.iter_mut().enumerate() {
            saved_statistics::load_pairs(pairs, get(&format!("pairs/{k}"))?)?;
        }
        if self.kept.is_some() {
            let read = |name: &str| read_whole(get(name)?)?.ok_or_else(|| wrong(name));
            let indices = |name: &str| read_indices(&read(name)?);
            self.kept = Some(Events { step: read("step")?, row: indices("row")?, unit: indices("unit")? });
        }
        Ok(())
    }
}

/// The statistics of each population.
pub(crate) fn statistics(trains: &[Train], populations: &[Population]) -> Vec<Statistics> {
    let of = |p: &Population| {
        trains.get(p.group).map_or_else(Statistics::default, |train| train.statistics(p.units.clone()))
    };
    populations.iter().map(of).collect()
}

/// The mean correlation coefficient of each population, where there is one.
pub(crate) fn correlations(trains: &[Train], populations: &[Population]) -> Vec<Option<f64>> {
    populations.iter().map(|p| trains.get(p.group)?.correlation(&p.units)).collect()
}

/// The number of synaptic events: spikes times the mean number of their synapses.
pub(crate) fn synaptic_events(trains: &[Train], populations: &[Population]) -> f64 {
    total(statistics(trains, populations).iter().zip(populations).map(|(s, p)| (s.before + s.spikes) as f64 * p.degree))
}

fn indices_of(units: &Range<u64>) -> Range<usize> {
    let index = |unit: u64| usize::try_from(unit).unwrap_or(usize::MAX);
    index(units.start)..index(units.end)
}

/// Adds events to others.
pub(crate) fn add(all: &mut Events, new: &Events) -> anyhow::Result<()> {
    memory::extend(EVENTS, &mut all.step, &new.step)?;
    memory::extend(EVENTS, &mut all.row, &new.row)?;
    Ok(memory::extend(EVENTS, &mut all.unit, &new.unit)?)
}
