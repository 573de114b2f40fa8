//! The memory of a run beside its recordings: for its slices, and for its end.

use overtime::memory;

/// The largest number of bytes that a slice records.
const MOST: u64 = 128 << 20;

/// The memory for slices and for the end.
#[derive(Debug, Default)]
pub(crate) struct Room {
    /// The largest number of steps of a slice.
    pub(crate) steps: u64,
    /// The bytes of the run's end, or of a checkpoint.
    end: usize,
    /// These bytes are reserved until then, so that nothing else takes them. They are never
    /// written: a limit of address space counts them, and the system gives no page to them.
    aside: Vec<u8>,
}

impl Room {
    /// `step` is the size of the smallest slice, and `left` the free memory beside all known needs,
    /// that slice and the end. Slices take at most half of it.
    pub(crate) fn new(step: u64, end: u64, left: u64) -> Self {
        let step = step.max(1);
        let most = step.saturating_add(left / 2).min(MOST.max(step));
        Self { steps: (most / step).max(1), end: usize::try_from(end).unwrap_or(usize::MAX), aside: Vec::new() }
    }

    pub(crate) fn set_aside(&mut self) -> anyhow::Result<()> {
        Ok(memory::reserve("the end of this run", &mut self.aside, self.end)?)
    }

    /// Frees the reserved bytes for their purpose.
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
