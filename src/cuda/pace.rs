//! How long a chunk is, where somebody waits for its end.

use std::time::{Duration, Instant};

/// With a callback to be called, a chunk is to take about this long.
const INTERVAL: Duration = Duration::from_millis(50);

/// Steps of the next chunk. Results do not depend on where chunks end, so their length may follow the clock on the wall.
pub(super) struct Pace {
    told: bool,
    steps: u64,
    most: u64,
    started: Instant,
}

impl Pace {
    pub(super) fn new(told: bool, most: u64) -> Self {
        Self { told, steps: if told { most.min(64) } else { most }, most, started: Instant::now() }
    }

    pub(super) fn steps(&mut self) -> u64 {
        self.started = Instant::now();
        self.steps
    }

    /// A chunk of so many steps has ended.
    pub(super) fn made(&mut self, steps: u64) {
        if self.told {
            let factor = INTERVAL.as_secs_f64() / self.started.elapsed().as_secs_f64().max(1e-9);
            self.steps = ((steps as f64 * factor.clamp(0.25, 4.0)) as u64).clamp(1, self.most);
        }
    }
}
