//! Tests with the real NVRTC; without NVRTC they are skipped.

use super::*;
use crate::cuda::compiler::nvrtc::probe;
use std::path::Path;
use std::process::Command;

/// Returns NVRTC, or `None` after printing why the test is skipped.
fn compiler() -> Option<Compiler> {
    match probe(None).0 {
        Ok(compilers) => Some(compilers.first().clone()),
        Err(reason) => {
            assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "{reason}");
            eprintln!("not tested: {reason}");
            None
        }
    }
}

const TOY: &str = r#"
#ifdef SCALAR_F64
typedef double scalar_t;
#elif defined(SCALAR_F32)
typedef float scalar_t;
#else
typedef unsigned short scalar_t;
#endif
extern "C" __global__ void __launch_bounds__(128) toy(scalar_t* x) {
    __shared__ scalar_t s[128 * WIDTH];
    s[threadIdx.x] = x[threadIdx.x];
    __syncthreads();
    x[threadIdx.x] = s[threadIdx.x ^ 1];
}
"#;

fn toy(dtype: DType) -> Request {
    Request {
        name: "toy".into(),
        dtype,
        model: ("toy.cu".into(), TOY.into()),
        loops: &[],
        defines: vec![("WIDTH".into(), "2".into())],
    }
}

const NO_CACHE: Through = |_, make| Ok((make()?, Vec::new()));

fn compile_toy(compiler: &Compiler, request: &Request, capability: (u32, u32), ptx: bool) -> Result<Image> {
    compile_as(compiler, request, capability, (99, 0), ptx, NO_CACHE)
}

#[test]
fn machine_code_for_the_device() {
    let Some(compiler) = compiler() else { return };
    for dtype in [DType::F64, DType::F32, DType::F16, DType::Bf16] {
        let image = compile_toy(&compiler, &toy(dtype), (9, 0), false).unwrap();
        assert!(image.bytes.starts_with(b"\x7fELF"), "{dtype}");
        assert!(image.warnings.is_empty());
    }
}

#[test]
fn ptx_where_it_is_asked_for_or_nothing_else_will_do() {
    let Some(compiler) = compiler() else { return };
    let none = compile_toy(&compiler, &toy(DType::F32), (77, 0), false).unwrap_err();
    assert!(
        matches!(none, Error::DeviceUnavailable { reason: Reason::NoKernels(ref why), .. } if why.contains("machine code")),
        "{none}"
    );
    for (capability, target) in [((9, 0), ".target sm_90"), ((77, 0), ".target sm_")] {
        let image = compile_toy(&compiler, &toy(DType::F32), capability, true).unwrap();
        let text = std::ffi::CStr::from_bytes_with_nul(&image.bytes).unwrap().to_str().unwrap();
        assert!(text.contains(target) && text.contains(".entry toy"), "{text}");
    }
}

#[test]
fn ptx_that_the_driver_cannot_read_is_an_error_with_both_versions() {
    let Some(compiler) = compiler() else { return };
    let of = |driver, capability, ptx| compile_as(&compiler, &toy(DType::F32), capability, driver, ptx, NO_CACHE);
    let error = of((12, 0), (77, 0), true).unwrap_err();
    let Error::DeviceUnavailable { reason: Reason::CompilerTooNew { compiler: has, driver, capability }, .. } = &error
    else {
        panic!("{error}")
    };
    assert_eq!((*has, *driver, *capability), (compiler.version, (12, 0), (77, 0)));
    assert!(
        error.to_string().contains("CUDA 12.0") && error.to_string().contains(&format!("CUDA {}.", has.0)),
        "{error}"
    );
    // Machine code has no such limit, nor has a driver of the same version.
    assert!(of((12, 0), (9, 0), false).is_ok() && of(compiler.version, (77, 0), true).is_ok());
    assert!(matches!(of((12, 0), (3, 5), false), Err(Error::DeviceUnavailable { reason: Reason::NoKernels(_), .. })));
}

