//! The position of a loop in time, and the number of steps in a duration. Steps are counted in
//! `u64`; times are computed in `f64`.

use super::{Shared, Start, Tick};
use crate::error::{Error, Number, Result};
use crate::numeric::rounding::up;

/// The clock of a loop: step `k` since the last reset starts at `t = t0 + k·dt`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Clock {
    /// The step index after a reset.
    /// The time after a reset.
    pub(crate) i0: u64,
    /// The length of a step.
    pub(crate) t0: f64,
    pub(crate) dt: f64,
    /// The number of steps made since the last reset.
    pub(crate) done: u64,
}

impl Clock {
    pub(crate) fn new(i0: u64, t0: f64, dt: f64) -> Result<Self> {
        if !(dt.is_finite() && dt > 0.0) {
            return Err(Error::value("dt", dt, "is not a positive number"));
        }
        if !t0.is_finite() {
            return Err(Error::value("t0", t0, "is not a finite number"));
        }
        Ok(Self { i0, t0, dt, done: 0 })
    }

    /// The index of the next step.
    pub(crate) fn i(&self) -> u64 {
        self.i0.saturating_add(self.done)
    }

    /// The time of the next step.
    pub(crate) fn t(&self) -> f64 {
        self.time(0)
    }

    /// The time of the step that is `k` steps after the next one.
    pub(crate) fn time(&self, k: u64) -> f64 {
        self.t0 + self.done.saturating_add(k) as f64 * self.dt
    }

    /// The time of the step with index `i`.
    pub(crate) fn time_of(&self, i: u64) -> f64 {
        if i >= self.i0 { self.t0 + (i - self.i0) as f64 * self.dt } else { self.t0 - (self.i0 - i) as f64 * self.dt }
    }

    /// The start of the next run.
    pub(crate) fn start(&self) -> Start {
        Start { i: self.i(), t0: self.t0, dt: self.dt }
    }

    pub(crate) fn tick<'a>(&self, k: u64, shared: &'a Shared) -> Tick<'a> {
        Tick { i: self.i().wrapping_add(k), t: self.time(k), dt: self.dt, shared }
    }

    /// The number of steps in a duration. `duration/dt` is rounded to the nearest whole number if
    /// [`up`] considers it to be that number, and rounded up otherwise.
    pub(crate) fn steps(&self, duration: f64) -> Result<u64> {
        if !duration.is_finite() || duration < 0.0 {
            return Err(Error::value("duration", duration, "is not a non-negative number"));
        }
        let exact = duration / self.dt;
        let whole = up(exact);
        if whole > 9.0e15 {
            return Err(Error::value(
                "duration",
                duration,
                format!("is {whole:e} steps of {}, more than can be counted", Number(self.dt)),
            ));
        }
        Ok(whole as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_never_one_step_too_many() {
        let clock = Clock::new(0, 0.0, 0.1).unwrap();
        for tenths in 0..100_000_u64 {
            assert_eq!(clock.steps(tenths as f64 * 0.1).unwrap(), tenths);
        }
        assert_eq!(clock.steps(0.25).unwrap(), 3);
        assert_eq!(clock.steps(100.0).unwrap(), 1000);
    }

    #[test]
    fn a_duration_may_have_been_an_f32() {
        // At these values of dt an f32 resolves a quarter of a step.
        for (dt, most) in [(0.1, 400_000_u64), (0.025, 400_000), (0.05, 400_000), (1.0, 400_000)] {
            let clock = Clock::new(0, 0.0, dt).unwrap();
            for k in (0..most).step_by(7) {
                assert_eq!(clock.steps(f64::from((k as f64 * dt) as f32)).unwrap(), k, "{k} steps of {dt}");
            }
        }
        let clock = Clock::new(0, 0.0, 0.1).unwrap();
        assert_eq!((clock.steps(10_000.05).unwrap(), clock.steps(10_000.03).unwrap()), (100_001, 100_001));
    }

    #[test]
    fn nonsense_is_refused() {
        for dt in [0.0, -0.1, f64::NAN, f64::INFINITY] {
            assert!(Clock::new(0, 0.0, dt).is_err());
        }
        let clock = Clock::new(0, 0.0, 0.1).unwrap();
        for duration in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
            assert!(clock.steps(duration).is_err());
        }
    }
}
