//! Several versions of NVRTC on one machine. The driver loads the output of only some of them. Each
//! version is a stand-in that calls the real NVRTC, and gives the machine code the format, and the
//! PTX the version, of the CUDA version that it represents.

use crate::cuda::bits;
use crate::cuda::child::simulated;
use crate::cuda::machine::{Simulated, device, scratch};
use overtime::models::Hh;
use overtime::{Device, Error, LoopOverTime, Survey};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The macros are `MAJOR`, `MINOR`, `PTX` (a version) and `FORMAT` (of the ELF file).
const STAND_IN: &str = r#"
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
typedef void *P;
static void *real(const char *name) {
    static void *library;
    if (!library) {
        const char *built_ins = getenv("REAL_BUILTINS");
        if (built_ins) dlopen(built_ins, RTLD_NOW);
        library = dlopen(getenv("REAL_NVRTC"), RTLD_NOW);
    }
    return library ? dlsym(library, name) : 0;
}
#define CALL(name, types, ...) ((int (*) types)real(#name))(__VA_ARGS__)
int nvrtcVersion(int *a, int *b) { *a = MAJOR; *b = MINOR; return 0; }
int nvrtcCreateProgram(P *p, const char *s, const char *n, int k, const char *const *h, const char *const *i) {
    return CALL(nvrtcCreateProgram, (P *, const char *, const char *, int, const char *const *, const char *const *), p, s, n, k, h, i);
}
int nvrtcDestroyProgram(P *p) { return CALL(nvrtcDestroyProgram, (P *), p); }
int nvrtcCompileProgram(P p, int n, const char *const *o) { return CALL(nvrtcCompileProgram, (P, int, const char *const *), p, n, o); }
int nvrtcGetPTXSize(P p, size_t *n) { return CALL(nvrtcGetPTXSize, (P, size_t *), p, n); }
int nvrtcGetPTX(P p, char *to) {
    int code = CALL(nvrtcGetPTX, (P, char *), p, to);
    char *version = code ? 0 : strstr(to, ".version ");
    if (version) memcpy(version + strlen(".version "), PTX, strlen(PTX));
    return code;
}
int nvrtcGetCUBINSize(P p, size_t *n) { return CALL(nvrtcGetCUBINSize, (P, size_t *), p, n); }
int nvrtcGetCUBIN(P p, char *to) {
    size_t n = 0, length = 0;
    int code = CALL(nvrtcGetCUBIN, (P, char *), p, to);
    if (code || nvrtcGetCUBINSize(p, &n) || nvrtcGetPTXSize(p, &length)) return code;
    to[7] = FORMAT;
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < n; ++i) hash = (hash ^ (unsigned char)to[i]) * 0x100000001b3u;
    /* The simulated driver knows machine code by the PTX that lies there. */
    char path[4096], *text = malloc(length);
    snprintf(path, sizeof path, "%s/%016llx.ptx", getenv("FAKECUDA_PTX_DIR"), (unsigned long long)hash);
    FILE *file = fopen(path, "w");
    if (!file || nvrtcGetPTX(p, text)) return 11;
    fwrite(text, 1, length - 1, file);
    fclose(file);
    free(text);
    return 0;
}
int nvrtcGetProgramLogSize(P p, size_t *n) { return CALL(nvrtcGetProgramLogSize, (P, size_t *), p, n); }
int nvrtcGetProgramLog(P p, char *to) { return CALL(nvrtcGetProgramLog, (P, char *), p, to); }
const char *nvrtcGetErrorString(int code) { return ((const char *(*)(int))real("nvrtcGetErrorString"))(code); }
int nvrtcGetNumSupportedArchs(int *n) { return CALL(nvrtcGetNumSupportedArchs, (int *), n); }
int nvrtcGetSupportedArchs(int *all) { return CALL(nvrtcGetSupportedArchs, (int *), all); }
"#;

/// The folder of the stand-ins. The parent process of all cases of a test builds them once.
const FOLDER: &str = "STAND_INS";

struct StandIns {
    folder: PathBuf,
    real: String,
    built_ins: Option<PathBuf>,
}

