//! The survey of drivers that are missing, broken, too old or without devices. In a child process,
//! a small library stands in for each such driver.

use crate::common::{CHILD, itself, unprepared};
use overtime::{Device, Error, Survey};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The source of every stand-in driver. Macros change it.
const DRIVER: &str = r#"
#include <stddef.h>
#include <string.h>
#ifndef VERSION
#define VERSION 13000
#endif
#ifndef COUNT
#define COUNT 1
#endif
#ifndef INIT
#define INIT 0
#endif
#ifndef MAJOR
#define MAJOR 9
#endif
#ifndef NO_INIT
int cuInit(unsigned flags) { return INIT; }
#endif
int cuDriverGetVersion(int *v) { *v = VERSION; return INIT == 34 ? 34 : 0; }
int cuDeviceGetCount(int *n) { *n = COUNT; return 0; }
int cuDeviceGet(int *d, int n) { *d = n; return 0; }
int cuDeviceGetName(char *s, int len, int d) { memset(s, 'x', len); return 0; }
int cuDeviceGetAttribute(int *v, int a, int d) { *v = a == 75 ? MAJOR : 0; return 0; }
int cuDeviceTotalMem_v2(size_t *n, int d) { *n = (size_t)80 << 30; return 0; }
"#;

const NVRTC: &str = r#"
#ifndef VERSION
#define VERSION 13, 0
#endif
int nvrtcVersion(int *a, int *b) { int v[] = {VERSION}; *a = v[0]; *b = v[1]; return 0; }
"#;

/// A stand-in for NVRTC's built-ins, which prints that it has been loaded.
const BUILTINS: &str = r#"
#include <stdio.h>
__attribute__((constructor)) static void loaded(void) { puts("built-ins are loaded"); fflush(stdout); }
"#;

/// A toolkit's folder that contains this NVRTC under this name, or `None` if there is no C
/// compiler.
fn toolkit(name: &str, version: &str, library: &str) -> Option<PathBuf> {
    let nvrtc = build(name, NVRTC, &[&format!("-DVERSION={version}")])?;
    let folder = nvrtc.with_file_name("toolkit").join("lib64");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&nvrtc, folder.join(library)).unwrap();
    folder.parent().map(Path::to_path_buf)
}

