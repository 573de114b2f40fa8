//! Saves that fail, and saves by several processes or threads.

use super::{folder, neurons, saved};
use overtime::models::Hh;
use overtime::{Error, LoopOverTime, states};
use std::path::Path;

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
    let script = r#"trap "" XFSZ; ulimit -f 16; exec "$0" --exact faults::saves::child_saves_too_much --nocapture"#;
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
