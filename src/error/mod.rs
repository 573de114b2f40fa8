//! The errors of the library. Their messages contain the numbers.

mod equations;
pub(crate) mod nearest;
mod reason;

pub use equations::{EquationsError, Mistake};
pub use reason::Reason;

use std::path::PathBuf;

/// The result of a fallible function of this library.
pub type Result<V> = std::result::Result<V, Error>;

/// A number in the format of error messages: with an exponent if it would otherwise have many
/// digits, 1e300.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Number(pub f64);

impl std::fmt::Display for Number {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self(x) = self;
        let is_short = *x == 0.0 || !x.is_finite() || (1e-5..1e16).contains(&x.abs());
        if is_short { write!(f, "{x}") } else { write!(f, "{x:e}") }
    }
}

/// The errors of the library. No input from a caller makes the library panic; the caller receives
/// one of these errors.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// An array's axis has the wrong length.
    #[error("{argument}: axis {axis} has length {given}, expected {expected}")]
    Shape {
        /// The name of the argument.
        argument: String,
        /// The name of the axis (`time`, `batch`, `feature 0`, …).
        axis: String,
        /// The expected length.
        expected: usize,
        /// The given length.
        given: usize,
    },
    /// An array has the wrong number of axes.
    #[error("{argument}: expected {expected}, given an array of shape {given:?}")]
    Rank {
        /// The name of the argument.
        argument: String,
        /// The expected axes, as text.
        expected: String,
        /// The shape of the given array.
        given: Vec<usize>,
    },
    /// An invalid value.
    #[error("{argument}: {given} {reason}")]
    Value {
        /// The name of the argument.
        argument: String,
        /// The given value.
        given: String,
        /// The reason why the value is invalid.
        reason: String,
    },
    /// A name that does not exist.
    #[error("no {what} named `{name}`{}; there is: {known}", match .nearest { Some(nearest) => format!(" (did you mean `{nearest}`?)"), None => String::new() })]
    Unknown {
        /// The kind of name (`variable`, `method`, `activation`, …).
        what: &'static str,
        /// The given name.
        name: String,
        /// The name that was probably meant.
        nearest: Option<String>,
        /// The existing names.
        known: String,
    },
    /// A request that this system or this device does not support.
    #[error("{0}")]
    Unsupported(String),
    /// The requested device cannot be used.
    #[error("{device} is not available: {reason}")]
    DeviceUnavailable {
        /// The device.
        device: String,
        /// The reason.
        reason: Reason,
    },
    /// A NaN or an infinity.
    #[error("{variable}[{index}] is {value} {}; allow_non_finite() lets it pass", match .step { Some(i) => format!("at step {i}"), None => "before the run".to_owned() })]
    NotFinite {
        /// The variable, input, parameter or weight.
        variable: String,
        /// The step at which the value first was not finite. For an input this is the step of the
        /// input. `None` for values that are checked before a run.
        step: Option<u64>,
        /// The flat, row-major index within the variable (batch first).
        index: usize,
        /// The value.
        value: f64,
    },
    /// A variable has left the range that the system supports.
    #[error("{variable}[{index}] goes out of range at step {step}: {reason}")]
    OutOfRange {
        /// The variable.
        variable: String,
        /// The first step at which it was outside the range.
        step: u64,
        /// The flat, row-major index within the variable (batch first).
        index: usize,
        /// The range, the system that has this range, and possible remedies.
        reason: String,
    },
    /// The progress callback cancelled the run between two chunks. State and clock are those at the
    /// end of the last chunk.
    #[error("cancelled after {done} of {steps} steps")]
    Cancelled {
        /// The number of steps that the run made.
        done: u64,
        /// The number of steps that the caller requested.
        steps: u64,
    },
    /// A call of the CUDA driver failed.
    #[error("{call}: {reason} ({code}){}", match .steps { Some(s) => format!(", at one of the steps {}..{}", s.start, s.end), None => String::new() })]
    Cuda {
        /// The call that reported the failure. An earlier asynchronous call may have caused it.
        call: &'static str,
        /// The error code of the driver.
        code: i32,
        /// The driver's description of the code.
        reason: String,
        /// The indices of the steps that were in progress.
        steps: Option<std::ops::Range<u64>>,
    },
    /// An earlier failure has made the device's context unusable, and its memory cannot be trusted.
    /// No loop of this process can continue on the device, and no new loop can be built there.
    #[error("{device} was lost: {reason}; this process can no longer use it, but a new process may")]
    DeviceLost {
        /// The device.
        device: String,
        /// The failure that caused the loss.
        reason: String,
    },
    /// An allocation needs more memory than is free.
    #[error("{what} needs {need} bytes of memory, {free} are free")]
    OutOfMemory {
        /// The purpose of the memory.
        what: String,
        /// The number of bytes needed (saturating).
        need: u64,
        /// The number of free bytes.
        free: u64,
    },
    /// The operating system refused a file operation.
    #[error("cannot {operation} {}: {source}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// The operation.
        operation: &'static str,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The content of a file is damaged or invalid.
    #[error("{}: {reason}", path.display())]
    Corrupt {
        /// The file.
        path: PathBuf,
        /// A description of the damage.
        reason: String,
    },
    /// A text of equations has mistakes.
    #[error("{0}")]
    Equations(Box<EquationsError>),
    /// A file of CUDA C cannot be parsed.
    #[error("{file}:{line}: {reason}")]
    Source {
        /// The name of the file.
        file: String,
        /// The number of the line, from 1.
        line: usize,
        /// A description of the problem.
        reason: String,
    },
    /// A kernel does not compile.
    #[error("kernel `{name}` of type {dtype} does not compile for {arch}:\n{log}")]
    Compile {
        /// The module of the kernel.
        name: String,
        /// The element type.
        dtype: crate::numeric::scalar::DType,
        /// The architecture, such as `sm_90` or `compute_90`.
        arch: String,
        /// The unchanged log of the compiler. It names lines of the original source files.
        log: String,
    },
    /// A fact that the library guarantees itself does not hold. This is an error of the library, and
    /// not of its caller.
    #[error("internal error: {0}; this is an error of overtime, please report it")]
    Internal(String),
    /// A state, or weights, have missing or unexpected entries.
    #[error("names do not fit this system: {}", misfits(missing, unexpected))]
    Keys {
        /// Names that the system has and the state lacks.
        missing: Vec<String>,
        /// Names that the state has and the system lacks.
        unexpected: Vec<String>,
    },
}