/// Builds a shared library, or returns `None` if there is no C compiler.
fn build(name: &str, source: &str, defines: &[&str]) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("devices").join(format!("{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let (c, so) = (folder.join("library.c"), folder.join("library.so"));
    std::fs::write(&c, source).unwrap();
    let built = Command::new("cc").args(["-shared", "-fPIC", "-w"]).args(defines).arg("-o").arg(&so).arg(&c).status();
    match built {
        Ok(status) => {
            assert!(status.success(), "cc failed on {name}");
            Some(so)
        }
        Err(_) => {
            eprintln!("no C compiler: {name} is not tested");
            None
        }
    }
}

/// The child processes run this function; it is not a test itself. Any panic aborts, as under
/// `panic = "abort"`.
#[test]
fn child() {
    if std::env::var(CHILD).is_ok_and(|v| v == "devices") {
        survey();
    }
}

fn survey() {
    std::panic::set_hook(Box::new(|_| std::process::abort()));
    let survey = Survey::new();
    println!("auto is {}", Device::auto());
    println!("best is {}", survey.best());
    println!("gpus: {}", survey.gpus().len());
    for finding in &survey.findings {
        println!("{}: {:?} in {:?}", finding.what, finding.result, finding.looked_in);
    }
    for ordinal in [0, 7] {
        match Device::cuda(ordinal) {
            Ok(device) => println!("{device} is available"),
            Err(Error::DeviceUnavailable { device, reason }) => println!("{device} is not, {reason:?}, {reason}"),
            Err(other) => println!("another error: {other}"),
        }
    }
}

fn survey_with(set: &[(&str, &Path)], unset: &[&str]) -> String {
    let mut command = itself(module_path!(), "child");
    command.env(CHILD, "devices");
    unset.iter().for_each(|name| {
        command.env_remove(name);
    });
    set.iter().for_each(|(name, value)| {
        command.env(name, value);
    });
    let Output { status, stdout, stderr } = command.output().unwrap();
    let text = String::from_utf8_lossy(&stdout).into_owned();
    assert!(status.success(), "{status}\n{text}\n{}", String::from_utf8_lossy(&stderr));
    // A driver that answers, with a compiler, counts as a GPU for the survey.
    let best = if text.contains("cuda:0 is available") { "cuda:0" } else { "cpu" };
    assert!(text.contains(&format!("auto is {best}\n")) && text.contains(&format!("best is {best}\n")), "{text}");
    text
}

fn with_driver(driver: &Path) -> String {
    survey_with(&[("OVERTIME_LIBCUDA", driver)], &["CUDA_VISIBLE_DEVICES"])
}

fn says(text: &str, what: &[&str]) {
    for part in what {
        assert!(text.contains(part), "`{part}` is missing in:\n{text}");
    }
}

#[test]
fn no_driver_is_a_reason_that_says_where_it_was_looked_for() {
    says(
        &with_driver(Path::new("/nowhere/libcuda.so.1")),
        &["cuda:0 is not, NoDriver", "/nowhere/libcuda.so.1", "gpus: 0"],
    );
}

#[test]
fn a_file_that_is_no_library_is_a_reason() {
    let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("not-a-library.so.1");
    std::fs::write(&file, "this is text").unwrap();
    says(&with_driver(&file), &["cuda:0 is not, NoDriver", "not-a-library.so.1"]);
}

#[test]
fn a_stub_without_cu_init_is_a_reason_that_names_the_symbol() {
    let Some(driver) = build("stub", DRIVER, &["-DNO_INIT"]) else { return };
    says(&with_driver(&driver), &["cuda:0 is not, MissingSymbol", "symbol: \"cuInit\"", "has no `cuInit`"]);
}

#[test]
fn the_toolkits_stub_is_not_taken_for_a_driver() {
    let Some(driver) = build("toolkit-stub", DRIVER, &["-DINIT=34"]) else { return };
    says(
        &with_driver(&driver),
        &["StubDriver { library: ", "toolkit's stub", "LD_LIBRARY_PATH", "library.so (the toolkit's stub)"],
    );
}

/// The engine's calls find the driver by its name alone, and a folder of stubs that is first in the
/// loader's path hides the driver.
#[test]
fn a_stub_that_hides_the_driver_is_a_reason() {
    let Some(driver) = build("hidden", DRIVER, &[]) else { return };
    let Some(stub) = build("hiding-stub", DRIVER, &["-DINIT=34", "-Wl,-soname,libcuda.so.1"]) else { return };
    let folder = stub.with_file_name("stubs");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&stub, folder.join("libcuda.so")).unwrap();
    let text = survey_with(&[("OVERTIME_LIBCUDA", &driver), ("LD_LIBRARY_PATH", &folder)], &["CUDA_VISIBLE_DEVICES"]);
    says(
        &text,
        &[
            "StubDriver { library: \"libcuda.so\" }",
            "libcuda.so is the CUDA toolkit's stub",
            "take the toolkit's folder `stubs` out",
        ],
    );
    // A stub under the driver's own name is skipped. The survey reports it if it finds no real
    // driver.
    std::fs::copy(&stub, folder.join("libcuda.so.1")).unwrap();
    let text = survey_with(&[("LD_LIBRARY_PATH", &folder)], &["OVERTIME_LIBCUDA", "CUDA_VISIBLE_DEVICES"]);
    says(&text, &["libcuda.so.1 (the toolkit's stub)", "StubDriver { library: \"libcuda.so.1\" }"]);
}

