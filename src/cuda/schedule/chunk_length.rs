//! The number of steps of a chunk, from measured times. A long launch would be ended by the
//! watchdog of a GPU that drives a display, and a caller who cancels a run waits for the chunk that
//! is running.

use crate::error::{Error, Result};
use std::time::{Duration, Instant};

/// The variable that sets the target duration of a chunk, in ms.
const CHUNK: &str = "OVERTIME_CHUNK_MS";
/// The default target duration of a chunk.
const INTERVAL: Duration = Duration::from_millis(100);
/// Maximum steps of the first chunk, whose duration is not known yet.
const FIRST: u64 = 64;
/// Maximum ratio of the steps of a chunk to those of the measured chunk before it.
const GROWTH: u64 = 4;
/// Long chunks have a multiple of this number of steps, since a CUDA graph contains that number of
/// steps.
const ROUND: u64 = 64;

/// The number of steps of the next chunk, from the chunks before it in this run and in earlier
/// ones. Results do not depend on where chunks end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ChunkLength {
    /// The target duration of a chunk.
    interval: Duration,
    /// The number of steps that are expected to take that long.
    steps: u64,
    /// When the previous chunk was done.
    ended: Option<Instant>,
}

impl ChunkLength {
    /// `watched`: the device has a watchdog, and the target duration is halved. The first chunk has
    /// at most `first` steps.
    ///
    /// # Errors
    /// If `OVERTIME_CHUNK_MS` is not a positive number.
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

    /// Returns the number of steps of the next chunk, at most `most`. If a progress callback is set
    /// (`reports`), the target duration is halved.
    pub(crate) fn steps(&self, most: u64, reports: bool) -> u64 {
        let steps = if reports { self.steps / 2 } else { self.steps };
        let whole = if steps >= 2 * ROUND { steps / ROUND * ROUND } else { steps };
        whole.clamp(1, most.max(1))
    }

