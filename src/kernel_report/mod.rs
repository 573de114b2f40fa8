//! Reports the kernels that run on a GPU: a list of them, their resource usage, and their code. A
//! loop does not need this module; it compiles its kernels for the device when it is built.
//!
//! ```no_run
//! # fn main() -> overtime::Result<()> {
//! let compiler = overtime::kernels::Compiler::find()?;
//! for module in overtime::kernels::list() {
//!     let built = compiler.compile(&module, "sm_90")?;
//!     for usage in &built.usage {
//!         println!("{module}: {} takes {} registers", usage.kernel, usage.registers);
//!     }
//! }
//! # Ok(()) }
//! ```

mod catalog;
mod networks;
mod tiles;

use crate::cuda::compiler::compile;
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::nvrtc;
use crate::cuda::compiler::nvrtc::Nvrtc;
use crate::device::found;
use crate::error::{Error, Result};
use crate::numeric::scalar::DType;
use rayon::prelude::*;
use std::fmt;
use std::fmt::Display;

pub use crate::cuda::compiler::nvrtc::Usage;
pub use catalog::list;

/// A unit of compilation: a model's step in one of the loops over it, specialised for the variables
/// that are recorded.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Module {
    /// The name of the module.
    pub name: String,
    /// The element type.
    pub dtype: DType,
    pub(crate) request: Request,
    needs: u32,
}

impl Module {
    /// The name of the module's kernel.
    #[must_use]
    pub fn kernel(&self) -> &str {
        self.request.entry()
    }

    /// The lowest compute capability that the module supports, such as 90 for 9.0. Lower ones lack
    /// instructions that it uses.
    #[must_use]
    pub fn needs(&self) -> u32 {
        self.needs
    }

    /// Whether the module is compiled for one shape, one network or one set of fused layers, so
    /// that it cannot be embedded at build time.
    #[must_use]
    pub fn is_specialised(&self) -> bool {
        self.name.starts_with("product")
            || self.name.starts_with("network_")
            || self.name == "stack"
            || self.request.loops.iter().any(|name| name.starts_with("tile_"))
    }
}

impl Display for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.name, self.dtype)
    }
}

/// The results of compiling a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Built {
    /// The text that was compiled, with everything that it includes.
    pub source: String,
    /// The options of the compiler.
    pub options: Vec<String>,
    /// The PTX.
    pub ptx: String,
    /// The machine code (CUBIN).
    pub cubin: Vec<u8>,
    /// The compiler's log, unchanged.
    pub log: String,
    /// The resource usage of each kernel.
    pub usage: Vec<Usage>,
}

impl Built {
    /// Returns how many instructions of a kernel's PTX compute in double precision. Loads, stores
    /// and moves do not count.
    #[must_use]
    pub fn doubles(&self, kernel: &str) -> usize {
        doubles(&self.ptx, kernel)
    }
}

fn doubles(ptx: &str, kernel: &str) -> usize {
    let mut counts = false;
    let mut count = 0;
    for line in ptx.lines() {
        if let Some((_, rest)) = line.split_once(".entry ") {
            counts = rest.trim_end_matches([' ', ')', '(']) == kernel;
        } else if line.contains(".func") {
            // Which kernel calls a function is not determined: functions count for every kernel.
            counts = true;
        }
        let mut words = line.split_whitespace().filter(|word| !word.starts_with('@') && *word != "{");
        let Some(code) = words.next().filter(|_| counts) else { continue };
        let moves = ["ld.", "ldu.", "st.", "mov.", "."].iter().any(|start| code.starts_with(start));
        count += usize::from(!moves && code.contains(".f64"));
    }
    count
}

/// An NVRTC library.
pub struct Compiler {
    found: found::Compiler,
    nvrtc: Nvrtc,
}

impl Compiler {
    /// Finds the newest NVRTC among those that [`Survey::new`](crate::Survey::new) finds.
    ///
    /// # Errors
    /// If there is none, or the library lacks functions.
    pub fn find() -> Result<Self> {
        let found = nvrtc::probe(None)
            .0
            .map_err(|reason| Error::DeviceUnavailable { device: "cuda".into(), reason })?
            .first()
            .clone();
        let nvrtc = compile::open(&found)?;
        Ok(Self { found, nvrtc })
    }

    /// The CUDA version of the compiler, as (major, minor).
    #[must_use]
    pub fn version(&self) -> (u32, u32) {
        self.found.version
    }

    /// The architectures for which the compiler makes machine code, such as `sm_75`. For some of
    /// them there is also a variant that later architectures do not run: `sm_90a`.
    #[must_use]
    pub fn archs(&self) -> Vec<String> {
        self.nvrtc.archs().iter().map(|arch| format!("sm_{arch}")).collect()
    }

    /// Checks that the compiler makes machine code for this architecture, such as `sm_90` or
    /// `sm_90a`.
    ///
    /// # Errors
    /// If it does not; the error lists the known architectures.
    pub fn knows(&self, arch: &str) -> Result<()> {
        let known = self.archs();
        if known.iter().any(|k| k == arch.trim_end_matches(['a', 'f'])) {
            Ok(())
        } else {
            Err(Error::unknown("architecture", arch, known))
        }
    }

    /// Compiles a module for an architecture, such as `sm_90` for compute capability 9.0. The cache
    /// is neither read nor written. Several threads may call this at once.
    ///
    /// # Errors
    /// If the compiler does not know the architecture, or the module does not compile.
    pub fn compile(&self, module: &Module, arch: &str) -> Result<Built> {
        self.knows(arch)?;
        let source = compile::flat(&module.request)?;
        let options = compile::options(&module.request, arch);
        let made = compile::make(&self.nvrtc, &module.request, arch, &source, &options)?;
        let ptx = String::from_utf8_lossy(&made.ptx).trim_end_matches('\0').to_owned();
        Ok(Built { source, options, ptx, cubin: made.cubin, usage: nvrtc::usage(&made.log), log: made.log })
    }

    /// Compiles several modules with all CPU threads. The results are in the order of the modules;
    /// if no threads can be started, the result is a single error.
    #[must_use]
    pub fn compile_all(&self, modules: &[Module], arch: &str) -> Vec<Result<Built>> {
        crate::memory::threads::run(|| modules.par_iter().map(|module| self.compile(module, arch)).collect())
            .unwrap_or_else(|e| vec![Err(e)])
    }
}

impl fmt::Debug for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Compiler").field("library", &self.found.library).field("version", &self.found.version).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_counted_by_kernel() {
        let ptx = "\
.visible .entry first(
\t.param .f64 first_param_0
)
{
\t.reg .f64 \t%fd<4>;
\tld.param.f64 \t%fd1, [first_param_0];
\tmov.f64 \t%fd2, %fd1;
\t@%p1 add.rn.f64 \t%fd3, %fd1, %fd2;
\tcvt.rn.f32.f64 \t%f1, %fd3;
\t{ setp.lt.f64 %p2, %fd1, %fd2; }
\tst.global.f64 [%rd1], %fd3;
\tfma.rn.f32 %f2, %f1, %f1, %f1;
\tret;
}
.visible .entry second()
{
\tadd.f64 %fd1, %fd2, %fd3;
}
";
        assert_eq!((doubles(ptx, "first"), doubles(ptx, "second"), doubles(ptx, "third")), (3, 1, 0));
        let with_function = format!(".func helper(\n{{\n\tmul.f64 %fd1, %fd1, %fd1;\n}}\n{ptx}");
        assert_eq!((doubles(&with_function, "first"), doubles(&with_function, "second")), (4, 2));
    }
}
