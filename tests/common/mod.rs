//! Reference runs, comparisons that NaN fails, and tests in their own processes.
#![allow(unreachable_pub, reason = "the tests use this module as a library")]

mod child;

pub use child::{CHILD, alone, is_child, itself, unprepared};

use ndarray::{ArrayD, Dimension};
use overtime::models::Method;
use std::path::{Path, PathBuf};

/// One reference run of `tests/golden/`. The README in that folder describes its arrays.
pub struct Golden {
    pub name: String,
    arrays: Vec<(String, ArrayD<f64>)>,
}

/// The folder of the repository.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap()
}

/// The methods that any neuron takes: all but `exact`.
pub fn approximate_methods() -> impl Iterator<Item = Method> {
    Method::ALL.into_iter().filter(|method| *method != Method::Exact)
}

/// The folder of the reference runs: in the repository, or `OVERTIME_GOLDEN` for tests that run
/// elsewhere.
pub fn golden_folder() -> PathBuf {
    let elsewhere = std::env::var_os("OVERTIME_GOLDEN").map(PathBuf::from);
    elsewhere.unwrap_or_else(|| root().join("tests/golden"))
}

/// Loads the reference run of this name.
pub fn golden(name: &str) -> Golden {
    Golden::read(&golden_folder().join(format!("{name}.npz")))
}

impl Golden {
    /// Reads a file of this form.
    pub fn read(path: &Path) -> Self {
        let arrays = overtime_npz::read(path).unwrap_or_else(|e| panic!("{e}"));
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Self { name, arrays: arrays.into_iter().map(|(n, a)| (n, a.to_f64())).collect() }
    }

    /// The array of this name, if the run has it.
    pub fn get(&self, name: &str) -> Option<&ArrayD<f64>> {
        self.arrays.iter().find(|(n, _)| n == name).map(|(_, a)| a)
    }

    /// The array of this name: `in`, `out`, `mon.V`, `w.l1.Wi`, `s0.V`.
    pub fn array(&self, name: &str) -> &ArrayD<f64> {
        let names: Vec<_> = self.arrays.iter().map(|(n, _)| n).collect();
        self.get(name).unwrap_or_else(|| panic!("{}: no `{name}` among {names:?}", self.name))
    }

    /// All arrays whose names start with a prefix, without that prefix: `with("w.")` gives `l1.Wi`,
    /// …
    pub fn with<'s>(&'s self, prefix: &'s str) -> impl Iterator<Item = (&'s str, &'s ArrayD<f64>)> {
        self.arrays.iter().filter_map(move |(n, a)| n.strip_prefix(prefix).map(|n| (n, a)))
    }
}

/// An array of any element type as `f64`.
pub fn widen<T: overtime::Scalar>(a: &ArrayD<T>) -> ArrayD<f64> {
    a.mapv(T::to_f64)
}

/// An array rounded to another element type.
pub fn narrow<T: overtime::Scalar>(a: &ArrayD<f64>) -> ArrayD<T> {
    a.mapv(T::from_f64)
}

/// Asserts |a − b| ≤ tol everywhere (so that NaN fails), and names the place that fails. Returns
/// the largest difference.
#[track_caller]
pub fn close(what: &str, a: &ArrayD<f64>, b: &ArrayD<f64>, tol: f64) -> f64 {
    assert_eq!(a.shape(), b.shape(), "{what}: the shapes differ");
    let mut worst = 0.0;
    for (index, x) in a.indexed_iter() {
        let difference = (x - b[&index]).abs();
        assert!(
            difference <= tol,
            "{what}{:?}: {x} instead of {}, a difference of {difference:e}, {tol:e} allowed",
            index.slice(),
            b[&index]
        );
        worst = f64::max(worst, difference);
    }
    worst
}

/// Asserts that the median and the 99th percentile of |a − b| are within these bounds. NaN counts
/// as infinite.
#[track_caller]
pub fn close_mostly(what: &str, a: &ArrayD<f64>, b: &ArrayD<f64>, median: f64, most: f64) {
    assert_eq!(a.shape(), b.shape(), "{what}: the shapes differ");
    let apart = |(x, y): (&f64, &f64)| if (x - y).is_nan() { f64::INFINITY } else { (x - y).abs() };
    let mut differences: Vec<f64> = a.iter().zip(b).map(apart).collect();
    assert!(!differences.is_empty(), "{what}: nothing to compare");
    differences.sort_unstable_by(f64::total_cmp);
    let at = |share: f64| differences[((differences.len() - 1) as f64 * share).ceil() as usize];
    assert!(at(0.5) <= median, "{what}: median {:e}, {median:e} allowed", at(0.5));
    assert!(at(0.99) <= most, "{what}: 99th percentile {:e}, {most:e} allowed", at(0.99));
}

/// Asserts that two arrays of spikes `[T, …]` (0 or 1) have the same number of spikes in each unit,
/// each within `slack` steps.
#[track_caller]
pub fn same_spikes(what: &str, a: &ArrayD<f64>, b: &ArrayD<f64>, slack: usize) {
    assert_eq!(a.shape(), b.shape(), "{what}: the shapes differ");
    let steps = a.shape()[0];
    let units = a.len() / steps.max(1);
    let flat = |x: &ArrayD<f64>| x.to_shape((steps, units)).unwrap().into_owned();
    let (a, b) = (flat(a), flat(b));
    for unit in 0..units {
        let times = |x: &ndarray::Array2<f64>| (0..steps).filter(|t| x[[*t, unit]] != 0.0).collect::<Vec<_>>();
        let (mine, theirs) = (times(&a), times(&b));
        assert_eq!(mine.len(), theirs.len(), "{what}: spikes of unit {unit}: {mine:?} instead of {theirs:?}");
        assert!(
            mine.iter().zip(&theirs).all(|(m, t)| m.abs_diff(*t) <= slack),
            "{what}: unit {unit}: {mine:?} instead of {theirs:?}"
        );
    }
}
