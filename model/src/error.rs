//! Errors of a model: of its text, of its specification, or of the files that it names.

use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// The crate's result.
pub type Result<V> = std::result::Result<V, Error>;

/// An error of a model.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The text of a model file breaks a rule.
    #[error(transparent)]
    Parse(#[from] ParseError),
    /// The specification is invalid.
    #[error("{0}")]
    Spec(String),
    /// A file has wrong content.
    #[error("{0}")]
    File(String),
    /// An error at a place: in a model file, or in one of its values.
    #[error("{place}: {source}")]
    Within {
        /// The file, or the line and the value.
        place: String,
        /// The error at that place.
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
    /// Adds a place to the error.
    #[must_use]
    pub fn within(self, place: impl Into<String>) -> Self {
        Self::Within { place: place.into(), source: Box::new(self) }
    }

    /// Adds the model file to the error, and the line if it is known, unless the error names the
    /// file already.
    #[must_use]
    pub fn in_file(self, path: Option<&Path>, line: impl FnOnce(&Path, &Self) -> Option<usize>) -> Self {
        match (self, path) {
            (error @ Self::Parse(_), _) | (error, None) => error,
            (error, Some(path)) => {
                let line = line(path, &error).map_or_else(String::new, |line| format!(":{line}"));
                error.within(format!("{}{line}", path.display()))
            }
        }
    }
}

/// An error of the specification itself.
pub(crate) fn spec(message: impl Into<String>) -> Error {
    Error::Spec(message.into())
}

/// The message about an unknown name, which names the nearest known name.
pub(crate) fn unknown_name<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let known: Vec<&str> = known.collect();
    let near = overtime::models::nearest(name, known.iter().copied())
        .map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    format!("no {what} named `{}`{near}; there is: {known}", name.escape_debug())
}

/// An error in the text of a model file, with its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The file, if the text came from one.
    pub path: Option<PathBuf>,
    /// The line, counted from 1.
    pub line: usize,
    /// The message.
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
