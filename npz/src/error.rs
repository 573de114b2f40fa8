//! The errors of this crate.

use std::path::{Path, PathBuf};

/// The result of a fallible function of this crate.
pub type Result<V> = std::result::Result<V, Error>;

/// An error in reading or writing a file. `entry` is the name of the array within an npz file. It
/// is empty for an npy file and for errors of the whole file.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused an operation.
    #[error("cannot {operation} {}{}: {source}", path.display(), of(entry))]
    Io {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// The operation.
        operation: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The content is damaged, truncated, or invalid.
    #[error("{}{}: {reason}", path.display(), of(entry))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// A description of the damage.
        reason: String,
    },
    /// The content may be valid, but this crate cannot read it (or write it).
    #[error("{}{}: {reason}", path.display(), of(entry))]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// A description of the content.
        reason: String,
    },
    /// The arrays need more memory than the limit.
    #[error("{}{}: needs {need} bytes of memory, but {limit} are allowed", path.display(), of(entry))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// The number of bytes needed.
        need: u64,
        /// The number of bytes allowed.
        limit: u64,
    },
    /// The system refuses the memory for an array.
    #[error("{}{}: needs {need} bytes of memory, which the system refuses", path.display(), of(entry))]
    OutOfMemory {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// The number of bytes needed.
        need: u64,
    },
}

fn of(entry: &str) -> String {
    if entry.is_empty() { String::new() } else { format!(", array `{entry}`") }
}

/// An error in a place where the file and the array are not known.
#[derive(Debug)]
pub(crate) enum Fault {
    Io(std::io::Error),
    Corrupt(String),
    Unsupported(String),
    TooLarge { need: u64, limit: u64 },
    OutOfMemory { need: u64 },
}

impl Fault {
    pub(crate) fn corrupt<V>(reason: impl Into<String>) -> std::result::Result<V, Self> {
        Err(Self::Corrupt(reason.into()))
    }

    pub(crate) fn unsupported<V>(reason: impl Into<String>) -> std::result::Result<V, Self> {
        Err(Self::Unsupported(reason.into()))
    }

    pub(crate) fn at(self, path: &Path, entry: &str) -> Error {
        let (path, entry) = (path.to_owned(), entry.to_owned());
        match self {
            Self::Io(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => {
                Error::Corrupt { path, entry, reason: "the file is truncated".into() }
            }
            Self::Io(source) => Error::Io { path, entry, operation: "read", source },
            Self::Corrupt(reason) => Error::Corrupt { path, entry, reason },
            Self::Unsupported(reason) => Error::Unsupported { path, entry, reason },
            Self::TooLarge { need, limit } => Error::TooLarge { path, entry, need, limit },
            Self::OutOfMemory { need } => Error::OutOfMemory { path, entry, need },
        }
    }
}

impl From<std::io::Error> for Fault {
    fn from(e: std::io::Error) -> Self {
        Self::Io(e)
    }
}
