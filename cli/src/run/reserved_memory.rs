//! What a run may take beside all that it keeps: for its slices, and for its end.

use overtime::memory;

/// Most bytes that a slice records.
const MOST: u64 = 128 << 20;

/// That room.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// Most steps of a slice.
    pub(crate) steps: u64,
    /// Bytes that the run's end takes, or a checkpoint.
    end: usize,
    /// They are set aside until then, so that nothing else takes them. Nothing is written to them:
    /// a limit of address space counts them, and no page is taken.
    aside: Vec<u8>,
}

impl Room {
    /// Where the least slice takes `step` bytes, and so much is left beside all that is known, that
    /// slice and the end: slices take at most half of it.
    pub(crate) fn new(step: u64, end: u64, left: u64) -> Self {
        let step = step.max(1);
        let most = step.saturating_add(left / 2).min(MOST.max(step));
        Self { steps: (most / step).max(1), end: usize::try_from(end).unwrap_or(usize::MAX), aside: Vec::new() }
    }

    pub(crate) fn set_aside(&mut self) -> anyhow::Result<()> {
        Ok(memory::reserve("the end of this run", &mut self.aside, self.end)?)
    }

    /// Gives back what was set aside, to whoever it was for.
    pub(crate) fn give(&mut self) {
        self.aside = Vec::new();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slices_are_as_long_as_half_of_what_is_left() {
        assert_eq!(Room::new(1024, 0, 0).steps, 1);
        assert_eq!(Room::new(1024, 0, 1 << 20).steps, 513);
        assert_eq!(Room::new(1024, 0, u64::MAX).steps, MOST / 1024);
        assert_eq!(Room::new(MOST * 2, 0, u64::MAX).steps, 1);
        assert_eq!(Room::new(0, 0, u64::MAX).steps, MOST);
    }
}
