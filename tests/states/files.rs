//! The format of state files.

use super::{folder, stack};
use crate::common::root;
use ndarray::{ArrayD, array};
use overtime::states::{self, Tensor, Type};

#[test]
fn files_hold_every_type_and_odd_names() {
    let file = folder("types").join("t.safetensors");
    let tensor = |dtype: Type, len: usize| Tensor {
        dtype,
        shape: vec![len],
        bytes: (0..len * dtype.size()).map(|k| k as u8 % 2).collect(),
    };
    let mut content = states::File::default();
    let types = [Type::Bool, Type::U8, Type::I16, Type::Bf16, Type::F16, Type::I32, Type::F32, Type::U64, Type::F64];
    content.tensors = types.iter().map(|t| (format!("{t}/\"é\n"), tensor(*t, 5))).collect();
    content.tensors.push(("nothing".into(), tensor(Type::F32, 0)));
    content.tensors.push(("none".into(), tensor(Type::F32, 0)));
    content
        .tensors
        .push(("one".into(), Tensor { dtype: Type::F64, shape: vec![], bytes: 2.5_f64.to_le_bytes().to_vec() }));
    content.metadata.insert("note".into(), "line\nbreak".into());
    states::write(&file, &content).unwrap();
    let first = std::fs::read(&file).unwrap();
    let back = states::read(&file).unwrap();
    assert_eq!(back.metadata["note"], "line\nbreak");
    assert_eq!(back.metadata["overtime.format"], "1");
    assert_eq!(back.metadata.len(), 2);
    assert_eq!(back.tensors.len(), content.tensors.len());
    assert!(content.tensors.iter().all(|(name, t)| back.get(name) == Some(t)));
    assert_eq!(back.get("one").unwrap().to_array::<f32>().unwrap().sum(), 2.5);
    // The same content gives the same bytes, also after a round trip.
    states::write(&file, &content).unwrap();
    assert_eq!(std::fs::read(&file).unwrap(), first);
    let twice =
        states::File { tensors: vec![content.tensors[0].clone(), content.tensors[0].clone()], ..Default::default() };
    assert!(states::write(&file, &twice).is_err());
    let wrong = states::File {
        tensors: vec![("x".into(), Tensor { shape: vec![6], ..tensor(Type::F32, 5) })],
        ..Default::default()
    };
    assert!(states::write(&file, &wrong).is_err());
    assert_eq!(std::fs::read(&file).unwrap(), first);
}

/// The first version of the library wrote the file of format 1 in `tests/data`. Every later version
/// must read it.
#[test]
fn format_1_is_read() {
    let path = root().join("tests/data/format1.safetensors");
    if std::env::var_os("OVERTIME_WRITE_DATA").is_some() {
        let mut over_time = stack(0.5, Some(2));
        over_time.run(&ArrayD::from_elem(vec![3, 2, 3], 0.25)).unwrap();
        over_time.save_states(&path).unwrap();
    }
    let mut over_time = stack(0.1, Some(2));
    assert!(over_time.load_states(&path).unwrap().is_empty());
    assert_eq!((over_time.i(), over_time.t()), (3, 3.0 * 0.1));
    let dict = over_time.state_dict().unwrap();
    assert_eq!(dict.get("l2.w").unwrap(), &array![-0.5, -0.5, -0.5].into_dyn());
    let mut s = 0.0_f32;
    for t in [0.0, 1.0 * 0.1, 2.0 * 0.1] {
        s = 0.9 * s + 0.5 * (0.25 + 0.3_f64 as f32) + t as f32;
    }
    assert_eq!(dict.get("l1.s").unwrap()[[1, 2]].to_bits(), s.to_bits());
    assert_eq!(states::read(&path).unwrap().metadata["kind"], "Sequential");
}

#[test]
fn a_newer_format_says_so() {
    let file = folder("newer").join("s.safetensors");
    stack(0.5, None).save_states(&file).unwrap();
    let text = std::fs::read(&file).unwrap();
    let at = text.windows(19).position(|w| w == b"\"overtime.format\":\"").unwrap() + 19;
    let mut newer = text.clone();
    newer[at] = b'7';
    std::fs::write(&file, newer).unwrap();
    let error = states::read(&file).unwrap_err();
    assert!(error.to_string().contains("format 7, written by a newer version"), "{error}");
}

/// The debug text of a file has no bytes of tensors.
#[test]
fn a_file_is_printed_without_its_bytes() {
    let mut file = states::File::default();
    file.tensors.push(("V".to_owned(), states::Tensor::from_array(ArrayD::<f32>::zeros(vec![2, 3]).view())));
    file.tensors.push(("t".to_owned(), states::Tensor::from_array(ArrayD::<f64>::zeros(vec![]).view())));
    file.metadata.insert("note".to_owned(), "text".to_owned());
    let text = format!("{file:?}");
    assert_eq!(text, r#"File { tensors: [("V", f32 [2, 3]), ("t", f64 [])], metadata: {"note": "text"} }"#);
    let large = states::Tensor::from_array(ArrayD::<f64>::zeros(vec![1000, 1000]).view());
    assert_eq!(format!("{large:?}"), "f64 [1000, 1000]");
}
