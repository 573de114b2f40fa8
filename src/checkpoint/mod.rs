//! States and weights in files: safetensors, with a checksum for each tensor and a format number, replaced whole.
//!
//! A file is an ordinary safetensors file that other programs can read. Its metadata has `overtime.format` (1), a CRC-32 of
//! each tensor (`crc32.NAME`) and one of everything else (`overtime.header`), so that a bit flipped anywhere is an error that
//! says where. Files of other programs have none of the three and are read unchecked.
//!
//! A save writes a temporary file beside the target, makes it durable, and renames it over the target: whoever is killed
//! before that leaves the old file as it was, and of two processes that save to one file the last wins whole.

mod dict;
mod file;
mod tensor;

pub(crate) use dict::Stamp;
pub use dict::{StateDict, Unmatched};
pub use file::{FORMAT, File, read, write};
pub use tensor::{Tensor, Type};