#[test]
fn the_nvrtc_is_chosen_whose_machine_code_the_driver_loads() {
    let (Some(new), Some(old)) =
        (toolkit("nvrtc-new", "13,99", "libnvrtc.so.13"), toolkit("nvrtc-old", "12,99", "libnvrtc.so.12"))
    else {
        return;
    };
    let nvrtc = |text: &str| text.lines().find(|line| line.starts_with("NVRTC: ")).unwrap_or_default().to_owned();
    for (version, first, second) in [("12040", &old, &new), ("12090", &old, &new), ("13000", &new, &old)] {
        let Some(driver) = build(&format!("driver-{version}"), DRIVER, &[&format!("-DVERSION={version}")]) else {
            return;
        };
        // The choice does not depend on the order in which the survey finds the two libraries.
        for (path, home) in [(&new, &old), (&old, &new)] {
            let set =
                [("OVERTIME_LIBCUDA", driver.as_path()), ("CUDA_PATH", path.as_path()), ("CUDA_HOME", home.as_path())];
            let said = nvrtc(&survey_with(&set, &["OVERTIME_NVRTC"]));
            assert!(said.starts_with(&format!("NVRTC: Ok(\"{}", first.display())), "driver {version}: {said}");
            says(
                &said,
                &["the newest one whose machine code the driver, for CUDA 1", "tried next", second.to_str().unwrap()],
            );
        }
        // If the environment names one library, the survey takes no other.
        let library = new.join("lib64").join("libnvrtc.so.13");
        let said = nvrtc(&survey_with(
            &[("OVERTIME_LIBCUDA", &driver), ("OVERTIME_NVRTC", &library), ("CUDA_HOME", &old)],
            &[],
        ));
        assert!(said.contains("of CUDA 13.99") && !said.contains(old.to_str().unwrap()), "{said}");
        assert_eq!(
            said.contains("later than the driver") && said.contains("nvidia-cuda-nvrtc-cu12"),
            version != "13000",
            "{said}"
        );
    }
}

#[test]
fn an_nvrtc_that_is_named_by_its_file_finds_its_built_ins() {
    let Some(driver) = build("named-driver", DRIVER, &[]) else { return };
    let Some(toolkit) = toolkit("nvrtc-named", "13,0", "libnvrtc.so.13") else { return };
    let Some(builtins) = build("nvrtc-builtins", BUILTINS, &[]) else { return };
    let folder = toolkit.join("lib64");
    std::fs::copy(&builtins, folder.join("libnvrtc-builtins.so.13.0")).unwrap();
    for named in [folder.join("libnvrtc.so.13"), folder] {
        says(
            &survey_with(&[("OVERTIME_LIBCUDA", &driver), ("OVERTIME_NVRTC", &named)], &[]),
            &["built-ins are loaded", "of CUDA 13.0"],
        );
    }
    // A link in another folder works too.
    let link = toolkit.join("libnvrtc.so");
    let _ = std::fs::remove_file(&link);
    std::os::unix::fs::symlink(toolkit.join("lib64").join("libnvrtc.so.13"), &link).unwrap();
    says(
        &survey_with(&[("OVERTIME_LIBCUDA", &driver), ("OVERTIME_NVRTC", &link)], &[]),
        &["built-ins are loaded", "of CUDA 13.0"],
    );
}

#[test]
fn an_old_driver_is_a_reason_with_both_versions() {
    let Some(driver) = build("old", DRIVER, &["-DVERSION=11080"]) else { return };
    says(&with_driver(&driver), &["DriverTooOld { has: (11, 8), needs: (12, 0) }", "CUDA 11.8", "CUDA 12.0 is needed"]);
}

