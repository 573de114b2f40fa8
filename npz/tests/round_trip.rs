//! Files that are written and read back, and files whose claims are false.

use half::f16;
use ndarray::{Array, ArrayD, Axis, array};
use overtime_npz::{Error, Limit, Values, Writer, headers, read, read_with};
use std::path::PathBuf;

fn path(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("overtime-npz-{}-{name}", std::process::id()))
}

/// Deflates a member's bytes and wraps them in an archive, with the sizes given, true or not.
fn deflated(name: &str, npy: &[u8], packed: &[u8], claimed: u32) -> Vec<u8> {
    let crc = crc32fast::hash(npy).to_le_bytes();
    let mut common = vec![20, 0, 0, 0, 8, 0, 0, 0, 0x21, 0];
    common.extend(crc);
    common.extend((packed.len() as u32).to_le_bytes());
    common.extend(claimed.to_le_bytes());
    common.extend((name.len() as u16).to_le_bytes());
    common.extend([0, 0]);
    let mut file = b"PK\x03\x04".to_vec();
    file.extend(&common);
    file.extend(name.bytes());
    file.extend(packed);
    let table = file.len() as u32;
    file.extend(b"PK\x01\x02\x14\x00");
    file.extend(&common);
    file.extend([0; 14]);
    file.extend(name.bytes());
    let size = file.len() as u32 - table;
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(size.to_le_bytes());
    file.extend(table.to_le_bytes());
    file.extend([0, 0]);
    file
}

fn npy(shape: &str, data: &[u8]) -> Vec<u8> {
    let dict = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}\n");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.bytes());
    bytes.extend(data);
    bytes
}

fn zeros(len: usize) -> (Vec<u8>, Vec<u8>) {
    let npy = npy(&format!("({len},)"), &vec![0; len * 8]);
    let packed = miniz_oxide::deflate::compress_to_vec(&npy, 6);
    (npy, packed)
}

#[test]
fn every_type_and_layout_comes_back() {
    let file = path("all.npz");
    let v = Array::from_shape_fn((3, 5), |(i, j)| (i * 10 + j) as f64 - 7.5);
    let mut writer = Writer::create(&file).unwrap();
    writer.add("f64", v.view()).unwrap();
    writer.add("turned", v.t()).unwrap();
    writer.add("backwards", v.slice(ndarray::s![..;-2, 1..])).unwrap();
    writer.add("f32", v.mapv(|x| x as f32).view()).unwrap();
    writer.add("f16", v.mapv(f16::from_f64).view()).unwrap();
    writer.add("u64", array![u64::MAX, 0].view()).unwrap();
    writer.add("i64", array![i64::MIN].view()).unwrap();
    writer.add("i32", array![[-3_i32]].view()).unwrap();
    writer.add("u32", array![3_u32].view()).unwrap();
    writer.add("u8", array![3_u8].view()).unwrap();
    writer.add("bool", array![true, false].view()).unwrap();
    writer.add("empty", ArrayD::<f32>::zeros(vec![0, 3]).view()).unwrap();
    writer.add("dynamic", v.view().into_dyn().insert_axis(Axis(1))).unwrap();
    assert!(matches!(writer.add("f64", v.view()), Err(Error::Unsupported { entry, .. }) if entry == "f64"));
    assert!(!file.exists());
    writer.finish().unwrap();
    assert!(matches!(writer.add("late", v.view()), Err(Error::Unsupported { .. })) && writer.finish().is_err());

    let arrays = read(&file).unwrap();
    let get = |name: &str| &arrays.iter().find(|(n, _)| n == name).unwrap().1;
    assert_eq!(get("f64").to_f64(), v.clone().into_dyn());
    assert_eq!(get("turned").to_f64(), v.t().to_owned().into_dyn());
    assert_eq!(get("backwards").to_f64(), v.slice(ndarray::s![..;-2, 1..]).to_owned().into_dyn());
    for name in ["f32", "f16"] {
        assert_eq!((get(name).to_f64(), get(name).dtype()), (v.clone().into_dyn(), name));
    }
    assert_eq!(get("u64").values, Values::U64(vec![u64::MAX, 0]));
    assert_eq!(get("i64").values, Values::I64(vec![i64::MIN]));
    assert_eq!(get("bool").values, Values::Bool(vec![true, false]));
    assert_eq!((get("empty").len(), get("empty").shape.clone()), (0, vec![0, 3]));
    assert_eq!(get("dynamic").shape, [3, 1, 5]);
    let heads = headers(&file).unwrap();
    assert!(
        heads.iter().zip(&arrays).all(|(h, (n, a))| (&h.name, h.dtype.as_str(), &h.shape) == (n, a.dtype(), &a.shape))
    );
    std::fs::remove_file(file).unwrap();
}

