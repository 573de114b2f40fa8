//! Runs the command in a temporary folder, and reads the files that it writes.

use assert_cmd::Command;
use ndarray::ArrayD;
use overtime_npz::Writer;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Output;

/// A temporary folder for one test.
pub(crate) struct Place(tempfile::TempDir);

impl Place {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file.
    pub(crate) fn write(&self, name: &str, text: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Writes an npz file.
    pub(crate) fn npz(&self, name: &str, arrays: &[(&str, ArrayD<f64>)]) -> PathBuf {
        let path = self.path(name);
        let mut npz = Writer::create(&path).unwrap();
        for (name, array) in arrays {
            npz.add(name, array.view()).unwrap();
        }
        npz.finish().unwrap();
        path
    }

    /// The command in this folder.
    pub(crate) fn command(&self, arguments: &str) -> Command {
        let mut command = Command::cargo_bin("overtime").unwrap();
        command.current_dir(self.0.path()).args(arguments.split_whitespace());
        command
    }

    pub(crate) fn run(&self, arguments: &str) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs a command that must succeed, and returns its stdout.
    pub(crate) fn ok(&self, arguments: &str) -> String {
        let output = self.run(arguments);
        let (out, err) = texts(&output);
        assert_eq!(output.status.code(), Some(0), "overtime {arguments}\n{out}\n{err}");
        out
    }

    /// Runs a command that must fail with this code, and returns its stderr.
    pub(crate) fn fails(&self, code: i32, arguments: &str) -> String {
        let output = self.run(arguments);
        let (out, err) = texts(&output);
        assert_eq!(output.status.code(), Some(code), "overtime {arguments}\n{out}\n{err}");
        assert!(!err.trim().is_empty() && !err.contains("panicked"), "{err}");
        err
    }

    /// All arrays of an npz file that the command wrote.
    pub(crate) fn read(&self, name: &str) -> BTreeMap<String, ArrayD<f64>> {
        arrays(&self.path(name))
    }
}

pub(crate) fn texts(output: &Output) -> (String, String) {
    (String::from_utf8_lossy(&output.stdout).into_owned(), String::from_utf8_lossy(&output.stderr).into_owned())
}

pub(crate) fn arrays(path: &Path) -> BTreeMap<String, ArrayD<f64>> {
    overtime_npz::read(path).unwrap().into_iter().map(|(n, a)| (n, a.to_f64())).collect()
}

/// The root folder of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The flags that make an example short enough for a test: a network runs for some milliseconds, and
/// the microcircuit has a tenth of its neurons and of their synapses.
pub(crate) fn shortened(text: &str, ms: u32) -> String {
    let scale = if text.contains("mean_rate = ") { " --scale 0.1 --scale-in-degrees 0.1" } else { "" };
    if text.contains("[[group]]") { format!("--duration {ms}{scale}") } else { String::new() }
}

/// Asserts that all differences are within the tolerance; NaN fails.
pub(crate) fn assert_close(got: &ArrayD<f64>, expected: &ArrayD<f64>, tolerance: f64, what: &str) {
    assert_eq!(got.shape(), expected.shape(), "{what}");
    for (k, (a, b)) in got.iter().zip(expected).enumerate() {
        assert!((a - b).abs() <= tolerance, "{what}[{k}]: {a}, expected {b}");
    }
}
