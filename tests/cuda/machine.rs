//! The device of the tests: a GPU if the machine has one, otherwise the simulated driver, otherwise
//! none.
//!
//! `REQUIRE_CUDA=1` makes a missing device a failure, and `REQUIRE_CUDA=gpu` also the use of the
//! simulated driver. `REQUIRE_CUDA=simulated` does not use a GPU. The environment of a test program
//! is set once, before any code uses CUDA.

use crate::common::itself;
use libloading::Library;
use overtime::{Device, Survey};
use std::collections::BTreeMap;
use std::env::{current_exe, set_var, var, var_os};
use std::ffi::{CString, c_char};
use std::path::PathBuf;
use std::sync::OnceLock;

pub(crate) use crate::common::CHILD;

/// The device to test, or `None` if the test is skipped.
pub(crate) fn device() -> Option<Device> {
    static WHY_NOT: OnceLock<Option<String>> = OnceLock::new();
    let why_not = WHY_NOT.get_or_init(|| {
        prepare();
        let found = Device::cuda(0).err().map(|e| e.to_string());
        found.or_else(|| {
            (wanted("gpu") && is_simulated()).then(|| "REQUIRE_CUDA=gpu, and this is the simulated driver".into())
        })
    });
    let Some(reason) = why_not else { return Some(Device::Cuda(0)) };
    assert!(
        var_os("REQUIRE_CUDA").is_none_or(|v| v.is_empty()),
        "REQUIRE_CUDA is set, but there is no device: {reason}"
    );
    eprintln!("skipped: {reason}");
    None
}

fn wanted(what: &str) -> bool {
    var("REQUIRE_CUDA").is_ok_and(|v| v == what)
}

/// The library of the simulated driver, in the folder of the test programs.
pub(crate) fn simulated_library() -> PathBuf {
    let folder = current_exe().ok().and_then(|p| p.parent().map(PathBuf::from)).unwrap_or_default();
    folder.join(if cfg!(target_os = "linux") { "libfakecuda.so" } else { "fakecuda" })
}

/// The folder for files that this test program leaves behind.
pub(crate) fn scratch() -> PathBuf {
    let folder =
        option_env!("CARGO_TARGET_TMPDIR").map(PathBuf::from).filter(|p| p.is_dir()).unwrap_or_else(std::env::temp_dir);
    folder.join("overtime-cuda-tests")
}

/// Chooses the device of this process, once. A child process uses the device of its parent.
pub(crate) fn prepare() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let set = |name: &str, value: PathBuf| {
            if var_os(name).is_none() {
                // SAFETY: every test that calls foreign code, a driver or a compiler, calls this
                // function before that, and waits here for the first call to end. All other code of
                // this process reads the environment through Rust's own lock.
                unsafe { set_var(name, value) };
            }
        };
        set("OVERTIME_CACHE", scratch().join("cache"));
        if var_os(CHILD).is_some()
            || var_os("OVERTIME_LIBCUDA").is_some()
            || wanted("gpu")
            || (!wanted("simulated") && has_gpu())
        {
            return;
        }
        set("OVERTIME_LIBCUDA", simulated_library());
        set("OVERTIME_IMAGE", "ptx".into());
        // A loop takes a share of the free memory, and fresh memory is filled with poison, so a
        // small memory keeps tests short. It suffices for one loop on each thread.
        let threads = std::thread::available_parallelism().map_or(2, usize::from);
        set("FAKECUDA_MEMORY_MIB", (12 * threads.max(2)).to_string().into());
        set("FAKECUDA_QUIET", "1".into());
    });
}

/// Whether there is a GPU. Another process finds out, because a real driver loaded in this process
/// would prevent the use of the simulated one.
fn has_gpu() -> bool {
    let asked = itself(module_path!(), "survey_for_gpus").env(CHILD, "survey").output();
    asked.is_ok_and(|o| String::from_utf8_lossy(&o.stdout).contains("usable GPUs: yes"))
}

