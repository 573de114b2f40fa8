//! Counts and intervals of many neurons, which grow with the spikes.

use crate::error::{Error, Result};
use crate::memory;
use crate::recording::Events;
use std::ops::Range;

/// The spikes of one neuron so far: their number, and the sums from which mean and deviation of the
/// intervals follow. It takes 32 bytes, whatever the number of spikes.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct IntervalStatistics {
    /// The step of the last spike plus 1; 0 without a spike.
    pub last: u64,
    /// The number of spikes.
    pub count: u64,
    /// The sum of the intervals, in steps.
    pub sum: f64,
    /// The sum of the squares of the intervals.
    pub square: f64,
}

impl IntervalStatistics {
    /// Adds a spike. Returns `false`, without a change, if the step is before that of the last spike.
    #[must_use]
    pub fn add(&mut self, step: u64) -> bool {
        let Some(next) = step.checked_add(1).filter(|next| *next >= self.last) else { return false };
        if self.last > 0 {
            let interval = (next - self.last) as f64;
            self.sum += interval;
            self.square += interval * interval;
        }
        self.last = next;
        self.count += 1;
        true
    }

    /// The mean interval in steps; `None` with fewer than two spikes.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        (self.count >= 2).then(|| self.sum / (self.count - 1) as f64)
    }

    /// The coefficient of variation of the intervals, as [`cv`](super::cv) defines it; `None` with
    /// fewer than three spikes.
    #[must_use]
    pub fn cv(&self) -> Option<f64> {
        let n = self.count.checked_sub(1).filter(|n| *n >= 2)? as f64;
        let (mean, variance) = (self.sum / n, (self.square / n - (self.sum / n).powi(2)).max(0.0));
        (mean > 0.0).then(|| variance.sqrt() / mean)
    }
}

/// The spikes of many neurons so far, each with its [`IntervalStatistics`]. The spikes of a run can
/// be added part by part.
#[derive(Clone, Debug, PartialEq)]
pub struct SpikeStatistics {
    units: usize,
    neurons: Vec<IntervalStatistics>,
}

impl SpikeStatistics {
    /// No spikes yet of `units` neurons in each of `rows` batch rows; one row without a batch.
    ///
    /// # Errors
    /// If memory is short.
    pub fn new(rows: usize, units: usize) -> Result<Self> {
        let neurons = memory::collect(
            "the statistics of spikes",
            std::iter::repeat_n(IntervalStatistics::default(), rows.saturating_mul(units)),
        )?;
        Ok(Self { units, neurons })
    }

    /// Adds spikes, which come after those that were added before.
    ///
    /// # Errors
    /// If a row or a unit does not exist, or the spikes of a neuron are not in the order of time.
    /// The spikes before such a spike have been added.
    pub fn add(&mut self, events: &Events) -> Result<()> {
        let mut all = events.step.iter().zip(events.row.iter().zip(&events.unit));
        all.try_for_each(|(step, (row, unit))| self.add_spike(*step, (*row, *unit)))
    }

    /// Adds a spike of the neuron (batch row, unit), which comes after the neuron's other spikes.
    ///
    /// # Errors
    /// If the row or the unit does not exist, or the neuron has a later spike.
    pub fn add_spike(&mut self, step: u64, (row, unit): (usize, usize)) -> Result<()> {
        let at = row.checked_mul(self.units).and_then(|first| first.checked_add(unit));
        let neuron = at.filter(|_| unit < self.units).and_then(|at| self.neurons.get_mut(at));
        let Some(neuron) = neuron else {
            let what = format!("row {row}, unit {unit}");
            return Err(Error::value("spike", what, "is of a neuron that does not exist"));
        };
        if !neuron.add(step) {
            return Err(Error::value("spike", format!("step {step}"), "is before the neuron's last spike"));
        }
        Ok(())
    }

    /// The neurons, row by row.
    #[must_use]
    pub fn neurons(&self) -> &[IntervalStatistics] {
        &self.neurons
    }

    /// The same, to be set to saved values.
    pub fn neurons_mut(&mut self) -> &mut [IntervalStatistics] {
        &mut self.neurons
    }

    /// These units in all rows, row by row. Units that do not exist are left out.
    pub fn of(&self, units: Range<usize>) -> impl Iterator<Item = &IntervalStatistics> {
        let rows = self.neurons.chunks_exact(self.units.max(1));
        rows.flat_map(move |row| row.iter().take(units.end).skip(units.start))
    }

    /// The rate of each neuron over `duration` ms, Hz, row by row.
    ///
    /// # Errors
    /// If memory is short.
    pub fn rates(&self, duration: f64) -> Result<Vec<f64>> {
        memory::collect("rates", self.neurons.iter().map(|neuron| neuron.count as f64 / duration * 1000.0))
    }

    /// The mean rate of these units in all rows over `duration` ms, Hz; NaN without units.
    #[must_use]
    pub fn mean_rate(&self, units: Range<usize>, duration: f64) -> f64 {
        let (mut spikes, mut neurons) = (0.0, 0.0);
        for neuron in self.of(units) {
            spikes += neuron.count as f64;
            neurons += 1.0;
        }
        spikes / neurons / duration * 1000.0
    }

    /// The coefficient of variation of the intervals, averaged over those of these units, in all
    /// rows, that have one; `None` without such a unit.
    #[must_use]
    pub fn mean_cv(&self, units: Range<usize>) -> Option<f64> {
        let (mut cvs, mut neurons) = (0.0, 0.0);
        for cv in self.of(units).filter_map(IntervalStatistics::cv) {
            cvs += cv;
            neurons += 1.0;
        }
        (neurons > 0.0).then(|| cvs / neurons)
    }
}
