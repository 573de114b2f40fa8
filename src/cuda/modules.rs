//! What is compiled for when the crate is built, so that a machine with a driver alone can run. `build.rs` reads this file too.

/// Bytes of `struct Job`.
pub(crate) const JOB_BYTES: usize = 32 + 3 * 8 + 6 * 4 + 4 * 8 + 4 * 32 + 8 * 8 + 32 * 8 + 16 * 48;
