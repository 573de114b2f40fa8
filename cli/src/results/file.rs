//! A file of results: its clock, its arrays step by step, and its spikes.

use crate::exit_code::of_model;
use ndarray::{ArrayD, ArrayViewD};
use overtime::Error;
use overtime_model::files;
use std::path::{Path, PathBuf};

/// The arrays of a file.
pub(super) struct Results {
    pub(super) path: PathBuf,
    arrays: Vec<(String, ArrayD<f64>)>,
    ts: Vec<f64>,
}

/// The steps of a run, as its file tells them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Steps {
    /// Index of the first step, and how many there were.
    pub(super) begin: u64,
    pub(super) steps: u64,
    /// The time of the first, and the length of each.
    pub(super) t: f64,
    pub(super) dt: f64,
    /// Every so many were recorded.
    pub(super) every: u64,
}

/// Spikes: step, batch row and unit of each.
pub(super) type Spikes = Vec<(u64, usize, usize)>;

/// Larger numbers are no indices of steps or neurons: f64 has them no longer one by one.
const MOST: f64 = 9e15;

impl Results {
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let arrays = files::all(path).map_err(of_model)?;
        let mut results = Self { path: path.to_owned(), arrays, ts: Vec::new() };
        let ts = results.get("ts").ok_or_else(|| {
            results.corrupt("no results of a run: there is no array `ts` with the times of the steps".to_owned())
        })?;
        if ts.ndim() != 1 {
            return Err(results.corrupt(format!("`ts` has {} axes, not one", ts.ndim())));
        }
        let ts: Vec<f64> = ts.iter().copied().collect();
        if !ts.iter().all(|t| t.is_finite()) || ts.windows(2).any(|w| w.first() >= w.get(1)) {
            return Err(results.corrupt("the times in `ts` do not ascend, or are not finite".to_owned()));
        }
        results.ts = ts;
        Ok(results)
    }

    pub(super) fn corrupt(&self, reason: String) -> anyhow::Error {
        Error::Corrupt { path: self.path.clone(), reason }.into()
    }

    /// Recorded steps.
    pub(super) fn recorded(&self) -> usize {
        self.ts.len()
    }

    pub(super) fn names(&self) -> impl Iterator<Item = &str> {
        self.arrays.iter().map(|(name, _)| name.as_str())
    }

    fn get(&self, name: &str) -> Option<&ArrayD<f64>> {
        self.arrays.iter().find(|(n, _)| n == name).map(|(_, array)| array)
    }

    fn scalar(&self, name: &str) -> Option<f64> {
        self.get(name).filter(|x| x.len() == 1).and_then(|x| x.iter().next().copied()).filter(|x| x.is_finite())
    }

    /// An array with time first, `[steps, …]`; none if no axis has as many elements as steps.
    pub(super) fn values(&self, name: &str, batch_major: bool) -> Option<ArrayViewD<'_, f64>> {
        let mut view = self.get(name)?.view();
        let axis = |k: usize| view.shape().get(k) == Some(&self.recorded());
        if axis(1) && (batch_major || !axis(0)) {
            view.swap_axes(0, 1);
        } else if !axis(0) {
            return None;
        }
        Some(view)
    }

    /// The steps. `dt` is their length, if it is known.
    pub(super) fn steps(&self, dt: Option<f64>) -> anyhow::Result<Steps> {
        let (Some(first), Some(last)) = (self.ts.first(), self.ts.last()) else {
            return Ok(Steps { begin: 0, steps: 0, t: 0.0, dt: dt.unwrap_or(1.0), every: 1 });
        };
        let (t, i) = (self.scalar("t"), self.scalar("i").filter(|i| (0.0..MOST).contains(i)));
        let between = if self.ts.len() > 1 { (last - first) / (self.ts.len() - 1) as f64 } else { f64::NAN };
        // The length of a step is a whole part of what is between two that were recorded.
        let clock = t.zip(i).filter(|(_, i)| *i > 0.0).map(|(t, i)| t / i);
        let whole = |dt: &f64| {
            let ratio = between / dt;
            *dt > 0.0 && (between.is_nan() || ratio > 0.5 && (ratio - ratio.round()).abs() < 1e-3)
        };
        let dt = dt.into_iter().chain(clock).find(whole).unwrap_or(if between.is_nan() { 1.0 } else { between });
        let every = if between.is_nan() { 1.0 } else { (between / dt).round().max(1.0) };
        let steps = t.map_or(self.ts.len() as f64 * every, |t| ((t - first) / dt).round());
        let begin = i.map_or(0.0, |i| i - steps);
        if !(1.0..MOST).contains(&steps) || !(0.0..MOST).contains(&begin) || every >= MOST {
            return Err(self.corrupt("`ts`, `t` and `i` contradict each other".to_owned()));
        }
        Ok(Steps { begin: begin as u64, steps: steps as u64, t: *first, dt, every: every as u64 })
    }

    /// Spikes that are listed as `{of}spike_step`, `{of}spike_i` and, in a batch, `{of}spike_row`.
    pub(super) fn spikes(&self, of: &str) -> anyhow::Result<Option<Spikes>> {
        let array = |what: &str| self.get(&format!("{of}spike_{what}"));
        let Some((steps, units)) = array("step").zip(array("i").or_else(|| array("unit"))) else { return Ok(None) };
        let rows = array("row");
        if steps.len() != units.len() || rows.is_some_and(|rows| rows.len() != steps.len()) {
            return Err(self.corrupt(format!("the spikes `{of}spike_…` are arrays of different lengths")));
        }
        let zeros = std::iter::repeat(&0.0);
        let mut all = Vec::with_capacity(steps.len());
        let mut row = rows.map(|rows| rows.iter());
        for ((step, unit), zero) in steps.iter().zip(units).zip(zeros) {
            let row = row.as_mut().map_or(Some(zero), Iterator::next).unwrap_or(zero);
            if [step, unit, row].into_iter().any(|x| !(0.0..MOST).contains(x)) {
                return Err(self.corrupt(format!("the spikes `{of}spike_…` are not whole numbers from 0 on")));
            }
            all.push((*step as u64, *row as usize, *unit as usize));
        }
        Ok(Some(all))
    }
}
