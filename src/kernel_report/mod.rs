//! The kernels that run on a GPU: what there is, what each takes, and its code. For those who want to look; nothing here is
//! needed to run a loop, which compiles what it needs for the device at hand.
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

/// A module: a model's step in one of the loops over it, specialised for its recordings.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Its element type.
    pub dtype: DType,
    pub(crate) request: Request,
    needs: u32,
}

impl Module {
    /// The name of its kernel.
    #[must_use]
    pub fn kernel(&self) -> &str {
        self.request.entry()
    }

    /// The lowest compute capability that it is for, 90 for 9.0: others lack instructions that it has.
    #[must_use]
    pub fn needs(&self) -> u32 {
        self.needs
    }

    /// Whether it is specialised for one shape, one network or one set of fused layers, so that it cannot be compiled ahead of time.
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

/// The result of compiling a module.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Built {
    /// The compiled text with all includes.
    pub source: String,
    /// The compiler's options.
    pub options: Vec<String>,
    /// Its PTX.
    pub ptx: String,
    /// Its machine code.
    pub cubin: Vec<u8>,
    /// The compiler's log.
    pub log: String,
    /// The registers and memory of its kernels.
    pub usage: Vec<Usage>,
}

impl Built {
    /// How many instructions of a kernel's PTX compute in double precision. Moving a double about is no computation.
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
            // Who calls a function is not followed: it counts for all.
            counts = true;
        }
        let mut words = line.split_whitespace().filter(|word| !word.starts_with('@') && *word != "{");
        let Some(code) = words.next().filter(|_| counts) else { continue };
        let moves = ["ld.", "ldu.", "st.", "mov.", "."].iter().any(|start| code.starts_with(start));
        count += usize::from(!moves && code.contains(".f64"));
    }
    count
}

/// NVRTC, found.
pub struct Compiler {
    found: found::Compiler,
    nvrtc: Nvrtc,
}

impl Compiler {
    /// Finds the newest NVRTC of those that [`Survey::new`](crate::Survey::new) finds.
    ///
    /// # Errors
    /// If there is none, or it lacks functions.
    pub fn find() -> Result<Self> {
        let found = nvrtc::probe(None).0.map_err(|reason| Error::DeviceUnavailable { device: "cuda".into(), reason })?.first().clone();
        let nvrtc = compile::open(&found)?;
        Ok(Self { found, nvrtc })
    }

    /// Its version of CUDA.
    #[must_use]
    pub fn version(&self) -> (u32, u32) {
        self.found.version
    }

    /// The architectures that it makes machine code for: `sm_75`, … Some also have a variant that later ones do not run: `sm_90a`.
    #[must_use]
    pub fn archs(&self) -> Vec<String> {
        self.nvrtc.archs().iter().map(|arch| format!("sm_{arch}")).collect()
    }

    /// That it makes machine code for this architecture, `sm_90` or `sm_90a`.
    ///
    /// # Errors
    /// If it does not; the text names those that it knows.
    pub fn knows(&self, arch: &str) -> Result<()> {
        let known = self.archs();
        if known.iter().any(|k| k == arch.trim_end_matches(['a', 'f'])) { Ok(()) } else { Err(Error::unknown("architecture", arch, known)) }
    }

    /// Compiles a module for an architecture, `sm_90` for compute capability 9.0. The cache is neither read nor written. May be
    /// called from many threads at once.
    ///
    /// # Errors
    /// If the compiler does not know the architecture, or refuses the module.
    pub fn compile(&self, module: &Module, arch: &str) -> Result<Built> {
        self.knows(arch)?;
        let source = compile::flat(&module.request)?;
        let options = compile::options(&module.request, arch);
        let made = compile::make(&self.nvrtc, &module.request, arch, &source, &options)?;
        let ptx = String::from_utf8_lossy(&made.ptx).trim_end_matches('\0').to_owned();
        Ok(Built { source, options, ptx, cubin: made.cubin, usage: nvrtc::usage(&made.log), log: made.log })
    }

    /// Compiles several modules on all CPU cores. The results have the modules' order.
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
