//! Errors: values that are not finite, invalid times and shapes, damaged or foreign state files,
//! and failing writes. Other files test devices (`devices.rs`), kills during a save (`kills.rs`)
//! and the command (`cli/tests`).

use ndarray::{Array2, ArrayD, array};
use overtime::models::{Hh, Method, brainpy};
use overtime::{Error, FirstAxis, Init, Input, LoopOverTime, states};
use std::path::{Path, PathBuf};

type Neurons = LoopOverTime<f64, Hh<f64>>;

fn neurons() -> Neurons {
    LoopOverTime::builder(Hh::new(3)).batch(2).dt(0.1).out_vars("V").build().unwrap()
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("overtime-faults-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// Runs a call that must fail, and asserts that it does not change the state and the clock.
#[track_caller]
fn unchanged(over_time: &mut Neurons, fails: impl FnOnce(&mut Neurons) -> overtime::Result<()>) -> Error {
    let before = over_time.state_dict().unwrap();
    let error = fails(over_time).expect_err("the call must fail");
    assert_eq!(over_time.state_dict().unwrap(), before, "{error}");
    error
}

#[test]
fn nan_or_infinity_in_the_input_is_an_error() {
    let mut over_time = neurons();
    over_time.run_steps(4).unwrap();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = ArrayD::zeros(vec![10, 2, 3]);
        x[[6, 1, 2]] = bad;
        let error = unchanged(&mut over_time, |l| l.run(&x).map(drop));
        assert!(
            matches!(&error, Error::NotFinite { variable, step: Some(10), index: 5, .. } if variable == "input `x`"),
            "{error}"
        );
    }
    let error = unchanged(&mut over_time, |l| l.run(Input::steps(5).constant(f64::NAN)).map(drop));
    assert!(matches!(error, Error::NotFinite { .. }));
}

#[test]
fn nan_or_infinity_in_parameters_and_initial_values_is_an_error() {
    let build = |hh: Hh<f64>| LoopOverTime::new(hh).map(drop);
    let bad = Hh::new(3).param("gL", f64::NAN).unwrap();
    assert!(
        matches!(build(bad), Err(Error::NotFinite { variable, step: None, index: 0, .. }) if variable == "parameter `gL`")
    );
    let bad = Hh::new(3).param("ENa", vec![50.0, 50.0, f64::INFINITY]).unwrap();
    assert!(matches!(build(bad), Err(Error::NotFinite { index: 2, .. })));
    assert!(matches!(build(Hh::new(3).v(Init::Constant(f64::NAN))), Err(Error::NotFinite { .. })));
    assert!(matches!(
        build(Hh::new(3).v(Init::Values(vec![0.0, f64::NAN, 0.0]))),
        Err(Error::NotFinite { index: 1, .. })
    ));
    assert!(build(Hh::new(3).noise(f64::NAN)).is_err());
    assert!(build(Hh::new(3).param("C", 0.0).unwrap()).is_err());
}

#[test]
fn nan_or_infinity_in_weights_is_an_error() {
    let mut over_time = LoopOverTime::<f32, _>::new(brainpy::RnnCell::new(2, 3)).unwrap();
    let before = over_time.state_dict().unwrap();
    let mut b = ArrayD::zeros(vec![3]);
    b[[1]] = f64::NAN;
    let error = over_time.load_weights(&[("b".to_owned(), b)], false).unwrap_err();
    assert!(matches!(&error, Error::NotFinite { variable, index: 1, .. } if variable == "b"), "{error}");
    // The value is too large for f32, so it becomes infinite.
    let error = over_time.load_weights(&[("b".to_owned(), ArrayD::from_elem(vec![3], 1e300))], false).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }));
    assert_eq!(over_time.state_dict().unwrap(), before);
}

#[test]
fn nan_or_infinity_that_arises_in_the_state_is_an_error() {
    let unstable = || LoopOverTime::builder(Hh::<f64>::new(3).method(Method::Euler)).out_vars("V");
    let mut over_time = unstable().build().unwrap();
    let error = over_time.run(Input::steps(50).constant(1e6)).unwrap_err();
    let Error::NotFinite { step: Some(step), index, value, .. } = error else { panic!("{error}") };
    assert!(step < 50 && index < 3 && !value.is_finite(), "{error}");
    let mut lets = unstable().allow_non_finite().build().unwrap();
    let run = lets.run(Input::steps(50).constant(1e6)).unwrap();
    assert!(!run["V"].iter().all(|v| v.is_finite()));
    // The error names the first step with a non-finite value. V may stay finite a little longer.
    assert!((0..step as usize).all(|k| run["V"].index_axis(ndarray::Axis(0), k).iter().all(|v| v.is_finite())));
}

