//! How long a chunk is. The clock on the wall says so: a launch that takes seconds is ended by the
//! watchdog of a device that also draws a screen, and whoever wants to end a run waits for the
//! chunk under way.

use crate::error::{Error, Result};
use std::time::{Duration, Instant};

/// Names what a chunk is to take, in ms.
const CHUNK: &str = "OVERTIME_CHUNK_MS";
/// What a chunk is to take, where nobody has said otherwise.
const INTERVAL: Duration = Duration::from_millis(100);
/// Most steps of the first chunk, of which nobody knows how long it takes.
const FIRST: u64 = 64;
/// How many times as long as a chunk that was made the next may be, at most.
const GROWTH: u64 = 4;
/// Chunks of many steps have a multiple of this: that many steps go into one replay of a graph.
const ROUND: u64 = 64;

/// Steps of the next chunk, learnt from the ones before, in this run and in those before it.
/// Results do not depend on where chunks end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkLength {
    /// What a chunk is to take.
    interval: Duration,
    /// Steps that are meant to take as long as that.
    steps: u64,
    /// When the chunk before was done.
    ended: Option<Instant>,
}

impl ChunkLength {
    /// `watched`: the device ends what takes long. The first chunk has at most `first` steps.
    pub(crate) fn new(watched: bool, first: u64) -> Result<Self> {
        let interval = match std::env::var(CHUNK) {
            Ok(text) => match text.parse::<f64>().map(|ms| Duration::try_from_secs_f64(ms / 1e3)) {
                Ok(Ok(interval)) if !interval.is_zero() => interval,
                _ => return Err(Error::value(CHUNK, text, "is not a positive number of milliseconds")),
            },
            Err(_) => INTERVAL,
        };
        Ok(Self::of(if watched { interval / 2 } else { interval }, first))
    }

    fn of(interval: Duration, first: u64) -> Self {
        Self { interval, steps: first.clamp(1, FIRST), ended: None }
    }

    /// Steps of the next chunk of a run that allows at most so many. Where somebody is `told` of
    /// each chunk, it is to take half as long.
    pub(crate) fn steps(&self, most: u64, told: bool) -> u64 {
        let steps = if told { self.steps / 2 } else { self.steps };
        let whole = if steps >= 2 * ROUND { steps / ROUND * ROUND } else { steps };
        whole.clamp(1, most.max(1))
    }

