//! Writes to stdout and stderr, either of which may be closed.

use std::fmt::{self, Display};
use std::io::{ErrorKind, Write};
use std::time::Duration;

/// How much a run prints, and in which form.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// Errors only.
    pub(crate) quiet: bool,
    /// The summary as JSON.
    pub(crate) json: bool,
    /// Everything, however short the run is.
    pub(crate) verbose: bool,
}

/// A shorter run prints no progress, and one line as its summary.
pub(crate) const SHORT: Duration = Duration::from_secs(1);

/// The reader of stdout closed it.
#[derive(Debug)]
pub(crate) struct Closed;

impl Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stdout is closed")
    }
}

impl std::error::Error for Closed {}

/// Writes one line to stderr. A failure to write it does not stop the command.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    say_lines(&harmless(&line.to_string()));
}

/// Writes text to stderr that is harmless already, in one line or several.
pub(crate) fn say_lines(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The text in one line, without control characters for the terminal: a name in it may come from a
/// file.
pub(crate) fn harmless(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if speaks(c) {
            safe.extend(c.escape_debug());
        } else {
            safe.push(c);
        }
    }
    safe
}

/// Whether a character moves the cursor, breaks a line, or turns the direction of the text after
/// it.
fn speaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Writes text to stdout.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        Err(e) => Err(anyhow::Error::new(e).context("cannot write to stdout")),
    }
}

/// Writes diagnostics to stderr. More `-v` give more of them.
pub(crate) fn log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false);
    // A line is short without a time. A failure to write one must not panic.
    let _ = tracing::subscriber::set_global_default(
        subscriber.without_time().with_target(false).log_internal_errors(false).finish(),
    );
}

#[cfg(test)]
mod tests {
    use super::harmless;

    #[test]
    fn names_do_not_speak_to_the_terminal() {
        for (text, safe) in [
            ("a\u{1b}[31mRED\u{7}", "a\\u{1b}[31mRED\\u{7}"),
            ("b\nerror: fake\r", "b\\nerror: fake\\r"),
            ("\u{202e}txt\u{9b}", "\\u{202e}txt\\u{9b}"),
            ("`µA/cm²` “é” e\u{301} \\ '\"", "`µA/cm²` “é” e\u{301} \\ '\""),
        ] {
            assert_eq!(harmless(text), safe);
        }
    }
}
