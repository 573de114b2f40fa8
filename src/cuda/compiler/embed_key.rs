//! The key of a kernel that is embedded at build time (feature `embed-cubin`), with which a machine
//! runs kernels without NVRTC. `build.rs` includes this file.

use super::hash::hash;

/// The key of an embedded image. It depends on the architecture (such as 90), the image's line in
/// `kernels/embedded.txt`, and the module's text.
pub(crate) fn key(arch: u32, line: &str, text: &str) -> u128 {
    hash(format!("sm_{arch}\n{line}\n{text}").as_bytes())
}
