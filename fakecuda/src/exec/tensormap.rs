//! Tensor maps, which `cuTensorMapEncodeTiled` writes and tensor copies read. The format of the 128
//! bytes is specific to this driver.

use super::jobs::{From, Move, To};

pub(crate) const BYTES: usize = 128;
const MAGIC: u64 = 0x7061_4d72_6f73_6e65;

/// A tensor in device memory, and the box that one copy moves.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TensorMap {
    pub(crate) address: u64,
    /// The sizes of the dimensions, innermost first.
    pub(crate) dims: Vec<u64>,
    /// The strides in bytes of all dimensions but the innermost.
    pub(crate) strides: Vec<u64>,
    pub(crate) tile: Vec<u32>,
    /// The bytes of an element.
    pub(crate) element: usize,
    /// The number of address bits that the swizzle changes: 0 to 3.
    pub(crate) swizzle: u32,
    /// The 16-bit pattern that fills elements outside the tensor.
    pub(crate) fill: u16,
}

/// The offset of a byte of shared memory under a swizzle of `16 << bits` bytes.
pub(crate) fn swizzled(at: u64, bits: u32) -> u64 {
    at ^ (at >> 3 & (((1 << bits) - 1) << 4))
}

impl TensorMap {
    pub(crate) fn encode(&self) -> [u8; BYTES] {
        let mut words = vec![
            MAGIC,
            self.address,
            self.dims.len() as u64
                | (self.element as u64) << 8
                | (self.swizzle as u64) << 16
                | (self.fill as u64) << 32,
        ];
        let at = |list: &[u64], n: usize| list.get(n).copied().unwrap_or(0);
        words.extend((0..5).map(|n| at(&self.dims, n)));
        words.extend((0..4).map(|n| at(&self.strides, n)));
        words.push(self.tile.iter().take(4).enumerate().fold(0, |w, (n, &t)| w | (t as u64) << (16 * n)));
        words.push(self.tile.get(4).map_or(0, |&t| t as u64));
        let mut out = [0; BYTES];
        out.chunks_mut(8).zip(words).for_each(|(o, w)| o.copy_from_slice(&w.to_le_bytes()));
        out
    }

    pub(crate) fn decode(bytes: &[u8]) -> Option<TensorMap> {
        let words: Vec<u64> =
            bytes.chunks_exact(8).map(|c| c.iter().rev().fold(0, |w, &b| w << 8 | b as u64)).collect();
        if words.len() < 16 || words[0] != MAGIC {
            return None;
        }
        let rank = (words[2] & 255) as usize;
        let tile = |n: usize| if n < 4 { words[12] >> (16 * n) & 0xffff } else { words[13] & 0xffff } as u32;
        Some(TensorMap {
            address: words[1],
            dims: words[3..3 + rank].to_vec(),
            strides: words[8..8 + rank - 1].to_vec(),
            tile: (0..rank).map(tile).collect(),
            element: (words[2] >> 8 & 255) as usize,
            swizzle: (words[2] >> 16 & 255) as u32,
            fill: (words[2] >> 32) as u16,
        })
    }

    /// The bytes of a box.
    pub(crate) fn bytes(&self) -> usize {
        self.tile.iter().map(|&n| n as usize).product::<usize>() * self.element
    }

    /// The pieces of a copy between the box at `corner` and shared memory. The shared memory starts
    /// at byte `at` of the block whose memory starts at `base`.
    pub(crate) fn moves(&self, corner: &[i32], base: usize, at: u64, load: bool) -> Vec<Move> {
        let (mut moves, row) = (Vec::new(), self.tile[0] as usize * self.element);
        let rows: usize = self.tile[1..].iter().map(|&n| n as usize).product();
        // The bytes of a row that are inside the tensor.
        let first = (-(corner[0] as i64)).clamp(0, self.tile[0] as i64);
        let last = (self.dims[0] as i64 - corner[0] as i64).clamp(first, self.tile[0] as i64);
        let (first, last) = (first as usize * self.element, last as usize * self.element);
        for r in 0..rows {
            let (mut rest, mut inside, mut global) =
                (r, true, self.address as i64 + corner[0] as i64 * self.element as i64);
            for (d, &first) in corner.iter().enumerate().skip(1) {
                let c = first as i64 + (rest % self.tile[d] as usize) as i64;
                rest /= self.tile[d] as usize;
                inside &= (0..self.dims[d] as i64).contains(&c);
                global += c * self.strides[d - 1] as i64;
            }
            let valid = if inside { first..last } else { 0..0 };
            // A swizzle keeps only pieces of 16 bytes contiguous.
            let piece = if self.swizzle > 0 { 16 } else { row };
            for p in (0..row).step_by(piece) {
                let to = |byte: usize| base + swizzled(at + (r * row + byte) as u64, self.swizzle) as usize;
                let (a, z) = (valid.start.clamp(p, p + piece), valid.end.clamp(p, p + piece));
                let mut put = |from: usize, to_byte: usize, global: Option<u64>| {
                    if from < to_byte {
                        let (shared, bytes) = (to(from), to_byte - from);
                        match (load, global) {
                            (true, Some(g)) => {
                                moves.push(Move { from: From::Global(g), to: To::Shared(shared), bytes })
                            }
                            (true, None) => {
                                moves.push(Move { from: From::Fill(self.fill), to: To::Shared(shared), bytes })
                            }
                            (false, Some(g)) => {
                                moves.push(Move { from: From::Shared(shared), to: To::Global(g), bytes })
                            }
                            (false, None) => {}
                        }
                    }
                };
                let (a, z) = if a < z { (a, z) } else { (p + piece, p + piece) };
                put(p, a, None);
                put(a, z, Some((global + a as i64) as u64));
                put(z, p + piece, None);
            }
        }
        moves
    }
}
