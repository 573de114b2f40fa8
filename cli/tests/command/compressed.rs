//! Compressed arrays in npz files, which are hundreds of megabytes long when decompressed.

use crate::memory::out_of_memory;
use crate::support::Place;

/// Compressed data may be as large as the free memory. Larger data, by any claimed size, is an
/// error with numbers.
#[test]
fn compressed_files_are_read_as_far_as_memory_goes() {
    let place = Place::new();
    let (len, packed) = (34_000_000, zeros_deflated(34_000_000));
    place.write("x.npz", &packed);
    // The array was read, and has another length than the run needs.
    let error = place.fails(2, "run hh --steps 5 --input x.npz");
    assert!(error.contains(&len.to_string()), "{error}");
    let error = out_of_memory(&place, 250_000, "run hh --steps 5 --input x.npz");
    assert!(error.contains("x.npz"), "{error}");
}

/// An npz file with this many zeros, compressed by deflate.
fn zeros_deflated(len: usize) -> Vec<u8> {
    let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': ({len}, 1), }}");
    let header = format!("{dict:<117}\n");
    let header = [b"\x93NUMPY\x01\x00", &(header.len() as u16).to_le_bytes()[..], header.as_bytes()].concat();
    // A stored block. Then a block with fixed Huffman codes: a zero, repeats of the preceding byte
    // in units of 258, more zeros, and the end.
    let mut bits = Bits(header_block(&header), 0, 0);
    let zeros = 8 * len;
    bits.put(0b011, 3);
    bits.code(0b0011_0000, 8);
    for _ in 0..(zeros - 1) / 258 {
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    for _ in 0..(zeros - 1) % 258 {
        bits.code(0b0011_0000, 8);
    }
    bits.code(0, 7);
    let data = bits.end();
    let mut crc = crc32fast::Hasher::new();
    crc.update(&header);
    (0..zeros / 8000).for_each(|_| crc.update(&[0; 8000]));
    crc.update(&vec![0; zeros % 8000]);
    archive(&data, crc.finalize(), (header.len() + zeros) as u32)
}

/// A zip archive with one entry, `in`.
fn archive(data: &[u8], crc: u32, size: u32) -> Vec<u8> {
    let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
    [crc, data.len() as u32, size].iter().for_each(|n| common.extend(n.to_le_bytes()));
    common.extend([6, 0, 0, 0]);
    let file = [b"PK\x03\x04", &common[..], b"in.npy", data].concat();
    let table = [b"PK\x01\x02\x14\x00", &common[..], &[0; 14], b"in.npy"].concat();
    let mut end = b"PK\x05\x06\0\0\0\0\x01\0\x01\0".to_vec();
    [table.len() as u32, file.len() as u32].iter().for_each(|n| end.extend(n.to_le_bytes()));
    [&file[..], &table, &end, &[0, 0]].concat()
}

fn header_block(header: &[u8]) -> Vec<u8> {
    let n = header.len() as u16;
    [&[0][..], &n.to_le_bytes(), &(!n).to_le_bytes(), header].concat()
}

/// A writer of bits, from the least significant bit of each byte on.
struct Bits(Vec<u8>, u32, u32);

impl Bits {
    fn put(&mut self, bits: u32, count: u32) {
        self.1 |= bits << self.2;
        self.2 += count;
        while self.2 >= 8 {
            self.0.push(self.1 as u8);
            (self.1, self.2) = (self.1 >> 8, self.2 - 8);
        }
    }

    /// Huffman codes start with their most significant bit.
    fn code(&mut self, code: u32, count: u32) {
        self.put(code.reverse_bits() >> (32 - count), count);
    }

    fn end(mut self) -> Vec<u8> {
        self.put(0, 7);
        self.0
    }
}