impl StandIns {
    /// Returns `None` if there is no device, or no C compiler.
    fn new(test: &str) -> Option<Self> {
        if let Some(folder) = std::env::var_os(FOLDER) {
            return Some(Self { folder: folder.into(), real: String::new(), built_ins: None });
        }
        device()?;
        let survey = Survey::new();
        let found = survey.findings.iter().find(|f| f.what == "NVRTC")?.result.as_ref().ok()?;
        let real = found.split(", of CUDA").next()?.to_owned();
        let beside =
            std::fs::read_dir(Path::new(&real).parent()?).into_iter().flatten().flatten().map(|entry| entry.path());
        let is_built_ins = |p: &PathBuf| p.to_string_lossy().contains("nvrtc-builtins.so");
        let built_ins = beside.filter(is_built_ins).last();
        let folder = scratch().join(format!("stand-ins-{test}-{}", std::process::id()));
        for (major, minor, ptx, format) in [(13, 0, "9.0", 0x41), (12, 9, "8.8", 0x33)] {
            let library = folder.join(major.to_string()).join("lib64");
            std::fs::create_dir_all(&library).unwrap();
            let text = folder.join("stand_in.c");
            std::fs::write(&text, STAND_IN).unwrap();
            let defines = [
                format!("-DMAJOR={major}"),
                format!("-DMINOR={minor}"),
                format!("-DPTX=\"{ptx}\""),
                format!("-DFORMAT={format}"),
            ];
            let mut cc = Command::new("cc");
            cc.args(["-shared", "-fPIC", "-w"])
                .args(defines)
                .arg("-o")
                .arg(library.join(format!("libnvrtc.so.{major}")))
                .arg(text)
                .arg("-ldl");
            match cc.status() {
                Ok(status) => assert!(status.success(), "cc failed on the stand-in of CUDA {major}"),
                Err(_) => {
                    eprintln!("no C compiler: the test is skipped");
                    return None;
                }
            }
        }
        Some(Self { folder, real, built_ins })
    }

    /// Runs `body` with these stand-ins. The driver has this version, and refuses these images.
    fn case(&self, test: &str, [new, old]: [bool; 2], driver: &str, refuse: &str, body: impl FnOnce()) {
        let nowhere = Path::new("/nowhere").to_path_buf();
        let path = |has: bool, major: &str| if has { self.folder.join(major) } else { nowhere.clone() };
        let text = |path: PathBuf| path.to_string_lossy().into_owned();
        let (path, home, folder) = (text(path(new, "13")), text(path(old, "12")), text(self.folder.clone()));
        let built_ins = self.built_ins.clone().map(text).unwrap_or_default();
        let set = [
            ("OVERTIME_NVRTC", ""),
            ("CUDA_PATH", &path),
            ("CUDA_HOME", &home),
            ("VIRTUAL_ENV", ""),
            ("CONDA_PREFIX", ""),
            ("OVERTIME_IMAGE", "cubin"),
            ("OVERTIME_CACHE", "off"),
            ("FAKECUDA_PTX_DIR", &folder),
            ("FAKECUDA_DRIVER_VERSION", driver),
            ("FAKECUDA_REFUSE", refuse),
            ("REAL_NVRTC", &self.real),
            ("REAL_BUILTINS", &built_ins),
            (FOLDER, &folder),
        ];
        // A child process runs one of the cases.
        let is_it =
            |name: &str| set.iter().any(|(n, value)| *n == name && std::env::var(n).is_ok_and(|v| v == **value));
        if std::env::var_os(FOLDER).is_none() || ["FAKECUDA_REFUSE", "CUDA_HOME"].into_iter().all(is_it) {
            simulated(test, &set, body);
        }
    }
}