#[test]
fn infinity_that_arises_in_the_output_is_an_error() {
    use overtime::models::Dense;
    let layer = || LoopOverTime::builder(Dense::<f32>::new(1, 1).w_init(Init::Constant(3e38)));
    let mut x = ndarray::Array2::from_elem((21, 1), 0.1_f32);
    x[[11, 0]] = 10.0;
    // The infinite value is in the third recorded row, and its step has index 12.
    for (every, chunk) in [(1, 64), (4, 64), (4, 9), (4, 5)] {
        let mut over_time = layer().i0(1).record_every(every).chunk(chunk).build().unwrap();
        let error = over_time.run(&x).unwrap_err();
        let Error::NotFinite { variable, step, index: 0, value: f64::INFINITY } = &error else { panic!("{error}") };
        assert_eq!((variable.as_str(), *step), ("output", Some(12)), "every {every}, chunks of {chunk}");
    }
    // If nothing is recorded, a flattened run checks all values, and any other run checks the last
    // step of each chunk.
    for (i0, every, kept) in [(1, 1, false), (1, 100, true)] {
        let mut over_time = layer().i0(i0).record_every(every).record_output(kept).chunk(12).build().unwrap();
        let error = over_time.run(&x).unwrap_err();
        assert!(matches!(error, Error::NotFinite { step: Some(12), .. }), "{error}");
    }
}

#[test]
fn invalid_time_steps_and_durations_are_refused() {
    for dt in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        let error = LoopOverTime::builder(Hh::<f64>::new(1)).dt(dt).build().unwrap_err();
        assert!(matches!(&error, Error::Value { argument, .. } if argument == "dt"), "{error}");
    }
    assert!(LoopOverTime::builder(Hh::<f64>::new(1)).t0(f64::NAN).build().is_err());
    let mut over_time = neurons();
    for duration in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        let error = unchanged(&mut over_time, |l| l.run_for(duration).map(drop));
        assert!(matches!(&error, Error::Value { argument, .. } if argument == "duration"), "{error}");
    }
    // The documented rule: a duration within 1e-6 of a whole number of steps, or within the
    // rounding of f32, is rounded to it; any other is rounded up.
    for (duration, steps) in [(0.0, 0), (0.3, 3), (0.1 * 3.0, 3), (0.31, 4), (0.300_000_01, 3), (0.05, 1)] {
        assert_eq!(over_time.steps_of(duration).unwrap(), steps, "{duration}");
    }
}

#[test]
fn an_error_names_the_wrong_axis_with_expected_and_given_lengths() {
    let mut over_time = neurons();
    over_time.run_steps(3).unwrap();
    let zeros = |shape: &[usize]| ArrayD::<f64>::zeros(shape);
    let cases: [(&[usize], &str, usize, usize); 2] = [(&[5, 4, 3], "batch", 2, 4), (&[5, 2, 7], "feature 0", 3, 7)];
    for (shape, axis_, expected_, given_) in cases {
        match unchanged(&mut over_time, |l| l.run(&zeros(shape)).map(drop)) {
            Error::Shape { argument, axis, expected, given } => {
                assert_eq!(
                    (argument.as_str(), axis.as_str(), expected, given),
                    ("input `x`", axis_, expected_, given_)
                );
            }
            other => panic!("{other}"),
        }
    }
    for shape in [&[][..], &[5, 3], &[5, 2, 3, 1]] {
        let error = unchanged(&mut over_time, |l| l.run(&zeros(shape)).map(drop));
        assert!(matches!(&error, Error::Rank { given, .. } if given == shape), "{error}");
    }
    let named = unchanged(&mut over_time, |l| l.run(Input::series().named("y", &zeros(&[5, 2, 3]))).map(drop));
    assert!(matches!(named, Error::Unknown { what: "input", .. }));
    let length = unchanged(&mut over_time, |l| l.run(Input::steps(4).values(&zeros(&[5, 2, 3]))).map(drop));
    assert!(matches!(length, Error::Shape { expected: 4, given: 5, .. }));
    let units = LoopOverTime::<f64, _>::new(Hh::new(3).param("gL", vec![0.3; 4]).unwrap()).unwrap_err();
    assert!(matches!(units, Error::Shape { expected: 3, given: 4, .. }));
    let batch_major = LoopOverTime::builder(Hh::<f64>::new(3)).first_axis(FirstAxis::Batch).build();
    assert!(batch_major.is_err());
    assert!(LoopOverTime::<f64, _>::builder(Hh::new(3)).no_state(true).build().is_err());
}