#[test]
fn errors_point_into_the_users_file() {
    let Some(compiler) = compiler() else { return };
    let mut request = toy(DType::Bf16);
    request.model = ("my \"own\" step.cu".into(), "int fine;\n\nint bad = nothing_of_this_name;\n".into());
    let error = compile_toy(&compiler, &request, (8, 0), false).unwrap_err();
    let Error::Compile { name, dtype: DType::Bf16, arch, log } = &error else { panic!("{error}") };
    assert_eq!((name.as_str(), arch.as_str()), ("toy", "sm_80"));
    assert!(log.contains("step.cu(3): error") && log.contains("nothing_of_this_name"), "{log}");
    assert!(error.to_string().contains(log), "{error}");
    // An error without a compiler log contains NVRTC's error text.
    let mut request = toy(DType::F32);
    request.model.1 = "int a;\0".into();
    assert!(compile_toy(&compiler, &request, (8, 0), false).unwrap_err().to_string().contains("NUL"));
    let mut request = toy(DType::F32);
    request.defines.push(("A B".into(), "\"".into()));
    assert!(matches!(compile_toy(&compiler, &request, (8, 0), false), Err(Error::Compile { .. })));
}

#[test]
fn what_is_no_nvrtc_is_a_reason() {
    let open = |library: &str| open(&Compiler { library: library.into(), version: (13, 0) }).err().unwrap();
    let none = open("/nowhere/libnvrtc.so.13");
    assert!(matches!(&none, Error::DeviceUnavailable { reason: Reason::NoCompiler { .. }, .. }), "{none}");
    assert!(none.to_string().contains("/nowhere/libnvrtc.so.13"), "{none}");
    if cfg!(target_os = "linux") && Path::new("/lib/x86_64-linux-gnu/libc.so.6").exists() {
        let stub = open("libc.so.6");
        let Error::DeviceUnavailable { reason: Reason::MissingSymbol { symbol, .. }, .. } = &stub else {
            panic!("{stub}")
        };
        assert_eq!(symbol, "nvrtcCreateProgram");
    }
}

/// This is not a test by itself: `the_cache_is_where_the_environment_says` runs it in a child
/// process. It prints the warnings of each of three compilations.
#[test]
fn child() {
    if std::env::var_os("OVERTIME_TEST_CHILD").is_none() {
        return;
    }
    let compiler = compiler().unwrap();
    let ptx = std::env::var("FORM").is_ok_and(|form| form == "ptx");
    for width in ["1", "2", "1"] {
        let mut request = toy(DType::F32);
        request.defines[0].1 = width.into();
        match compile(&compiler, &request, (9, 0), (99, 0), ptx) {
            Ok(image) => println!("ptx {}, warnings {:?}", !image.bytes.starts_with(b"\x7fELF"), image.warnings),
            Err(error) => println!("error: {error}"),
        }
    }
}

#[test]
fn the_cache_is_where_the_environment_says() {
    if compiler().is_none() {
        return;
    }
    let root = std::env::temp_dir().join(format!("overtime-compile-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&root);
    std::fs::create_dir_all(&root).unwrap();
    let count = |folder: &str| std::fs::read_dir(root.join(folder)).map_or(0, Iterator::count);
    let child = |set: &[(&str, &Path)]| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command
            .args(["--exact", "cuda::compiler::compile::tests::child", "--nocapture"])
            .env("OVERTIME_TEST_CHILD", "1");
        for name in ["OVERTIME_CACHE", "FORM", "XDG_CACHE_HOME"] {
            command.env_remove(name);
        }
        let output =
            command.env("HOME", root.join("home")).envs(set.iter().copied()).current_dir(&root).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let thrice = |text: &str, line: &str| assert_eq!(text.matches(line).count(), 3, "{text}");
    let quiet = "ptx false, warnings []";

    thrice(&child(&[("OVERTIME_CACHE", &root.join("named"))]), quiet);
    assert_eq!(count("named"), 2);
    thrice(&child(&[("OVERTIME_CACHE", &root.join("named")), ("FORM", Path::new("ptx"))]), "ptx true, warnings []");
    assert_eq!(count("named"), 4, "PTX and machine code are kept apart");
    thrice(&child(&[("OVERTIME_CACHE", Path::new("off"))]), quiet);
    if cfg!(all(unix, not(target_os = "macos"))) {
        thrice(&child(&[("XDG_CACHE_HOME", &root.join("xdg"))]), quiet);
        thrice(&child(&[("XDG_CACHE_HOME", Path::new("relative"))]), quiet);
        assert_eq!((count("xdg/overtime"), count("home/.cache/overtime"), count("relative")), (2, 2, 0));
        // There is one warning in a process, however many failures there are.
        std::fs::write(root.join("file"), "").unwrap();
        for set in [&[("OVERTIME_CACHE", root.join("file").as_path())][..], &[("HOME", Path::new(""))]] {
            let text = child(set);
            assert_eq!((text.matches(quiet).count(), text.matches("warnings [\"").count()), (2, 1), "{text}");
        }
    }
    std::fs::remove_dir_all(root).unwrap();
}
