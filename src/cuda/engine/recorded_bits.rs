//! Recordings of one bit for each value: events and bits.
//!
//! Where a kernel can, the device makes the bits, in words of 32. Otherwise it records the values,
//! and the host packs them.

use crate::cuda::schedule::plan::Recording;
use crate::recording::Handle;
use crate::recording::bits::{bytes_of, pack};

/// The bits of one recorded step, in words.
#[derive(Clone, Copy)]
struct Words<'w> {
    words: &'w [u32],
    /// The bits from the start of one batch row to the start of the next.
    row: usize,
}

impl Words<'_> {
    /// The 8 bits from bit `unit` of a batch row on.
    fn byte(self, row: usize, unit: usize) -> u8 {
        let at = row * self.row + unit;
        let word = |k: usize| u64::from(self.words.get(k).copied().unwrap_or(0));
        ((word(at / 32) | word(at / 32 + 1) << 32) >> (at % 32)) as u8
    }
}

/// The bytes of one recorded step on the host, `[rows, ⌈width/8⌉]`.
pub(super) fn bytes(recording: &Recording, (groups, len): (usize, usize), handle: &Handle) -> usize {
    // All rows share one group, or each row is a group.
    let rows = (groups * len).checked_div(recording.width).unwrap_or(0);
    rows * bytes_of(handle.pick.as_ref().map_or(recording.width, Vec::len))
}

/// Copies the bits of the recorded steps to `to`, `[steps, rows, ⌈width/8⌉]`. `groups` has the number
/// of groups of bits, each of which begins at a word, and the elements of each.
pub(super) fn copy(words: &[u32], recording: &Recording, groups: (usize, usize), handle: &Handle, to: &mut [u8]) {
    let row = if groups.0 == 1 { recording.width } else { groups.1.next_multiple_of(32) };
    let width = handle.pick.as_ref().map_or(recording.width, Vec::len);
    let steps = words.chunks_exact(recording.stride.max(1));
    for (words, to) in steps.zip(to.chunks_exact_mut(bytes(recording, groups, handle).max(1))) {
        let words = Words { words, row };
        for (row, to) in to.chunks_exact_mut(bytes_of(width).max(1)).enumerate() {
            match &handle.pick {
                Some(pick) => pack(pick, |unit| words.byte(row, *unit) & 1 == 1, to),
                None => {
                    for (j, byte) in to.iter_mut().enumerate() {
                        *byte = words.byte(row, 8 * j);
                    }
                    // The bits behind the last unit are those of the next row.
                    if let Some(last) = to.last_mut()
                        && !width.is_multiple_of(8)
                    {
                        *last &= (1 << (width % 8)) - 1;
                    }
                }
            }
        }
    }
}

/// Packs the values of the recorded steps, of `element` bytes each, to `to`,
/// `[steps, rows, ⌈width/8⌉]`.
pub(super) fn pack_values(values: &[u8], element: usize, width: usize, to: &mut [u8]) {
    let rows = values.chunks_exact((width * element).max(1));
    for (values, to) in rows.zip(to.chunks_exact_mut(bytes_of(width).max(1))) {
        // In each floating-point type all bits of 0 are 0, except the sign.
        match element {
            2 => pack(values.as_chunks::<2>().0, |v| u16::from_ne_bytes(*v) << 1 != 0, to),
            4 => pack(values.as_chunks::<4>().0, |v| u32::from_ne_bytes(*v) << 1 != 0, to),
            _ => pack(values.as_chunks::<8>().0, |v| u64::from_ne_bytes(*v) << 1 != 0, to),
        }
    }
}

