//! From PTX text to executable kernels. An unknown construct is an error with its line, and is
//! never skipped.

mod body;
mod call;
mod labels;
mod lexer;
mod module;
mod names;
mod operand;
mod rows;
mod variable;

pub(crate) use body::{Builder, Statement};
pub use module::{Module, parse};
pub(crate) use operand::Arg;
pub use variable::Variable;

/// An error in a PTX text.
#[derive(Clone, Debug)]
pub struct Error {
    /// The line, counted from 1.
    pub line: u32,
    /// The description.
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

/// A result of parsing.
pub(crate) type Result<T> = std::result::Result<T, Error>;
