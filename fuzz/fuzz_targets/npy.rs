//! Single arrays. The magic bytes are given, so that nothing is spent on finding them.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let file = [b"\x93NUMPY", bytes].concat();
    overtime_fuzz::with_file(&file, |path| {
        if let Ok(arrays) = overtime_npz::read(path) {
            assert!(arrays.iter().all(|(_, a)| a.shape.iter().product::<usize>() == a.len() && a.to_f64().len() == a.len()));
        }
    });
});
