//! Inputs that are arrays: series from files, and those that the command makes of sequences and
//! stimuli.

use super::advice;
use super::recorder::steps_of;
use super::spec::Given;
use crate::exit_code::of_model;
use crate::run::element::Element;
use anyhow::Context;
use ndarray::{ArrayD, ArrayViewD, Axis};
use overtime::memory;
use overtime_model::files;

/// The array of an input.
#[derive(Clone, Debug)]
pub(crate) struct Series<T> {
    pub(crate) values: ArrayD<T>,
    /// The number of its time axis.
    pub(crate) time_axis: usize,
    /// Whether the array has one step, whose values are those of every step of the run.
    pub(crate) repeats: bool,
}

/// The facts of a run that arrays of stimuli depend on.
pub(crate) struct Run {
    pub(crate) steps: Option<u64>,
    pub(crate) dt: f64,
    pub(crate) seed: u64,
    pub(crate) batched: bool,
    pub(crate) batch_major: bool,
}

impl<T: Element> Series<T> {
    /// The number of steps, if the array does not repeat.
    pub(crate) fn steps(&self) -> Option<usize> {
        (!self.repeats).then(|| self.values.shape().get(self.time_axis).copied().unwrap_or(0))
    }

    /// The part for `n` steps from `from` on.
    pub(crate) fn part(&self, from: usize, n: usize) -> ArrayViewD<'_, T> {
        if !self.repeats {
            return steps_of(&self.values, self.time_axis, from, n);
        }
        let mut shape = self.values.shape().to_vec();
        if let Some(steps) = shape.get_mut(self.time_axis) {
            *steps = n;
        }
        self.values.broadcast(shape).unwrap_or_else(|| self.values.view())
    }

    /// The part from `from` on, which a checkpoint keeps.
    pub(crate) fn rest(&self, from: usize) -> ArrayViewD<'_, T> {
        if self.repeats { self.values.view() } else { self.part(from, usize::MAX) }
    }
}

/// The array of a file, if the input is one. `padded` says that rows have lengths of their own.
pub(crate) fn from_file<T: Element>(given: &Given, what: &str, padded: bool) -> anyhow::Result<Option<ArrayD<T>>> {
    let Given::Series(path, name) = given else { return Ok(None) };
    let series = match name {
        Some(name) => files::one(path, Some(name)),
        None => files::input(path),
    };
    let series = series.map_err(of_model).with_context(|| what.to_owned())?;
    // Values beyond the lengths of rows are not checked.
    if !padded {
        advice::check_array::<T>(path, name.as_deref(), &series, "an input")?;
    }
    Ok(Some(memory::converted("the input", series.view(), T::from_f64)?))
}

/// The array of a sequence or a stimulus, if the input is one and is made now: a stimulus that has
/// no duration is made when the steps of the run are known. `units` are those that may differ.
pub(crate) fn made<T: Element>(given: &Given, units: usize, run: &Run) -> anyhow::Result<Option<Series<T>>> {
    let (mut values, repeats) = match given {
        Given::Sequence(sequence) => {
            let all = sequence.values().map_err(of_model)?;
            let all = memory::collect("the input", all.into_iter().map(T::from_f64))?;
            (ndarray::Array1::from(all).into_dyn().insert_axis(Axis(0)), true)
        }
        Given::Stimulus(stimulus) if run.steps.is_some() || stimulus.has_duration() => {
            (stimulus.array::<T>(run.steps, run.dt, units, run.seed).map_err(of_model).context("input")?, false)
        }
        _ => return Ok(None),
    };
    let mut time_axis = 0;
    if run.batched && values.ndim() > 1 {
        time_axis = usize::from(run.batch_major);
        values.insert_axis_inplace(Axis(1 - time_axis));
    }
    Ok(Some(Series { values, time_axis, repeats }))
}
