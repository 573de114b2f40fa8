//! Inputs made of sections, waves and noise, under brainpy's names. Each function returns an array
//! `[T]`, or `[T, N]` with one column for each unit, which can be the input of a run.
//!
//! ```
//! use overtime::{LoopOverTime, inputs::{self, Span}, models::Hh};
//!
//! # fn main() -> overtime::Result<()> {
//! let mut over_time = LoopOverTime::builder(Hh::<f32>::new(2)).dt(0.1).build()?;
//! let (steps, duration) = inputs::constant_input([(0.0, 10.0), (5.0, 20.0)], 0.1)?;
//! assert_eq!((steps.shape(), duration), ([300].as_slice(), 30.0));
//! over_time.run(&steps)?;
//! over_time.run(&inputs::ramp_input(0.0, 8.0, Span::new(50.0, 0.1).between(10.0, 40.0))?)?;
//! over_time.run(&inputs::ou_process(4.0, 1.0, 5.0, 2, 7, Span::new(50.0, 0.1))?)?; // [500, 2]
//! # Ok(()) }
//! ```
//!
//! Values are in the unit of the input, times in the unit of `dt` (milliseconds), and frequencies
//! in hertz. Values are computed in f64 and rounded once to the element type, with the same bits on
//! every machine.
//!
//! Times are rounded like the duration of a run: to the nearest step, if they differ from it by at
//! most 1e-6 steps or by the rounding of an f32. Otherwise durations, and `t_start` and `t_end` of
//! a ramp, are rounded up. `t_start` and `t_end` of waves and noise, and the beginnings and ends of
//! pulses, are rounded down. Brainpy rounds up or down even if only the rounding of the quotient
//! separates a time from a step: at `dt` 0.1 its section of 1.1 ms has 12 steps, and its pulse at
//! 0.3 ms begins in step 2.

mod noise;
mod sections;
mod waves;

pub use noise::{ou_process, wiener_process};
pub use sections::{Level, constant_input, section_input, spike_input};
pub use waves::{ramp_input, sinusoidal_input, square_input};

use crate::error::{Error, Result};
use crate::numeric::rounding::near;
use crate::numeric::scalar::Scalar;
use crate::system::clock::Clock;
use ndarray::{ArrayD, IxDyn};
use std::ops::Range;

/// The duration of an input, the length of its steps, and the interval in which the input is not 0.
/// By default this interval is the whole duration; [`Span::between`] sets it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    duration: f64,
    dt: f64,
    start: f64,
    end: Option<f64>,
}

impl Span {
    /// An input of this duration, in steps of `dt`.
    #[must_use]
    pub fn new(duration: f64, dt: f64) -> Self {
        Self { duration, dt, start: 0.0, end: None }
    }

    /// Sets the interval from `start` to `end` (brainpy's `t_start` and `t_end`). Before and after
    /// it the input is 0.
    #[must_use]
    pub fn between(mut self, start: f64, end: f64) -> Self {
        (self.start, self.end) = (start, Some(end));
        self
    }

    /// The total number of steps, and the steps of the interval. If `down` is set, the beginning
    /// and end of the interval are rounded down, and otherwise up.
    fn steps(&self, down: bool) -> Result<(usize, Range<usize>)> {
        let clock = Clock::new(0, 0.0, self.dt)?;
        let all = count(&clock, "duration", self.duration)?;
        let begin = if down { before(&clock, "t_start", self.start)? } else { count(&clock, "t_start", self.start)? };
        let end = match self.end {
            None => all,
            Some(end) if down => before(&clock, "t_end", end)?,
            Some(end) => count(&clock, "t_end", end)?,
        };
        if begin > end {
            return Err(Error::value(
                "t_start",
                self.start,
                format!("is after the end, {}", self.end.unwrap_or(self.duration)),
            ));
        }
        if end > all {
            return Err(Error::value(
                "t_end",
                self.end.unwrap_or(self.duration),
                format!("is beyond the duration, {}", self.duration),
            ));
        }
        Ok((all, begin..end))
    }

    /// Makes an array `[T]` or `[T, units]`. Within the interval `row(k, values)` sets row `k`,
    /// counted from the start of the interval; all other rows are 0.
    fn fill<T: Scalar>(
        &self,
        units: Option<usize>,
        down: bool,
        mut row: impl FnMut(usize, &mut [T]),
    ) -> Result<ArrayD<T>> {
        let (all, within) = self.steps(down)?;
        let width = units.unwrap_or(1);
        let mut values = zeros(all, width)?;
        let rows = values.chunks_exact_mut(width.max(1)).skip(within.start).take(within.len());
        rows.enumerate().for_each(|(k, values)| row(k, values));
        array(values, all, units)
    }
}

/// The number of steps in a time that is not negative, rounded up.
fn count(clock: &Clock, what: &str, time: f64) -> Result<usize> {
    let steps = clock
        .steps(time)
        .map_err(|_| Error::value(what, time, "is not a non-negative time, or more steps than can be counted"))?;
    usize::try_from(steps).map_err(|_| Error::value(what, time, "is more steps than can be addressed"))
}

/// The number of steps in a time that is not negative, rounded down.
fn before(clock: &Clock, what: &str, time: f64) -> Result<usize> {
    let up = count(clock, what, time)?;
    let exact = time / clock.dt;
    Ok(if up as f64 - exact > near(exact) { up - 1 } else { up })
}

fn zeros<T: Scalar>(steps: usize, width: usize) -> Result<Vec<T>> {
    crate::memory::zeroed("an input", steps.saturating_mul(width))
}

fn array<T: Scalar>(values: Vec<T>, steps: usize, units: Option<usize>) -> Result<ArrayD<T>> {
    let shape: Vec<usize> = [steps].into_iter().chain(units).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), values)
        .map_err(|e| Error::Internal(format!("the input of shape {shape:?}: {e}")))
}

/// Rejects NaN and infinity.
fn finite(what: &str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::value(what, value, "is not a finite number")) }
}

#[cfg(test)]
mod tests;