    /// A chunk of so many steps was asked for at one time and done at another. It began when it was
    /// asked for, or when the one before was done, if that was later. What the host did meanwhile
    /// is counted with it: chunks are then shorter than they might be, and never longer.
    pub(crate) fn made(&mut self, steps: u64, asked: Instant, done: Instant) {
        let began = self.ended.map_or(asked, |ended| ended.max(asked));
        self.ended = Some(done);
        let took = done.saturating_duration_since(began).as_secs_f64().max(1e-9);
        // What a chunk costs beside its steps makes this fewer steps than the interval has room
        // for.
        let fit = (steps as f64 * self.interval.as_secs_f64() / took) as u64;
        self.steps = fit.min(self.steps.max(steps.saturating_mul(GROWTH))).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device on which a chunk takes a fixed time and one for each step, and a clock that only it
    /// moves.
    struct Machine {
        now: Instant,
        chunk: f64,
        step: f64,
    }

    impl Machine {
        fn new(chunk: f64, step: f64) -> Self {
            Self { now: Instant::now(), chunk, step }
        }

        /// Makes a chunk as long as the pace says.
        fn next(&mut self, pace: &mut ChunkLength) -> f64 {
            self.make(pace, pace.steps(1 << 40, false))
        }

        /// Makes a chunk that was asked for now, and says how long it took.
        fn make(&mut self, pace: &mut ChunkLength, steps: u64) -> f64 {
            let (asked, took) = (self.now, self.chunk + self.step * steps as f64);
            self.now += Duration::from_secs_f64(took);
            pace.made(steps, asked, self.now);
            took
        }
    }

    fn pace() -> ChunkLength {
        ChunkLength::of(INTERVAL, u64::MAX)
    }

    #[test]
    fn the_first_chunk_is_short_and_none_is_much_too_long() {
        // From a nanosecond to ten milliseconds a step.
        for (exponent, chunk) in [(-9, 0.0), (-7, 1e-5), (-6, 1e-4), (-5, 1e-5), (-4, 0.0), (-3, 1e-3), (-2, 0.0)] {
            let step = 10_f64.powi(exponent);
            let (mut machine, mut pace) = (Machine::new(chunk, step), pace());
            assert_eq!(pace.steps(u64::MAX, false), FIRST);
            for n in 0..40 {
                let steps = pace.steps(1 << 40, false);
                let took = machine.make(&mut pace, steps);
                assert!(n == 0 || took <= 0.101, "{step}: chunk {n} of {steps} steps took {took} s");
                // Ten times four is more than there is between the first and any of these.
                let full = (0.1 - chunk) / step;
                assert!(n < 20 || steps as f64 >= full * 0.4, "{step}: chunk {n} has {steps} steps of {full}");
            }
        }
    }

    #[test]
    fn a_device_that_becomes_slower_is_followed_at_once() {
        let (mut machine, mut pace) = (Machine::new(1e-5, 1e-6), pace());
        for _ in 0..20 {
            machine.next(&mut pace);
        }
        machine.step = 1e-3;
        let slow = machine.next(&mut pace);
        assert!(slow > 1.0);
        // One too long is enough, and a short one, at the end of a run, as well.
        assert!(machine.next(&mut pace) <= 0.101);
        machine.step = 1e-2;
        machine.make(&mut pace, 3);
        assert!(machine.next(&mut pace) <= 0.101);
    }

    #[test]
    fn a_short_run_does_not_forget_what_was_learnt() {
        let (mut machine, mut pace) = (Machine::new(1e-6, 1e-6), pace());
        for _ in 0..20 {
            machine.next(&mut pace);
        }
        let learnt = pace.steps(1 << 40, false);
        machine.make(&mut pace, 10);
        assert!(pace.steps(1 << 40, false) as f64 >= learnt as f64 * 0.85, "{} of {learnt}", pace.steps(1 << 40, false));
        // What a run allows at most is heeded, and does not count as all that there is time for.
        assert_eq!(pace.steps(7, false), 7);
        machine.make(&mut pace, 7);
        assert!(pace.steps(1 << 40, false) > learnt / 2);
    }

    #[test]
    fn chunks_under_way_together_are_not_counted_twice() {
        // Each is asked for while the one before is computed, and the host looks at the clock when
        // it has waited.
        let (mut pace, start) = (pace(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        pace.made(64, at(0), at(100));
        assert_eq!(pace.steps(u64::MAX, false), 64);
        pace.made(64, at(0), at(200));
        assert_eq!(pace.steps(u64::MAX, false), 64);
        // A host that came late makes chunks shorter, never longer.
        pace.made(64, at(150), at(400));
        assert_eq!(pace.steps(u64::MAX, false), 32);
    }

    #[test]
    fn whoever_is_told_or_watched_waits_half_as_long() {
        let (mut all, mut watched) = (pace(), ChunkLength::of(INTERVAL / 2, u64::MAX));
        for pace in [&mut all, &mut watched] {
            let mut machine = Machine::new(0.0, 1e-5);
            for _ in 0..20 {
                machine.next(pace);
            }
        }
        let full = all.steps(1 << 40, false);
        assert!((full / 2).abs_diff(all.steps(1 << 40, true)) <= ROUND, "{full}");
        assert!((full / 2).abs_diff(watched.steps(1 << 40, false)) <= ROUND, "{full}");
    }

    #[test]
    fn nothing_makes_a_chunk_of_no_steps() {
        let now = Instant::now();
        let mut pace = ChunkLength::of(INTERVAL, 0);
        assert_eq!(pace.steps(u64::MAX, true), 1);
        pace.made(1, now, now + Duration::from_secs(100_000));
        assert_eq!((pace.steps(u64::MAX, false), pace.steps(0, true)), (1, 1));
        // Nor does a clock that stands still, or goes back, make one without end.
        pace.made(1, now, now);
        assert_eq!(pace.steps(u64::MAX, false), 4);
        pace.made(u64::MAX, now, now);
        assert!(pace.steps(u64::MAX, false) > 4 && pace.steps(9, false) == 9);
    }
}
