//! The report, which tests read.

use std::fmt::Write;

use super::state::{State, counted};

/// The report as lines of words and numbers:
///
/// - `call NAME COUNT` and `kernel NAME LAUNCHES INSTRUCTIONS`;
/// - for the resources in use, `memory BYTES`, `pinned BYTES`, `streams N` (without the legacy
///   stream), `events N`, `modules N` and `graphs N`;
/// - `leak ADDRESS BYTES`;
/// - `said …` for each complaint.
pub fn report() -> String {
    counted(|s: &mut State| {
        let mut out = String::new();
        for (name, n) in &s.calls {
            let _ = writeln!(out, "call {name} {n}");
        }
        for (name, (launches, instructions)) in &s.kernels {
            let _ = writeln!(out, "kernel {name} {launches} {instructions}");
        }
        let held = [
            ("memory", s.memory.used()),
            ("pinned", s.pinned_sizes.values().sum()),
            ("streams", s.streams.len() - 1),
            ("events", s.events.len()),
            ("modules", s.modules.len()),
            ("graphs", s.graphs.len() + s.executables.len()),
        ];
        for (what, n) in held {
            let _ = writeln!(out, "{what} {n}");
        }
        for (at, n) in &s.leaked {
            let _ = writeln!(out, "leak {at:#x} {n}");
        }
        for m in &s.messages {
            let _ = writeln!(out, "said {}", m.replace('\n', " "));
        }
        out
    })
}

/// Resets all counts.
pub fn reset_counts() {
    counted(|s| {
        s.calls.clear();
        s.kernels.clear();
        s.messages.clear();
        s.leaked.clear();
        s.launches = 0;
        s.allocations = 0;
    });
}