#[test]
fn no_device_is_a_reason_with_the_count() {
    for (name, define) in [("none", "-DCOUNT=0"), ("none-at-init", "-DINIT=100"), ("negative", "-DCOUNT=-5")] {
        let Some(driver) = build(name, DRIVER, &[define]) else { return };
        let set = [("OVERTIME_LIBCUDA", driver.as_path()), ("CUDA_VISIBLE_DEVICES", Path::new(""))];
        let text = survey_with(&set, &[]);
        says(
            &text,
            &[
                "NoDevice { ordinal: 0, count: 0, visible: Some(\"\") }",
                "0 devices (CUDA_VISIBLE_DEVICES=\"\")",
                "ordinal: 7, count: 0",
            ],
        );
    }
}

#[test]
fn an_ordinal_out_of_range_is_a_reason_with_the_count() {
    let Some(driver) = build("two", DRIVER, &["-DCOUNT=2"]) else { return };
    says(
        &with_driver(&driver),
        &["gpus: 2", "cuda:7 is not, NoDevice { ordinal: 7, count: 2, visible: None }", "shows 2 devices"],
    );
}

#[test]
fn an_old_device_is_a_reason_with_both_capabilities() {
    let Some(driver) = build("pascal", DRIVER, &["-DMAJOR=6"]) else { return };
    says(&with_driver(&driver), &["cuda:0 is not, CapabilityTooLow", "has: (6, 0), needs: (7, 5)"]);
}

#[test]
fn without_nvrtc_every_place_is_listed_and_the_install_line_is_given() {
    let Some(driver) = build("no-nvrtc", DRIVER, &[]) else { return };
    let empty = Path::new(env!("CARGO_TARGET_TMPDIR")).join("empty");
    std::fs::create_dir_all(&empty).unwrap();
    let text = survey_with(&[("OVERTIME_LIBCUDA", &driver), ("OVERTIME_NVRTC", &empty)], &[]);
    says(&text, &["cuda:0 is not, NoCompiler", empty.to_str().unwrap(), "pip install nvidia-cuda-nvrtc"]);
    // If the environment names no library, the survey lists all places. (One of them may exist.)
    let set =
        [("OVERTIME_LIBCUDA", driver.as_path()), ("CUDA_PATH", empty.as_path()), ("VIRTUAL_ENV", empty.as_path())];
    let text = survey_with(&set, &["OVERTIME_NVRTC", "CUDA_HOME"]);
    says(&text, &["NVRTC: ", empty.to_str().unwrap()]);
}

#[test]
fn nvrtc_is_found_where_pip_puts_it() {
    let Some(driver) = build("nvrtc-driver", DRIVER, &[]) else { return };
    let Some(nvrtc) = build("nvrtc", NVRTC, &[]) else { return };
    let venv = nvrtc.with_file_name("venv");
    let folder = venv.join("lib/python3.12/site-packages/nvidia/cu13/lib");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::copy(&nvrtc, folder.join("libnvrtc.so.13")).unwrap();
    let places: [(&str, PathBuf); 3] =
        [("OVERTIME_NVRTC", folder.clone()), ("OVERTIME_NVRTC", folder.join("libnvrtc.so.13")), ("VIRTUAL_ENV", venv)];
    for (variable, value) in &places {
        let unset: &[&str] =
            if *variable == "VIRTUAL_ENV" { &["OVERTIME_NVRTC", "CUDA_PATH", "CUDA_HOME"] } else { &["VIRTUAL_ENV"] };
        let text = survey_with(&[("OVERTIME_LIBCUDA", &driver), (variable, value)], unset);
        says(&text, &["of CUDA 13.0", "cuda:0 is available", "auto is cuda:0"]);
    }
}

#[test]
fn a_loop_on_a_device_that_is_not_there_is_refused_when_it_is_built() {
    unprepared(module_path!(), "a_loop_on_a_device_that_is_not_there_is_refused_when_it_is_built", || {
        let built =
            overtime::LoopOverTime::<f32, _>::builder(overtime::models::Hh::new(1)).device(Device::Cuda(4096)).build();
        assert!(matches!(built, Err(Error::DeviceUnavailable { ref device, .. }) if device == "cuda:4096"));
    });
}
