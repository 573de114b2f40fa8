//! The hash of texts, for keys of machine code. `build.rs` includes this file.

/// The FNV-1a hash in 128 bits. The index of embedded images and the cache use it as the key.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |h, b| {
        (h ^ u128::from(*b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}
