//! Splits a system into independent blocks, and the arrays into one part for each block.

use crate::system::{Coupling, Schema};
use std::ops::Range;

/// A range of units of a pointwise system, or of batch rows of another system, counted over the
/// batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ItemBlock {
    pub(super) items: Range<usize>,
    /// Whether the items are units; otherwise they are batch rows.
    pointwise: bool,
}

impl ItemBlock {
    /// A block of these units, for tests.
    #[cfg(test)]
    pub(super) fn of_units(items: Range<usize>) -> Self {
        Self { items, pointwise: true }
    }

    /// The range of this block in a flat array with `len` elements a batch row.
    pub(super) fn elements(&self, len: usize) -> Range<usize> {
        let width = if self.pointwise { 1 } else { len };
        self.items.start * width..self.items.end * width
    }
}

/// The maximum number of units in a block of a pointwise system. The variables of such a block stay
/// in L1, and one step of it takes longer than the calls that start it.
const UNITS: usize = 1024;

/// Splits the units or batch rows of a system into blocks, for this number of threads.
pub(super) fn cut(schema: &Schema, rows: usize, threads: usize, block: Option<usize>) -> Vec<ItemBlock> {
    let pointwise = schema.coupling == Coupling::Pointwise;
    let items = if pointwise { rows * schema.output_len() } else { rows };
    let share = |parts: usize| items.div_ceil(parts.max(1)).max(1);
    let size = match (schema.coupling, block) {
        (Coupling::Network, _) => items.max(1),
        (_, Some(block)) => block.max(1),
        (Coupling::Pointwise, None) => share(4 * threads).next_multiple_of(64).min(UNITS),
        // All rows of a block share each loaded weight. Large blocks therefore load fewer weights.
        (Coupling::Row | Coupling::Sequence, None) => share(threads),
    };
    (0..items).step_by(size).map(|start| ItemBlock { items: start..items.min(start + size), pointwise }).collect()
}

/// Creates one block for each of these units or batch rows.
pub(super) fn single_item_blocks(schema: &Schema, items: &[usize]) -> Vec<ItemBlock> {
    let pointwise = schema.coupling == Coupling::Pointwise;
    items.iter().map(|&item| ItemBlock { items: item..item + 1, pointwise }).collect()
}

/// Splits each row of `buffer`, of `row` elements, among the blocks: block `b` gets the next
/// `lengths[b]` elements.
pub(super) fn deal<'c, T>(
    buffer: &'c mut [T],
    row: usize,
    lengths: &[usize],
    mut give: impl FnMut(usize, &'c mut [T]),
) {
    if row == 0 {
        return;
    }
    for row in buffer.chunks_exact_mut(row) {
        let mut rest = row;
        for (block, &length) in lengths.iter().enumerate() {
            let (part, later) = rest.split_at_mut(length);
            // A block without recorded elements gets no part.
            if length > 0 {
                give(block, part);
            }
            rest = later;
        }
    }
}

/// Returns the indices, within a block, of the recorded elements. The block owns the range
/// `elements` of the array `[rows, len]`, and `kept` lists the recorded elements of each row.
pub(super) fn pick(kept: &[usize], len: usize, elements: &Range<usize>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut row = elements.start / len.max(1) * len;
    while row < elements.end && len > 0 {
        found.extend(kept.iter().map(|k| row + k).filter(|c| elements.contains(c)).map(|c| c - elements.start));
        row += len;
    }
    found
}
