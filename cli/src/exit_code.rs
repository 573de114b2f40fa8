//! The exit codes of the command, and the code of each error.

use crate::console;
use overtime::Error;
use overtime_model::ModelFile;
use std::fmt::{self, Display};
use std::io::{ErrorKind, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// A fault of the program itself.
const INTERNAL: u8 = 1;
/// Wrong arguments or configuration.
pub(crate) const USAGE: u8 = 2;
const DEVICE: u8 = 3;
const NUMERICAL: u8 = 4;
const IO: u8 = 5;
const MEMORY: u8 = 6;
const INTERRUPTED: u8 = 130;

/// Errors of the command itself, each with an exit code.
#[derive(Debug)]
pub(crate) enum Failure {
    /// Wrong arguments or configuration.
    Usage(String),
    /// The mistakes in a text of equations, each with the line and a mark below its place.
    Equations(String),
    /// A file has wrong content.
    Io(String),
    /// A number is not finite.
    Numerical(String),
    /// A signal ended the run.
    Interrupted(String),
    /// The run needs more memory than is free: its purpose, and the remedies.
    Memory { what: String, need: u64, free: u64, ways: String },
}

impl Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Usage(message)
            | Self::Equations(message)
            | Self::Io(message)
            | Self::Numerical(message)
            | Self::Interrupted(message) => f.write_str(message),
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

/// Converts an error of a model: the library's errors stay as they are, and places become contexts.
pub(crate) fn of_model(error: overtime_model::Error) -> anyhow::Error {
    use overtime_model::Error as E;
    match error {
        E::Library(e) => e.into(),
        E::Npz(e) => e.into(),
        E::Within { place, source } => of_model(*source).context(place),
        other => other.into(),
    }
}

/// Adds the name of the model file to an error that only the build of the system finds, and the
/// line if the error names a table of the file.
pub(crate) fn in_file(error: anyhow::Error, model: Option<&Path>) -> anyhow::Error {
    match model {
        Some(path) if !matches!(error.downcast_ref(), Some(overtime_model::Error::Parse(_))) => {
            let line = ModelFile::line_of_message(path, &message(&error));
            let line = line.map_or_else(String::new, |line| format!(":{line}"));
            error.context(format!("{}{line}", path.display()))
        }
        _ => error,
    }
}

/// The bytes that must be free when the command starts. Until [`on_abort`] has run, an allocation that
/// fails would end the process without an exit code.
const TO_START: usize = 1 << 20;

/// Returns the exit code of memory if too little is free to start.
pub(crate) fn memory_to_start() -> Result<(), ExitCode> {
    let mut room = Vec::<u8>::new();
    let reserved = room.try_reserve_exact(TO_START);
    // The compiler may not leave out an allocation that something reads.
    std::hint::black_box(&room);
    reserved.map_err(|_| {
        // This allocates nothing, and a closed stream is no failure.
        let _ = writeln!(std::io::stderr(), "error: the command needs {TO_START} bytes of memory to start");
        ExitCode::from(MEMORY)
    })
}

/// Makes an abort end the process with the exit code of memory. Rust aborts if the allocator
/// refuses. Large allocations are checked before, so that only small ones can abort, close to a
/// limit of the process (`ulimit -v`).
pub(crate) fn on_abort() {
    let of_memory = Arc::new(AtomicBool::new(true));
    // An abort by a panic is a fault of the program, not a lack of memory.
    let (flag, previous) = (Arc::clone(&of_memory), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |panic| {
        flag.store(false, Ordering::SeqCst);
        previous(panic);
    }));
    // If the process cannot register a signal, an abort stays an abort.
    let _ = signal_hook::flag::register_conditional_shutdown(signal_hook::consts::SIGABRT, MEMORY.into(), of_memory);
}

/// Prints the error, if there is one, and returns its exit code.
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

/// The error and its causes, without a cause whose text the error before it repeats. Names of files
/// and of their contents are made harmless.
fn message(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(text_of) {
        if text.is_empty() {
            text = cause;
        } else if !text.ends_with(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}

/// The text of a cause in one line; the log of a compiler and the mistakes of equations and model
/// files keep their lines.
fn text_of(cause: &(dyn std::error::Error + 'static)) -> String {
    let text = not_finite(cause).unwrap_or_else(|| cause.to_string());
    let has_lines = matches!(cause.downcast_ref(), Some(Error::Compile { .. } | Error::Equations(_)))
        || matches!(cause.downcast_ref(), Some(Failure::Equations(_)))
        || matches!(cause.downcast_ref(), Some(overtime_model::Error::Parse(_)));
    if has_lines {
        return text.lines().map(console::harmless).collect::<Vec<_>>().join("\n");
    }
    console::harmless(&text)
}

/// The text of an [`Error::NotFinite`] of the library, without its advice for callers of the
/// library.
pub(crate) fn not_finite(error: &(dyn std::error::Error + 'static)) -> Option<String> {
    let Error::NotFinite { variable, step, index, value } = error.downcast_ref::<Error>()? else { return None };
    Some(match step {
        Some(step) => format!("{variable}[{index}] is {value} at step {step}"),
        None if variable.starts_with("--") => format!("{variable} is {value}: it must be finite"),
        None => format!("{variable}[{index}] is {value}: it must be finite"),
    })
}

/// Whether the reader of the output closed it, which is no failure.
fn is_closed_stream(error: &anyhow::Error) -> bool {
    error.downcast_ref::<console::Closed>().is_some()
}

fn number(error: &anyhow::Error) -> u8 {
    for cause in error.chain() {
        if let Some(failure) = cause.downcast_ref::<Failure>() {
            return match failure {
                Failure::Usage(_) | Failure::Equations(_) => USAGE,
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
        E::Internal(_) => INTERNAL,
        _ => USAGE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_of_the_program_has_a_code_of_its_own() {
        let error = anyhow::Error::from(Error::Internal("no stage".into())).context("model.toml");
        assert_eq!(number(&error), INTERNAL);
        assert_eq!(number(&usage("--steps")), USAGE);
    }
}