/// Decodes the set bits to pairs (step, index of the element within the batch).
pub(super) fn decode(
    words: &[u32],
    recording: &Recording,
    (groups, len): (usize, usize),
    i: u64,
    handle: &Handle,
) -> Vec<(u64, usize)> {
    let each = len.div_ceil(32);
    let mut found = Vec::new();
    if recording.stride == 0 {
        return found;
    }
    for (k, step) in words.chunks_exact(recording.stride).enumerate() {
        let index = i + recording.first(i) + k as u64 * recording.every;
        for (w, word) in step.iter().enumerate().filter(|(_, w)| **w != 0) {
            let (group, start) = (w / each, w % each * 32);
            let bits = (0..32).filter(|b| word >> b & 1 == 1).map(|b| start + b).filter(|e| *e < len && group < groups);
            let wanted = |cell: &usize| {
                handle.pick.as_ref().is_none_or(|pick| pick.binary_search(&(cell % recording.width.max(1))).is_ok())
            };
            found.extend(bits.map(|e| group * len + e).filter(wanted).map(|cell| (index, cell)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::recording::monitor;
    use crate::system::VarSpec;
    use crate::system::state::Layout;

    fn handle(units: usize, pick: Option<&[usize]>) -> Handle {
        let layout = Layout { rows: 1, vars: vec![(VarSpec::new("x", [units]), 0)], len: units };
        let all = monitor("x").bits();
        let monitor = pick.map_or(all.clone(), |pick| all.units(pick.iter().copied()));
        Handle::resolve(&monitor, &layout, 1).unwrap()
    }

    fn is_one(step: usize, row: usize, unit: usize) -> bool {
        (step * 31 + row * 17 + unit * unit * 5) % 7 < 3
    }

    /// The bits of rows that share their words, and of rows with words of their own. The bits behind
    /// the last element of a word are ones, as a kernel may leave them.
    #[test]
    fn words_become_rows_of_bytes() {
        for (rows, units) in [(1, 1), (1, 33), (3, 7), (2, 8), (4, 65), (3, 100)] {
            for pick in [None, Some(vec![units - 1]), Some((0..units).step_by(3).collect::<Vec<_>>())] {
                let handle = handle(units, pick.as_deref());
                for groups in [(1, rows * units), (rows, units)] {
                    let each = groups.1.div_ceil(32);
                    let stride = groups.0 * each;
                    let recording = Recording { every: 1, width: units, stride, bits: Some(groups) };
                    let mut words = vec![u32::MAX; 2 * stride];
                    for (step, words) in words.chunks_exact_mut(stride).enumerate() {
                        for cell in 0..rows * units {
                            let (group, bit) = (cell / groups.1, cell % groups.1);
                            if !is_one(step, cell / units, cell % units) {
                                words[group * each + bit / 32] &= !(1 << (bit % 32));
                            }
                        }
                    }
                    let units: Vec<usize> = pick.clone().unwrap_or_else(|| (0..units).collect());
                    let bytes = bytes_of(units.len());
                    let mut found = vec![0; 2 * rows * bytes];
                    copy(&words, &recording, groups, &handle, &mut found);
                    let mut expected = vec![0; found.len()];
                    for (at, byte) in expected.iter_mut().enumerate() {
                        let (step, row, j) = (at / bytes / rows, at / bytes % rows, at % bytes);
                        for (k, unit) in units.iter().enumerate().skip(8 * j).take(8) {
                            *byte |= u8::from(is_one(step, row, *unit)) << (k % 8);
                        }
                    }
                    assert_eq!(found, expected, "{rows} × {units:?}, {groups:?}");
                }
            }
        }
    }

    #[test]
    fn a_value_is_a_one_unless_it_is_a_zero_of_either_sign() {
        let values = [0.0, -0.0, 1.0, f32::NAN, -f32::NAN, f32::from_bits(1), -1.0, 0.0, f32::INFINITY, -0.0];
        let halves = values.map(half::f16::from_f32).map(|v| if v.to_f32() == 0.0 { v } else { half::f16::ONE });
        let of = |bytes: &[u8], element: usize| {
            let mut to = [0; 2];
            pack_values(bytes, element, values.len(), &mut to);
            to
        };
        let expected = [0b0111_1100, 0b01];
        assert_eq!(of(bytemuck::cast_slice(&values), 4), expected);
        assert_eq!(of(bytemuck::cast_slice(&values.map(f64::from)), 8), expected);
        // The smallest number of f32 is 0 in f16.
        assert_eq!(of(bytemuck::cast_slice(&halves), 2), [0b0101_1100, 0b01]);
    }
}
