//! How the command ends: its exit codes, and which error gets which.

use crate::console;
use overtime::Error;
use std::fmt::{self, Display};
use std::io::ErrorKind;
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Wrong arguments or configuration.
pub(crate) const USAGE: u8 = 2;
const DEVICE: u8 = 3;
const NUMERICAL: u8 = 4;
const IO: u8 = 5;
const MEMORY: u8 = 6;
const INTERRUPTED: u8 = 130;

/// Errors of the command itself that have a code of their own.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong arguments or configuration.
    Usage(String),
    /// A file that is not what it should be.
    Io(String),
    /// A number that is none.
    Numerical(String),
    /// A signal ended the run.
    Interrupted(String),
    /// More memory than there is; what it is for, and what could be done instead.
    Memory { what: String, need: u64, free: u64, ways: String },
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message) | Self::Io(message) | Self::Numerical(message) | Self::Interrupted(message) => {
                f.write_str(message)
            }
            Self::Memory { what, need, free, ways } => {
                write!(f, "{what} needs {need} bytes of memory, {free} are free{ways}")
            }
        }
    }
}

impl std::error::Error for Failure {}

/// A usage error.
pub(crate) fn usage(message: impl Into<String>) -> anyhow::Error {
    Failure::Usage(message.into()).into()
}

/// An error of a model as the command tells it: the library's errors as they are, places as what
/// they are the cause of.
pub(crate) fn of_model(error: overtime_model::Error) -> anyhow::Error {
    use overtime_model::Error as E;
    match error {
        E::Library(e) => e.into(),
        E::Npz(e) => e.into(),
        E::Within { place, source } => of_model(*source).context(place),
        other => other.into(),
    }
}

/// Says that an error is about a model file, for what only comes out when the system is built.
pub(crate) fn in_file(error: anyhow::Error, model: Option<&Path>) -> anyhow::Error {
    match model {
        Some(path) if !matches!(error.downcast_ref(), Some(overtime_model::Error::Parse(_))) => {
            error.context(path.display().to_string())
        }
        _ => error,
    }
}

/// Has the process end with the code of memory where Rust aborts it because the allocator refused:
/// large needs are errors long before, and what is left are small ones, where a limit of the
/// process (`ulimit -v`) is all but reached.
pub(crate) fn on_abort() {
    let of_memory = Arc::new(AtomicBool::new(true));
    // An abort by a panic is a fault of the program, and no lack of memory.
    let (flag, told) = (Arc::clone(&of_memory), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        flag.store(false, Ordering::SeqCst);
        told(panic);
    }));
    // Where signals cannot be listened to, an abort stays one.
    let _ = signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, MEMORY.into(), of_memory);
}

/// Says what went wrong, if anything did, and which code that is.
pub(crate) fn of(result: anyhow::Result<()>) -> ExitCode {
    let Err(error) = result else { return ExitCode::SUCCESS };
    if is_closed_stream(&error) {
        return ExitCode::SUCCESS;
    }
    let number = number(&error);
    let prefix = if number == INTERRUPTED { "" } else { "error: " };
    console::say_lines(&format!("{prefix}{}", message(&error)));
    ExitCode::from(number)
}

/// The error and its causes, but for those that the one before has told already. Names in it, of
/// files and of what is in them, are made harmless.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(told) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// What a cause says: in one line, but for a compiler's log.
fn told(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = not_finite(cause).unwrap_or_else(|| cause.to_string());
    match cause.downcast_ref() {
        Some(Error::Compile { .. }) => text.lines().map(console::harmless).collect::<Vec<_>>().join("\n"),
        _ => console::harmless(&text),
    }
}

/// What a [`Error::NotFinite`] of the library says, without the advice that is for callers of the
/// library.
pub(crate) fn not_finite(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let Error::NotFinite { variable, step, index, value } = error.downcast_ref::<Error>()? else { return None };
    Some(match step {
        Some(step) => format!("{variable}[{index}] is {value} at step {step}"),
        None if variable.starts_with("--") => format!("{variable} is {value}: it must be finite"),
        None => format!("{variable}[{index}] is {value}: it must be finite"),
    })
}

/// Whoever read our output has had enough of it: no failure.
fn is_closed_stream(error: &anyhow::Error) -> bool {
    error.downcast_ref::<console::Closed>().is_some()
}

fn number(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return match failure {
                Failure::Usage(_) => USAGE,
                Failure::Io(_) => IO,
                Failure::Numerical(_) => NUMERICAL,
                Failure::Interrupted(_) => INTERRUPTED,
                Failure::Memory { .. } => MEMORY,
            };
        }
        match cause.downcast_ref::<overtime_model::Error>() {
            Some(overtime_model::Error::Parse(_) | overtime_model::Error::Spec(_)) => return USAGE,
            Some(overtime_model::Error::File(_)) => return IO,
            Some(overtime_model::Error::Library(e)) => return library(e),
            _ => {}
        }
        if let Some(e) = cause.downcast_ref::<Error>() {
            return library(e);
        }
        if let Some(overtime_npz::Error::OutOfMemory { .. }) = cause.downcast_ref() {
            return MEMORY;
        }
        if let Some(e) = cause.downcast_ref::<std::io::Error>() {
            return if e.kind() == ErrorKind::OutOfMemory { MEMORY } else { IO };
        }
    }
    IO
}

fn library(error: &Error) -> u8 {
    use Error as E;
    match error {
        E::DeviceUnavailable { .. } | E::Cuda { .. } | E::DeviceLost { .. } | E::Compile { .. } => DEVICE,
        E::NotFinite { .. } | E::OutOfRange { .. } => NUMERICAL,
        E::OutOfMemory { .. } => MEMORY,
        E::File { .. } | E::Corrupt { .. } => IO,
        E::Cancelled { .. } => INTERRUPTED,
        _ => USAGE,
    }
}