    /// Records that a chunk of `steps` steps was enqueued at the time `asked` and done at the time
    /// `done`. Its start is the time when it was enqueued or when the previous chunk was done,
    /// whichever is later. The measured time includes work of the host in between, which makes
    /// chunks shorter than they might be, and never longer.
    pub(crate) fn made(&mut self, steps: u64, asked: Instant, done: Instant) {
        let began = self.ended.map_or(asked, |ended| ended.max(asked));
        self.ended = Some(done);
        let took = done.saturating_duration_since(began).as_secs_f64().max(1e-9);
        // The constant cost of a chunk makes this number smaller than the one that would fit into
        // the interval.
        let fit = (steps as f64 * self.interval.as_secs_f64() / took) as u64;
        self.steps = fit.min(self.steps.max(steps.saturating_mul(GROWTH))).max(1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device on which a chunk takes a constant time and a time for each step, with a clock that
    /// only the device advances.
    struct Machine {
        now: Instant,
        chunk: f64,
        step: f64,
    }

    impl Machine {
        fn new(chunk: f64, step: f64) -> Self {
            Self { now: Instant::now(), chunk, step }
        }

        /// Makes a chunk of the recommended length, and returns how long it took.
        fn next(&mut self, chunk_length: &mut ChunkLength) -> f64 {
            self.make(chunk_length, chunk_length.steps(1 << 40, false))
        }

        /// Makes a chunk that is enqueued now, and returns how long it took.
        fn make(&mut self, chunk_length: &mut ChunkLength, steps: u64) -> f64 {
            let (asked, took) = (self.now, self.chunk + self.step * steps as f64);
            self.now += Duration::from_secs_f64(took);
            chunk_length.made(steps, asked, self.now);
            took
        }
    }

    fn chunk_length() -> ChunkLength {
        ChunkLength::of(INTERVAL, u64::MAX)
    }

    #[test]
    fn the_first_chunk_is_short_and_none_is_much_too_long() {
        // From a nanosecond to ten milliseconds a step.
        for (exponent, chunk) in [(-9, 0.0), (-7, 1e-5), (-6, 1e-4), (-5, 1e-5), (-4, 0.0), (-3, 1e-3), (-2, 0.0)] {
            let step = 10_f64.powi(exponent);
            let (mut machine, mut chunk_length) = (Machine::new(chunk, step), chunk_length());
            assert_eq!(chunk_length.steps(u64::MAX, false), FIRST);
            for n in 0..40 {
                let steps = chunk_length.steps(1 << 40, false);
                let took = machine.make(&mut chunk_length, steps);
                assert!(n == 0 || took <= 0.101, "{step}: chunk {n} of {steps} steps took {took} s");
                // Ten quadruplings are more than the ratio between the first chunk and any of
                // these.
                let full = (0.1 - chunk) / step;
                assert!(n < 20 || steps as f64 >= full * 0.4, "{step}: chunk {n} has {steps} steps of {full}");
            }
        }
    }

    #[test]
    fn a_device_that_becomes_slower_is_followed_at_once() {
        let (mut machine, mut chunk_length) = (Machine::new(1e-5, 1e-6), chunk_length());
        for _ in 0..20 {
            machine.next(&mut chunk_length);
        }
        machine.step = 1e-3;
        let slow = machine.next(&mut chunk_length);
        assert!(slow > 1.0);
        // One chunk that takes too long is sufficient, and so is a short one at the end of a run.
        assert!(machine.next(&mut chunk_length) <= 0.101);
        machine.step = 1e-2;
        machine.make(&mut chunk_length, 3);
        assert!(machine.next(&mut chunk_length) <= 0.101);
    }

    #[test]
    fn a_short_run_does_not_forget_what_was_learnt() {
        let (mut machine, mut chunk_length) = (Machine::new(1e-6, 1e-6), chunk_length());
        for _ in 0..20 {
            machine.next(&mut chunk_length);
        }
        let learnt = chunk_length.steps(1 << 40, false);
        machine.make(&mut chunk_length, 10);
        assert!(
            chunk_length.steps(1 << 40, false) as f64 >= learnt as f64 * 0.85,
            "{} of {learnt}",
            chunk_length.steps(1 << 40, false)
        );
        // The maximum of a run is respected, and is not taken for the number of steps that the time
        // allows.
        assert_eq!(chunk_length.steps(7, false), 7);
        machine.make(&mut chunk_length, 7);
        assert!(chunk_length.steps(1 << 40, false) > learnt / 2);
    }

    #[test]
    fn chunks_under_way_together_are_not_counted_twice() {
        // Each chunk is enqueued while the one before is computed, and the host reads the clock
        // after waiting.
        let (mut chunk_length, start) = (chunk_length(), Instant::now());
        let at = |ms: u64| start + Duration::from_millis(ms);
        chunk_length.made(64, at(0), at(100));
        assert_eq!(chunk_length.steps(u64::MAX, false), 64);
        chunk_length.made(64, at(0), at(200));
        assert_eq!(chunk_length.steps(u64::MAX, false), 64);
        // A host that is late makes chunks shorter, never longer.
        chunk_length.made(64, at(150), at(400));
        assert_eq!(chunk_length.steps(u64::MAX, false), 32);
    }

    #[test]
    fn a_callback_or_a_watchdog_halves_a_chunk() {
        let (mut all, mut watched) = (chunk_length(), ChunkLength::of(INTERVAL / 2, u64::MAX));
        for chunk_length in [&mut all, &mut watched] {
            let mut machine = Machine::new(0.0, 1e-5);
            for _ in 0..20 {
                machine.next(chunk_length);
            }
        }
        let full = all.steps(1 << 40, false);
        assert!((full / 2).abs_diff(all.steps(1 << 40, true)) <= ROUND, "{full}");
        assert!((full / 2).abs_diff(watched.steps(1 << 40, false)) <= ROUND, "{full}");
    }

    #[test]
    fn nothing_makes_a_chunk_of_no_steps() {
        let now = Instant::now();
        let mut chunk_length = ChunkLength::of(INTERVAL, 0);
        assert_eq!(chunk_length.steps(u64::MAX, true), 1);
        chunk_length.made(1, now, now + Duration::from_secs(100_000));
        assert_eq!((chunk_length.steps(u64::MAX, false), chunk_length.steps(0, true)), (1, 1));
        // A clock that stands still or goes backwards does not make a chunk without limit.
        chunk_length.made(1, now, now);
        assert_eq!(chunk_length.steps(u64::MAX, false), 4);
        chunk_length.made(u64::MAX, now, now);
        assert!(chunk_length.steps(u64::MAX, false) > 4 && chunk_length.steps(9, false) == 9);
    }
}
