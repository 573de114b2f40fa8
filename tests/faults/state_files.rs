//! State files that are damaged, forged or of another model.

use super::{folder, neurons, saved, unchanged};
use overtime::models::{Hh, brainpy};
use overtime::{Error, LoopOverTime, states};

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
