//! What is gathered for a picture during a run: for each curve the least and greatest value of each
//! stretch of time, so that a run of any length takes the same little memory, and no spike is lost.

use super::histogram::Histogram;
use super::plan::{Panel, Source};
use crate::run::recorder::time_major;
use crate::run::spike_trains::{SPIKES, monitor_name};
use ndarray::{Array2, ArrayViewD, Axis};
use overtime::{Recording, Scalar};
use overtime_model::network::Population;
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Most stretches that time is cut into.
const BINS: u64 = 3000;
/// Most neurons, and most spikes, in a raster.
pub(crate) const RASTER: usize = 200;
const DOTS: usize = 50_000;
/// Most neurons of a network's raster, and bins of its rates.
const SHOWN: usize = 1000;
const RATES: f64 = 250.0;
/// Least length of such a bin, ms.
const SHORTEST: f64 = 1.0;

/// Curves of all panels.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    pub(crate) panels: Vec<Panel>,
    pub(crate) grid: Grid,
    /// `[curves of all panels, bins]`, NaN where nothing came yet.
    pub(crate) low: Array2<f64>,
    pub(crate) high: Array2<f64>,
    /// Spikes: step and number of the neuron; in a network over all groups, of neurons whose number
    /// is a multiple of `stride`.
    pub(crate) dots: Vec<(u64, usize)>,
    stride: usize,
    /// A network's populations.
    pub(crate) crowds: Vec<Crowd>,
    /// Spikes of each population, `[populations, bins]`.
    pub(crate) counts: Array2<f64>,
    /// What variables are at the end, once it has come: by name.
    pub(crate) histograms: Vec<(String, Histogram)>,
}

/// A population of a network.
#[derive(Clone, Debug)]
pub(crate) struct Crowd {
    /// The recording of its group's spikes.
    spikes: String,
    /// Its neurons in the group, and the number of the first over all groups.
    units: Range<usize>,
    pub(crate) first: usize,
    /// All neurons times all rows: a rate is of one.
    neurons: usize,
}

/// How time is cut.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Grid {
    /// Index and time of the first step.
    pub(crate) begin: u64,
    pub(crate) t: f64,
    pub(crate) dt: f64,
    pub(crate) steps: u64,
    /// Steps of a bin.
    pub(crate) width: u64,
}

impl Grid {
    fn bins(&self) -> usize {
        self.steps.div_ceil(self.width).min(BINS) as usize
    }

    pub(crate) fn time(&self, step: u64) -> f64 {
        self.t + step.saturating_sub(self.begin) as f64 * self.dt
    }

    /// The time in the middle of a bin.
    pub(crate) fn middle(&self, bin: usize) -> f64 {
        self.t + (bin as f64 * self.width as f64 + (self.width - 1) as f64 / 2.0) * self.dt
    }
}

impl Traces {
    pub(crate) fn new(
        panels: Vec<Panel>,
        (populations, rows): (&[Population], usize),
        begin: u64,
        t: f64,
        dt: f64,
        steps: u64,
    ) -> Self {
        let grid = Grid { begin, t, dt, steps, width: steps.div_ceil(BINS).max(1) };
        let curves = panels.iter().map(|p| p.cells.len()).sum();
        let empty = Array2::from_elem((curves, grid.bins()), f64::NAN);
        let mut crowds: Vec<Crowd> = Vec::new();
        for p in populations {
            let first = crowds.last().map_or(0, |c| c.first + c.units.len());
            let units = p.units.start as usize..p.units.end as usize;
            crowds.push(Crowd { spikes: monitor_name(&p.of), neurons: units.len() * rows, units, first });
        }
        let bins = (steps as f64 * dt / SHORTEST).clamp(1.0, RATES) as usize;
        let counts = Array2::zeros((crowds.len(), bins));
        let stride = crowds.iter().map(|c| c.units.len()).sum::<usize>().div_ceil(SHOWN).max(1);
        Self {
            panels,
            grid,
            low: empty.clone(),
            high: empty,
            dots: Vec::new(),
            stride,
            crowds,
            counts,
            histograms: Vec::new(),
        }
    }

    /// The curves of a panel, as rows of `low` and `high`.
    pub(crate) fn rows(&self, panel: usize) -> std::ops::Range<usize> {
        let before = self.panels.iter().take(panel).map(|p| p.cells.len()).sum();
        before..before + self.panels.get(panel).map_or(0, |p| p.cells.len())
    }

