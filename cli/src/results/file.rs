//! A file of results: its clock, its arrays step by step, and its spikes.

use crate::exit_code::{of_model, usage};
use ndarray::{ArrayD, ArrayViewD};
use overtime::{Error, Number};
use overtime_model::{Axis, files};
use std::path::{Path, PathBuf};

/// The arrays of a file.
pub(super) struct Results {
    pub(super) path: PathBuf,
    arrays: Vec<(String, ArrayD<f64>)>,
    pub(super) ts: Vec<f64>,
}

/// Spikes: step, batch row and unit of each.
pub(super) type Spikes = Vec<(u64, usize, usize)>;

/// Larger numbers are no indices of steps or neurons: f64 has them no longer one by one.
pub(super) const MOST: f64 = 9e15;

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
        results.check_even()?;
        Ok(results)
    }

    /// Refuses times that are not evenly spaced, but for errors of rounding in f32: the picture has
    /// steps of one length.
    fn check_even(&self) -> anyhow::Result<()> {
        let mut gaps = self.ts.iter().zip(self.ts.iter().skip(1)).map(|(t, next)| (*t, next - t)).enumerate();
        let Some((_, (_, first))) = gaps.next() else { return Ok(()) };
        let is_other = |t: f64, gap: f64| (gap - first).abs() > 0.05 * first + 1e-6 * t.abs();
        match gaps.find(|(_, (t, gap))| is_other(*t, *gap)) {
            None => Ok(()),
            Some((k, (_, gap))) => {
                let [gap, first] = [gap, first].map(|ms| Number((ms * 1e6).round() / 1e6));
                Err(self.corrupt(format!(
                    "the times in `ts` are not evenly spaced: number 1 is {first} ms after number 0, and \
                     number {} is {gap} ms after number {k}",
                    k + 1
                )))
            }
        }
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

    pub(super) fn get(&self, name: &str) -> Option<&ArrayD<f64>> {
        self.arrays.iter().find(|(n, _)| n == name).map(|(_, array)| array)
    }

    /// A number that the file has, if it is finite.
    pub(super) fn scalar(&self, name: &str) -> Option<f64> {
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

    /// Refuses a first axis that is not that of `output`.
    pub(super) fn check_first_axis(&self, axis: Axis, batched: bool) -> anyhow::Result<()> {
        let file = self.path.display();
        let number = usize::from(axis == Axis::B);
        let steps = self.get("output").and_then(|output| output.shape().get(number));
        if axis == Axis::B && !batched {
            return Err(usage(format!("--first-axis B is for a batch, and {file} has none")));
        }
        if batched && steps != Some(&self.recorded()) {
            return Err(usage(format!("--first-axis: the first axis of {file} is the other one")));
        }
        Ok(())
    }

    /// The variable whose events or bits are in an array: `P.spike` of `P.spike_i` and
    /// `P.spike_step`, and of `P.spike_bits` and `P.spike_units`.
    pub(super) fn of_other_form<'n>(&self, name: &'n str) -> Option<&'n str> {
        let (of, part) = name.rsplit_once('_')?;
        let has = |part: &str| self.get(&format!("{of}_{part}")).is_some();
        let is_there = match part {
            "step" | "row" | "unit" | "i" => has("step"),
            "bits" | "units" => has("bits") && has("units"),
            _ => false,
        };
        is_there.then_some(of)
    }

    /// The spikes of the bits `{of}spike_bits`, if the file has them. `step` returns the index of a
    /// recorded step.
    pub(super) fn spikes_of_bits(&self, of: &str, step: impl Fn(u64) -> u64) -> anyhow::Result<Option<Spikes>> {
        let name = format!("{of}spike_bits");
        let (Some(bits), Some(units)) = (self.values(&name, false), self.scalar(&format!("{of}spike_units"))) else {
            return Ok(None);
        };
        let bytes = bits.shape().last().copied().unwrap_or(0);
        let rows = if bits.ndim() > 2 { bits.shape().get(1).copied().unwrap_or(1) } else { 1 };
        let is_byte = |x: &f64| (0.0..256.0).contains(x) && x.fract() == 0.0;
        if !(2..=3).contains(&bits.ndim()) || (units / 8.0).ceil() != bytes as f64 || !bits.iter().all(is_byte) {
            return Err(self.corrupt(format!("`{name}` does not have the bits of {units} units")));
        }
        let mut all = Vec::new();
        for (n, row) in bits.rows().into_iter().enumerate() {
            for (j, byte) in row.iter().enumerate().filter(|(_, byte)| **byte != 0.0) {
                let set = (0..8).filter(|bit| *byte as u8 >> bit & 1 == 1);
                all.extend(set.map(|bit| (step((n / rows.max(1)) as u64), n % rows.max(1), 8 * j + bit)));
            }
        }
        Ok(Some(all))
    }

    /// Spikes that are listed as `{of}spike_step`, `{of}spike_i` and, in a batch, `{of}spike_row`.
    pub(super) fn spikes(&self, of: &str) -> anyhow::Result<Option<Spikes>> {
        let array = |what: &str| self.get(&format!("{of}spike_{what}"));
        let (steps, units) = match (array("step"), array("i").or_else(|| array("unit"))) {
            (Some(steps), Some(units)) => (steps, units),
            (None, None) => return Ok(None),
            (steps, _) => {
                let units = if array("i").is_some() { "i" } else { "unit" };
                let (has, lacks) = if steps.is_some() { ("step", "i") } else { (units, "step") };
                return Err(self.corrupt(format!("it has `{of}spike_{has}`, and no `{of}spike_{lacks}`")));
            }
        };
        let rows = array("row");
        if steps.len() != units.len() || rows.is_some_and(|rows| rows.len() != steps.len()) {
            return Err(self.corrupt(format!("the spikes `{of}spike_…` are arrays of different lengths")));
        }
        let zeros = std::iter::repeat(&0.0);
        let mut all = Vec::with_capacity(steps.len());
        let mut row = rows.map(|rows| rows.iter());
        for ((step, unit), zero) in steps.iter().zip(units).zip(zeros) {
            let row = row.as_mut().map_or(Some(zero), Iterator::next).unwrap_or(zero);
            if [step, unit, row].into_iter().any(|x| !(0.0..MOST).contains(x) || x.fract() != 0.0) {
                return Err(self.corrupt(format!("the spikes `{of}spike_…` are not whole numbers from 0 on")));
            }
            all.push((*step as u64, *row as usize, *unit as usize));
        }
        // Other programs may list the spikes of one neuron after those of another.
        all.sort_by_key(|spike| spike.0);
        Ok(Some(all))
    }
}
