//! Tests that need their own process.

use std::env::{current_exe, var};
use std::process::Command;

/// The variable that marks a process which runs one test alone; its value is the test's name.
pub const CHILD: &str = "OVERTIME_TEST_CHILD";

/// The variables that the tests of CUDA set in this process, before or after another test reads
/// them.
pub const PREPARED: [&str; 5] =
    ["OVERTIME_CACHE", "OVERTIME_LIBCUDA", "OVERTIME_IMAGE", "FAKECUDA_MEMORY_MIB", "FAKECUDA_QUIET"];

/// The full name of a test, from its module (`module_path!()`) and its own name.
pub fn whole(module: &str, test: &str) -> String {
    module.split_once("::").map_or_else(|| test.to_owned(), |(_, inner)| format!("{inner}::{test}"))
}

/// The command that runs this program with one test alone.
pub fn itself(module: &str, test: &str) -> Command {
    let mut command = Command::new(current_exe().unwrap());
    command.args(["--exact", &whole(module, test), "--nocapture", "--test-threads=1"]);
    command
}

/// Whether this process was started to run this test alone.
pub fn is_child(module: &str, test: &str) -> bool {
    var(CHILD).is_ok_and(|v| v == whole(module, test))
}

/// As [`alone`], with the machine's own environment: for a test that uses CUDA without the
/// simulated driver.
pub fn unprepared(module: &str, test: &str, body: impl FnOnce()) {
    let change = |command: &mut Command| {
        PREPARED.iter().for_each(|name| {
            command.env_remove(name);
        })
    };
    alone(module, test, change, body);
}

/// Runs `body` in a process that runs this test alone, with this environment, and fails if that
/// process fails. Returns the output of that process, and `None` in that process itself.
pub fn alone(module: &str, test: &str, change: impl FnOnce(&mut Command), body: impl FnOnce()) -> Option<String> {
    let name = whole(module, test);
    if is_child(module, test) {
        body();
        println!("{name} came to its end");
        return None;
    }
    let mut command = itself(module, test);
    command.env(CHILD, &name);
    change(&mut command);
    let output = command.output().unwrap();
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(
        output.status.success() && text.contains("came to its end"),
        "{name} failed in its own process: {}\n{text}",
        output.status
    );
    Some(text)
}
