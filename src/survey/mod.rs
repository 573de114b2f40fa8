//! The devices of this machine, where they were looked for, and why a device cannot be used.

use crate::cuda::Context;
use crate::device::Device;
use crate::device::found::{Compilers, Driver, Gpu, visible};
use crate::error::{Error, Reason};
use std::sync::Arc;

/// A GPU, the CUDA version of its driver, and the compilers for it.
type Usable<'s> = (&'s Gpu, (u32, u32), &'s Result<Compilers, Reason>);

/// The results of a search for devices on this machine.
///
/// ```
/// let survey = overtime::Survey::new();
/// println!("runs on {}", survey.best());
/// if let Some(reason) = survey.why_not_cuda(0) {
///     println!("not on cuda:0, because {reason}");
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Survey {
    /// The things that were looked for, with the results.
    pub findings: Vec<Finding>,
    driver: Result<Driver, Reason>,
    compiler: Result<Compilers, Reason>,
}

/// One thing that was looked for.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The thing (`CUDA driver`, `NVRTC`, …).
    pub what: &'static str,
    /// A description, or the reason why it was not found.
    pub result: Result<String, String>,
    /// The places that were searched.
    pub looked_in: Vec<String>,
}

impl Survey {
    /// Looks for all devices. Nothing is cached: a second survey repeats the search.
    ///
    /// The NVIDIA driver is the library that the loader finds as `libcuda.so.1` (`nvcuda.dll` on
    /// Windows), or the library in the environment variable `OVERTIME_LIBCUDA`. The toolkit's stub
    /// of the driver is skipped.
    ///
    /// NVRTC is the library in `OVERTIME_NVRTC` (a file, or its folder). Without this variable the
    /// search covers `CUDA_PATH`, `CUDA_HOME`, the loader's path, `/usr/local/cuda*`, and the
    /// `site-packages` of the current Python (`VIRTUAL_ENV`, `CONDA_PREFIX`, the `python3` in
    /// `PATH`, the user's and the system's). Among several libraries, the first choice is the
    /// newest one whose major version of CUDA is not above that of the driver. If the driver
    /// refuses its code, the next one is tried.
    #[must_use]
    pub fn new() -> Self {
        #[cfg(feature = "cuda")]
        {
            let (driver, driver_in) = crate::cuda::driver::functions::probe();
            let version = driver.as_ref().ok().map(|driver| driver.version);
            let (compiler, compiler_in) = crate::cuda::compiler::nvrtc::probe(version);
            Self::of(driver, driver_in, compiler, compiler_in)
        }
        #[cfg(not(feature = "cuda"))]
        Self::of(Err(Reason::NotBuilt), Vec::new(), Err(Reason::NotBuilt), Vec::new())
    }

    fn of(
        driver: Result<Driver, Reason>,
        driver_in: Vec<String>,
        compiler: Result<Compilers, Reason>,
        compiler_in: Vec<String>,
    ) -> Self {
        let mut findings = vec![Finding {
            what: "CUDA driver",
            result: match &driver {
                Ok(d) => Ok(format!("{}, for CUDA {}.{}", d.library, d.version.0, d.version.1)),
                Err(reason) => Err(reason.to_string()),
            },
            looked_in: driver_in,
        }];
        for gpu in driver.iter().flat_map(|d| &d.gpus) {
            let result =
                gpu.unfit().map_or_else(|| Ok(format!("cuda:{}: {gpu}", gpu.ordinal)), |why| Err(why.to_string()));
            findings.push(Finding { what: "GPU", result, looked_in: Vec::new() });
        }
        findings.push(Finding {
            what: "NVRTC",
            result: match &compiler {
                Ok(compilers) => Ok(compilers.said()),
                Err(reason) => Err(reason.to_string()),
            },
            looked_in: compiler_in,
        });
        #[cfg(feature = "cuda")]
        if !crate::cuda::compiler::embedded::archs().is_empty() {
            let archs: Vec<_> =
                crate::cuda::compiler::embedded::archs().iter().map(|arch| format!("sm_{arch}")).collect();
            let result = Ok(format!("compiled ahead of time for {}; used if there is no NVRTC", archs.join(", ")));
            findings.push(Finding { what: "kernels", result, looked_in: Vec::new() });
        }
        Self { findings, driver, compiler }
    }

    /// The best device for a loop: the first usable GPU, or else the CPU.
    #[must_use]
    pub fn best(&self) -> Device {
        let usable = self.gpus().iter().find(|gpu| self.why_not_cuda(gpu.ordinal).is_none());
        usable.map_or(Device::Cpu, |gpu| Device::Cuda(gpu.ordinal))
    }

    /// The GPUs that the driver reports, usable or not.
    #[must_use]
    pub fn gpus(&self) -> &[Gpu] {
        self.driver.as_ref().map_or(&[], |d| &d.gpus)
    }

    /// The reason why CUDA device `ordinal` cannot be used; `None` if it can.
    #[must_use]
    pub fn why_not_cuda(&self, ordinal: usize) -> Option<Reason> {
        self.usable(ordinal).err()
    }