#[test]
fn a_tpu_is_refused() {
    let mut over_time = neurons();
    assert!(matches!(unchanged(&mut over_time, |l| l.tpu()), Error::DeviceUnavailable { .. }));
}

fn saved(name: &str) -> (PathBuf, Vec<u8>) {
    let path = folder(name).join("s.safetensors");
    let mut over_time = neurons();
    over_time.run_steps(5).unwrap();
    over_time.save_states(&path).unwrap();
    let bytes = std::fs::read(&path).unwrap();
    (path, bytes)
}

#[test]
fn a_state_file_cut_at_any_byte_is_refused() {
    let (path, bytes) = saved("cut");
    let mut over_time = neurons();
    for at in 0..bytes.len() {
        std::fs::write(&path, &bytes[..at]).unwrap();
        assert!(matches!(states::read(&path), Err(Error::Corrupt { .. })), "cut at {at}");
    }
    for at in [0, 7, 8, 100, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..at]).unwrap();
        unchanged(&mut over_time, |l| l.load_states(&path).map(drop));
    }
    std::fs::write(&path, [&bytes[..], &[0]].concat()).unwrap();
    assert!(matches!(states::read(&path), Err(Error::Corrupt { .. })), "a file with one more byte");
}

#[test]
fn a_flipped_bit_anywhere_in_a_state_file_is_found() {
    let (path, bytes) = saved("flip");
    let header = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize + 8;
    let names = ["V", "m", "h", "n", "spike", "input", "below"];
    for at in 0..bytes.len() {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        std::fs::write(&path, &flipped).unwrap();
        match states::read(&path) {
            Err(Error::Corrupt { reason, .. }) if at >= header => {
                let name = names[(at - header) / (6 * 8)];
                assert!(reason.starts_with(&format!("tensor `{name}` is damaged")), "byte {at}: {reason}");
            }
            Err(Error::Corrupt { .. } | Error::Unsupported(_)) if at < header => {}
            other => panic!("byte {at}: {other:?}"),
        }
    }
    let mut flipped = bytes.clone();
    flipped[header] ^= 128;
    std::fs::write(&path, flipped).unwrap();
    unchanged(&mut neurons(), |l| l.load_states(&path).map(drop));
}

/// Sizes in a state file. The tests of `overtime-npz` forge the sizes in npz and npy files.
#[test]
fn forged_sizes_in_a_state_file_are_refused() {
    let path = folder("forged").join("s.safetensors");
    let forge = |length: u64, header: &str, data: usize| {
        let mut bytes = length.to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend(vec![0; data]);
        std::fs::write(&path, bytes).unwrap();
        states::read(&path)
    };
    for length in [u64::MAX, u64::MAX - 7, 1 << 62, 1 << 40, 100_000_000, 3] {
        assert!(matches!(forge(length, "{}", 0), Err(Error::Corrupt { .. })), "{length}");
    }
    let claims = [
        r#"{"a":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8000000000000]}}"#,
        r#"{"a":{"dtype":"F64","shape":[18446744073709551615],"data_offsets":[0,16]}}"#,
        r#"{"a":{"dtype":"F64","shape":[4294967296,4294967296],"data_offsets":[0,16]}}"#,
        r#"{"a":{"dtype":"F64","shape":[-2],"data_offsets":[0,16]}}"#,
        r#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[16,0]}}"#,
        r#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[8,24]}}"#,
        r#"{"a":{"dtype":"F64","shape":[1],"data_offsets":[0,8]},"b":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#,
        r#"{"a":{"dtype":"O","shape":[2],"data_offsets":[0,16]}}"#,
        r#"{"a":7}"#,
        r#"["a"]"#,
    ];
    for claim in claims {
        assert!(matches!(forge(claim.len() as u64, claim, 16), Err(Error::Corrupt { .. })), "{claim}");
    }
    let deep = "[".repeat(1 << 16);
    assert!(matches!(forge(deep.len() as u64, &deep, 0), Err(Error::Corrupt { .. })));
    let fine = r#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]}}"#;
    assert_eq!(forge(fine.len() as u64, fine, 16).unwrap().tensors[0].1.shape, [2]);
}

