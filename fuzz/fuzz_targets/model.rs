//! Model files.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let _ = overtime_model::ModelFile::parse(text);
});
