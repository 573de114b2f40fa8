//! Everything that can go wrong, with the numbers in it.

mod reason;

pub use reason::Reason;

use std::path::PathBuf;

/// The library's result.
pub type Result<V> = std::result::Result<V, Error>;

/// A number as errors tell it: with an exponent where its digits would be many, 1e300.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(x) = self;
        let is_short = *x == 0.0 || !x.is_finite() || (1e-5..1e16).contains(&x.abs());
        if is_short { write!(f, "{x}") } else { write!(f, "{x:e}") }
    }
}

/// Everything that can go wrong. No input a caller can give makes the library panic; it gets one of these.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array's axis has the wrong length.
    #[error("{argument}: axis {axis} has length {given}, expected {expected}")]
    Shape {
        /// Which argument.
        argument: String,
        /// Which axis, by name (`time`, `batch`, `feature 0`, …).
        axis: String,
        /// What it should be.
        expected: usize,
        /// What it is.
        given: usize,
    },
    /// An array has the wrong number of axes.
    #[error("{argument}: expected {expected}, given an array of shape {given:?}")]
    Rank {
        /// Which argument.
        argument: String,
        /// The axes it should have, in words.
        expected: String,
        /// The shape it has.
        given: Vec<usize>,
    },
    /// A value that makes no sense.
    #[error("{argument}: {given} {reason}")]
    Value {
        /// Which argument.
        argument: String,
        /// What was given.
        given: String,
        /// Why that cannot be.
        reason: String,
    },
    /// A name that does not exist.
    #[error("no {what} named `{name}`; there is: {known}")]
    Unknown {
        /// What was looked for (`variable`, `method`, `activation`, …).
        what: &'static str,
        /// The name given.
        name: String,
        /// The names there are.
        known: String,
    },
    /// Something was asked for that this system or this device cannot do.
    #[error("{0}")]
    Unsupported(String),
    /// The device asked for cannot be used.
    #[error("{device} is not available: {reason}")]
    DeviceUnavailable {
        /// The device.
        device: String,
        /// Why.
        reason: Reason,
    },
    /// A NaN or an infinity.
    #[error("{variable}[{index}] is {value} {}; allow_non_finite() lets it pass", match .step { Some(i) => format!("at step {i}"), None => "before the run".to_owned() })]
    NotFinite {
        /// The variable, input, parameter or weight.
        variable: String,
        /// The step at which it first was (for an input: which it was given for); none for what is checked before a run.
        step: Option<u64>,
        /// The flat, row-major index within the variable (batch first).
        index: usize,
        /// The value found.
        value: f64,
    },
    /// A variable that went where the system cannot follow.
    #[error("{variable}[{index}] goes out of range at step {step}: {reason}")]
    OutOfRange {
        /// The variable.
        variable: String,
        /// The step at which it first was.
        step: u64,
        /// The flat, row-major index within the variable (batch first).
        index: usize,
        /// The range, whose it is, and what may help.
        reason: String,
    },
    /// The run was cancelled between two chunks. State and clock stand at the end of the last chunk.
    #[error("cancelled after {done} of {steps} steps")]
    Cancelled {
        /// Steps that were made.
        done: u64,
        /// Steps that were asked for.
        steps: u64,
    },
    /// A call of the CUDA driver failed.
    #[error("{call}: {reason} ({code}){}", match .steps { Some(s) => format!(", at one of the steps {}..{}", s.start, s.end), None => String::new() })]
    Cuda {
        /// The call that said so; what it says may be the fault of an earlier one.
        call: &'static str,
        /// The driver's code.
        code: i32,
        /// What the driver says that it means.
        reason: String,
        /// Indices of the steps that were under way.
        steps: Option<std::ops::Range<u64>>,
    },
    /// An earlier failure has left the device's context unusable: nothing in it can be trusted. No loop in this process can go on there, and
    /// none can be built there any more.
    #[error("{device} was lost: {reason}; this process cannot use it any more, and a new one may")]
    DeviceLost {
        /// The device.
        device: String,
        /// The failure.
        reason: String,
    },
    /// More memory than there is.
    #[error("{what} needs {need} bytes of memory, {free} are free")]
    OutOfMemory {
        /// What the memory is for.
        what: String,
        /// Bytes needed (saturating).
        need: u64,
        /// Bytes free.
        free: u64,
    },
    /// The operating system refused a file operation.
    #[error("cannot {operation} {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What was tried.
        operation: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file's content is damaged or not what it claims to be.
    #[error("{}: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// A text of CUDA C cannot be read.
    #[error("{file}:{line}: {reason}")]
    Source {
        /// The file, as it was named.
        file: String,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// A kernel does not compile.
    #[error("kernel `{name}` of type {dtype} does not compile for {arch}:\n{log}")]
    Compile {
        /// The kernel's module.
        name: String,
        /// The element type.
        dtype: crate::numeric::scalar::DType,
        /// The architecture, `sm_90` or `compute_90`.
        arch: String,
        /// What the compiler said, as it stands. It names lines of the files that the text came from.
        log: String,
    },
    /// A state, or weights, have missing or unexpected entries.
    #[error("names do not fit this system: missing [{}], unexpected [{}]", missing.join(", "), unexpected.join(", "))]
    Keys {
        /// Names the system has and the state lacks.
        missing: Vec<String>,
        /// Names the state has and the system lacks.
        unexpected: Vec<String>,
    },
}