#[test]
fn the_state_file_of_another_model_is_refused() {
    let (path, _) = saved("another");
    let mut cell = LoopOverTime::<f64, _>::builder(brainpy::RnnCell::new(3, 3)).batch(2).build().unwrap();
    let before = cell.state_dict().unwrap();
    match cell.load_states(&path) {
        Err(Error::Keys { missing, unexpected }) => {
            assert_eq!(missing, ["state", "Wi", "Wh", "b"]);
            let mut unexpected = unexpected;
            unexpected.sort();
            assert_eq!(unexpected, ["V", "below", "h", "input", "m", "n", "spike"]);
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(cell.state_dict().unwrap(), before);
    let unmatched = cell.load_states_lenient(&path).unwrap();
    assert_eq!((unmatched.missing.len(), unmatched.unexpected.len()), (4, 7));
    let smaller = LoopOverTime::builder(Hh::<f64>::new(2)).batch(2).build().unwrap().load_states(&path);
    assert!(matches!(smaller, Err(Error::Shape { expected: 2, given: 3, .. })));
    let unbatched = LoopOverTime::new(Hh::<f64>::new(3)).unwrap().load_states(&path);
    assert!(matches!(unbatched, Err(Error::Rank { .. })));
    let other_batch = LoopOverTime::builder(Hh::<f64>::new(3)).batch(4).build().unwrap().load_states(&path);
    assert!(matches!(other_batch, Err(Error::Shape { axis, expected: 4, given: 2, .. }) if axis == "batch"));
}

#[test]
fn invalid_clocks_in_a_state_file_are_refused() {
    let (path, _) = saved("clocks");
    let file = states::read(&path).unwrap();
    let mut over_time = neurons();
    for (key, value) in
        [("dt", "0.0"), ("dt", "NaN"), ("t0", "inf"), ("done", "-1"), ("seed", "x"), ("i0", "99999999999999999999")]
    {
        let mut bad = file.clone();
        bad.metadata.insert(key.to_owned(), value.to_owned());
        states::write(&path, &bad).unwrap();
        unchanged(&mut over_time, |l| l.load_states(&path).map(drop));
    }
    let mut past = file.clone();
    past.metadata.insert("i0".to_owned(), u64::MAX.to_string());
    states::write(&path, &past).unwrap();
    unchanged(&mut over_time, |l| l.load_states(&path).map(drop));
    let mut partial = file;
    partial.metadata.remove("seed");
    states::write(&path, &partial).unwrap();
    unchanged(&mut over_time, |l| l.load_states(&path).map(drop));
}

/// The test that kills processes is in `tests/kills.rs`.
#[test]
fn the_next_save_removes_the_temporary_file_of_a_dead_process() {
    let (path, _) = saved("stale");
    let stale = path.with_file_name(".s.safetensors.4711-0-17a.part");
    std::fs::write(&stale, b"half a state").unwrap();
    neurons().save_states(&path).unwrap();
    assert!(!stale.exists());
    assert!(states::read(&path).is_ok());
}

#[test]
fn a_path_that_cannot_be_written_is_an_error() {
    let over_time = neurons();
    let folder = folder("paths");
    let refused = |path: &Path| match over_time.save_states(path) {
        Err(Error::File { path: named, operation, source }) => {
            assert_eq!(named, path);
            (operation, source.kind())
        }
        other => panic!("{}: {other:?}", path.display()),
    };
    assert_eq!(refused(&folder), ("write", std::io::ErrorKind::IsADirectory));
    assert_eq!(refused(&folder.join("none/s.safetensors")).1, std::io::ErrorKind::NotFound);
    assert_eq!(refused(Path::new("")).0, "create");
    if Path::new("/dev/full").exists() {
        assert_eq!(refused(Path::new("/dev/full")), ("write", std::io::ErrorKind::StorageFull));
    }
    if Path::new("/proc/version").exists() {
        refused(Path::new("/proc/nothing-can-be-made-here"));
    }
    assert!(matches!(neurons().load_states(&folder), Err(Error::File { operation: "read", .. })));
    if Path::new("/dev/zero").exists() {
        assert!(matches!(states::read("/dev/zero"), Err(Error::Corrupt { .. })));
        assert!(overtime_npz::read("/dev/zero").is_err());
    }
    assert!(matches!(neurons().load_states(folder.join("none")), Err(Error::File { operation: "read", .. })));
}

/// A limit to the size of files replaces a full disk: the write fails in the middle.
#[cfg(unix)]
#[test]
fn a_full_disk_is_an_error_and_keeps_the_old_file() {
    let (path, old) = saved("full");
    let me = std::env::current_exe().unwrap();
    let script = r#"trap "" XFSZ; ulimit -f 16; exec "$0" --exact faults::child_saves_too_much --nocapture"#;
    let child = std::process::Command::new("sh")
        .args(["-c", script])
        .arg(me)
        .env("OVERTIME_CHILD_SAVES", &path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&child.stdout);
    assert!(said.contains("SAID: write FileTooLarge"), "{said}{}", String::from_utf8_lossy(&child.stderr));
    assert_eq!(std::fs::read(&path).unwrap(), old);
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1, "the temporary file is still there");
}

/// The child process of the test above runs this function. It does nothing otherwise.
#[test]
fn child_saves_too_much() {
    let Some(path) = std::env::var_os("OVERTIME_CHILD_SAVES") else { return };
    let large = LoopOverTime::new(Hh::<f64>::new(10_000)).unwrap();
    match large.save_states(path) {
        Err(Error::File { operation, source, .. }) => println!("SAID: {operation} {:?}", source.kind()),
        other => println!("SAID: {other:?}"),
    }
}

#[cfg(unix)]
#[test]
fn the_mode_of_a_saved_file_follows_the_umask() {
    use std::os::unix::fs::PermissionsExt;
    let (path, _) = saved("mode");
    let plain = path.with_extension("plain");
    std::fs::write(&plain, b"x").unwrap();
    let mode = |p: &Path| std::fs::metadata(p).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), mode(&plain));
}

