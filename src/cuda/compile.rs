//! From a system's text to an image that a driver can load.

use crate::error::{Error, Result};
use crate::scalar::DType;
use crate::survey::Compiler;
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

/// What a kernel uses, as `ptxas` says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    pub(crate) kernel: String,
    /// Registers of a thread.
    pub(crate) registers: u32,
    /// Bytes of static shared memory of a block.
    pub(crate) shared: u32,
    /// Bytes of a thread's stack.
    pub(crate) stack: u32,
    /// Bytes that a thread spills.
    pub(crate) spill_stores: u32,
    /// Bytes that it loads back.
    pub(crate) spill_loads: u32,
}

/// What a driver loads.
#[derive(Clone, Debug)]
pub(crate) struct Image {
    /// A CUBIN, or PTX that ends in NUL.
    pub(crate) bytes: Vec<u8>,
    pub(crate) is_ptx: bool,
    /// Nothing for PTX: only `ptxas` knows.
    pub(crate) usage: Vec<Usage>,
    /// What the compiler said, as it stands.
    pub(crate) log: String,
    /// What went wrong that could be done without, e.g. with the cache. Once a process.
    pub(crate) warnings: Vec<String>,
}

/// Compiles for a device of this compute capability, whose driver is for this version of CUDA; or finds what was compiled before.
///
/// # Errors
/// If an include is not known, or the compiler refuses the text or is not what it should be.
pub(crate) fn compile(compiler: &Compiler, request: &Request, capability: (u32, u32), driver: (u32, u32)) -> Result<Image> {
    let _ = (compiler, request, capability, driver);
    Err(Error::Unsupported("no kernels yet".into()))
}
