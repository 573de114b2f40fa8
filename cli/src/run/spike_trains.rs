//! The spikes of a network's groups. They are kept if results are, and counted for each neuron in
//! any case, for rates and intervals.

use super::tensors::{indices, numbers, read_indices, read_numbers, read_whole, whole};
use crate::exit_code::Failure;
use crate::spikes::spikes_of;
use overtime::states::Tensor;
use overtime::{Events, Monitor, Recording, Scalar, memory, monitor};
use overtime_model::network::{Network, Population, total};

/// The name of events in an error of memory.
const EVENTS: &str = "recording of events";

/// The spikes of one group.
#[derive(Clone, Debug)]
pub(crate) struct Train {
    pub(crate) group: String,
    units: usize,
    /// All spikes, if results are kept.
    pub(crate) kept: Option<Events>,
    /// For each neuron of each row: the step of its last spike plus 1 (0 without a spike), the
    /// number of its spikes, and the sums of its intervals and of their squares, in steps.
    last: Vec<u64>,
    count: Vec<u64>,
    sum: Vec<f64>,
    square: Vec<f64>,
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
    pub(crate) const BYTES: u64 = 32;

    /// Bytes of all statistics.
    pub(crate) fn bytes(&self) -> u64 {
        (self.last.len() as u64).saturating_mul(Self::BYTES)
    }

    pub(crate) fn all(net: &Network, rows: usize, keeps: bool) -> anyhow::Result<Vec<Self>> {
        let train = |group: &overtime_model::network::Group| {
            let units = usize::try_from(group.neurons.size)?;
            let cells = units.saturating_mul(rows);
            let (kept, what) = (keeps.then(Events::default), "the statistics of spikes");
            let (last, count) = (memory::zeros(what, cells)?, memory::zeros(what, cells)?);
            let (sum, square) = (memory::zeros(what, cells)?, memory::zeros(what, cells)?);
            Ok(Self { group: group.name.clone(), units, kept, last, count, sum, square })
        };
        net.groups.iter().map(train).collect()
    }

    pub(crate) fn monitor(&self) -> Monitor {
        monitor(format!("{}.spike", self.group)).named(spikes_of(&self.group)).events().every(1)
    }

    /// Adds the spikes of a slice. Returns their number.
    pub(crate) fn append<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<u64> {
        let new = slice.events(&spikes_of(&self.group))?;
        for (step, (row, unit)) in new.step.iter().zip(new.row.iter().zip(&new.unit)) {
            let at = row * self.units + unit;
            let cell = (self.last.get_mut(at), self.count.get_mut(at), self.sum.get_mut(at), self.square.get_mut(at));
            let (Some(last), Some(count), Some(sum), Some(square)) = cell else { continue };
            if *last > 0 {
                let interval = (step + 1 - *last) as f64;
                *sum += interval;
                *square += interval * interval;
            }
            *last = step + 1;
            *count += 1;
        }
        if let Some(kept) = &mut self.kept {
            add(kept, new)?;
        }
        Ok(new.len() as u64)
    }

    /// The statistics of these neurons, in all rows.
    fn statistics(&self, units: std::ops::Range<u64>) -> Statistics {
        let mut all = Statistics::default();
        let (mut cvs, mut cells) = (0.0, 0.0);
        for at in 0..self.last.len() {
            let unit = (at % self.units.max(1)) as u64;
            let (Some(count), Some(sum), Some(square)) = (self.count.get(at), self.sum.get(at), self.square.get(at))
            else {
                continue;
            };
            if !units.contains(&unit) {
                continue;
            }
            all.neurons += 1;
            all.spikes += count;
            if *count >= 3 {
                let n = (count - 1) as f64;
                let (mean, variance) = (sum / n, (square / n - (sum / n).powi(2)).max(0.0));
                cvs += variance.sqrt() / mean;
                cells += 1.0;
            }
        }
        all.cv = (cells > 0.0).then(|| cvs / cells);
        all
    }

    /// Passes the tensors of a checkpoint to `add`.
    pub(crate) fn save(&self, mut add: impl FnMut(&str, Tensor)) -> anyhow::Result<()> {
        add("last", whole(&self.last)?);
        add("count", whole(&self.count)?);
        add("sum", numbers(&self.sum)?);
        add("square", numbers(&self.square)?);
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
        let cells = self.last.len();
        let counts =
            |name: &str| read(name).and_then(|all| if all.len() == cells { Ok(all) } else { Err(wrong(name)) });
        let sums = |name: &str| {
            read_numbers(get(name)?).and_then(|all| if all.len() == cells { Ok(all) } else { Err(wrong(name)) })
        };
        (self.last, self.count, self.sum, self.square) =
            (counts("last")?, counts("count")?, sums("sum")?, sums("square")?);
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
