//! What is gathered for a picture during a run: for each curve the least and greatest value of each stretch of time, so that a
//! run of any length takes the same little memory, and no spike is lost.

use super::plan::{Panel, Source};
use crate::run::recorder::{SPIKES, time_major};
use ndarray::{Array2, ArrayViewD, Axis};
use overtime::{Recording, Scalar};
use serde::{Deserialize, Serialize};

/// Most stretches that time is cut into.
const BINS: u64 = 3000;
/// Most neurons, and most spikes, in a raster.
pub(crate) const RASTER: usize = 200;
const DOTS: usize = 50_000;

/// Curves of all panels.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    pub(crate) panels: Vec<Panel>,
    pub(crate) grid: Grid,
    /// `[curves of all panels, bins]`, NaN where nothing came yet.
    pub(crate) low: Array2<f64>,
    pub(crate) high: Array2<f64>,
    /// Spikes: step and number of the neuron.
    pub(crate) dots: Vec<(u64, usize)>,
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
    pub(crate) fn new(panels: Vec<Panel>, begin: u64, t: f64, dt: f64, steps: u64) -> Self {
        let grid = Grid { begin, t, dt, steps, width: steps.div_ceil(BINS).max(1) };
        let curves = panels.iter().map(|p| p.cells.len()).sum();
        let empty = Array2::from_elem((curves, grid.bins()), f64::NAN);
        Self { panels, grid, low: empty.clone(), high: empty, dots: Vec::new() }
    }

    /// The curves of a panel, as rows of `low` and `high`.
    pub(crate) fn rows(&self, panel: usize) -> std::ops::Range<usize> {
        let before = self.panels.iter().take(panel).map(|p| p.cells.len()).sum();
        before..before + self.panels.get(panel).map_or(0, |p| p.cells.len())
    }

    /// Takes what it needs of a slice that began at step `first`. `input` is the slice of the series given, if one was.
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
                    Some(values) => self.gather(rows, values, panel.cells.iter().copied(), shape.batched, |s| first + s),
                    None => {
                        for row in rows {
                            for step in 0..slice.steps {
                                self.put(row, first + step, shape.constant);
                            }
                        }
                    }
                },
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

    /// `values` is `[steps, batch, …]`, or `[steps, …]` without one; axes of length 1 stand for all.
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