impl Error {
    pub(crate) fn value(argument: impl Into<String>, given: impl ToString, reason: impl Into<String>) -> Self {
        let given = given.to_string();
        // No whole number that a program counts with is longer.
        let given = match given.parse() {
            Ok(x) if given.len() > 20 => Number(x).to_string(),
            _ => given,
        };
        Self::Value { argument: argument.into(), given, reason: reason.into() }
    }

    /// The same of a part of this name: its value is called after it.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::Value { argument, given, reason } => Self::Value { argument: format!("{part}: {argument}"), given, reason },
            other => other,
        }
    }

    /// Lets the part of this name explain it, if it is of one of the part's variables.
    pub(crate) fn explained_by(self, part: &str, explain: impl FnOnce(Self) -> Self) -> Self {
        let full = |own: String| format!("{part}.{own}");
        match self {
            Self::NotFinite { variable, step, index, value } => {
                let Some(own) = variable.strip_prefix(part).and_then(|rest| rest.strip_prefix('.')) else {
                    return Self::NotFinite { variable, step, index, value };
                };
                match explain(Self::NotFinite { variable: own.to_owned(), step, index, value }) {
                    Self::NotFinite { .. } => Self::NotFinite { variable, step, index, value },
                    Self::OutOfRange { variable, step, index, reason } => {
                        Self::OutOfRange { variable: full(variable), step, index, reason }
                    }
                    other => other,
                }
            }
            other => other,
        }
    }

    pub(crate) fn unknown<N: AsRef<str>>(what: &'static str, name: &str, known: impl IntoIterator<Item = N>) -> Self {
        let known: Vec<String> = known.into_iter().map(|n| n.as_ref().to_owned()).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Self::Unknown { what, name: name.to_owned(), known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let told = [(1e300, "1e300"), (-1e16, "-1e16"), (6553.5, "6553.5"), (5.0, "5"), (0.0, "0"), (1e-5, "0.00001"), (3e-9, "3e-9")];
        for (x, text) in told {
            assert_eq!(Number(x).to_string(), text);
        }
        assert_eq!((Number(f64::NAN).to_string(), Number(f64::INFINITY).to_string()), ("NaN".to_owned(), "inf".to_owned()));
        let said = |given: &dyn std::fmt::Display| Error::value("x", given, "is").to_string();
        assert_eq!(
            (said(&1e300), said(&0.1), said(&u64::MAX)),
            ("x: 1e300 is".into(), "x: 0.1 is".into(), "x: 18446744073709551615 is".into())
        );
    }
}
