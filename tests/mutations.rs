//! A million damaged and forged files cause no panic and no hang, and take at most twice the file's
//! size in memory plus a small constant.

use crate::counting::peak;
use ndarray::{ArrayD, array};
use overtime::states::{self, File, Tensor, Type};
use overtime_npz::Writer;
use std::path::{Path, PathBuf};

/// The memory that a loader may take besides twice the file: buffers, the decompressor's window,
/// parsed headers, and an error's text.
const SMALL: usize = 96 << 10;

/// The generator xorshift64*.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }
    fn below(&mut self, n: usize) -> usize {
        (self.next() % n.max(1) as u64) as usize
    }
}

const NUMBERS: [u64; 12] =
    [0, 1, 7, 127, 255, 0xffff, 0x7fff_ffff, 0xffff_ffff, 1 << 32, 1 << 62, u64::MAX - 1, u64::MAX];
const TEXTS: [&str; 16] = [
    "-1",
    "99999999999",
    "18446744073709551615",
    "0",
    "(",
    ")",
    "[[[[[[[[",
    "}",
    "{\"",
    "\\u0000",
    "é",
    "|O",
    "<f8",
    ">i2",
    "True",
    ", 'shape': (2,)",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..1 + random.below(4) {
        let at = random.below(bytes.len());
        match random.below(9) {
            0 => bytes.truncate(at),
            1 if !bytes.is_empty() => bytes[at] ^= 1 << random.below(8),
            2 if !bytes.is_empty() => bytes[at] = random.next() as u8,
            3 => {
                let number = NUMBERS[random.below(NUMBERS.len())].to_le_bytes();
                let width = [1, 2, 4, 8][random.below(4)];
                for (b, n) in bytes.iter_mut().skip(at).zip(&number[..width]) {
                    *b = *n;
                }
            }
            4 => {
                let to = (at + random.below(32)).min(bytes.len());
                let part = bytes[at..to].to_vec();
                let place = random.below(bytes.len());
                bytes.splice(place..place, part);
            }
            5 => drop(bytes.drain(at..(at + random.below(16)).min(bytes.len()))),
            6 => {
                let text = TEXTS[random.below(TEXTS.len())];
                bytes.splice(at..at, text.bytes());
            }
            7 => {
                // A position in text is usually followed by a number, which is replaced.
                let text = TEXTS[random.below(4)];
                if let Some(digit) = bytes.iter().skip(at).position(u8::is_ascii_digit) {
                    bytes.splice(at + digit..at + digit + 1, text.bytes());
                }
            }
            _ => bytes.extend((0..random.below(40)).map(|_| random.next() as u8)),
        }
    }
}

struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        Self(folder.join(format!("overtime-mutations-{name}-{}", std::process::id())))
    }
    fn bytes(&self) -> Vec<u8> {
        std::fs::read(&self.0).unwrap()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Reads `count` mutations of the seeds on two threads. `wrap` turns a mutated seed into a file,
/// and `load` returns whether the file was read.
fn storm(
    name: &str,
    count: usize,
    seeds: &[Vec<u8>],
    wrap: impl Fn(Vec<u8>, &mut Random) -> Vec<u8> + Sync,
    load: impl Fn(&Path) -> bool + Sync,
) {
    let seed = std::env::var("OVERTIME_SEED").ok().and_then(|s| s.parse().ok()).unwrap_or(0x5eed_u64);
    println!("{name}: seed {seed} (OVERTIME_SEED)");
    let (wrap, load) = (&wrap, &load);
    std::thread::scope(|scope| {
        for thread in 0..2 {
            scope.spawn(move || {
                let scratch = Scratch::new(&format!("{name}-{thread}"));
                let mut random = Random(seed ^ (thread + 1) << 32 | 1);
                let (mut worst, mut read) = (0, 0);
                for k in 0..count / 2 {
                    let mut bytes = seeds[random.below(seeds.len())].clone();
                    mutate(&mut bytes, &mut random);
                    let bytes = wrap(bytes, &mut random);
                    std::fs::write(&scratch.0, &bytes).unwrap();
                    let taken = peak(|| read += usize::from(load(&scratch.0)));
                    worst = worst.max(taken.saturating_sub(2 * bytes.len()));
                    if taken > 2 * bytes.len() + SMALL {
                        let kept = std::env::temp_dir().join(format!("overtime-mutation-{name}"));
                        std::fs::write(&kept, &bytes).unwrap();
                        panic!(
                            "{name} {k}: {taken} bytes of memory for a file of {} bytes, which is kept in {}",
                            bytes.len(),
                            kept.display()
                        );
                    }
                }
                println!("{name}: {read} of {} read, at most {worst} bytes beyond twice the file", count / 2);
            });
        }
    });
}

fn npy(descr: &str, shape: &str, data: &[u8]) -> Vec<u8> {
    let dict = format!(
        "{{'descr': '{descr}', 'fortran_order': {}, 'shape': {shape}, }}\n",
        if data.len().is_multiple_of(2) { "True" } else { "False" }
    );
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    bytes.extend((dict.len() as u16).to_le_bytes());
    bytes.extend(dict.bytes());
    bytes.extend(data);
    bytes
}

fn npys() -> Vec<Vec<u8>> {
    vec![
        npy("<f8", "(3, 4)", &[1; 96]),
        npy(">i2", "(5,)", &[2; 10]),
        npy("|b1", "(2, 2)", &[0, 1, 0, 1]),
        npy("<f4", "()", &[0; 4]),
        npy("|u1", "(1, 7)", &[3; 7]),
    ]
}

#[test]
fn npy_files() {
    storm(
        "npy",
        200_000,
        &npys(),
        |bytes, _| bytes,
        |path| overtime_npz::headers(path).is_ok() & overtime_npz::read(path).is_ok(),
    );
}

#[test]
fn npz_files() {
    let scratch = Scratch::new("seed");
    let mut seeds = Vec::new();
    let mut writer = Writer::create(&scratch.0).unwrap();
    writer
        .add("a", array![[1.0, 2.0], [3.0, 4.0]].view())
        .unwrap()
        .add("l1.Wi", array![1_u8, 2, 3].view())
        .unwrap()
        .finish()
        .unwrap();
    seeds.push(scratch.bytes());
    Writer::create(&scratch.0).unwrap().finish().unwrap();
    seeds.push(scratch.bytes());
    seeds.extend(npys().iter().map(|npy| archive(npy, npy, npy.len(), 0)));
    seeds.extend(npys().iter().map(|npy| archive(npy, &miniz_oxide::deflate::compress_to_vec(npy, 6), npy.len(), 8)));
    storm(
        "npz",
        200_000,
        &seeds,
        |bytes, _| bytes,
        |path| overtime_npz::headers(path).is_ok() & overtime_npz::read(path).is_ok(),
    );
}

/// The checksums of these archives are right, so the loader reaches the arrays in them.
#[test]
fn arrays_in_sound_archives() {
    let wrap = |npy: Vec<u8>, random: &mut Random| match random.below(4) {
        0 => archive(&npy, &npy, npy.len(), 0),
        1 => archive(&npy, &miniz_oxide::deflate::compress_to_vec(&npy, 1), npy.len(), 8),
        2 => {
            let mut packed = miniz_oxide::deflate::compress_to_vec(&npy, 1);
            mutate(&mut packed, random);
            let claimed = npy.len() + random.below(3) * random.below(100_000);
            archive(&npy, &packed, claimed, 8)
        }
        _ => {
            let mut long = npy;
            long.extend(vec![0; random.below(200_000)]);
            let packed = miniz_oxide::deflate::compress_to_vec(&long, 1);
            archive(&long, &packed, long.len(), 8)
        }
    };
    storm("sound", 100_000, &npys(), wrap, |path| overtime_npz::read(path).is_ok());
}

fn archive(npy: &[u8], packed: &[u8], claimed: usize, method: u8) -> Vec<u8> {
    let name = b"x.npy";
    let mut common = vec![20, 0, 0, 0, method, 0, 0, 0, 0x21, 0];
    common.extend(crc32fast::hash(npy).to_le_bytes());
    common.extend((packed.len() as u32).to_le_bytes());
    common.extend((claimed as u32).to_le_bytes());
    common.extend([name.len() as u8, 0, 0, 0]);
    let mut file = b"PK\x03\x04".to_vec();
    file.extend(&common);
    file.extend(name);
    file.extend(packed);
    let table = file.len() as u32;
    file.extend(b"PK\x01\x02\x14\x00");
    file.extend(&common);
    file.extend([0; 14]);
    file.extend(name);
    let size = file.len() as u32 - table;
    file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    file.extend(size.to_le_bytes());
    file.extend(table.to_le_bytes());
    file.extend([0, 0]);
    file
}

#[test]
fn state_files() {
    let scratch = Scratch::new("states");
    let mut file = File::default();
    file.tensors.push(("V".into(), Tensor::from_array(ArrayD::<f64>::from_elem(vec![2, 3], -65.0).view())));
    file.tensors.push(("l1.Wi".into(), Tensor { dtype: Type::Bf16, shape: vec![3], bytes: vec![1; 6] }));
    file.metadata.insert("i0".into(), "12".into());
    states::write(&scratch.0, &file).unwrap();
    let mut seeds = vec![scratch.bytes()];
    // These files have no checksums, as other programs write them. So a loader gets further into a
    // false header.
    for header in [
        r#"{"a":{"dtype":"F64","shape":[2],"data_offsets":[0,16]},"b":{"dtype":"U8","shape":[0,4],"data_offsets":[16,16]}}  "#,
        r#"{"__metadata__":{"a":"b"},"x":{"dtype":"F16","shape":[2,2],"data_offsets":[0,8]},"y":{"dtype":"I64","shape":[],"data_offsets":[8,16]}}"#,
    ] {
        let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
        bytes.extend(header.bytes());
        bytes.extend([0; 16]);
        seeds.push(bytes);
    }
    // A header with a wrong length is refused at once. So half of the mutated files get the right
    // length.
    let wrap = |mut bytes: Vec<u8>, random: &mut Random| {
        if let Some(end) = bytes.iter().rposition(|b| *b == b'}').filter(|end| *end >= 8 && random.below(2) == 0) {
            bytes[..8].copy_from_slice(&(end as u64 - 7).to_le_bytes());
        }
        bytes
    };
    storm("states", 500_000, &seeds, wrap, |path| match states::read(path) {
        Ok(file) => file.tensors.iter().all(|(_, t)| t.to_array::<f32>().is_ok()),
        Err(_) => false,
    });
}

/// The memory for large files follows their length.
#[test]
fn the_memory_for_large_files_follows_their_length() {
    let scratch = Scratch::new("large");
    let large = ArrayD::<f64>::zeros(vec![1000, 700]);
    let check = |what: &str, times: f64, load: &dyn Fn(&Path)| {
        let len = scratch.bytes().len();
        let taken = peak(|| load(&scratch.0));
        assert!(
            taken as f64 <= len as f64 * times + SMALL as f64,
            "{what}: {taken} bytes of memory for a file of {len} bytes"
        );
    };
    Writer::create(&scratch.0).unwrap().add("x", large.view()).unwrap().finish().unwrap();
    check("npz", 1.0, &|p| drop(overtime_npz::read(p).unwrap()));
    states::write(
        &scratch.0,
        &File { tensors: vec![("x".into(), Tensor::from_array(large.view()))], ..File::default() },
    )
    .unwrap();
    check("states", 1.0, &|p| drop(states::read(p).unwrap()));
    std::fs::write(&scratch.0, npy("<f8", "(1000, 700)", bytemuck::cast_slice(large.as_slice().unwrap()))).unwrap();
    check("npy in Fortran's order", 2.0, &|p| drop(overtime_npz::read(p).unwrap()));
}