    /// The GPU, the CUDA version of its driver, and the compilers. If there is no compiler, but
    /// kernels for this GPU are embedded, the third part is the reason why there is no compiler.
    pub(crate) fn usable(&self, ordinal: usize) -> Result<Usable<'_>, Reason> {
        let driver = match &self.driver {
            Ok(driver) => driver,
            Err(Reason::NoDevice { count, visible, .. }) => {
                return Err(Reason::NoDevice { ordinal, count: *count, visible: visible.clone() });
            }
            Err(reason) => return Err(reason.clone()),
        };
        let Some(gpu) = driver.gpus.iter().find(|g| g.ordinal == ordinal) else {
            return Err(Reason::NoDevice { ordinal, count: driver.gpus.len(), visible: visible() });
        };
        if let Some(reason) = gpu.unfit() {
            return Err(reason);
        }
        match &self.compiler {
            Err(reason) if !embedded(gpu.capability) => Err(reason.clone()),
            compiler => Ok((gpu, driver.version, compiler)),
        }
    }
}

/// Whether kernels for this compute capability were compiled together with the crate.
fn embedded(capability: (u32, u32)) -> bool {
    #[cfg(feature = "cuda")]
    return crate::cuda::compiler::embedded::serve(capability);
    #[cfg(not(feature = "cuda"))]
    return capability < (0, 0);
}

impl Default for Survey {
    fn default() -> Self {
        Self::new()
    }
}

impl Device {
    /// The best available device. [`Survey::new`] also gives the reasons why others cannot be used.
    #[must_use]
    pub fn auto() -> Self {
        Survey::new().best()
    }

    /// The CUDA device with this ordinal.
    ///
    /// # Errors
    /// If it cannot be used: there is no driver, no such device, or no compiler for its kernels.
    pub fn cuda(ordinal: usize) -> crate::error::Result<Self> {
        let device = Self::Cuda(ordinal);
        device.require()?;
        Ok(device)
    }

    /// Returns an error if this device cannot be used.
    pub(crate) fn require(self) -> crate::error::Result<()> {
        match self {
            Self::Cpu => Ok(()),
            Self::Cuda(n) => match Survey::new().why_not_cuda(n) {
                None => Ok(()),
                Some(reason) => Err(Error::DeviceUnavailable { device: self.to_string(), reason }),
            },
        }
    }
}

/// The context of a CUDA device. Every use of the device goes through it.
pub(crate) fn context(ordinal: usize) -> crate::error::Result<Arc<Context>> {
    Context::of(ordinal, || {
        let survey = Survey::new();
        survey.usable(ordinal).map(|(gpu, driver, compilers)| (gpu.clone(), driver, compilers.clone()))
    })
}

/// The context of a device; `None` for the CPU.
pub(crate) fn context_of(device: Device) -> crate::error::Result<Option<Arc<Context>>> {
    match device {
        Device::Cpu => Ok(None),
        Device::Cuda(ordinal) => context(ordinal).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::device::found::{Compiler, MIN_DRIVER};

    #[test]
    fn why_not_is_the_first_thing_amiss() {
        let gpu = |ordinal, capability| Gpu { ordinal, name: "G".into(), capability, memory: 1 << 30 };
        let driver =
            || Ok(Driver { library: "d".into(), version: (13, 0), gpus: vec![gpu(0, (9, 0)), gpu(1, (6, 1))] });
        let compiler =
            || Ok(Compilers::new(vec![Compiler { library: "c".into(), version: (13, 0) }], Some((13, 0))).unwrap());
        let no_compiler = || Err(Reason::NoCompiler { looked_in: vec!["here".into()] });
        let survey = |driver, compiler| Survey::of(driver, Vec::new(), compiler, Vec::new());

        let whole = survey(driver(), compiler());
        assert_eq!(whole.why_not_cuda(0), None);
        assert!(matches!(whole.why_not_cuda(1), Some(Reason::CapabilityTooLow { has: (6, 1), .. })));
        assert!(matches!(whole.why_not_cuda(2), Some(Reason::NoDevice { ordinal: 2, count: 2, .. })));
        assert_eq!((whole.gpus().len(), whole.best()), (2, Device::Cuda(0)));
        let uncompiled = survey(driver(), no_compiler());
        assert!(matches!(uncompiled.why_not_cuda(0), Some(Reason::NoCompiler { .. })));
        assert_eq!(uncompiled.best(), Device::Cpu);
        let too_old = || Err(Reason::DriverTooOld { has: (11, 8), needs: MIN_DRIVER });
        assert!(matches!(survey(too_old(), no_compiler()).why_not_cuda(7), Some(Reason::DriverTooOld { .. })));
        assert!(
            whole
                .findings
                .iter()
                .any(|f| f.what == "GPU" && f.result.as_ref().is_ok_and(|r| r.contains("9.0, 1.0 GiB")))
        );
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn without_the_feature_that_is_the_reason() {
        assert_eq!(Survey::new().why_not_cuda(0), Some(Reason::NotBuilt));
        assert!(matches!(
            Device::cuda(0),
            Err(crate::error::Error::DeviceUnavailable { reason: Reason::NotBuilt, .. })
        ));
        assert_eq!(Device::auto(), Device::Cpu);
    }
}
