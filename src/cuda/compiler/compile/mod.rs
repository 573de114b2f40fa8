//! From a system's text to an image that a driver can load.

use super::architecture::Architecture;
use super::cache;
use super::embed_key::OPTIONS;
use super::nvrtc::{Made, Nvrtc, identity};
use super::source;
use super::source::flatten;
use crate::device::found::Compiler;
use crate::error::Reason;
use crate::error::{Error, Result};
use crate::numeric::scalar::DType;
use std::borrow::Cow;

/// A compile request: one module, specialised.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// Its name in errors.
    pub(crate) name: String,
    /// The element type; defines `SCALAR_F64`, `SCALAR_F32`, `SCALAR_F16` or `SCALAR_BF16`.
    pub(crate) dtype: DType,
    /// The system's step: the file's name, as errors give it, and its text.
    pub(crate) model: (String, Cow<'static, str>),
    /// The loops over it: files in `kernels/loops`.
    pub(crate) loops: &'static [&'static str],
    /// Further defines: name and value.
    pub(crate) defines: Vec<(String, String)>,
}

/// An image, which a driver loads.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// A CUBIN, or PTX that ends in NUL.
    pub(crate) bytes: Vec<u8>,
    /// Failures without consequence, such as of the cache. Each is reported once a process.
    pub(crate) warnings: Vec<String>,
}

/// Compiles for a device of this compute capability, whose driver has this version of CUDA, or
/// finds the image in the cache: PTX if `ptx`, else machine code.
///
/// # Errors
/// If an include is not known or the compiler refuses the text; [`Error::DeviceUnavailable`] if
/// this compiler supports the device not at all, or not in a form that the driver reads, or if the
/// library is no NVRTC.
pub(crate) fn compile(compiler: &Compiler, request: &Request, capability: (u32, u32), driver: (u32, u32), ptx: bool) -> Result<Image> {
    compile_as(compiler, request, capability, driver, ptx, cache::through)
}

/// A lookup of an image: through the cache, or without it.
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
    // No compiler before CUDA 12.0 knows an architecture of one generation alone, such as `sm_90a`.
    let target = Architecture::choose(&nvrtc.archs(), capability, ptx).filter(|_| !request.is_of_one_arch() || compiler.version >= (12, 0));
    let no_kernels = |what: &str| {
        let why = format!("NVRTC of CUDA {major}.{minor} makes no {what} for compute capability {}.{}", capability.0, capability.1);
        unavailable(Reason::NoKernels(why))
    };
    let target = target.ok_or_else(|| no_kernels("code"))?;
    if target.is_ptx() && !ptx {
        return Err(no_kernels("machine code"));
    }
    if target.is_ptx() && compiler.version > driver {
        return Err(unavailable(Reason::CompilerTooNew { compiler: compiler.version, driver, capability }));
    }
    // Such a request is for the architecture of one generation alone, such as `sm_90a`.
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

/// Opens the compiler's library.
pub(crate) fn open(compiler: &Compiler) -> Result<Nvrtc> {
    Nvrtc::open(&compiler.library).map_err(unavailable)
}

pub(crate) fn unavailable(reason: Reason) -> Error {
    Error::DeviceUnavailable { device: "cuda".into(), reason }
}

/// The module's text with all includes.
pub(crate) fn flat(request: &Request) -> Result<String> {
    let mut parts = vec![(request.model.0.as_str(), request.model.1.as_ref())];
    for name in request.loops {
        let text = source::file(&format!("loops/{name}")).ok_or_else(|| Error::unknown("loop", name, source::names("loops/")))?;
        parts.push((name, text));
    }
    flatten(&parts)
}

/// The compiler's options.
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

/// Runs the compiler.
pub(crate) fn make(nvrtc: &Nvrtc, request: &Request, arch: &str, text: &str, options: &[String]) -> Result<Made> {
    // The name of the whole text; `#line` gives the file of each line.
    let whole = format!("{}.cu", request.name);
    nvrtc.compile(&whole, text, options).map_err(|log| {
        if log.contains("failed to open") && log.contains("nvrtc-builtins") {
            // A library of the compiler is missing; the text is not at fault.
            return unavailable(Reason::NoKernels(format!("NVRTC cannot compile: {}", log.trim())));
        }
        Error::Compile { name: request.name.clone(), dtype: request.dtype, arch: arch.to_owned(), log: log.trim_end().to_owned() }
    })
}

#[cfg(test)]
mod tests;
