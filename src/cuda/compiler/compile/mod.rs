//! Compiles a request to an image that a driver can load.

use super::architecture::Architecture;
use super::cache;
use super::nvrtc::{Made, Nvrtc, identity};
use super::options::OPTIONS;
use super::source;
use super::source::flatten;
use crate::device::found::Compiler;
use crate::error::Reason;
use crate::error::{Error, Result};
use crate::numeric::scalar::DType;
use std::borrow::Cow;

/// What to compile: one module with its specialisation.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// The name in error messages.
    pub(crate) name: String,
    /// The element type. It defines `SCALAR_F64`, `SCALAR_F32`, `SCALAR_F16` or `SCALAR_BF16`.
    pub(crate) dtype: DType,
    /// The system's step: the name of the file in error messages, and its text.
    pub(crate) model: (String, Cow<'static, str>),
    /// The loops over the step: files in `kernels/loops`.
    pub(crate) loops: &'static [&'static str],
    /// Further defines: name and value.
    pub(crate) defines: Vec<(String, String)>,
}

/// An image that a driver loads.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// A CUBIN, or PTX that ends in NUL.
    pub(crate) bytes: Vec<u8>,
    /// Failures that did not prevent compiling, such as an unusable cache. Each is reported once in
    /// a process.
    pub(crate) warnings: Vec<String>,
}

/// Compiles for a device of compute capability `capability`, whose driver supports CUDA version
/// `driver`, or returns the image from the cache. The image is PTX if `ptx` is set, otherwise
/// machine code.
///
/// # Errors
/// If an include is not known or the compiler rejects the text. [`Error::DeviceUnavailable`] if
/// this compiler makes nothing for the device, if the driver could not read its PTX, or if the
/// library is not a usable NVRTC.
pub(crate) fn compile(
    compiler: &Compiler,
    request: &Request,
    capability: (u32, u32),
    driver: (u32, u32),
    ptx: bool,
) -> Result<Image> {
    compile_as(compiler, request, capability, driver, ptx, cache::through)
}

/// How to obtain an image for a key: through the cache, or by compiling directly.
type Through = fn(&str, cache::Make<'_>) -> Result<(Vec<u8>, Vec<String>)>;

fn compile_as(
    compiler: &Compiler,
    request: &Request,
    capability: (u32, u32),
    driver: (u32, u32),
    ptx: bool,
    through: Through,
) -> Result<Image> {
    let nvrtc = open(compiler)?;
    let (major, minor) = compiler.version;
    // Architecture-specific code (`sm_90a`) needs the compiler of CUDA 12.0 or later.
    let target = Architecture::choose(&nvrtc.archs(), capability, ptx)
        .filter(|_| !request.is_of_one_arch() || compiler.version >= (12, 0));
    let no_kernels = |what: &str| {
        let why = format!(
            "NVRTC of CUDA {major}.{minor} makes no {what} for compute capability {}.{}",
            capability.0, capability.1
        );
        unavailable(Reason::NoKernels(why))
    };
    let target = target.ok_or_else(|| no_kernels("code"))?;
    if target.is_ptx() && !ptx {
        return Err(no_kernels("machine code"));
    }
    if target.is_ptx() && compiler.version > driver {
        return Err(unavailable(Reason::CompilerTooNew { compiler: compiler.version, driver, capability }));
    }
    // Architecture-specific code is written for `sm_90a` only.
    let arch = format!("{target}{}", if request.is_of_one_arch() { "a" } else { "" });
    let text = flat(request)?;
    let options = options(request, &arch);
    let key = format!("NVRTC {major}.{minor} {}\n{}\n{text}", identity(&nvrtc, &compiler.library), options.join("\n"));
    let (bytes, warnings) = through(&key, &mut || {
        let made = make(&nvrtc, request, &arch, &text, &options)?;
        Ok(if target.is_ptx() { made.ptx } else { made.cubin })
    })?;
    Ok(Image { bytes, warnings })
}

/// Opens the NVRTC library.
pub(crate) fn open(compiler: &Compiler) -> Result<Nvrtc> {
    Nvrtc::open(&compiler.library).map_err(unavailable)
}

pub(crate) fn unavailable(reason: Reason) -> Error {
    Error::DeviceUnavailable { device: "cuda".into(), reason }
}

/// The complete text of the module.
pub(crate) fn flat(request: &Request) -> Result<String> {
    let mut parts = vec![(request.model.0.as_str(), request.model.1.as_ref())];
    for name in request.loops {
        let text = source::file(&format!("loops/{name}"))
            .ok_or_else(|| Error::unknown("loop", name, source::names("loops/")))?;
        parts.push((name, text));
    }
    flatten(&parts)
}

/// The options for NVRTC.
pub(crate) fn options(request: &Request, arch: &str) -> Vec<String> {
    let scalar = match request.dtype {
        DType::F64 => "SCALAR_F64",
        DType::F32 => "SCALAR_F32",
        DType::F16 => "SCALAR_F16",
        DType::Bf16 => "SCALAR_BF16",
    };
    let mut options = vec![format!("--gpu-architecture={arch}")];
    options.extend(OPTIONS.map(str::to_owned));
    options.push(format!("-D{scalar}=1"));
    options.extend(request.defines.iter().map(|(name, value)| format!("-D{name}={value}")));
    options
}

/// Runs NVRTC.
pub(crate) fn make(nvrtc: &Nvrtc, request: &Request, arch: &str, text: &str, options: &[String]) -> Result<Made> {
    // The name of the joined text. Its `#line` directives name the original files.
    let whole = format!("{}.cu", request.name);
    nvrtc.compile(&whole, text, options).map_err(|log| {
        if log.contains("failed to open") && log.contains("nvrtc-builtins") {
            // The text is not at fault: a library that NVRTC needs is missing.
            return unavailable(Reason::NoKernels(format!("NVRTC cannot compile: {}", log.trim())));
        }
        Error::Compile {
            name: request.name.clone(),
            dtype: request.dtype,
            arch: arch.to_owned(),
            log: log.trim_end().to_owned(),
        }
    })
}

#[cfg(test)]
mod tests;
