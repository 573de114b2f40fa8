//! Writing to stdout and stderr, neither of which need be open.

use std::fmt::{self, Display};
use std::io::{ErrorKind, Write};

/// What is said, and how.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    pub(crate) quiet: bool,
    pub(crate) json: bool,
}

/// Stdout was closed by whoever read it.
#[derive(Debug)]
pub(crate) struct Closed;

impl Display for Closed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stdout is closed")
    }
}

impl std::error::Error for Closed {}

/// One line on stderr. That it cannot be written is nothing to stop for.
pub(crate) fn say(line: fmt::Arguments<'_>) {
    say_lines(&harmless(&line.to_string()));
}

/// What is harmless already, on stderr, in one line or several.
pub(crate) fn say_lines(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}

/// The text in one line that does not speak to the terminal: names in it may come from a file.
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

/// Whether a character moves the cursor, breaks a line, or turns the direction of what follows.
fn speaks(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Text on stdout.
pub(crate) fn print(text: &str) -> anyhow::Result<()> {
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(()),
        Err(e) if e.kind() == ErrorKind::BrokenPipe => Err(Closed.into()),
        Err(e) => Err(anyhow::Error::new(e).context("cannot write to stdout")),
    }
}

/// Diagnostics on stderr, as many as `-v` was given.
pub(crate) fn log(verbose: u8) {
    let level = match verbose {
        0 => tracing::Level::WARN,
        1 => tracing::Level::INFO,
        _ => tracing::Level::DEBUG,
    };
    let subscriber = tracing_subscriber::fmt().with_max_level(level).with_writer(std::io::stderr).with_ansi(false);
    // Without a clock of its own a line is short; a failure to write one must not panic.
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