/// [`has_gpu`] runs this function in a child process; it is not a test itself.
#[test]
fn survey_for_gpus() {
    if var(CHILD).is_ok_and(|v| v == "survey") {
        let usable = Survey::new().gpus().iter().any(|g| g.unfit().is_none());
        println!("usable GPUs: {}", if usable { "yes" } else { "no" });
    }
}

/// Whether the driver is the simulated one.
pub(crate) fn is_simulated() -> bool {
    prepare();
    var_os("OVERTIME_LIBCUDA").is_some_and(|p| PathBuf::from(p).file_name() == simulated_library().file_name())
}

/// The additional functions of the simulated driver.
pub(crate) struct Simulated {
    library: Library,
}

impl Simulated {
    /// Returns `None` on a GPU.
    pub(crate) fn new() -> Option<Self> {
        if !is_simulated() {
            return None;
        }
        // SAFETY: this is our own library, and loading it runs no code.
        let library = unsafe { Library::new(var_os("OVERTIME_LIBCUDA")?) };
        Some(Self { library: library.expect("the simulated driver was loaded before") })
    }

    /// Resets the counts.
    pub(crate) fn reset(&self) {
        // SAFETY: the function has this type.
        unsafe {
            let reset: libloading::Symbol<'_, extern "C" fn()> = self.library.get("fakecuda_reset_counts").unwrap();
            reset();
        }
    }

    /// Makes the k-th such call from now on fail: `alloc`, `launch` or `device`. 0 means never.
    pub(crate) fn inject(&self, what: &str, k: u64) {
        self.reset();
        let what = CString::new(what).unwrap();
        // SAFETY: the function has this type, and the text ends with NUL.
        let known = unsafe {
            let inject: libloading::Symbol<'_, extern "C" fn(*const c_char, u64) -> i32> =
                self.library.get("fakecuda_inject").unwrap();
            inject(what.as_ptr(), k)
        };
        assert_eq!(known, 1, "{what:?}");
    }

    /// The report since the last reset.
    pub(crate) fn report(&self) -> Report {
        // SAFETY: the function has this type, and writes at most the number of bytes that it is
        // given.
        let text = unsafe {
            let report: libloading::Symbol<'_, unsafe extern "C" fn(*mut u8, usize) -> usize> =
                self.library.get("fakecuda_report").unwrap();
            let mut text = vec![0_u8; report(std::ptr::null_mut(), 0) + 4096];
            let n = report(text.as_mut_ptr(), text.len());
            text.truncate(n.min(text.len() - 1));
            text
        };
        Report::of(&String::from_utf8_lossy(&text))
    }
}

/// The counts of the simulated driver.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    /// Driver calls by name.
    pub(crate) calls: BTreeMap<String, u64>,
    /// Launches and instructions by kernel.
    pub(crate) kernels: BTreeMap<String, (u64, u64)>,
    /// The resources in use: bytes of `memory` and `pinned`, numbers of `streams`, `events`,
    /// `modules` and `graphs`.
    pub(crate) held: BTreeMap<String, u64>,
    /// Complaints and leaks.
    pub(crate) said: Vec<String>,
}

impl Report {
    fn of(text: &str) -> Self {
        let mut report = Self::default();
        for line in text.lines() {
            let words: Vec<&str> = line.split(' ').collect();
            let number = |k: usize| words.get(k).and_then(|w| w.parse::<u64>().ok()).unwrap_or(0);
            match words[0] {
                "call" => drop(report.calls.insert(words[1].to_owned(), number(2))),
                "kernel" => drop(report.kernels.insert(words[1].to_owned(), (number(2), number(3)))),
                "said" | "leak" => report.said.push(line.to_owned()),
                what => drop(report.held.insert(what.to_owned(), number(1))),
            }
        }
        report
    }

    /// The total number of these calls.
    pub(crate) fn calls(&self, names: &[&str]) -> u64 {
        self.calls.iter().filter(|(name, _)| names.iter().any(|n| name.starts_with(n))).map(|(_, n)| n).sum()
    }
}
