//! Tests that need a process of their own: its environment, or the driver's counts.

use crate::common;
use crate::cuda::machine;
use std::env::var;
use std::process::Command;

/// Runs `body` in a child process that runs this test alone, with these variables set. `test` is
/// the test's name within `cuda`. Answers with what the child printed; nothing in the child itself.
pub(crate) fn alone(test: &str, set: &[(&str, &str)], body: impl FnOnce()) -> Option<String> {
    let cuda = module_path!().rsplit_once("::").map_or("", |(cuda, _)| cuda);
    // Not in a child that runs another test, nor where there is nothing to run on.
    if !common::is_child(cuda, test) && (var(machine::CHILD).is_ok() || machine::device().is_none()) {
        return None;
    }
    let change = |command: &mut Command| {
        command.envs(set.iter().copied());
    };
    common::alone(cuda, test, change, body)
}

/// As [`alone`], on the simulated driver alone: a GPU cannot be made to fail.
pub(crate) fn simulated(test: &str, set: &[(&str, &str)], body: impl FnOnce()) {
    if var(machine::CHILD).is_ok() || (machine::device().is_some() && machine::is_simulated()) {
        alone(test, set, body);
    }
}

/// In a process of its own, where the compiler waits for no other test: it compiles one text at a
/// time in a process. For tests that compile for seconds.
pub(crate) fn apart(test: &str, body: impl FnOnce()) {
    alone(test, &[], body);
}
