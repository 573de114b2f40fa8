//! Tests that need a process of their own: its environment, or the driver's counts.

use crate::machine;
use std::env::{current_exe, var};
use std::process::Command;

/// Runs `body` in a child process that runs this test alone, with these variables set. `test` is
/// the test's whole name. Answers with what the child printed; nothing in the child itself.
pub(crate) fn alone(test: &str, set: &[(&str, &str)], body: impl FnOnce()) -> Option<String> {
    if var(machine::CHILD).is_ok_and(|v| v == test) {
        body();
        println!("{test} came to its end");
        return None;
    }
    // Not in a child that runs another test, nor where there is nothing to run on.
    if var(machine::CHILD).is_ok() || machine::device().is_none() {
        return None;
    }
    let mut command = Command::new(current_exe().unwrap());
    command.args(["--exact", test, "--nocapture", "--test-threads=1"]).env(machine::CHILD, test);
    command.envs(set.iter().copied());
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success() && text.contains("came to its end"), "{test}, in a process of its own: {}\n{text}", output.status);
    Some(text)
}

/// As [`alone`], on the simulated driver alone: a GPU cannot be made to fail.
pub(crate) fn simulated(test: &str, set: &[(&str, &str)], body: impl FnOnce()) {
    if var(machine::CHILD).is_ok() || (machine::device().is_some() && machine::is_simulated()) {
        alone(test, set, body);
    }
}