#[test]
fn a_cut_anywhere_is_an_error() {
    let file = path("cut.npz");
    Writer::create(&file)
        .unwrap()
        .add("v", array![1.0, 2.0].view())
        .unwrap()
        .add("w", array![1_i32].view())
        .unwrap()
        .finish()
        .unwrap();
    let whole = std::fs::read(&file).unwrap();
    let short = path("short.npz");
    for at in 0..whole.len() {
        std::fs::write(&short, &whole[..at]).unwrap();
        assert!(matches!(read(&short), Err(Error::Corrupt { .. })), "cut at {at}");
        assert!(headers(&short).is_err(), "cut at {at}");
    }
    std::fs::remove_file(file).unwrap();
    std::fs::remove_file(short).unwrap();
}

#[test]
fn a_flipped_bit_in_the_data_is_named() {
    let file = path("flip.npz");
    Writer::create(&file)
        .unwrap()
        .add("a", array![1.0].view())
        .unwrap()
        .add("b", array![2.0].view())
        .unwrap()
        .finish()
        .unwrap();
    let mut bytes = std::fs::read(&file).unwrap();
    let two = bytes.windows(8).rposition(|w| w == 2.0_f64.to_le_bytes()).unwrap();
    bytes[two] ^= 4;
    std::fs::write(&file, bytes).unwrap();
    let error = read(&file).unwrap_err();
    assert!(matches!(&error, Error::Corrupt { entry, .. } if entry == "b"), "{error}");
    assert!(error.to_string().contains("flip.npz, array `b`: checksum"), "{error}");
    std::fs::remove_file(file).unwrap();
}

#[test]
fn compressed_arrays_are_read_and_bombs_are_not() {
    let file = path("deflated.npz");
    let (npy, packed) = zeros(100_000);
    std::fs::write(&file, deflated("z.npy", &npy, &packed, npy.len() as u32)).unwrap();
    assert_eq!(read(&file).unwrap()[0].1.to_f64(), ArrayD::zeros(vec![100_000]));
    assert_eq!(headers(&file).unwrap()[0].shape, [100_000]);
    let limited = read_with(&file, Limit::inflated(800_000));
    assert!(matches!(limited, Err(Error::TooLarge { need: 800_064..=800_128, limit: 800_000, .. })), "{limited:?}");

    for claimed in [npy.len() as u32 - 1, npy.len() as u32 + 1, 0, u32::MAX - 1] {
        std::fs::write(&file, deflated("z.npy", &npy, &packed, claimed)).unwrap();
        assert!(matches!(read(&file), Err(Error::Corrupt { .. })), "{claimed}");
    }
    // The header and the claimed size agree, but fewer bytes follow.
    let (forged, forged_packed) = {
        let npy = self::npy("(1000,)", &[0; 8000]);
        (npy.clone(), miniz_oxide::deflate::compress_to_vec(&npy[..4000], 6))
    };
    std::fs::write(&file, deflated("z.npy", &forged, &forged_packed, forged.len() as u32)).unwrap();
    assert!(matches!(read(&file), Err(Error::Corrupt { entry, .. }) if entry == "z"));
    std::fs::remove_file(file).unwrap();
}

#[test]
fn what_is_no_file_of_arrays_is_refused() {
    let file = path("not.npz");
    for bytes in [&b""[..], b"PK", b"hello world", b"PK\x03\x04 and no more", b"\x93NUMPY"] {
        std::fs::write(&file, bytes).unwrap();
        assert!(matches!(read(&file), Err(Error::Corrupt { .. })), "{bytes:?}");
    }
    std::fs::remove_file(&file).unwrap();
    assert!(matches!(read(&file), Err(Error::Io { operation: "read", .. })));
    assert!(matches!(read(std::env::temp_dir()), Err(Error::Io { .. })));
    assert!(matches!(Writer::create(std::env::temp_dir()), Err(Error::Io { operation: "write", .. })));
}
