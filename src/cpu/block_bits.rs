//! The bits that one block records.

use super::blocks::ItemBlock;
use crate::error::Result;
use crate::memory;
use crate::recording::bits::{bytes_of, pack};

/// The recorded elements of a block, as a range of the array `[rows, width]` of the elements that
/// all blocks record at a step.
///
/// A batch row of bits has `⌈width/8⌉` bytes, and a block may begin and end anywhere. A byte belongs
/// to the block that has its first bit. Each block thus writes its own bytes in place, and has at
/// most one byte at a step that belongs to a block before it: its first one.
#[derive(Clone, Copy)]
pub(super) struct BitRange {
    start: usize,
    end: usize,
    width: usize,
}

impl BitRange {
    /// The elements that this block records of a variable with `len` elements a row: all of them, or
    /// those that `pick` lists for each row in ascending order.
    pub(super) fn new(block: &ItemBlock, len: usize, pick: Option<&[usize]>) -> Self {
        let elements = block.elements(len);
        let Some(pick) = pick else { return Self { start: elements.start, end: elements.end, width: len } };
        let before = |element: usize| {
            let (row, own) = (element / len.max(1), element % len.max(1));
            row * pick.len() + pick.partition_point(|unit| *unit < own)
        };
        Self { start: before(elements.start), end: before(elements.end), width: pick.len() }
    }

    /// The number of bytes that belong to the block at each step.
    pub(super) fn own_bytes(self) -> usize {
        self.bytes_before(self.end) - self.bytes_before(self.start)
    }

    /// The byte of the step in which the block begins, if it belongs to a block before.
    fn shared_byte(self) -> Option<usize> {
        let begins_inside = !self.column().is_multiple_of(8) && self.start < self.end;
        begins_inside.then(|| self.bytes_before(self.start) - 1)
    }

    /// The number of bytes whose first bit is before this element.
    fn bytes_before(self, element: usize) -> usize {
        let width = self.width.max(1);
        element / width * bytes_of(self.width) + bytes_of(element % width)
    }

    /// The place of the first element in its row.
    fn column(self) -> usize {
        self.start % self.width.max(1)
    }
}

/// The bits that a block contributes to bytes of a block before.
pub(crate) struct SharedBits {
    /// The number of the byte in a step.
    pub(crate) at: usize,
    /// The bits for each kept step.
    pub(crate) bits: Vec<u8>,
}

/// The destination of a block's bits.
pub(crate) struct BlockBits<'a> {
    range: BitRange,
    /// The block's own bytes of each kept step; empty if the block has none.
    pub(super) rows: Vec<&'a mut [u8]>,
    /// The bits for a byte of a block before, or the error of bits that do not fit in memory.
    shared: Result<Option<SharedBits>>,
}

impl BlockBits<'_> {
    /// The destination for `kept` steps, still without rows.
    pub(super) fn new(range: BitRange, kept: usize) -> Self {
        let shared = |at| memory::zeros("recording of bits", kept).map(|bits| SharedBits { at, bits });
        let rows = Vec::with_capacity(if range.own_bytes() > 0 { kept } else { 0 });
        Self { range, rows, shared: range.shared_byte().map(shared).transpose() }
    }

    /// Records the elements of the block in kept step number `kept`.
    #[inline]
    pub(super) fn record<V>(&mut self, kept: usize, elements: &[V], is_one: impl Fn(&V) -> bool + Copy) {
        let mut to = self.rows.get_mut(kept).map_or(&mut [][..], |row| &mut **row);
        let (mut rest, mut column) = (elements, self.range.column());
        while !rest.is_empty() {
            let (row, later) = rest.split_at(rest.len().min(self.range.width.saturating_sub(column).max(1)));
            // Only the first row of a block may begin inside a byte.
            let (head, whole) = row.split_at(row.len().min((8 - column % 8) % 8));
            if !head.is_empty()
                && let Ok(Some(shared)) = &mut self.shared
                && let Some(byte) = shared.bits.get_mut(kept)
            {
                let bits = head.iter().zip(column % 8..).map(|(element, bit)| u8::from(is_one(element)) << bit);
                *byte |= bits.fold(0, |all, bit| all | bit);
            }
            let (own, next) = std::mem::take(&mut to).split_at_mut_checked(bytes_of(whole.len())).unwrap_or_default();
            pack(whole, is_one, own);
            (rest, to, column) = (later, next, 0);
        }
    }

    /// The bits for a byte of a block before, if there is such a byte.
    pub(super) fn into_shared(self) -> Result<Option<SharedBits>> {
        self.shared
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::BitBuffer;

    /// Blocks of any size give the bits that one block gives, for all elements and for some.
    #[test]
    fn blocks_of_any_size_make_the_same_bytes() {
        for (rows, len, pick) in [
            (1, 1, None),
            (1, 65, None),
            (3, 7, None),
            (4, 8, None),
            (2, 1003, None),
            (5, 20, Some(vec![0, 1, 2, 9, 10, 11, 12, 13, 14, 18, 19])),
            (3, 9, Some(vec![4])),
            (3, 9, Some(vec![])),
        ] {
            let is_one = |cell: &usize| cell * cell % 7 < 3;
            let width = pick.as_ref().map_or(len, Vec::len);
            let mut expected = vec![0; rows * bytes_of(width)];
            for row in 0..rows {
                let units: Vec<usize> = pick.clone().unwrap_or_else(|| (0..len).collect());
                for (place, _) in units.iter().enumerate().filter(|(_, unit)| is_one(&(row * len + **unit))) {
                    expected[row * bytes_of(width) + place / 8] |= 1 << (place % 8);
                }
            }
            for size in (1..=rows * len).filter(|size| *size < 20 || size % 61 == 0) {
                let (mut all, mut shared) = (BitBuffer::new(vec![0; expected.len()], rows, width), Vec::new());
                let mut to = all.chunk(1);
                for start in (0..rows * len).step_by(size) {
                    let block = ItemBlock::of_units(start..(start + size).min(rows * len));
                    let range = BitRange::new(&block, len, pick.as_deref());
                    let (own, later) = std::mem::take(&mut to).split_at_mut(range.own_bytes());
                    to = later;
                    let mut bits = BlockBits::new(range, 1);
                    if !own.is_empty() {
                        bits.rows.push(own);
                    }
                    let recorded = |cell: &usize| pick.as_ref().is_none_or(|pick| pick.contains(&(cell % len)));
                    let cells: Vec<usize> = block.items.clone().filter(recorded).collect();
                    bits.record(0, &cells, is_one);
                    shared.extend(bits.into_shared().unwrap());
                }
                assert!(to.is_empty(), "{rows} × {len}, blocks of {size}");
                shared.iter().for_each(|shared| all.add(shared.at, &shared.bits));
                assert_eq!(all.bytes, expected, "{rows} × {len}, blocks of {size}");
            }
        }
    }
}
