//! What is compiled when the crate is built, with the feature `embed-cubin`, so that a machine with a driver alone can run.
//! `build.rs` has this file too.

/// What the compiler is told of every module: functions need no `__device__`; nothing is fused that does not say so; `ptxas` says
/// what it used.
pub(crate) const OPTIONS: [&str; 4] = ["-std=c++17", "-default-device", "--fmad=false", "--ptxas-options=-v"];

/// FNV-1a in 128 bits: by it an image is found.
pub(crate) fn hash(bytes: &[u8]) -> u128 {
    bytes.iter().fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |h, b| {
        (h ^ u128::from(*b)).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

/// What stands for an image: its architecture (90), its line of `kernels/embedded.txt`, and its text.
pub(crate) fn key(arch: u32, line: &str, text: &str) -> u128 {
    hash(format!("sm_{arch}\n{line}\n{text}").as_bytes())
}
