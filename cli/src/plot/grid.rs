//! How time is cut.

use crate::exit_code::usage;
use overtime::Number;
use serde::{Deserialize, Serialize};

/// Most bins of the axis of time.
const BINS: u64 = 3000;

/// What the axis of time counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clock {
    /// Of neurons.
    Milliseconds,
    /// Of layers, whose sequences have no unit of time.
    Steps,
}

/// The steps that are shown, in bins of equal length.
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
    /// Of steps from index `begin` and time `t` on, those within the window.
    pub(crate) fn new(
        clock: Clock,
        (begin, t, dt, steps): (u64, f64, f64, u64),
        window: Option<[f64; 2]>,
    ) -> anyhow::Result<Self> {
        let (t, dt) = if clock == Clock::Steps { (begin as f64, 1.0) } else { (t, dt) };
        let whole = Self { begin, t, dt, steps, width: steps.div_ceil(BINS).max(1) };
        let Some([from, to]) = window else { return Ok(whole) };
        let after = |time: f64| steps_before(time, t, dt).min(steps);
        let (first, last) = (after(from), after(to));
        if first >= last {
            let unit = if clock == Clock::Steps { "steps" } else { "ms" };
            let (from, to, start, end) = (Number(from), Number(to), Number(t), Number(t + steps as f64 * dt));
            return Err(usage(format!(
                "plot.window: no step of the run, from {start} to {end} {unit}, is within {from} to {to} {unit}"
            )));
        }
        let steps = last - first;
        let (begin, t) = (begin + first, t + first as f64 * dt);
        Ok(Self { begin, t, dt, steps, width: steps.div_ceil(BINS).max(1) })
    }

    pub(crate) fn bins(&self) -> usize {
        self.steps.div_ceil(self.width).min(BINS) as usize
    }

    /// The bin of a step that is shown.
    pub(crate) fn bin(&self, step: u64) -> Option<usize> {
        let since = step.checked_sub(self.begin).filter(|since| *since < self.steps)?;
        Some((since / self.width) as usize)
    }

    pub(crate) fn time(&self, step: u64) -> f64 {
        self.t + step.saturating_sub(self.begin) as f64 * self.dt
    }

    /// The time at which the last step ends.
    pub(crate) fn end(&self) -> f64 {
        self.time(self.begin.saturating_add(self.steps.max(1)))
    }

    /// The times at which a bin begins and ends.
    pub(crate) fn edges(&self, bin: usize) -> [f64; 2] {
        [bin, bin + 1].map(|k| self.t + (k as u64).saturating_mul(self.width).min(self.steps) as f64 * self.dt)
    }

    /// The time in the middle of a bin's steps.
    pub(crate) fn middle(&self, bin: usize) -> f64 {
        self.t + (bin as f64 * self.width as f64 + (self.width - 1) as f64 / 2.0) * self.dt
    }
}

/// The number of steps from time `t` on that begin before a time. A step that begins at the time does
/// not, also where t + k·dt is rounded.
pub(crate) fn steps_before(time: f64, t: f64, dt: f64) -> u64 {
    ((time - t) / dt - 1e-6).ceil().max(0.0) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_window_is_of_whole_steps() {
        let run = (100, 10.0, 0.1, 1000);
        let grid = |window| Grid::new(Clock::Milliseconds, run, Some(window));
        let inside = grid([20.0, 30.0]).unwrap();
        assert_eq!((inside.begin, inside.steps, inside.bin(199), inside.bin(200)), (200, 100, None, Some(0)));
        assert_eq!((inside.bin(299), inside.bin(300)), (Some(99), None));
        assert!((inside.t - 20.0).abs() < 1e-9 && (inside.end() - 30.0).abs() < 1e-9);
        assert_eq!(grid([-5.0, 1e9]).unwrap(), Grid::new(Clock::Milliseconds, run, None).unwrap());
        for window in [[0.0, 5.0], [200.0, 300.0], [20.01, 20.02], [1e300, 2e300]] {
            assert!(grid(window).unwrap_err().to_string().contains("plot.window"), "{window:?}");
        }
        let steps = Grid::new(Clock::Steps, run, Some([110.0, 120.0])).unwrap();
        assert_eq!((steps.begin, steps.steps, steps.t, steps.dt), (110, 10, 110.0, 1.0));
    }
}
