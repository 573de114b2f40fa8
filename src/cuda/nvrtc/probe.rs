//! NVRTC, the compiler for kernels, in all the places where it may be.

use crate::cuda::Shared;
use crate::survey::{Compiler, Reason};
use std::env::var_os;
use std::ffi::{OsString, c_int};
use std::path::{Path, PathBuf};

#[cfg(windows)]
const NAMES: &[&str] = &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"];
#[cfg(target_os = "macos")]
const NAMES: &[&str] = &["libnvrtc.dylib"];
#[cfg(not(any(windows, target_os = "macos")))]
const NAMES: &[&str] = &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"];

/// Folders of a CUDA toolkit, or of a Python's `nvidia/*`, that hold libraries.
const FOLDERS: &[&str] = if cfg!(windows) { &["bin", "bin/x64"] } else { &["lib64", "lib", "targets/x86_64-linux/lib"] };

/// Looks for NVRTC. Also says where.
pub(crate) fn probe() -> (Result<Compiler, Reason>, Vec<String>) {
    let mut looked_in = Vec::new();
    let found = search(&mut looked_in);
    (found.ok_or_else(|| Reason::NoCompiler { looked_in: looked_in.clone() }), looked_in)
}

fn search(looked_in: &mut Vec<String>) -> Option<Compiler> {
    if let Some(named) = variable("OVERTIME_NVRTC") {
        // An explicit choice that fails is not silently replaced.
        return if named.is_dir() { in_folder(&named, looked_in) } else { open(named.into_os_string(), looked_in).ok() };
    }
    let toolkits = ["CUDA_PATH", "CUDA_HOME"].into_iter().filter_map(variable);
    for toolkit in toolkits {
        if let Some(found) = in_toolkit(&toolkit, looked_in) {
            return Some(found);
        }
    }
    for name in NAMES {
        if let Ok(found) = open(OsString::from(name), looked_in) {
            return Some(found);
        }
    }
    let mut installed: Vec<PathBuf> =
        if cfg!(unix) { entries(Path::new("/usr/local"), |name| name.starts_with("cuda")) } else { Vec::new() };
    installed.reverse();
    if installed.is_empty() && cfg!(unix) {
        looked_in.push("/usr/local/cuda*".into());
    }
    if let Some(found) = installed.iter().find_map(|toolkit| in_toolkit(toolkit, looked_in)) {
        return Some(found);
    }
    for packages in site_packages() {
        let nvidia = packages.join("nvidia");
        let parts = entries(&nvidia, |_| true);
        if parts.is_empty() {
            looked_in.push(format!("{}", nvidia.join("*").display()));
        }
        if let Some(found) = parts.iter().find_map(|part| in_toolkit(part, looked_in)) {
            return Some(found);
        }
    }
    None
}

fn variable(name: &str) -> Option<PathBuf> {
    var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// The `site-packages` of every Python at hand, without running any.
fn site_packages() -> Vec<PathBuf> {
    let mut prefixes: Vec<PathBuf> = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(variable).collect();
    let python = if cfg!(windows) { "python.exe" } else { "python3" };
    let on_path = var_os("PATH").and_then(|path| std::env::split_paths(&path).map(|dir| dir.join(python)).find(|p| p.is_file()));
    if let Some(python) = on_path {
        // A virtual environment's Python is a link to the one it was made from; either may have the package.
        let up = if cfg!(windows) { 1 } else { 2 };
        prefixes.extend(python.ancestors().nth(up).map(Path::to_path_buf));
        prefixes.extend(python.canonicalize().ok().and_then(|p| p.ancestors().nth(up).map(Path::to_path_buf)));
    }
    if cfg!(windows) {
        prefixes.iter_mut().for_each(|p| p.push("Lib"));
    } else {
        prefixes.extend(variable("HOME").map(|home| home.join(".local")));
        prefixes.extend(["/usr/local", "/usr"].map(PathBuf::from));
    }
    let mut folders = Vec::new();
    for prefix in prefixes {
        let libraries = if cfg!(windows) { vec![prefix] } else { entries(&prefix.join("lib"), |name| name.starts_with("python3")) };
        for library in libraries {
            folders.extend(["site-packages", "dist-packages"].map(|p| library.join(p)).into_iter().filter(|p| p.is_dir()));
        }
    }
    let mut seen = Vec::new();
    folders.retain(|f| {
        !seen.contains(f) && {
            seen.push(f.clone());
            true
        }
    });
    folders
}

/// What a folder holds whose name fits, sorted; nothing where it cannot be read.
fn entries(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = read.filter(|e| fits(&e.file_name().to_string_lossy())).map(|e| e.path()).collect();
    found.sort();
    found
}

fn in_toolkit(toolkit: &Path, looked_in: &mut Vec<String>) -> Option<Compiler> {
    FOLDERS.iter().map(|f| toolkit.join(f)).find_map(|folder| if folder.is_dir() { in_folder(&folder, looked_in) } else { None }).or_else(
        || {
            looked_in.push(toolkit.display().to_string());
            None
        },
    )
}

fn in_folder(folder: &Path, looked_in: &mut Vec<String>) -> Option<Compiler> {
    let is_library = |name: &str| if cfg!(windows) { name.ends_with(".dll") } else { name.contains(".so") || name.ends_with(".dylib") };
    let stem = |name: &str| if cfg!(windows) { name.starts_with("nvrtc64_") } else { name.starts_with("libnvrtc.") };
    let mut libraries = entries(folder, |name| is_library(name) && stem(name) && !name.contains(".alt."));
    libraries.reverse();
    if libraries.is_empty() {
        looked_in.push(folder.display().to_string());
        return None;
    }
    // NVRTC opens its built-ins by name alone; where they have been loaded already, that name needs no search path.
    for builtins in entries(folder, |name| is_library(name) && name.contains("nvrtc-builtins") && !name.contains(".alt.")) {
        let _ = Shared::open(builtins.as_os_str());
    }
    libraries.into_iter().find_map(|library| open(library.into_os_string(), looked_in).ok())
}

/// Loads a library and asks for its version.
fn open(name: OsString, looked_in: &mut Vec<String>) -> Result<Compiler, ()> {
    let library = name.to_string_lossy().into_owned();
    let version = Shared::open(&name).and_then(|shared| version(shared, &library));
    match version {
        Ok(version) => {
            looked_in.push(library.clone());
            Ok(Compiler { library, version })
        }
        Err(said) => {
            looked_in.push(format!("{library} ({said})"));
            Err(())
        }
    }
}

fn version(shared: Shared, library: &str) -> Result<(u32, u32), String> {
    type Version = unsafe extern "system" fn(*mut c_int, *mut c_int) -> c_int;
    // SAFETY: this is nvrtcVersion's type in every version of NVRTC; nvrtcResult is a C int.
    let function: Version = unsafe { shared.function(library, "nvrtcVersion") }.map_err(|reason| reason.to_string())?;
    let (mut major, mut minor) = (0, 0);
    // SAFETY: two ints are written, to locals.
    let code = unsafe { function(&raw mut major, &raw mut minor) };
    let whole = |x: c_int| u32::try_from(x).unwrap_or(0);
    if code == 0 { Ok((whole(major), whole(minor))) } else { Err(format!("nvrtcVersion answered {code}")) }
}
