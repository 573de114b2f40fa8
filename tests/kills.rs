//! A process that is killed while it saves leaves the old file or the new file, and never a
//! mixture. The test kills 200 times.

use crate::common::itself;
use ndarray::ArrayD;
use overtime::states::{self, File, Tensor};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

const ELEMENTS: usize = 40_000;
const PATH: &str = "OVERTIME_CHILD_KILLED";
const FROM: &str = "OVERTIME_CHILD_FROM";
const SAVES: u32 = 60;

fn file(k: u32) -> File {
    let tensor = |x: f64| Tensor::from_array(ArrayD::from_elem(vec![ELEMENTS], x).view());
    let mut file = File {
        tensors: vec![("a".into(), tensor(f64::from(k))), ("b".into(), tensor(-f64::from(k)))],
        ..File::default()
    };
    file.metadata.insert("k".into(), k.to_string());
    file
}

/// The number of the state in the file. Checks that the file holds nothing of another state.
fn check(path: &Path) -> u32 {
    let found = states::read(path).unwrap_or_else(|e| panic!("torn: {e}"));
    let k: u32 = found.metadata["k"].parse().unwrap();
    for (name, sign) in [("a", 1.0), ("b", -1.0)] {
        let values = found.get(name).unwrap().to_array::<f64>().unwrap();
        assert_eq!(values.len(), ELEMENTS);
        assert!(values.iter().all(|x| *x == sign * f64::from(k)), "{name} does not belong to state {k}");
    }
    k
}

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("overtime-{name}-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn child(test: &str, path: &Path, from: u32) -> Command {
    let mut child = itself(module_path!(), test);
    child.env(PATH, path).env(FROM, from.to_string()).stdout(Stdio::null()).stderr(Stdio::null());
    child
}

/// The child process of the test below runs this function. It does nothing otherwise.
#[test]
fn child_saves_until_killed() {
    let Some(path) = std::env::var_os(PATH).map(PathBuf::from) else { return };
    let mut k = check(&path);
    loop {
        k += 1;
        states::write(&path, &file(k)).unwrap();
    }
}

/// The child process of the last test runs this function. It does nothing otherwise.
#[test]
fn child_saves_beside_another() {
    let (Some(path), Ok(from)) = (std::env::var_os(PATH), std::env::var(FROM)) else { return };
    let from: u32 = from.parse().unwrap();
    (from..from + SAVES).for_each(|k| states::write(&path, &file(k)).unwrap());
}

#[test]
fn two_hundred_kills_tear_nothing() {
    let folder = folder("kills");
    let path = folder.join("s.safetensors");
    states::write(&path, &file(0)).unwrap();
    let temporaries = || std::fs::read_dir(&folder).unwrap().count() - 1;
    let (mut random, mut left, mut last) = (0x5eed_u64, 0, 0);
    for kill in 0..200 {
        let mut child = child("child_saves_until_killed", &path, 0).spawn().unwrap();
        // Once the file changes, the child is saving. From then on, any moment of a save is equally
        // likely.
        while check(&path) == last {
            assert!(child.try_wait().unwrap().is_none(), "the child saved nothing");
            std::thread::yield_now();
        }
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        std::thread::sleep(Duration::from_micros((random >> 33) % 3000));
        child.kill().unwrap();
        child.wait().unwrap();
        let k = check(&path);
        assert!(k > last, "kill {kill}: state {k} after {last}");
        last = k;
        left += temporaries();
    }
    println!("{last} saves, and {left} of 200 kills left a temporary file");
    states::write(&path, &file(last + 1)).unwrap();
    assert_eq!((check(&path), temporaries()), (last + 1, 0));
    std::fs::remove_dir_all(folder).unwrap();
}

#[test]
fn the_last_of_two_processes_that_save_to_one_file_wins_whole() {
    let folder = folder("two");
    let path = folder.join("s.safetensors");
    states::write(&path, &file(0)).unwrap();
    let mut both = [1, 1000].map(|from| child("child_saves_beside_another", &path, from).spawn().unwrap());
    let mut seen = std::collections::BTreeSet::new();
    while both.iter_mut().any(|c| c.try_wait().unwrap().is_none()) {
        seen.insert(check(&path));
    }
    assert!(both.iter_mut().all(|c| c.wait().unwrap().success()));
    let last = check(&path);
    println!("{} states seen, {last} at the end", seen.len());
    assert!([1 + SAVES - 1, 1000 + SAVES - 1].contains(&last), "{last}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1);
    std::fs::remove_dir_all(folder).unwrap();
}
