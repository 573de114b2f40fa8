//! The spikes of a network's groups. They are kept if results are, and counted for each neuron in
//! any case, for rates and intervals.

use super::tensors::{indices, numbers, read_indices, read_numbers, read_whole, whole};
use crate::exit_code::Failure;
use crate::spikes::spikes_of;
use overtime::spikes::{IntervalStatistics, SpikeStatistics};
use overtime::states::Tensor;
use overtime::{Events, Monitor, Recording, Scalar, memory, monitor};
use overtime_model::network::{Network, Population, total};
use std::ops::Range;

/// The name of events in an error of memory.
const EVENTS: &str = "recording of events";

/// The spikes of one group.
#[derive(Clone, Debug)]
pub(crate) struct Train {
    pub(crate) group: String,
    /// All spikes, if results are kept.
    pub(crate) kept: Option<Events>,
    /// The counts and intervals of each neuron of each row.
    statistics: SpikeStatistics,
}

/// The statistics of a population.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Statistics {
    pub(crate) neurons: u64,
    pub(crate) spikes: u64,
    /// The mean over the neurons with two or more intervals; `None` without such a neuron.
    pub(crate) cv: Option<f64>,
}

impl Train {
    /// Bytes of the statistics of a neuron.
    pub(crate) const BYTES: u64 = size_of::<IntervalStatistics>() as u64;

    /// Bytes of all statistics.
    pub(crate) fn bytes(&self) -> u64 {
        (self.statistics.neurons().len() as u64).saturating_mul(Self::BYTES)
    }

    pub(crate) fn all(net: &Network, rows: usize, keeps: bool) -> anyhow::Result<Vec<Self>> {
        let train = |group: &overtime_model::network::Group| {
            let units = usize::try_from(group.neurons.size)?;
            let statistics = SpikeStatistics::new(rows, units)?;
            Ok(Self { group: group.name.clone(), kept: keeps.then(Events::default), statistics })
        };
        net.groups.iter().map(train).collect()
    }

    pub(crate) fn monitor(&self) -> Monitor {
        monitor(format!("{}.spike", self.group)).named(spikes_of(&self.group)).events().every(1)
    }

    /// Adds the spikes of a slice. Returns their number.
    pub(crate) fn append<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<u64> {
        let new = slice.events(&spikes_of(&self.group))?;
        self.statistics.add(new)?;
        if let Some(kept) = &mut self.kept {
            add(kept, new)?;
        }
        Ok(new.len() as u64)
    }

    /// The statistics of these neurons, in all rows.
    fn statistics(&self, units: Range<u64>) -> Statistics {
        let [start, end] = [units.start, units.end].map(|unit| usize::try_from(unit).unwrap_or(usize::MAX));
        let mut all = Statistics { cv: self.statistics.mean_cv(start..end), ..Statistics::default() };
        for neuron in self.statistics.of(start..end) {
            all.neurons += 1;
            all.spikes += neuron.count;
        }
        all
    }

    /// Passes the tensors of a checkpoint to `add`.
    pub(crate) fn save(&self, mut add: impl FnMut(&str, Tensor)) -> anyhow::Result<()> {
        let neurons = || self.statistics.neurons().iter();
        add("last", whole(neurons().map(|neuron| neuron.last))?);
        add("count", whole(neurons().map(|neuron| neuron.count))?);
        add("sum", numbers(neurons().map(|neuron| neuron.sum))?);
        add("square", numbers(neurons().map(|neuron| neuron.square))?);
        if let Some(kept) = &self.kept {
            add("step", whole(&kept.step)?);
            add("row", whole(&indices(&kept.row)?)?);
            add("unit", whole(&indices(&kept.unit)?)?);
        }
        Ok(())
    }

    /// Reads the tensors of [`Train::save`].
    pub(crate) fn load<'f>(&mut self, get: impl Fn(&str) -> anyhow::Result<&'f Tensor>) -> anyhow::Result<()> {
        let wrong = |name: &str| {
            anyhow::Error::from(Failure::Io(format!("`{name}` of this checkpoint is of a wrong type or length")))
        };
        let read = |name: &str| read_whole(get(name)?)?.ok_or_else(|| wrong(name));
        let cells = self.statistics.neurons().len();
        let counts =
            |name: &str| read(name).and_then(|all| if all.len() == cells { Ok(all) } else { Err(wrong(name)) });
        let sums = |name: &str| {
            read_numbers(get(name)?).and_then(|all| if all.len() == cells { Ok(all) } else { Err(wrong(name)) })
        };
        let whole = counts("last")?.into_iter().zip(counts("count")?);
        let all = whole.zip(sums("sum")?.into_iter().zip(sums("square")?));
        for (neuron, ((last, count), (sum, square))) in self.statistics.neurons_mut().iter_mut().zip(all) {
            *neuron = IntervalStatistics { last, count, sum, square };
        }
        if self.kept.is_some() {
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

/// The number of synaptic events: spikes times the mean number of their synapses.
pub(crate) fn synaptic_events(trains: &[Train], populations: &[Population]) -> f64 {
    total(statistics(trains, populations).iter().zip(populations).map(|(s, p)| s.spikes as f64 * p.degree))
}

/// Adds events to others.
pub(crate) fn add(all: &mut Events, new: &Events) -> anyhow::Result<()> {
    memory::extend(EVENTS, &mut all.step, &new.step)?;
    memory::extend(EVENTS, &mut all.row, &new.row)?;
    Ok(memory::extend(EVENTS, &mut all.unit, &new.unit)?)
}
