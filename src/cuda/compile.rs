//! From a system's text to an image that a driver can load.

use super::beforehand::OPTIONS;
use super::cache;
use super::embedded;
use super::nvrtc::{Made, Nvrtc};
use super::source::{self, flatten};
use super::target::Target;
use crate::error::{Error, Result};
use crate::scalar::DType;
use crate::survey::{Compiler, Reason};
use std::borrow::Cow;

/// What to compile: one module, specialised.
#[derive(Clone, Debug)]
pub(crate) struct Request {
    /// What errors call it.
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

/// What a driver loads.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// A CUBIN, or PTX that ends in NUL.
    pub(crate) bytes: Vec<u8>,
    /// What went wrong that could be done without, e.g. with the cache. Once a process.
    pub(crate) warnings: Vec<String>,
}

/// Compiles for a device of this compute capability, whose driver is for this version of CUDA; or finds what was compiled before.
///
/// # Errors
/// If an include is not known, the compiler refuses the text or is not what it should be, or the driver could not read the result; if
/// there is no compiler, and this was not compiled beforehand.
pub(crate) fn compile(
    compiler: &std::result::Result<Compiler, Reason>,
    request: &Request,
    capability: (u32, u32),
    driver: (u32, u32),
) -> Result<Image> {
    match compiler {
        Ok(compiler) => compile_as(compiler, request, capability, driver, wants_ptx()?, cache::through),
        Err(reason) => match embedded::find(request, capability)? {
            Some(image) => Ok(Image { bytes: image.to_vec(), warnings: Vec::new() }),
            None => Err(unavailable(reason.clone())),
        },
    }
}

/// The way to an entry: through the cache, or straight on.
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
    let target = Target::choose(&nvrtc.archs(), capability, ptx).ok_or_else(|| {
        let (major, minor) = compiler.version;
        let why = format!("NVRTC of CUDA {major}.{minor} makes no code for compute capability {}.{}", capability.0, capability.1);
        unavailable(Reason::NoKernels(why))
    })?;
    if target.is_ptx() && compiler.version > driver {
        return Err(unavailable(Reason::CompilerTooNew { compiler: compiler.version, driver, capability }));
    }
    // What a generation has for itself alone, `sm_90a`, this is written for.
    let arch = format!("{target}{}", if request.is_of_one_arch() { "a" } else { "" });
    let text = flat(request)?;
    let options = options(request, &arch);
    // A library given by path may be replaced by another of the same version, which seldom has the same length.
    let length = std::fs::metadata(&compiler.library).map_or(0, |meta| meta.len());
    let key = format!("NVRTC {}.{} {length}\n{}\n{text}", compiler.version.0, compiler.version.1, options.join("\n"));
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

fn unavailable(reason: Reason) -> Error {
    Error::DeviceUnavailable { device: "cuda".into(), reason }
}

/// Whether the environment asks for PTX even where machine code could be made, for drivers that read nothing else.
fn wants_ptx() -> Result<bool> {
    match std::env::var_os("OVERTIME_IMAGE") {
        None => Ok(false),
        Some(image) if image == "ptx" => Ok(true),
        Some(image) if image == "cubin" || image.is_empty() => Ok(false),
        Some(image) => Err(Error::value("OVERTIME_IMAGE", image.to_string_lossy(), "is neither ptx nor cubin")),
    }
}

/// The module's text, whole.
pub(crate) fn flat(request: &Request) -> Result<String> {
    let mut parts = vec![(request.model.0.as_str(), request.model.1.as_ref())];
    for name in request.loops {
        let text = source::file(&format!("loops/{name}")).ok_or_else(|| Error::unknown("loop", name, source::names("loops/")))?;
        parts.push((name, text));
    }
    flatten(&parts)
}

/// What the compiler is told.
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
    // What the text is called as a whole; its lines say where they came from.
    let whole = format!("{}.cu", request.name);
    nvrtc.compile(&whole, text, options).map_err(|log| Error::Compile {
        name: request.name.clone(),
        dtype: request.dtype,
        arch: arch.to_owned(),
        log: log.trim_end().to_owned(),
    })
}

#[cfg(test)]
mod tests;
