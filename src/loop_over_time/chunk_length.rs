//! The number of steps of a chunk on the CPU. With a progress callback it follows the wall clock.
//! Chunks on the CPU run one after another, so that a measured duration belongs to one chunk.
//! Launches on a GPU overlap, and have a rule of their own (`cuda/schedule/chunk_length.rs`).

use std::time::Duration;

/// The maximum number of steps of a chunk. A block then needs little memory for the list of
/// recorded steps, compared with the recording itself.
const MOST: u64 = 1024;
/// The maximum number of steps of the first chunk with a progress callback, because its duration is
/// not known yet.
const FIRST: usize = 16;
/// The target duration of a chunk with a progress callback.
const INTERVAL: Duration = Duration::from_millis(50);
/// The maximum ratio between the steps of two consecutive chunks.
const RATIO: f64 = 4.0;

/// The number of steps of the next chunk. Results do not depend on where chunks end, so that this
/// number may depend on elapsed time.
pub(super) struct ChunkLength {
    steps: usize,
    most: usize,
    reports: bool,
}

impl ChunkLength {
    /// A chunk has at most `most` steps, if the user has set this number. `reports`: a progress
    /// callback is set.
    pub(super) fn new(most: Option<u64>, reports: bool) -> Self {
        let most = most.map_or(MOST, |most| most.clamp(1, MOST)) as usize;
        Self { steps: if reports { most.min(FIRST) } else { most }, most, reports }
    }

    /// All `steps` steps of a run in one chunk.
    pub(super) fn whole(steps: usize) -> Self {
        Self { steps, most: steps, reports: false }
    }

    /// Returns the number of steps of the next chunk.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// Records that a chunk of [`ChunkLength::steps`] steps took this time, with its report.
    pub(super) fn made(&mut self, took: Duration) {
        if self.reports {
            let factor = INTERVAL.as_secs_f64() / took.as_secs_f64().max(1e-9);
            self.steps = ((self.steps as f64 * factor.clamp(1.0 / RATIO, RATIO)) as usize).clamp(1, self.most);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_callback_a_chunk_has_the_maximum() {
        for (most, expected) in [(None, 1024), (Some(7), 7), (Some(u64::MAX), 1024), (Some(0), 1)] {
            let mut length = ChunkLength::new(most, false);
            length.made(Duration::from_secs(100));
            assert_eq!(length.steps(), expected, "{most:?}");
        }
        let mut length = ChunkLength::whole(100_000);
        length.made(Duration::from_secs(100));
        assert_eq!(length.steps(), 100_000);
    }

    #[test]
    fn with_a_callback_a_chunk_comes_to_take_the_interval() {
        for micros in [1, 100, 1000, 10_000, 1_000_000] {
            let mut length = ChunkLength::new(None, true);
            assert_eq!(length.steps(), 16);
            for _ in 0..20 {
                length.made(Duration::from_micros(micros) * length.steps() as u32);
            }
            let expected = (50_000 / micros as usize).clamp(1, 1024);
            assert!(
                length.steps().abs_diff(expected) <= (expected / 20).max(1),
                "{micros} µs a step: {} steps",
                length.steps()
            );
        }
    }

    #[test]
    fn a_chunk_has_at_least_one_step_and_grows_at_most_fourfold() {
        let mut length = ChunkLength::new(Some(100), true);
        length.made(Duration::ZERO);
        assert_eq!(length.steps(), 64);
        length.made(Duration::ZERO);
        assert_eq!(length.steps(), 100);
        length.made(Duration::MAX);
        assert_eq!(length.steps(), 25);
        for _ in 0..9 {
            length.made(Duration::MAX);
        }
        assert_eq!(length.steps(), 1);
        assert_eq!(ChunkLength::new(Some(3), true).steps(), 3);
    }
}
