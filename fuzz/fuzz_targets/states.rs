//! State files: whatever is read is of sound shapes, and what is written of it is read back the
//! same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use overtime::states;

fuzz_target!(|bytes: &[u8]| {
    overtime_fuzz::with_file(bytes, |path| {
        let Ok(file) = states::read(path) else { return };
        assert!(file.tensors.iter().all(|(_, t)| t.to_array::<f64>().is_ok()));
        if states::write(path, &file).is_ok() {
            let again = states::read(path).expect("what was written is read");
            assert!(again.tensors.len() == file.tensors.len() && file.tensors.iter().all(|(n, t)| again.get(n) == Some(t)));
        }
    });
});
