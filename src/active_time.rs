//! The time in which a source of spikes is active.

use crate::error::{Error, Number, Result};
use std::ops::Range;

/// The relative rounding error of a time in f32.
const ROUNDING: f64 = 1.0 / (1 << 24) as f64;

/// The steps at t with `start` ≤ t < `stop`, in ms. The ends may be infinite.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ActiveTime {
    pub(crate) start: f64,
    pub(crate) stop: f64,
}

/// The difference up to which a time counts as the time of a step, or as the middle between two
/// steps: that of rounding in f32, at most a quarter of a step.
pub(crate) fn slack(time: f64, dt: f64) -> f64 {
    (time.abs() * ROUNDING + 1e-6 * dt).min(0.25 * dt)
}

impl ActiveTime {
    pub(crate) const ALWAYS: Self = Self { start: f64::NEG_INFINITY, stop: f64::INFINITY };

    pub(crate) fn of(range: Range<f64>) -> Self {
        Self { start: range.start, stop: range.end }
    }

    /// Checks the ends; `of` names the source in errors, with a preposition, or is empty.
    ///
    /// # Errors
    /// If an end is NaN, or the end is before the start.
    pub(crate) fn check(self, of: &str) -> Result<()> {
        for (name, time) in [("start", self.start), ("stop", self.stop)] {
            if time.is_nan() {
                return Err(Error::value(format!("`{name}`{of}"), time, "is not a time"));
            }
        }
        if self.stop < self.start {
            let reason = format!("ms is before `start`, {} ms", Number(self.start));
            return Err(Error::value(format!("`stop`{of}"), Number(self.stop), reason));
        }
        Ok(())
    }

    /// Both ends as steps of `dt` compare their times with them: a step whose time is an end, up to
    /// rounding, begins at that end.
    pub(crate) fn ends(self, dt: f64) -> [f64; 2] {
        [self.start, self.stop].map(|time| time - slack(time, dt))
    }

    /// Whether the source is active in the step of `dt` that starts at `t`.
    pub(crate) fn contains(self, t: f64, dt: f64) -> bool {
        let [start, stop] = self.ends(dt);
        start <= t && t < stop
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_begin_at_their_ends() {
        for dt in [0.1, 0.025, 0.3, 1.0 / 3.0] {
            for (from, to) in [(0_u32, 0_u32), (0, 1), (3, 7), (10, 30_000), (123_456, 123_457)] {
                let time = |k: u32| f64::from(k) * dt;
                let text = |t: f64| format!("{t:.6e}").parse::<f64>().unwrap();
                let single = |k: u32| f64::from(time(k) as f32);
                let quotient = |k: u32| f64::from(k) / (1.0 / dt);
                let stored: [&dyn Fn(u32) -> f64; 3] = [&time, &single, &quotient];
                for stored in stored {
                    let of = ActiveTime::of(text(stored(from))..stored(to));
                    of.check("").unwrap();
                    for k in from.saturating_sub(3)..to + 3 {
                        assert_eq!(of.contains(time(k), dt), (from..to).contains(&k), "dt {dt}: {k} in {from}..{to}");
                    }
                }
            }
            // Ends between steps count from the next step on.
            let of = ActiveTime::of(2.4 * dt..5.5 * dt);
            let active: Vec<u32> = (0..9).filter(|k| of.contains(f64::from(*k) * dt, dt)).collect();
            assert_eq!(active, [3, 4, 5]);
        }
    }

    #[test]
    fn ranges_and_their_errors() {
        let always = ActiveTime::ALWAYS;
        assert!([f64::MIN, -1.0, 0.0, 1e300].iter().all(|t| always.contains(*t, 0.1)));
        ActiveTime::of(3.0..3.0).check("").unwrap();
        assert!((0..9).all(|k| !ActiveTime::of(3.0..3.0).contains(f64::from(k), 1.0)));
        for (range, words) in [
            (f64::NAN..1.0, "`start` of x: NaN is not a time"),
            (0.0..f64::NAN, "`stop` of x: NaN is not a time"),
            (2.0..1.0, "`stop` of x: 1 ms is before `start`, 2 ms"),
            (0.0..f64::NEG_INFINITY, "is before `start`"),
        ] {
            let error = ActiveTime::of(range).check(" of x").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
    }
}
