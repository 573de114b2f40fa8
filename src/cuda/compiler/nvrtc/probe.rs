//! Searches for NVRTC in all places where it can be installed.

use crate::cuda::driver::library::DynamicLibrary;
use crate::device::found::{Compiler, Compilers};
use crate::error::Reason;
use std::env::var_os;
use std::ffi::{OsString, c_int};
use std::path::{Path, PathBuf};

#[cfg(windows)]
const NAMES: &[&str] = &["nvrtc64_130_0.dll", "nvrtc64_120_0.dll"];
#[cfg(target_os = "macos")]
const NAMES: &[&str] = &["libnvrtc.dylib"];
#[cfg(not(any(windows, target_os = "macos")))]
const NAMES: &[&str] = &["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so"];

/// Folders below a CUDA toolkit, or below a Python package `nvidia/*`, that contain libraries.
const FOLDERS: &[&str] =
    if cfg!(windows) { &["bin", "bin/x64"] } else { &["lib64", "lib", "targets/x86_64-linux/lib"] };

/// Searches for every installed NVRTC. Also returns the places that were searched. `driver` is the
/// CUDA version of the driver, if there is one; it decides which compiler is tried first.
pub(crate) fn probe(driver: Option<(u32, u32)>) -> (Result<Compilers, Reason>, Vec<String>) {
    let mut search = Search::default();
    search.everywhere();
    let Search { looked_in, found, .. } = search;
    let found = found.into_iter().map(|(compiler, _)| compiler).collect();
    (Compilers::new(found, driver).ok_or_else(|| Reason::NoCompiler { looked_in: looked_in.clone() }), looked_in)
}

/// The compilers found so far, and the places that were searched.
#[derive(Default)]
struct Search {
    looked_in: Vec<String>,
    /// Each compiler with the address of its function `nvrtcVersion`, which identifies a library
    /// that has several names.
    found: Vec<(Compiler, usize)>,
}

impl Search {
    fn everywhere(&mut self) {
        if let Some(named) = variable("OVERTIME_NVRTC") {
            // If the library that the user names does not work, no other is used silently.
            return if named.is_dir() { self.in_folder(&named) } else { self.file(&named) };
        }
        for toolkit in ["CUDA_PATH", "CUDA_HOME"].into_iter().filter_map(variable) {
            self.in_toolkit(&toolkit);
        }
        for name in NAMES {
            self.open(OsString::from(name));
        }
        let installed: Vec<PathBuf> =
            if cfg!(unix) { entries(Path::new("/usr/local"), |name| name.starts_with("cuda")) } else { Vec::new() };
        if installed.is_empty() && cfg!(unix) {
            self.looked_in.push("/usr/local/cuda*".into());
        }
        installed.iter().rev().for_each(|toolkit| self.in_toolkit(toolkit));
        for packages in site_packages() {
            let nvidia = packages.join("nvidia");
            let parts = entries(&nvidia, |_| true);
            if parts.is_empty() {
                self.looked_in.push(format!("{}", nvidia.join("*").display()));
            }
            parts.iter().for_each(|part| self.in_toolkit(part));
        }
    }

    fn in_toolkit(&mut self, toolkit: &Path) {
        let before = self.found.len();
        FOLDERS
            .iter()
            .map(|f| toolkit.join(f))
            .filter(|folder| folder.is_dir())
            .for_each(|folder| self.in_folder(&folder));
        if self.found.len() == before {
            self.looked_in.push(toolkit.display().to_string());
        }
    }

    fn in_folder(&mut self, folder: &Path) {
        let stem =
            |name: &str| if cfg!(windows) { name.starts_with("nvrtc64_") } else { name.starts_with("libnvrtc.") };
        let libraries = entries(folder, |name| is_library(name) && stem(name));
        if libraries.is_empty() {
            return self.looked_in.push(folder.display().to_string());
        }
        load_builtins(folder);
        // Several names of one file are opened once. The last name is used, since it contains the
        // most detailed version.
        let mut seen = Vec::new();
        for library in libraries.into_iter().rev() {
            let file = library.canonicalize().unwrap_or_else(|_| library.clone());
            if !seen.contains(&file) {
                seen.push(file);
                self.open(library.into_os_string());
            }
        }
    }