/// The names that a system needs, and those that it does not have.
fn misfits(missing: &[String], unexpected: &[String]) -> String {
    let needs = (!missing.is_empty()).then(|| format!("it needs {}", missing.join(", ")));
    let lacks = (!unexpected.is_empty()).then(|| format!("it has no {}", unexpected.join(", ")));
    needs.into_iter().chain(lacks).collect::<Vec<_>>().join("; ")
}

impl Error {
    pub(crate) fn value(argument: impl Into<String>, given: impl ToString, reason: impl Into<String>) -> Self {
        let given = given.to_string();
        // No integer that a program counts with has more than 20 digits.
        let given = match given.parse() {
            Ok(x) if given.len() > 20 => Number(x).to_string(),
            _ => given,
        };
        Self::Value { argument: argument.into(), given, reason: reason.into() }
    }

    /// The same error for a part of this name, which precedes the argument or the message.
    pub(crate) fn within(self, part: &str) -> Self {
        match self {
            Self::Value { argument, given, reason } => {
                Self::Value { argument: format!("{part}: {argument}"), given, reason }
            }
            Self::Unsupported(message) => Self::Unsupported(format!("{part}: {message}")),
            other => other,
        }
    }

    /// Lets the part of this name explain the error, if the variable belongs to that part.
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
        let nearest = nearest::nearest(name, known.iter().map(String::as_str)).map(str::to_owned);
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        Self::Unknown { what, name: name.to_owned(), nearest, known }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let cases = [
            (1e300, "1e300"),
            (-1e16, "-1e16"),
            (6553.5, "6553.5"),
            (5.0, "5"),
            (0.0, "0"),
            (1e-5, "0.00001"),
            (3e-9, "3e-9"),
        ];
        for (x, text) in cases {
            assert_eq!(Number(x).to_string(), text);
        }
        assert_eq!(
            (Number(f64::NAN).to_string(), Number(f64::INFINITY).to_string()),
            ("NaN".to_owned(), "inf".to_owned())
        );
        let message = |given: &dyn std::fmt::Display| Error::value("x", given, "is").to_string();
        assert_eq!(
            (message(&1e300), message(&0.1), message(&u64::MAX)),
            ("x: 1e300 is".into(), "x: 0.1 is".into(), "x: 18446744073709551615 is".into())
        );
    }
}
