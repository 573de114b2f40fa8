//! Model files of the command.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = overtime_cli::model::parse(text);
});
