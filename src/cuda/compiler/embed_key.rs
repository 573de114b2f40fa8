//! What `build.rs` and the library share for kernels that are embedded at build time (feature
//! `embed-cubin`), with which a machine runs kernels without NVRTC. `build.rs` includes this file.

/// The NVRTC options of every module. Functions need no `__device__`; the compiler fuses no
/// multiplication with an addition on its own; `ptxas` reports resource usage. NVRTC's own texts of
/// `std::move` and `std::initializer_list` take a sixth of the time of a compilation, and no kernel
/// uses them.
pub(crate) const OPTIONS: [&str; 6] = [
    "-std=c++17",
    "-default-device",
    "--fmad=false",
    "--ptxas-options=-v",
    "--builtin-move-forward=false",
    "--builtin-initializer-list=false",
];

/// The FNV-1a hash in 128 bits. The index of embedded images and the cache use it as the key.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |h, b| {
        (h ^ u128::from(*b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// The key of an embedded image. It depends on the architecture (such as 90), the image's line in
/// `kernels/embedded.txt`, and the module's text.
pub(crate) fn key(arch: u32, line: &str, text: &str) -> u128 {
    hash(format!("sm_{arch}\n{line}\n{text}").as_bytes())
}
