use super::*;
use crate::read;
use ndarray::{Array1, Array2, Array3, array, s};

struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("overtime-stream-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir(&folder).unwrap();
        Self(folder)
    }
    fn at(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Rows of three arrays, one of which is not in the order of memory.
fn arrays() -> (Array2<f32>, Array1<u64>, Array3<f64>) {
    let v = Array2::from_shape_fn((1025, 33), |(k, n)| (k * 33 + n) as f32 * 0.5);
    let step = Array1::from_shape_fn(257, |k| k as u64 * 3);
    let wide = Array3::from_shape_fn((2, 257, 7), |(b, k, n)| (b * 10_000 + k * 7 + n) as f64);
    (v, step, wide)
}

/// The rows in `range` of each array, as far as they exist.
fn append(stream: &mut Stream, range: std::ops::Range<usize>) {
    let (v, step, wide) = arrays();
    let part = |len: usize| range.start.min(len)..range.end.min(len);
    stream.append("V", v.slice(s![part(1025), ..])).unwrap();
    stream.append("spikes/E/node_ids", step.slice(s![part(257)])).unwrap();
    let mut wide = wide.view();
    wide.swap_axes(0, 1);
    stream.append(".é", wide.slice(s![part(257), .., ..])).unwrap();
}

fn whole(path: &Path) {
    let (v, step, wide) = arrays();
    let mut wide = wide.view();
    wide.swap_axes(0, 1);
    let mut npz = Writer::create(path).unwrap();
    npz.add("V", v.view()).unwrap().add("spikes/E/node_ids", step.view()).unwrap().add(".é", wide).unwrap();
    npz.add("t", array![1.0].view()).unwrap().finish().unwrap();
}

fn pack(mut stream: Stream, path: &Path) -> Result<()> {
    let mut npz = Writer::create(path)?;
    stream.pack(&mut npz)?;
    npz.add("t", array![1.0].view())?.finish()?;
    stream.remove()
}

#[test]
fn packed_is_the_file_written_at_once_wherever_it_was_cut_or_killed() {
    let folder = Folder::new("pack");
    whole(&folder.at("whole.npz"));
    let expected = fs::read(folder.at("whole.npz")).unwrap();
    for cuts in [vec![0, 1025], vec![0, 0, 1, 2, 900, 1025], vec![0, 256, 257, 258, 1025]] {
        let mut stream = Stream::create(folder.at("parts")).unwrap();
        cuts.windows(2).for_each(|w| append(&mut stream, w[0]..w[1]));
        pack(stream, &folder.at("packed.npz")).unwrap();
        assert!(fs::read(folder.at("packed.npz")).unwrap() == expected, "{cuts:?}");
        assert!(!folder.at("parts").exists());
    }
    // After a crash: the files contain more rows than the stored lengths, and a fourth array.
    let mut stream = Stream::create(folder.at("parts")).unwrap();
    append(&mut stream, 0..300);
    stream.sync().unwrap();
    let lengths = stream.lengths();
    assert_eq!(lengths, [("V".to_owned(), 300), ("spikes/E/node_ids".to_owned(), 257), (".é".to_owned(), 257)]);
    append(&mut stream, 300..1000);
    stream.append("late", array![1_u8].view()).unwrap();
    drop(stream);
    let mut stream = Stream::open(folder.at("parts"), &lengths).unwrap();
    append(&mut stream, 300..1025);
    pack(stream, &folder.at("packed.npz")).unwrap();
    assert!(fs::read(folder.at("packed.npz")).unwrap() == expected);
}

#[test]
fn files_can_be_read_while_they_grow() {
    let folder = Folder::new("read");
    let mut stream = Stream::create(folder.at("parts")).unwrap();
    append(&mut stream, 0..10);
    stream.sync().unwrap();
    append(&mut stream, 10..12);
    let path = folder.at("parts").join("V.npy");
    assert_eq!(fs::metadata(&path).unwrap().len(), 128 + 10 * 33 * 4);
    assert_eq!(read(&path).unwrap()[0].1.shape, [10, 33]);
    drop(stream);
    assert_eq!(read(&path).unwrap()[0].1.to_f64(), arrays().0.slice(s![..12, ..]).mapv(f64::from).into_dyn());
    assert_eq!(read(folder.at("parts").join("spikes%2FE%2Fnode_ids.npy")).unwrap()[0].1.dtype(), "u64");
    assert!(folder.at("parts").join("%2E%C3%A9.npy").exists());
}

#[test]
fn what_does_not_fit_is_refused_and_nothing_of_others_is_removed() {
    let folder = Folder::new("refused");
    let mut stream = Stream::create(folder.at("parts")).unwrap();
    stream.append("V", array![[1.0, 2.0]].view()).unwrap();
    for error in [
        stream.append("V", array![[1.0_f32, 2.0]].view()),
        stream.append("V", array![[1.0]].view()),
        stream.append("V", array![1.0].view()),
        stream.append("x", ndarray::arr0(1.0).view()),
        Stream::create(folder.at("parts")).map(drop),
        Stream::open(folder.at("parts"), &[("V", 1)]).map(drop),
    ] {
        assert!(matches!(error, Err(Error::Unsupported { .. })), "{error:?}");
    }
    assert_eq!(stream.lengths(), [("V".to_owned(), 1)]);
    drop(stream);
    fs::write(folder.at("parts").join("mine.txt"), "kept").unwrap();
    assert!(matches!(Stream::create(folder.at("parts")).map(drop), Err(Error::Unsupported { .. })));
    assert!(folder.at("parts").join("mine.txt").exists() && folder.at("parts").join("V.npy").exists());
    fs::remove_file(folder.at("parts").join("mine.txt")).unwrap();
    Stream::create(folder.at("parts")).unwrap().remove().unwrap();
    assert!(matches!(Stream::create(folder.at("no/parts")).map(drop), Err(Error::Io { .. })));
    fs::write(folder.at("file"), "a file").unwrap();
    assert!(matches!(Stream::create(folder.at("file")).map(drop), Err(Error::Io { .. })));
    assert!(matches!(Stream::open(folder.at("none"), &[("V", 1)]).map(drop), Err(Error::Io { .. })));
}

#[test]
fn damage_is_an_error_and_never_a_file() {
    let folder = Folder::new("damage");
    let (parts, path) = (folder.at("parts"), folder.at("parts").join("V.npy"));
    let start = || {
        let mut stream = Stream::create(&parts).unwrap();
        append(&mut stream, 0..5);
        drop(stream);
    };
    start();
    let good = fs::read(&path).unwrap();
    for rows in [6, u64::MAX / 132, u64::MAX] {
        assert!(matches!(Stream::open(&parts, &[("V", rows)]).map(drop), Err(Error::Corrupt { .. })), "{rows}");
    }
    // The file is truncated before the end of the fourth row, and bytes of the header are changed.
    for cut in (0..128 + 4 * 132).step_by(5) {
        fs::write(&path, &good[..cut]).unwrap();
        assert!(Stream::open(&parts, &[("V", 4)]).is_err(), "cut at {cut}");
    }
    for at in (0..118).step_by(3) {
        let mut bad = good.clone();
        bad[at] ^= 1;
        fs::write(&path, &bad).unwrap();
        // Any result is allowed except a panic. If rows seem to exist, they do not replace other
        // rows.
        let _ = Stream::open(&parts, &[("V", 4)]).map(drop);
    }
    assert!(Stream::open(&parts, &[("gone", 4)]).is_err());
    // The checksum detects a byte that changes during the run.
    let mut stream = Stream::create(&parts).unwrap();
    append(&mut stream, 0..1025);
    stream.sync().unwrap();
    let mut bad = fs::read(&path).unwrap();
    bad[5000] ^= 1;
    fs::write(&path, &bad).unwrap();
    let mut npz = Writer::create(folder.at("bad.npz")).unwrap();
    assert!(matches!(stream.pack(&mut npz), Err(Error::Corrupt { .. })));
    assert!(npz.finish().is_err() && !folder.at("bad.npz").exists());
}
