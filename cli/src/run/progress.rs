//! The progress of a run on stderr: a bar on a terminal, and a line for every tenth elsewhere.

use crate::console::{Manner, SHORT, say};
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressState, ProgressStyle};
use std::cell::{Cell, RefCell};
use std::fmt::Write;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

/// The progress of a run. A short run shows none.
pub(crate) struct Progress {
    view: View,
    started: Instant,
    /// The time after which progress is shown.
    after: Duration,
    /// The lines above the progress, until they are printed.
    header: RefCell<Vec<String>>,
}

enum View {
    Silent,
    Bar(ProgressBar),
    Lines { from: u64, steps: u64, tenth: Cell<u64> },
}

impl Progress {
    pub(crate) fn new(steps: u64, done: u64, manner: Manner, header: Vec<String>) -> Self {
        let view = if manner.quiet {
            View::Silent
        } else if std::io::stderr().is_terminal() {
            View::Bar(bar(steps, done))
        } else {
            View::Lines { from: done, steps, tenth: Cell::new(tenths(done, steps)) }
        };
        let after = if manner.verbose { Duration::ZERO } else { SHORT };
        Self { view, started: Instant::now(), after, header: RefCell::new(header) }
    }

    pub(crate) fn at(&self, done: u64) {
        let elapsed = self.started.elapsed();
        if matches!(self.view, View::Silent) || elapsed < self.after {
            return;
        }
        let first = self.announce();
        match &self.view {
            View::Silent => {}
            View::Bar(bar) => {
                if first {
                    bar.set_draw_target(ProgressDrawTarget::stderr_with_hz(12));
                }
                bar.set_position(done);
            }
            View::Lines { from, steps, tenth } => {
                let now = tenths(done, *steps);
                if now > tenth.get() {
                    tenth.set(now);
                    let rate = (done - from) as f64 / elapsed.as_secs_f64().max(1e-9);
                    let left =
                        Duration::try_from_secs_f64((steps - done) as f64 / rate.max(1e-9)).unwrap_or(Duration::MAX);
                    say(format_args!("{:>3}%  {done}/{steps} steps  {}/s  ETA {}", now * 10, short(rate), eta(left)));
                }
            }
        }
    }

    /// Prints the lines above the progress. Returns whether they were not printed before.
    pub(crate) fn announce(&self) -> bool {
        let header = self.header.take();
        if !matches!(self.view, View::Silent) {
            for line in &header {
                say(format_args!("{line}"));
            }
        }
        !header.is_empty()
    }

    /// Removes the bar; the summary follows.
    pub(crate) fn end(&self) {
        if let View::Bar(bar) = &self.view {
            bar.finish_and_clear();
        }
    }
}

/// A bar that is not drawn yet.
fn bar(steps: u64, done: u64) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(steps), ProgressDrawTarget::hidden());
    let template = "{percent:>3}% {bar:36.blue} {human_pos}/{human_len} steps  {rate}  ETA {eta}";
    if let Ok(style) = ProgressStyle::with_template(template) {
        let rate = |state: &ProgressState, out: &mut dyn Write| {
            let _ = write!(out, "{}/s", short(state.per_sec()));
        };
        bar.set_style(style.with_key("rate", rate).progress_chars("━╸ "));
    }
    bar.set_position(done);
    bar.reset_eta();
    bar
}

fn tenths(done: u64, steps: u64) -> u64 {
    if steps == 0 { 10 } else { (u128::from(done) * 10 / u128::from(steps)) as u64 }
}

fn eta(left: Duration) -> String {
    if left < Duration::from_secs(1) { format!("{} ms", left.as_millis()) } else { HumanDuration(left).to_string() }
}

/// Three digits and a thousand's letter.
pub(crate) fn short(x: f64) -> String {
    let units = [(1e9, "G"), (1e6, "M"), (1e3, "k")];
    match units.into_iter().find(|(size, _)| x >= *size) {
        Some((size, letter)) => format!("{:.*}{letter}", digits(x / size), x / size),
        None => format!("{x:.*}", digits(x)),
    }
}

fn digits(x: f64) -> usize {
    if x >= 100.0 {
        0
    } else if x >= 10.0 {
        1
    } else {
        2
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        assert_eq!(short(1_234_567.0), "1.23M");
        assert_eq!(short(45_600.0), "45.6k");
        assert_eq!(short(789.4), "789");
        assert_eq!(short(0.5), "0.50");
    }

    #[test]
    fn tenths_of_nothing_are_all() {
        assert_eq!(tenths(0, 0), 10);
        assert_eq!(tenths(u64::MAX, u64::MAX), 10);
        assert_eq!(tenths(99, 1000), 0);
    }
}
