//! Archives of arrays, as they come.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    overtime_fuzz::with_file(bytes, |path| {
        let heads = overtime_npz::headers(path);
        if let Ok(arrays) = overtime_npz::read(path) {
            assert_eq!(heads.expect("what is read has headers").len(), arrays.len());
            assert!(arrays.iter().all(|(_, a)| a.shape.iter().product::<usize>() == a.len() && a.to_f64().len() == a.len()));
        }
    });
});