    /// Opens a library by its path, or by a name that the loader finds.
    fn file(&mut self, library: &Path) {
        // The path may be a link, and the built-ins may be next to the link or next to the file.
        let ends = [Some(library.to_owned()), library.canonicalize().ok()];
        ends.iter()
            .flatten()
            .filter_map(|end| end.parent())
            .filter(|f| !f.as_os_str().is_empty())
            .for_each(load_builtins);
        self.open(library.as_os_str().to_owned());
    }

    /// Loads a library and reads its version.
    fn open(&mut self, name: OsString) {
        let library = name.to_string_lossy().into_owned();
        match DynamicLibrary::open(&name).and_then(|shared| version(shared, &library)) {
            Ok((version, at)) => {
                self.looked_in.push(library.clone());
                if self.found.iter().all(|(_, other)| *other != at) {
                    self.found.push((Compiler { library, version }, at));
                }
            }
            Err(said) => self.looked_in.push(format!("{library} ({said})")),
        }
    }
}

/// Whether this is the name of a library. The variants for debugging (`.alt.`) next to NVRTC are
/// excluded.
fn is_library(name: &str) -> bool {
    !name.contains(".alt.")
        && if cfg!(windows) { name.ends_with(".dll") } else { name.contains(".so") || name.ends_with(".dylib") }
}

/// Loads NVRTC's built-ins. NVRTC opens them by name only; if they are already loaded, the loader
/// needs no search path for that name.
fn load_builtins(folder: &Path) {
    for builtins in entries(folder, |name| is_library(name) && name.contains("nvrtc-builtins")) {
        let _ = DynamicLibrary::open(builtins.as_os_str());
    }
}

fn variable(name: &str) -> Option<PathBuf> {
    var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from)
}

/// Returns the `site-packages` folders of all Python installations that can be found, without
/// running Python.
fn site_packages() -> Vec<PathBuf> {
    let mut prefixes: Vec<PathBuf> = ["VIRTUAL_ENV", "CONDA_PREFIX"].into_iter().filter_map(variable).collect();
    let python = if cfg!(windows) { "python.exe" } else { "python3" };
    let on_path =
        var_os("PATH").and_then(|path| std::env::split_paths(&path).map(|dir| dir.join(python)).find(|p| p.is_file()));
    if let Some(python) = on_path {
        // The Python of a virtual environment is a link to the Python that created it; either may
        // have the package.
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
        let libraries =
            if cfg!(windows) { vec![prefix] } else { entries(&prefix.join("lib"), |name| name.starts_with("python3")) };
        for library in libraries {
            folders
                .extend(["site-packages", "dist-packages"].map(|p| library.join(p)).into_iter().filter(|p| p.is_dir()));
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

/// Returns the entries of a folder whose names fit, sorted; an empty list if the folder cannot be
/// read.
fn entries(folder: &Path, fits: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let read = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut found: Vec<PathBuf> = read.filter(|e| fits(&e.file_name().to_string_lossy())).map(|e| e.path()).collect();
    found.sort();
    found
}

/// Returns the version, and the address of the function that returned it.
fn version(shared: DynamicLibrary, library: &str) -> Result<((u32, u32), usize), String> {
    type Version = unsafe extern "system" fn(*mut c_int, *mut c_int) -> c_int;
    // SAFETY: this is nvrtcVersion's type in every version of NVRTC; nvrtcResult is a C int.
    let function: Version = unsafe { shared.function(library, "nvrtcVersion") }.map_err(|reason| reason.to_string())?;
    let (mut major, mut minor) = (0, 0);
    // SAFETY: two ints are written, to locals.
    let code = unsafe { function(&raw mut major, &raw mut minor) };
    let whole = |x: c_int| u32::try_from(x).unwrap_or(0);
    if code == 0 {
        Ok(((whole(major), whole(minor)), function as usize))
    } else {
        Err(format!("nvrtcVersion returned {code}"))
    }
}
