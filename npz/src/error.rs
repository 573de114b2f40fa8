//! What can go wrong with a file.

use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<V> = std::result::Result<V, Error>;

/// What can go wrong with a file. `entry` is the array's name within an npz file, and empty for an npy file or the whole.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The operating system refused.
    #[error("cannot {operation} {}{}: {source}", path.display(), of(entry))]
    Io {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The content is damaged, cut, or not what it claims to be.
    #[error("{}{}: {reason}", path.display(), of(entry))]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// What is wrong.
        reason: String,
    },
    /// The content may be right, but is nothing that is read (or can be written) here.
    #[error("{}{}: {reason}", path.display(), of(entry))]
    Unsupported {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// What it is.
        reason: String,
    },
    /// More than the limit.
    #[error("{}{}: needs {need} bytes of memory, {limit} are allowed", path.display(), of(entry))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// Bytes needed.
        need: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// More than there is memory.
    #[error("{}{}: needs {need} bytes of memory, which the system refuses", path.display(), of(entry))]
    OutOfMemory {
        /// The file.
        path: PathBuf,
        /// The array.
        entry: String,
        /// Bytes needed.
        need: u64,
    },
}

fn of(entry: &str) -> String {
    if entry.is_empty() { String::new() } else { format!(", array `{entry}`") }
}

/// What can go wrong where neither file nor array are known yet.
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
                Error::Corrupt { path, entry, reason: "the file is cut".into() }
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
