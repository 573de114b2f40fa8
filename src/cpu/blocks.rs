//! Cutting a system into blocks that run apart, and dealing memory out to them.

use crate::system::{Coupling, Schema};
use std::ops::Range;

/// Some units of a pointwise system, or some rows of another, counted over the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Block {
    pub(super) items: Range<usize>,
    /// Items are units, whatever a row's length.
    pointwise: bool,
}

impl Block {
    /// The block's part of an array with `len` elements a row, flat.
    pub(super) fn cells(&self, len: usize) -> Range<usize> {
        let width = if self.pointwise { 1 } else { len };
        self.items.start * width..self.items.end * width
    }
}

/// Largest block of a pointwise system: its variables stay in the first cache, and a step of it costs more than its calls.
const UNITS: usize = 1024;

pub(super) fn cut(schema: &Schema, rows: usize, threads: usize, block: Option<usize>) -> Vec<Block> {
    let pointwise = schema.coupling == Coupling::Pointwise;
    let items = if pointwise { rows * schema.output_len() } else { rows };
    let share = |parts: usize| items.div_ceil(parts.max(1)).max(1);
    let size = match (schema.coupling, block) {
        (Coupling::Network, _) => items.max(1),
        (_, Some(block)) => block.max(1),
        (Coupling::Pointwise, None) => share(4 * threads).next_multiple_of(64).min(UNITS),
        // Rows share each weight that is loaded, so as many as possible stay together.
        (Coupling::Row | Coupling::Sequence, None) => share(threads),
    };
    (0..items).step_by(size).map(|start| Block { items: start..items.min(start + size), pointwise }).collect()
}

/// A block for each of these units or rows.
pub(super) fn these(schema: &Schema, items: &[usize]) -> Vec<Block> {
    let pointwise = schema.coupling == Coupling::Pointwise;
    items.iter().map(|&item| Block { items: item..item + 1, pointwise }).collect()
}

/// Deals each row of `buffer` (`row` elements long) out to the blocks, which get `lengths` elements of it in turn.
pub(super) fn deal<'c, T>(buffer: &'c mut [T], row: usize, lengths: &[usize], mut give: impl FnMut(usize, &'c mut [T])) {
    if row == 0 {
        return;
    }
    for row in buffer.chunks_exact_mut(row) {
        let mut rest = row;
        for (block, &length) in lengths.iter().enumerate() {
            let (part, later) = rest.split_at_mut(length);
            // A block that keeps nothing needs no place to keep it in.
            if length > 0 {
                give(block, part);
            }
            rest = later;
        }
    }
}

/// Which elements of a block, that owns `cells` of `[rows, len]`, are among those kept of each row.
pub(super) fn pick(kept: &[usize], len: usize, cells: &Range<usize>) -> Vec<usize> {
    let mut found = Vec::new();
    let mut row = cells.start / len.max(1) * len;
    while row < cells.end && len > 0 {
        found.extend(kept.iter().map(|k| row + k).filter(|c| cells.contains(c)).map(|c| c - cells.start));
        row += len;
    }
    found
}
