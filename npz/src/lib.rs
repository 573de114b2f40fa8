//! NumPy's npz and npy files: a reader that trusts no claim of a file, and a writer that replaces
//! files as a whole.
//!
//! The reader checks the sizes that a file claims against each other and against the length of the
//! file before it allocates memory. A stored array takes its own size in memory, or twice its size
//! while the reader converts it from Fortran order. A compressed array takes the size that its
//! bytes can inflate to, within a [limit](Limit). Objects and records are refused, so nothing in a
//! file is ever executed.
//!
//! A [`Stream`] is a folder of npy files that grow while a program runs. At the end of the program
//! they can be packed into one npz file.
//!
//! ```
//! # fn main() -> Result<(), overtime_npz::Error> {
//! # let path = std::env::temp_dir().join(format!("overtime-npz-doc-{}.npz", std::process::id()));
//! let v = ndarray::array![[-65.0, -64.3], [-65.0, -63.6]];
//! overtime_npz::Writer::create(&path)?.add("V", v.view())?.finish()?;
//!
//! let (name, array) = &overtime_npz::read(&path)?[0];
//! assert_eq!((name.as_str(), array.dtype(), array.to_f64()), ("V", "f64", v.into_dyn()));
//! # std::fs::remove_file(&path).ok();
//! # Ok(()) }
//! ```
#![deny(missing_docs)]

mod array;
mod error;
mod header;
mod npy;
mod read;
mod stream;
mod write;
mod zip;

pub use array::{Array, Element, Values};
pub use error::{Error, Result};
pub use read::{Entry, Limit, headers, read, read_some, read_with};
pub use stream::Stream;
pub use write::Writer;
