//! What is gathered for a picture during a run: for each curve the least and greatest value of each
//! bin of time, so that a run of any length takes the same little memory, and no spike is lost.

use super::boxplot::{BoxStatistics, Quantity};
use super::grid::{Clock, Grid};
use super::histogram::Histogram;
use super::plan::{Panel, Source};
use super::raster::Raster;
use super::samples::Samples;
use ndarray::{Array2, ArrayViewD, Axis};
use overtime::Scalar;
use std::collections::BTreeSet;
use std::ops::Range;

/// Curves of all panels.
#[derive(Clone, Debug)]
pub(crate) struct Traces {
    pub(crate) panels: Vec<Panel>,
    pub(crate) clock: Clock,
    pub(crate) grid: Grid,
    /// `[curves of all panels, bins]`, NaN where nothing came yet.
    pub(crate) low: Array2<f64>,
    pub(crate) high: Array2<f64>,
    /// Curves and bins that have a mark for a spike.
    pub(crate) marks: BTreeSet<(usize, usize)>,
    pub(crate) raster: Raster,
    pub(crate) samples: Samples,
    /// What variables are at the end, once it has come: by name.
    pub(crate) histograms: Vec<(String, Histogram)>,
    /// The boxes of each population, once the end has come.
    pub(super) boxes: Vec<(Quantity, Vec<Option<BoxStatistics>>)>,
}

/// Which batch rows and units of an array a panel shows, and how its axes lie after that of time.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Columns<'a> {
    /// Every unit of the system has its column.
    All,
    /// These units have one, in this order. Other units have none.
    Of(&'a [usize]),
    /// One column for all.
    One,
}

impl Traces {
    /// Traces without values. `raster` has room for the spikes of the window; those from the step
    /// `counted` on count in box plots.
    ///
    /// # Errors
    /// If memory is short.
    pub(crate) fn new(
        panels: Vec<Panel>,
        clock: Clock,
        grid: Grid,
        (raster, counted): (Raster, u64),
    ) -> anyhow::Result<Self> {
        let curves = panels.iter().map(|p| p.cells.len()).sum();
        let empty = Array2::from_elem((curves, grid.bins()), f64::NAN);
        let (marks, histograms, boxes) = (BTreeSet::new(), Vec::new(), Vec::new());
        let steps = counted..grid.begin.saturating_add(grid.steps);
        let samples = Samples::new(&panels, raster.populations(), steps, grid.dt)?;
        Ok(Self { panels, clock, grid, low: empty.clone(), high: empty, marks, raster, samples, histograms, boxes })
    }

    /// The curves of a panel, as rows of `low` and `high`.
    pub(crate) fn rows(&self, panel: usize) -> Range<usize> {
        let before = self.panels.iter().take(panel).map(|p| p.cells.len()).sum();
        before..before + self.panels.get(panel).map_or(0, |p| p.cells.len())
    }

    /// Takes a panel's values of consecutive steps, whose indices `step` gives. `values` is
    /// `[steps, batch, …]`, or `[steps, …]` without a batch; axes of length 1 stand for all.
    pub(crate) fn feed<T: Scalar>(
        &mut self,
        panel: usize,
        values: &ArrayViewD<'_, T>,
        batched: bool,
        columns: Columns<'_>,
        step: impl Fn(u64) -> u64,
    ) {
        let rows = self.rows(panel);
        let cells = self.panels.get(panel).map(|p| p.cells.clone()).unwrap_or_default();
        for (row, (b, unit)) in rows.zip(cells) {
            let column = match columns {
                Columns::All => Some(unit),
                Columns::Of(units) => units.iter().position(|other| *other == unit),
                Columns::One => Some(0),
            };
            let Some(column) = column else { continue };
            for (s, at) in values.axis_iter(Axis(0)).enumerate() {
                let one = match (batched, at.shape().first()) {
                    (true, Some(1)) => at.index_axis_move(Axis(0), 0),
                    (true, Some(n)) if b < *n => at.index_axis_move(Axis(0), b),
                    (true, _) => continue,
                    (false, _) => at,
                };
                let value = if one.len() == 1 { one.iter().next() } else { one.iter().nth(column) };
                if let Some(value) = value {
                    self.put(row, step(s as u64), value.to_f64());
                }
            }
        }
    }

    /// Gives all curves of a panel one value at these steps.
    pub(crate) fn hold(&mut self, panel: usize, steps: Range<u64>, value: f64) {
        let shown = self.grid.begin..self.grid.begin.saturating_add(self.grid.steps);
        let (from, to) = (steps.start.max(shown.start), steps.end.min(shown.end));
        let Some(last) = to.checked_sub(1).filter(|last| from <= *last) else { return };
        let (Some(first), Some(last)) = (self.grid.bin(from), self.grid.bin(last)) else { return };
        for row in self.rows(panel) {
            for bin in first..=last {
                self.put_bin(row, bin, value);
            }
        }
    }

    fn put(&mut self, row: usize, step: u64, value: f64) {
        if let Some(bin) = self.grid.bin(step) {
            self.put_bin(row, bin, value);
        }
    }

    fn put_bin(&mut self, row: usize, bin: usize, value: f64) {
        if let (Some(low), Some(high)) = (self.low.get_mut((row, bin)), self.high.get_mut((row, bin))) {
            // f64::min and max prefer what is a number.
            *low = low.min(value);
            *high = high.max(value);
        }
    }

    /// The recordings of spikes that panels show, each once.
    pub(crate) fn recordings(&self) -> BTreeSet<String> {
        let is_raster = |p: &&Panel| p.is_of_spikes();
        let of_raster = self.panels.iter().find(is_raster).map(|_| self.raster.recordings());
        let of_marks = self.panels.iter().filter_map(|p| Some(p.spikes.as_ref()?.recording.clone()));
        of_raster.into_iter().flatten().chain(of_marks).collect()
    }

    /// Takes the spikes of a recording: step, batch row and unit of each.
    pub(crate) fn spikes(&mut self, recording: &str, spikes: impl Iterator<Item = (u64, usize, usize)> + Clone) {
        self.raster.feed(recording, spikes.clone(), self.grid.begin, self.grid.steps);
        self.samples.feed(recording, spikes.clone());
        for panel in 0..self.panels.len() {
            let rows = self.rows(panel);
            let Some(shown) =
                self.panels.get(panel).filter(|p| p.spikes.as_ref().is_some_and(|m| m.recording == recording))
            else {
                continue;
            };
            for (step, row, unit) in spikes.clone() {
                let curve = shown.cells.iter().position(|cell| *cell == (row, unit));
                if let (Some(curve), Some(bin)) = (curve, self.grid.bin(step)) {
                    self.marks.insert((rows.start + curve, bin));
                }
            }
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
        let of = |panel: &Panel| match panel.source {
            Source::Boxplot(quantity) => Some(self.samples.boxes(quantity).map(|boxes| (quantity, boxes))),
            _ => None,
        };
        self.boxes = self.panels.iter().filter_map(of).collect::<anyhow::Result<_>>()?;
        Ok(())
    }

    /// A population's rate over time, Hz, and the steps of a bin.
    pub(super) fn rates(&self, population: usize) -> (Vec<f64>, f64) {
        self.raster.rates(population, self.grid.steps, self.grid.dt)
    }
}