#[test]
fn the_last_of_two_threads_that_save_to_one_file_wins_whole() {
    let path = folder("two").join("s.safetensors");
    let save = |seed: u64| {
        let mut over_time = LoopOverTime::builder(Hh::<f64>::new(2000)).seed(seed).build().unwrap();
        for _ in 0..20 {
            over_time.run_steps(1).unwrap();
            over_time.save_states(&path).unwrap();
        }
        over_time.state_dict().unwrap()
    };
    let ends = std::thread::scope(|scope| {
        let both = [1, 2].map(|seed| scope.spawn(move || save(seed)));
        let mut read = 0;
        while !both.iter().all(|b| b.is_finished()) {
            match states::read(&path) {
                Ok(file) => {
                    read += 1;
                    assert_eq!(file.tensors.len(), 7);
                }
                Err(Error::File { source, .. }) => assert_eq!(source.kind(), std::io::ErrorKind::NotFound),
                Err(e) => panic!("{e}"),
            }
        }
        println!("read {read} times");
        both.map(|b| b.join().unwrap())
    });
    let mut last = LoopOverTime::new(Hh::<f64>::new(2000)).unwrap();
    last.load_states(&path).unwrap();
    assert!(ends.contains(&last.state_dict().unwrap()));
    assert_eq!(std::fs::read_dir(path.parent().unwrap()).unwrap().count(), 1);
}

/// Arrays of any memory layout are the same input.
#[test]
fn arrays_of_any_memory_layout_are_the_same_input() {
    let x = Array2::from_shape_fn((4, 3), |(t, n)| (t * 3 + n) as f64);
    let turned = x.t().as_standard_layout().into_owned();
    let run = |x: ndarray::ArrayView2<'_, f64>| LoopOverTime::new(Hh::new(3)).unwrap().run(x).unwrap().output;
    assert_eq!(run(x.view()), run(turned.t()));
    assert_eq!(array![[1.0]].t().shape(), [1, 1]);
}
