//! Files of states and weights: safetensors, with a checksum for each tensor and a format number. A
//! file is replaced as a whole.
//!
//! A file is an ordinary safetensors file that other programs can read. Its metadata has
//! `overtime.format` (1), a CRC-32 of each tensor (`crc32.NAME`), and a CRC-32 of everything else
//! (`overtime.header`). A flipped bit anywhere is therefore an error that names its place. Files of
//! other programs have no such metadata, and are read without these checks.
//!
//! A save writes a temporary file beside the target, makes it durable, and renames it over the
//! target. If the process ends before the rename, the old file is unchanged. If two processes save
//! to the same file, the later rename replaces the whole file.

mod dict;
mod file;
mod tensor;

pub(crate) use dict::Stamp;
pub use dict::{StateDict, Unmatched};
pub use file::{FORMAT, File, read, write};
pub use tensor::{Tensor, Type};
