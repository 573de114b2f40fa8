//! Recordings of events.

use crate::error::Result;
use crate::memory;

/// The non-zero values of a variable. Event `e` occurred at step `step[e]`, in batch row `row[e]`,
/// in unit `unit[e]`. The events are sorted by step, then by row, then by unit.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Events {
    /// The index of the step, counted from the last reset.
    pub step: Vec<u64>,
    /// The batch row.
    pub row: Vec<usize>,
    /// The unit within the batch row.
    pub unit: Vec<usize>,
}

impl Events {
    /// The number of events.
    #[must_use]
    pub fn len(&self) -> usize {
        self.step.len()
    }

    /// Whether there are no events.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.step.is_empty()
    }

    pub(crate) fn extend(&mut self, mut found: Vec<(u64, usize)>, width: usize) -> Result<()> {
        let what = "recording of events";
        memory::grow(what, &mut self.step, found.len())?;
        memory::grow(what, &mut self.row, found.len())?;
        memory::grow(what, &mut self.unit, found.len())?;
        found.sort_unstable();
        for (step, cell) in found {
            self.step.push(step);
            self.row.push(cell / width.max(1));
            self.unit.push(cell % width.max(1));
        }
        Ok(())
    }
}
