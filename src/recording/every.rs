//! Which steps a recording keeps.

/// Which steps are kept: those whose index is a multiple of `every`, counted from the chunk's first step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stride {
    every: u64,
    i: u64,
}

impl Stride {
    /// `i`: index of the chunk's first step.
    pub(crate) fn new(every: u64, i: u64) -> Self {
        Self { every: every.max(1), i }
    }

    /// Kept steps among the first `steps`.
    pub(crate) fn count(self, steps: usize) -> usize {
        (self.before(self.i.saturating_add(steps as u64)) - self.before(self.i)) as usize
    }

    /// Whether step `k` is kept.
    pub(crate) fn keeps(self, k: usize) -> bool {
        self.row(k).is_some()
    }

    /// Which step kept row `row` is of.
    pub(crate) fn step(self, row: usize) -> u64 {
        (self.before(self.i) + row as u64).saturating_mul(self.every) - self.i
    }

    /// Kept indices below `i`.
    fn before(self, i: u64) -> u64 {
        i.div_ceil(self.every)
    }

    /// Which kept row step `k` is, if it is one.
    #[inline]
    pub(crate) fn row(self, k: usize) -> Option<usize> {
        if self.every == 1 {
            return Some(k);
        }
        let i = self.i + k as u64;
        i.is_multiple_of(self.every).then(|| (self.before(i) - self.before(self.i)) as usize)
    }
}
