//! What can be wrong with a model: its text, what it asks for, or the files that it names.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<V> = std::result::Result<V, Error>;

/// What can be wrong with a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text of a model file breaks a rule.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The specification asks for something that cannot be.
    #[error("{0}")]
    Spec(String),
    /// A file is not what it should be.
    #[error("{0}")]
    File(String),
    /// An error at a place: in a model file, or in one of its values.
    #[error("{place}: {source}")]
    Within {
        /// The file, or the line and the value.
        place: String,
        /// What is wrong there.
        source: Box<Error>,
    },
    /// The library refuses the model.
    #[error(transparent)]
    Library(#[from] overtime::Error),
    /// An npz or npy file cannot be read.
    #[error(transparent)]
    Npz(#[from] overtime_npz::Error),
}

impl Error {
    /// The same error, said to be at this place.
    #[must_use]
    pub fn within(self, place: impl Into<String>) -> Self {
        Self::Within { place: place.into(), source: Box::new(self) }
    }

    /// The same error, said to be in this model file, unless it says so already.
    #[must_use]
    pub fn in_file(self, path: Option<&Path>) -> Self {
        match (self, path) {
            (error @ Self::Parse(_), _) | (error, None) => error,
            (error, Some(path)) => error.within(path.display().to_string()),
        }
    }
}

/// An error of the specification itself.
pub(crate) fn spec(message: impl Into<String>) -> Error {
    Error::Spec(message.into())
}

/// What is wrong in the text of a model file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The file, if the text came from one.
    pub path: Option<PathBuf>,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}:{}: {}", path.display(), self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

impl std::error::Error for ParseError {}