impl Drop for StandIns {
    fn drop(&mut self) {
        // Only the parent process removes the folder.
        if !self.real.is_empty() {
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

/// Runs a neuron, asserts the bits of the CPU, and returns the warnings.
fn runs() -> Vec<String> {
    let run = |device| {
        let mut over_time =
            LoopOverTime::<f32, _>::builder(Hh::new(40).noise(1.0)).seed(3).device(device).build().unwrap();
        let run = over_time.run_steps(20).unwrap();
        (run, over_time.warnings().to_vec())
    };
    let ((found, warnings), (expected, _)) = (run(Device::Cuda(0)), run(Device::Cpu));
    bits::same_runs("with any compiler", &found, &expected);
    warnings
}

fn first() -> String {
    let survey = Survey::new();
    let nvrtc = survey.findings.iter().find(|f| f.what == "NVRTC").unwrap();
    nvrtc.result.clone().unwrap()
}

#[test]
fn an_older_driver_gets_the_code_of_the_older_compiler() {
    const TEST: &str = "compilers::an_older_driver_gets_the_code_of_the_older_compiler";
    let Some(stand_ins) = StandIns::new("older") else { return };
    stand_ins.case(TEST, [true, true], "12040", "", || {
        assert!(
            first().contains("/12/") && first().contains("the newest one whose machine code the driver"),
            "{}",
            first()
        );
        assert!(runs().is_empty());
        // The driver was not given the machine code of the newer compiler.
        let said = Simulated::new().unwrap().report().said;
        assert!(said.iter().all(|line| !line.contains("CUBIN")), "{said:?}");
    });
}

#[test]
fn after_a_refusal_the_next_compiler_is_tried_and_then_ptx() {
    const TEST: &str = "compilers::after_a_refusal_the_next_compiler_is_tried_and_then_ptx";
    let Some(stand_ins) = StandIns::new("next") else { return };
    for code in [200, 209, 222] {
        for (kinds, both) in [("13", true), ("12,13", true), ("13", false)] {
            stand_ins.case(TEST, [true, both], "13000", &format!("{code}:{kinds}"), || {
                let asked = std::env::var("FAKECUDA_REFUSE").unwrap();
                let has_both = std::env::var("CUDA_HOME").unwrap() != "/nowhere";
                let taken =
                    if asked.ends_with(":13") && has_both { "machine code of NVRTC 12.9" } else { "PTX of NVRTC 13.0" };
                let warnings = runs();
                let [said] = warnings.as_slice() else { panic!("{asked}: {warnings:?}") };
                assert!(
                    said.contains(&format!("kernels are {taken}")) && said.contains("machine code of NVRTC 13.0"),
                    "{asked}: {said}"
                );
            });
        }
    }
}

#[test]
fn the_error_lists_all_that_was_tried() {
    const TEST: &str = "compilers::the_error_lists_all_that_was_tried";
    let Some(stand_ins) = StandIns::new("all") else { return };
    stand_ins.case(TEST, [true, true], "13000", "209:12,13,ptx", || {
        let error = LoopOverTime::<f32, _>::builder(Hh::new(3)).device(Device::Cuda(0)).build().unwrap_err();
        assert!(matches!(error, Error::Cuda { call: "cuModuleLoadData", code: 209, .. }), "{error}");
        let parts = [
            "machine code of NVRTC 13.0",
            "machine code of NVRTC 12.9",
            "PTX of NVRTC 13.0",
            "PTX of NVRTC 12.9",
            "driver is for CUDA 13.0",
        ];
        assert!(parts.iter().all(|part| error.to_string().contains(part)), "{error}");
    });
}

#[test]
fn an_error_says_that_the_only_compiler_is_too_new() {
    const TEST: &str = "compilers::an_error_says_that_the_only_compiler_is_too_new";
    let Some(stand_ins) = StandIns::new("alone") else { return };
    stand_ins.case(TEST, [true, false], "12040", "", || {
        assert!(first().contains("later than the driver") && first().contains("nvidia-cuda-nvrtc-cu12"), "{}", first());
        let error = LoopOverTime::<f32, _>::builder(Hh::new(3)).device(Device::Cuda(0)).build().unwrap_err();
        assert!(matches!(error, Error::Cuda { call: "cuModuleLoadData", code: 200, .. }), "{error}");
        let parts = ["machine code of NVRTC 13.0", "PTX of NVRTC 13.0", "CUDA 12.4", "OVERTIME_NVRTC"];
        assert!(parts.iter().all(|part| error.to_string().contains(part)), "{error}");
    });
}
