//! From PTX text to kernels ready to run. What is not known is an error with its line, never skipped.

mod body;
mod call;
mod labels;
mod lexer;
mod module;
mod names;
mod rows;
mod variable;

pub(crate) use body::{Arg, Builder, Statement};
pub use module::{Module, parse};
pub use variable::Variable;

/// What is wrong with a PTX text, and where.
#[derive(Clone, Debug)]
pub struct Error {
    /// Counted from 1.
    pub line: u32,
    /// In words.
    pub what: String,
}

impl Error {
    pub(crate) fn new(line: u32, what: impl Into<String>) -> Error {
        Error { line, what: what.into() }
    }
}

impl std::fmt::Display for Error {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "PTX line {}: {}", self.line, self.what)
    }
}

impl std::error::Error for Error {}

/// Of parsing.
pub(crate) type Result<T> = std::result::Result<T, Error>;