    /// Takes what it needs of a slice that began at step `first`. `input` is the slice of the
    /// series given, if one was.
    pub(crate) fn feed<T: Scalar>(
        &mut self,
        first: u64,
        slice: &Recording<T>,
        input: Option<ArrayViewD<'_, T>>,
        shape: Shape,
        every: u64,
    ) -> anyhow::Result<()> {
        for k in 0..self.panels.len() {
            let rows = self.rows(k);
            let Some(panel) = self.panels.get(k).cloned() else { continue };
            match &panel.source {
                Source::Var(_) => {
                    let values = time_major(slice.get(&panel.monitor_name())?, shape.batch_major);
                    let units = panel.units();
                    let cells = panel.cells.iter().map(|(r, u)| (*r, units.partition_point(|x| x < u)));
                    self.gather(rows, &values, cells, shape.batched, |s| first + s);
                }
                Source::Output => {
                    let values = time_major(&slice.output, shape.batch_major);
                    // Only steps whose index is a multiple of `every` are there.
                    let start = first.next_multiple_of(every.max(1));
                    self.gather(rows, &values, panel.cells.iter().copied(), shape.batched, |s| start + s * every);
                }
                Source::Input => match &input {
                    Some(values) if values.ndim() == 1 => {
                        let cells = panel.cells.iter().map(|_| (0, 0));
                        self.gather(rows, values, cells, false, |s| first + s);
                    }
                    Some(values) => {
                        self.gather(rows, values, panel.cells.iter().copied(), shape.batched, |s| first + s)
                    }
                    None => {
                        for row in rows {
                            for step in 0..slice.steps {
                                self.put(row, first + step, shape.constant);
                            }
                        }
                    }
                },
                // With the raster; at the end.
                Source::Rates | Source::Histogram(_) => {}
                Source::Raster if !self.crowds.is_empty() => self.crowd(slice)?,
                Source::Raster => {
                    let events = slice.events(SPIKES)?;
                    for (step, (row, unit)) in events.step.iter().zip(events.row.iter().zip(&events.unit)) {
                        let neuron = row.saturating_mul(shape.units).saturating_add(*unit);
                        if neuron < RASTER && self.dots.len() < DOTS {
                            self.dots.push((*step, neuron));
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Takes over a network's spikes.
    fn crowd<T: Scalar>(&mut self, slice: &Recording<T>) -> anyhow::Result<()> {
        let bins = self.counts.ncols() as u64;
        let mut dots = Vec::new();
        for (k, crowd) in self.crowds.iter().enumerate() {
            let events = slice.events(&crowd.spikes)?;
            for (step, (row, unit)) in events.step.iter().zip(events.row.iter().zip(&events.unit)) {
                if !crowd.units.contains(unit) {
                    continue;
                }
                let bin = u128::from(step.saturating_sub(self.grid.begin)) * u128::from(bins)
                    / u128::from(self.grid.steps.max(1));
                if let Some(count) = self.counts.get_mut((k, bin as usize)) {
                    *count += 1.0;
                }
                let neuron = crowd.first + unit - crowd.units.start;
                if *row == 0 && neuron.is_multiple_of(self.stride) {
                    dots.push((*step, neuron));
                }
            }
        }
        dots.into_iter().for_each(|dot| self.dot(dot));
        Ok(())
    }

    /// Adds a spike to a network's raster. Where there are too many, every second neuron goes, so
    /// that the raster comes to the end of the run.
    fn dot(&mut self, dot: (u64, usize)) {
        while dot.1.is_multiple_of(self.stride) {
            if self.dots.len() < 4 * DOTS {
                return self.dots.push(dot);
            }
            if self.stride >= self.neurons() {
                return;
            }
            self.stride *= 2;
            let stride = self.stride;
            self.dots.retain(|(_, neuron)| neuron.is_multiple_of(stride));
        }
    }

    /// Goes on from these.
    pub(crate) fn resume(&mut self, dots: Vec<(u64, usize)>) {
        self.dots = dots;
        // So many are left where neurons have gone.
        while self.dots.len() > DOTS
            && self.stride < self.neurons()
            && self.dots.iter().all(|(_, n)| n.is_multiple_of(2 * self.stride))
        {
            self.stride *= 2;
        }
    }

    /// Whether the state at the end is drawn.
    pub(crate) fn has_histogram(&self) -> bool {
        self.panels.iter().any(|panel| matches!(panel.source, Source::Histogram(_)))
    }

    /// Takes what there is at the end, by name.
    pub(crate) fn end(&mut self, values: impl Fn(&str) -> anyhow::Result<Vec<f64>>) -> anyhow::Result<()> {
        let of = |panel: &Panel| match &panel.source {
            Source::Histogram(name) => Some(values(name).map(|all| (name.clone(), Histogram::new(&all)))),
            _ => None,
        };
        self.histograms = self.panels.iter().filter_map(of).collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    /// All neurons of a network.
    pub(crate) fn neurons(&self) -> usize {
        self.crowds.iter().map(|c| c.units.len()).sum()
    }

    /// The population of a neuron.
    pub(crate) fn crowd_of(&self, neuron: usize) -> usize {
        self.crowds.partition_point(|c| c.first <= neuron).saturating_sub(1)
    }

    /// A population's rate over time, Hz, and the steps of a bin.
    pub(crate) fn rates(&self, crowd: usize) -> (Vec<f64>, f64) {
        let width = self.grid.steps as f64 / self.counts.ncols() as f64;
        let neurons = self.crowds.get(crowd).map_or(1, |c| c.neurons) as f64;
        let hertz = 1000.0 / (neurons * width * self.grid.dt);
        (self.counts.row(crowd).iter().map(|n| n * hertz).collect(), width)
    }

    /// `values` is `[steps, batch, …]`, or `[steps, …]` without one; axes of length 1 stand for
    /// all.
    fn gather<T: Scalar>(
        &mut self,
        rows: std::ops::Range<usize>,
        values: &ArrayViewD<'_, T>,
        cells: impl Iterator<Item = (usize, usize)>,
        batched: bool,
        step: impl Fn(u64) -> u64,
    ) {
        for (row, (b, unit)) in rows.zip(cells) {
            for (s, at) in values.axis_iter(Axis(0)).enumerate() {
                let one = match (batched, at.shape().first()) {
                    (true, Some(1)) => at.index_axis_move(Axis(0), 0),
                    (true, Some(n)) if b < *n => at.index_axis_move(Axis(0), b),
                    (true, _) => continue,
                    (false, _) => at,
                };
                let value = if one.len() == 1 { one.iter().next() } else { one.iter().nth(unit) };
                if let Some(value) = value {
                    self.put(row, step(s as u64), value.to_f64());
                }
            }
        }
    }

    fn put(&mut self, row: usize, step: u64, value: f64) {
        let bin = step.saturating_sub(self.grid.begin) / self.grid.width;
        let at = (row, bin as usize);
        if let (Some(low), Some(high)) = (self.low.get_mut(at), self.high.get_mut(at)) {
            // f64::min and max prefer what is a number.
            *low = low.min(value);
            *high = high.max(value);
        }
    }
}

/// How the arrays of a run lie.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) batched: bool,
    pub(crate) batch_major: bool,
    /// Units of a batch row.
    pub(crate) units: usize,
    /// The input at every step, where it is no series.
    pub(crate) constant: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn traces(neurons: u64) -> Traces {
        let all = Population { name: "P".into(), group: 0, of: "P".into(), units: 0..neurons, degree: 0.0 };
        Traces::new(Vec::new(), (&[all], 1), 0, 0.0, 0.1, 1000)
    }

    /// However many spikes there are, a raster comes to the end of the run, of fewer neurons; and a
    /// run that was resumed goes on with those.
    #[test]
    fn a_raster_of_too_many_spikes_is_of_fewer_neurons() {
        let mut whole = traces(100);
        let spikes = |steps: Range<u64>| steps.flat_map(|step| (0..100).map(move |neuron| (step, neuron)));
        spikes(0..1000).for_each(|dot| whole.dot(dot));
        assert!(whole.dots == spikes(0..1000).collect::<Vec<_>>(), "all have their place");
        spikes(1000..9000).for_each(|dot| whole.dot(dot));
        let right: Vec<_> = spikes(0..9000).filter(|(_, neuron)| neuron % 8 == 0).collect();
        assert!(whole.dots == right, "{} of {}", whole.dots.len(), right.len());

        let (mut first, mut then) = (traces(100), traces(100));
        spikes(0..7000).for_each(|dot| first.dot(dot));
        then.resume(first.dots);
        spikes(7000..9000).for_each(|dot| then.dot(dot));
        assert!(then.dots == right, "resumed");

        // One alone is not thinned out.
        let mut alone = traces(1);
        (0..300_000).for_each(|step| alone.dot((step, 0)));
        assert_eq!(alone.dots.len(), 4 * DOTS);
    }
}
