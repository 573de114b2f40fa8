//! Statistics of spikes: rates, intervals and their regularity, correlations of spike counts, and the
//! rate of a population over time.
//!
//! The functions take the [`Events`] of a variable `spike`. Times are in ms, as `dt`, and rates in
//! Hz. A raster needs no function: [`Recording::times`](crate::Recording::times) and `events.unit`
//! are its points.
//!
//! ```
//! use overtime::spikes::{SpikeStatistics, intervals, population_rate};
//! use overtime::{Init, Input, LoopOverTime, models::Lif, monitor};
//!
//! # fn main() -> overtime::Result<()> {
//! let neurons = Lif::<f64>::new(50).v(Init::uniform(-5.0, 15.0));
//! let mut over_time = LoopOverTime::builder(neurons).out_vars([monitor("spike").events()]).build()?;
//! let run = over_time.run(Input::duration(500.0).constant(25.0))?;
//! let (events, dt) = (run.events("spike")?, over_time.dt());
//!
//! let mut statistics = SpikeStatistics::new(1, 50)?; // of one batch row
//! statistics.add(events)?; // for each part of a run
//! println!("{} Hz, CV {:?}", statistics.mean_rate(0..50, 500.0), statistics.mean_cv(0..50));
//! println!("intervals of neuron 3: {:?} ms", intervals(events, (0, 3), dt));
//!
//! let steps = run.i - run.steps..run.i;
//! let rate = population_rate(events, (1, 0..50), steps, 50, dt)?; // bins of 50 steps, 5 ms
//! assert_eq!(rate.len(), 100);
//! # Ok(()) }
//! ```

mod correlations;
mod statistics;

use crate::error::{Error, Result};
use crate::memory;
use crate::recording::Events;
pub use correlations::SpikeCountCorrelations;
pub use statistics::{IntervalStatistics, SpikeStatistics};
use std::ops::Range;

/// The intervals between successive spikes of one neuron, ms. The neuron is (batch row, unit); the
/// row is 0 without a batch.
#[must_use]
pub fn intervals(events: &Events, (row, unit): (usize, usize), dt: f64) -> Vec<f64> {
    let all = events.step.iter().zip(events.row.iter().zip(&events.unit));
    let own: Vec<u64> = all.filter(|(_, (r, u))| (**r, **u) == (row, unit)).map(|(step, _)| *step).collect();
    own.windows(2).map(|pair| pair[1].abs_diff(pair[0]) as f64 * dt).collect()
}

/// The coefficient of variation of intervals: their standard deviation, σ = √(Σ(x − mean)²/n), over
/// their mean. `None` for fewer than two intervals, or if the mean is 0.
#[must_use]
pub fn cv(intervals: &[f64]) -> Option<f64> {
    let n = intervals.len() as f64;
    let mean = intervals.iter().sum::<f64>() / n;
    let variance = intervals.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n;
    (intervals.len() >= 2 && mean != 0.0).then(|| variance.sqrt() / mean)
}

/// The rate of a population over time, Hz: spikes per neuron and second in bins of `width` steps of
/// `dt` ms. This is a peristimulus time histogram if the rows of the batch are trials. The
/// population is (number of batch rows, units); all rows count. `steps` are the indices of the first
/// step and of the step after the last; the last bin may be shorter. Spikes of other units or steps
/// do not count.
///
/// # Errors
/// If there are no neurons, a bin has no steps, `dt` is not a positive number, or memory is short.
pub fn population_rate(
    events: &Events,
    (rows, units): (usize, Range<usize>),
    steps: Range<u64>,
    width: u64,
    dt: f64,
) -> Result<Vec<f64>> {
    let neurons = rows.saturating_mul(units.len());
    if neurons == 0 {
        return Err(Error::value("neurons of a population", 0, "are too few for a rate"));
    }
    if width == 0 {
        return Err(Error::value("steps of a bin", 0, "are too few for a rate"));
    }
    if !(dt > 0.0 && dt.is_finite()) {
        return Err(Error::value("dt", dt, "is not a positive number"));
    }
    let len = steps.end.saturating_sub(steps.start);
    let bins = usize::try_from(len.div_ceil(width)).unwrap_or(usize::MAX);
    let mut rate: Vec<f64> = memory::zeros("the bins of a rate", bins)?;
    for (step, (row, unit)) in events.step.iter().zip(events.row.iter().zip(&events.unit)) {
        if steps.contains(step) && *row < rows && units.contains(unit) {
            rate[((step - steps.start) / width) as usize] += 1.0;
        }
    }
    for (bin, rate) in (0..).zip(&mut rate) {
        let seconds = width.min(len - bin * width) as f64 * dt / 1000.0;
        *rate /= neurons as f64 * seconds;
    }
    Ok(rate)
}
