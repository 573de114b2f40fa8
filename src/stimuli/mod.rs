//! Inputs made of parts, waves and noise, by brainpy's names: arrays `[T]`, or `[T, N]` with a column for each unit, to be handed to a run.
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
//! Values are in the unit of the input, times in that of `dt`: milliseconds, and frequencies in hertz. They are computed in f64 and rounded
//! once to the run's type, with the same bits on every machine.
//!
//! Time is rounded as a run's duration is: to the step that it is near, within 1e-6 of one or what f32 rounds the time by, else an end goes
//! up and, where it is one, a beginning down. brainpy's ends go up and beginnings down whatever rounding made of the quotient: at `dt` 0.1 a section of 1.1 ms has 12 steps
//! there, and a pulse at 0.3 ms begins in step 2.

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

/// How long an input is, in steps of which length, and when something happens in it: always, unless [`Span::between`] says when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    duration: f64,
    dt: f64,
    start: f64,
    end: Option<f64>,
}

impl Span {
    /// This long, in steps of `dt`.
    #[must_use]
    pub fn new(duration: f64, dt: f64) -> Self {
        Self { duration, dt, start: 0.0, end: None }
    }

    /// Something happens from `start` until `end` alone: brainpy's `t_start` and `t_end`. Before and after, the input is 0.
    #[must_use]
    pub fn between(mut self, start: f64, end: f64) -> Self {
        (self.start, self.end) = (start, Some(end));
        self
    }

    /// Steps of the whole, and those in which something happens; beginnings go down where `down`.
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
            return Err(Error::value("t_start", self.start, format!("is after the end, {}", self.end.unwrap_or(self.duration))));
        }
        if end > all {
            return Err(Error::value("t_end", self.end.unwrap_or(self.duration), format!("is beyond the duration, {}", self.duration)));
        }
        Ok((all, begin..end))
    }

    /// An array of zeros, `[T]` or `[T, units]`, with the rows in which something happens set by `row`, which is told which one.
    fn fill<T: Scalar>(&self, units: Option<usize>, down: bool, mut row: impl FnMut(usize, &mut [T])) -> Result<ArrayD<T>> {
        let (all, within) = self.steps(down)?;
        let width = units.unwrap_or(1);
        let mut values = zeros(all, width)?;
        let rows = values.chunks_exact_mut(width.max(1)).skip(within.start).take(within.len());
        rows.enumerate().for_each(|(k, values)| row(k, values));
        array(values, all, units)
    }
}

/// The steps of a time that is not negative, rounded up.
fn count(clock: &Clock, what: &str, time: f64) -> Result<usize> {
    let steps = clock.steps(time).map_err(|_| Error::value(what, time, "is not a non-negative time, or more steps than can be counted"))?;
    usize::try_from(steps).map_err(|_| Error::value(what, time, "is more steps than can be addressed"))
}

/// The same, rounded down.
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
    ArrayD::from_shape_vec(IxDyn(&shape), values).map_err(|e| Error::Unsupported(format!("an input of shape {shape:?}: {e}")))
}

/// Refuses what is not finite.
fn finite(what: &str, value: f64) -> Result<f64> {
    if value.is_finite() { Ok(value) } else { Err(Error::value(what, value, "is not a finite number")) }
}

#[cfg(test)]
mod tests;
