//! The steps that a recording keeps.

/// The kept steps of a chunk: those whose index is a multiple of `every`. Methods number the steps
/// from the first step of the chunk.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stride {
    every: u64,
    i: u64,
}

impl Stride {
    /// The index of the chunk's first step.
    pub(crate) fn new(every: u64, i: u64) -> Self {
        Self { every: every.max(1), i }
    }

    /// The number of kept steps among the first `steps`.
    pub(crate) fn count(self, steps: usize) -> usize {
        (self.before(self.i.saturating_add(steps as u64)) - self.before(self.i)) as usize
    }

    /// Whether step `k` is kept.
    pub(crate) fn keeps(self, k: usize) -> bool {
        self.row(k).is_some()
    }

    /// The step that is kept in row `row`.
    pub(crate) fn step(self, row: usize) -> u64 {
        (self.before(self.i) + row as u64).saturating_mul(self.every) - self.i
    }

    /// The number of kept indices below `i`.
    fn before(self, i: u64) -> u64 {
        i.div_ceil(self.every)
    }

    /// The row that keeps step `k`; `None` if the step is not kept.
    #[inline]
    pub(crate) fn row(self, k: usize) -> Option<usize> {
        if self.every == 1 {
            return Some(k);
        }
        let i = self.i + k as u64;
        i.is_multiple_of(self.every).then(|| (self.before(i) - self.before(self.i)) as usize)
    }
}
