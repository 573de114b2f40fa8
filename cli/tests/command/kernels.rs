//! `overtime kernels`, if NVRTC is installed.

use crate::support::{Place, texts};

#[test]
fn without_nvrtc_the_command_exits_with_3_and_says_how_to_install_it() {
    let place = Place::new();
    let output = place.command("kernels").env("OVERTIME_NVRTC", "/nowhere").output().unwrap();
    let (_, error) = texts(&output);
    assert_eq!(output.status.code(), Some(3), "{error}");
    if cfg!(feature = "cuda") {
        assert!(error.contains("pip install nvidia-cuda-nvrtc"), "{error}");
    }
}

#[test]
fn kernels_are_listed_and_written() {
    let place = Place::new();
    let output = place.run("kernels --arch sm_80 --dtype f16 --out k");
    let (text, error) = texts(&output);
    if output.status.code() == Some(3) {
        assert!(std::env::var_os("REQUIRE_CUDA").is_none(), "{error}");
        eprintln!("no NVRTC: the test is skipped (pip install nvidia-cuda-nvrtc)");
        return;
    }
    assert_eq!(output.status.code(), Some(0), "{error}");
    let mut lines = text.lines();
    assert!(lines.next().is_some_and(|l| l.starts_with("NVRTC of CUDA ") && l.contains("sm_80")), "{text}");
    assert!(lines.next().is_some_and(|l| l.split_whitespace().eq([
        "MODULE",
        "TYPE",
        "KERNEL",
        "REGISTERS",
        "SHARED",
        "STACK",
        "SPILLS",
        "DOUBLE"
    ])));
    let check: Vec<&str> = lines.clone().find(|l| l.starts_with("check ")).unwrap().split_whitespace().collect();
    assert_eq!((&check[..3], check.len()), (&["check", "f16", "check_finite"][..], 8));
    assert!(check[3].parse::<u32>().unwrap() > 0);
    // The output has all kernels of the given type and architecture, and no others.
    assert!(lines.clone().all(|l| l.split_whitespace().nth(1) == Some("f16")), "{text}");
    let source = std::fs::read_to_string(place.path("k/check.f16.cu")).unwrap();
    assert!(source.starts_with("// nvrtc --gpu-architecture=sm_80 ") && source.contains("#line 1 \"scalar.cuh\""));
    assert!(std::fs::read_to_string(place.path("k/check.f16.sm_80.ptx")).unwrap().contains(".entry check_finite"));
    assert!(std::fs::read(place.path("k/check.f16.sm_80.cubin")).unwrap().starts_with(b"\x7fELF"));
    // There are three files for each module. A module has one or more kernels.
    let modules: std::collections::BTreeSet<&str> = lines.filter_map(|l| l.split_whitespace().next()).collect();
    assert_eq!(std::fs::read_dir(place.path("k")).unwrap().count(), 3 * modules.len());

    let error = place.fails(2, "kernels --arch sm_1");
    assert!(error.contains("sm_1") && error.contains("sm_90"), "{error}");
    place.fails(2, "kernels --dtype f8");
    place.write("file", "");
    let error = place.fails(5, "kernels --dtype f16 --out file");
    assert!(error.contains("file"), "{error}");
}
