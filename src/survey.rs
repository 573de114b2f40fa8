//! What this machine has to run on, where it was looked for, and why a device cannot be used.

use crate::device::Device;
use std::fmt;
use std::fmt::Display;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// The oldest driver that the kernels' machine code is for, as the CUDA version it supports.
pub const MIN_DRIVER: (u32, u32) = (12, 0);
/// The least compute capability that the kernels are for (Turing).
pub const MIN_CAPABILITY: (u32, u32) = (7, 5);

/// Why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The crate was built without its feature `cuda`.
    NotBuilt,
    /// No library of an NVIDIA driver could be loaded.
    NoDriver {
        /// Where it was looked for, and what the loader said.
        looked_in: Vec<String>,
    },
    /// The driver's library lacks a function: a stub, or broken.
    MissingSymbol {
        /// The library.
        library: String,
        /// The function.
        symbol: String,
    },
    /// The library is the CUDA toolkit's stub of the driver, which programs are linked with, and not the driver.
    StubDriver {
        /// The library.
        library: String,
    },
    /// The driver refused a call.
    DriverCall {
        /// The function.
        call: &'static str,
        /// What it returned.
        code: i32,
    },
    /// The driver is too old.
    DriverTooOld {
        /// The CUDA version it supports.
        has: (u32, u32),
        /// The one that is needed.
        needs: (u32, u32),
    },
    /// There is a driver, but not this device.
    NoDevice {
        /// The ordinal asked for.
        ordinal: usize,
        /// How many devices the driver shows.
        count: usize,
        /// The environment's `CUDA_VISIBLE_DEVICES`, which hides devices, if it is set.
        visible: Option<String>,
    },
    /// The device is too old.
    CapabilityTooLow {
        /// Its name.
        name: String,
        /// Its compute capability.
        has: (u32, u32),
        /// The one that is needed.
        needs: (u32, u32),
    },
    /// There is no NVRTC to compile the kernels with.
    NoCompiler {
        /// Where it was looked for.
        looked_in: Vec<String>,
    },
    /// NVRTC does not know the device, so that the driver would have to read its PTX; the driver is older and cannot.
    CompilerTooNew {
        /// NVRTC's version of CUDA.
        compiler: (u32, u32),
        /// The version of CUDA that the driver supports.
        driver: (u32, u32),
        /// The device's compute capability.
        capability: (u32, u32),
    },
    /// The crate has no kernels for this kind of device.
    NoKernels(String),
}

impl Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotBuilt => f.write_str("built without the feature `cuda`"),
            Self::NoDriver { looked_in } => {
                write!(f, "no NVIDIA driver found; looked for {}", looked_in.join(", "))
            }
            Self::MissingSymbol { library, symbol } => {
                write!(f, "{library} has no `{symbol}`: it is a stub or broken, not NVIDIA's library")
            }
            Self::StubDriver { library } => write!(
                f,
                "{library} is the CUDA toolkit's stub of the driver, not the driver: take the toolkit's folder `stubs` out of \
                 LD_LIBRARY_PATH, and install the driver if this machine has none"
            ),
            Self::DriverCall { call, code } => match meaning(*code) {
                Some(meaning) => write!(f, "the driver's {call} answered {code}: {meaning}"),
                None => write!(f, "the driver's {call} answered {code}"),
            },
            Self::DriverTooOld { has, needs } => {
                write!(f, "the driver is for CUDA {}.{}, CUDA {}.{} is needed: update the driver", has.0, has.1, needs.0, needs.1)
            }
            Self::NoDevice { ordinal, count, visible } => {
                let s = if *count == 1 { "" } else { "s" };
                write!(f, "no device number {ordinal}: the driver shows {count} device{s}")?;
                visible.as_ref().map_or(Ok(()), |v| write!(f, " (CUDA_VISIBLE_DEVICES=\"{v}\")"))
            }
            Self::CapabilityTooLow { name, has, needs } => {
                write!(f, "{name} has compute capability {}.{}, {}.{} is needed", has.0, has.1, needs.0, needs.1)
            }
            Self::NoCompiler { looked_in } => write!(
                f,
                "NVRTC, which compiles the kernels, was not found; `pip install nvidia-cuda-nvrtc` brings it. Looked for {}",
                looked_in.join(", ")
            ),
            Self::CompilerTooNew { compiler, driver, capability } => write!(
                f,
                "no machine code was made for compute capability {}.{}, and the driver, for CUDA {}.{}, cannot read the PTX of NVRTC, of CUDA \
                 {}.{}: update the driver, or install the NVRTC of its version (OVERTIME_NVRTC names one)",
                capability.0, capability.1, driver.0, driver.1, compiler.0, compiler.1
            ),
            Self::NoKernels(why) => f.write_str(why),
        }
    }
}

/// What the driver's answers mean that one meets when asking for devices.
fn meaning(code: i32) -> Option<&'static str> {
    Some(match code {
        2 => "out of memory",
        3 => "not initialised",
        46 => "the device is busy or unavailable",
        100 => "no CUDA device",
        101 => "no such device",
        802 => "the system is not ready (is the fabric manager running?)",
        803 => "the driver's library and its kernel module are of different versions: reboot, or reinstall the driver",
        804 => "forward compatibility is not supported on this device",
        999 => "unknown; the kernel module may not be loaded",
        _ => return None,
    })
}

/// A GPU as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gpu {
    /// Its number, as in [`Device::Cuda`].
    pub ordinal: usize,
    /// Its name.
    pub name: String,
    /// Its compute capability.
    pub capability: (u32, u32),
    /// Bytes of memory.
    pub memory: u64,
}

impl Gpu {
    /// Why the kernels cannot run on it, if they cannot.
    #[must_use]
    pub fn unfit(&self) -> Option<Reason> {
        let too_low = self.capability < MIN_CAPABILITY;
        too_low.then(|| Reason::CapabilityTooLow { name: self.name.clone(), has: self.capability, needs: MIN_CAPABILITY })
    }
}

impl Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = self.memory as f64 / f64::from(1 << 30);
        write!(f, "{}, compute capability {}.{}, {gib:.1} GiB", self.name, self.capability.0, self.capability.1)
    }
}

/// A driver that answered.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    pub(crate) library: String,
    pub(crate) version: (u32, u32),
    pub(crate) gpus: Vec<Gpu>,
}

/// An NVRTC that answered.
#[derive(Clone, Debug)]
pub(crate) struct Compiler {
    pub(crate) library: String,
    pub(crate) version: (u32, u32),
}

impl Display for Compiler {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, of CUDA {}.{}", self.library, self.version.0, self.version.1)
    }
}

/// The NVRTCs that answered, at least one, in the order in which they are tried.
///
/// A driver loads machine code of compilers of its own major version of CUDA and of those before it. So the newest compiler of those stands
/// first, and those of later major versions stand last, the nearest first.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "none is looked for without the feature"))]
pub(crate) struct Compilers {
    all: Vec<Compiler>,
    driver: Option<(u32, u32)>,
    /// How many ways to an image the driver has refused, for a module that it then took another way: see `cuda::images`.
    pub(crate) refused: Arc<AtomicUsize>,
}

#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "none is looked for without the feature"))]
impl Compilers {
    pub(crate) fn new(mut all: Vec<Compiler>, driver: Option<(u32, u32)>) -> Option<Self> {
        let later = |compiler: &Compiler| driver.is_some_and(|driver| compiler.version.0 > driver.0);
        // Of equals the one that was found first stays first.
        all.sort_by(|a, b| match (later(a), later(b)) {
            (false, false) => b.version.cmp(&a.version),
            (true, true) => a.version.cmp(&b.version),
            (a, b) => a.cmp(&b),
        });
        (!all.is_empty()).then(|| Self { all, driver, refused: Arc::default() })
    }

    pub(crate) fn all(&self) -> &[Compiler] {
        &self.all
    }

    /// The one that is tried first.
    pub(crate) fn first(&self) -> &Compiler {
        &self.all[0]
    }

    /// Which is tried first, why, and what else there is.
    fn said(&self) -> String {
        let first = self.first();
        let version = |(major, minor): (u32, u32)| format!("{major}.{minor}");
        let later = |compiler: &Compiler| self.driver.filter(|driver| compiler.version.0 > driver.0);
        let mut said = first.to_string();
        if let Some(driver) = later(first) {
            let major = driver.0;
            said += &format!(
                ": later than the driver, which is for CUDA {} and need not load what this compiles; `pip install \
                 'nvidia-cuda-nvrtc-cu{major}'` brings one for CUDA {major}",
                version(driver)
            );
        } else if let (Some(driver), true) = (self.driver, self.all.len() > 1) {
            said += &format!(": the newest of those that the driver, for CUDA {}, loads machine code of", version(driver));
        }
        if self.all.len() > 1 {
            let others: Vec<_> = self.all[1..].iter().map(|c| format!("{}, {}", c.library, version(c.version))).collect();
            said += &format!("; tried next if the driver refuses that: {}", others.join("; "));
        }
        said
    }
}

/// A device, its driver's CUDA version, and the compilers for it.
type Usable<'s> = (&'s Gpu, (u32, u32), &'s Result<Compilers, Reason>);

/// What was looked for on this machine, and what was found.
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
    /// Each thing looked for, and what came of it.
    pub findings: Vec<Finding>,
    driver: Result<Driver, Reason>,
    compiler: Result<Compilers, Reason>,
}

/// One thing that was looked for.
#[derive(Clone, Debug)]
pub struct Finding {
    /// What (`CUDA driver`, `NVRTC`, …).
    pub what: &'static str,
    /// What was found, or why it was not.
    pub result: Result<String, String>,
    /// Where it was looked for.
    pub looked_in: Vec<String>,
}

impl Survey {
    /// Looks for everything. Nothing is kept: a second survey looks again.
    ///
    /// The NVIDIA driver is the library that the loader finds as `libcuda.so.1` (`nvcuda.dll` on Windows), or the one that the
    /// environment's `OVERTIME_LIBCUDA` names. The toolkit's stub of it is passed over. NVRTC is the one that `OVERTIME_NVRTC` names (a
    /// library, or the folder it is in), or else any in `CUDA_PATH`, `CUDA_HOME`, the loader's path, `/usr/local/cuda*`, and the
    /// `site-packages` of the Python at hand (`VIRTUAL_ENV`, `CONDA_PREFIX`, the `python3` in `PATH`, the user's and the system's). Of
    /// several, the newest is taken whose major version of CUDA is not above the driver's; where the driver refuses what that one compiles,
    /// the next one is tried.
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

    fn of(driver: Result<Driver, Reason>, driver_in: Vec<String>, compiler: Result<Compilers, Reason>, compiler_in: Vec<String>) -> Self {
        let mut findings = vec![Finding {
            what: "CUDA driver",
            result: match &driver {
                Ok(d) => Ok(format!("{}, for CUDA {}.{}", d.library, d.version.0, d.version.1)),
                Err(reason) => Err(reason.to_string()),
            },
            looked_in: driver_in,
        }];
        for gpu in driver.iter().flat_map(|d| &d.gpus) {
            let result = gpu.unfit().map_or_else(|| Ok(format!("cuda:{}: {gpu}", gpu.ordinal)), |why| Err(why.to_string()));
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
            let archs: Vec<_> = crate::cuda::compiler::embedded::archs().iter().map(|arch| format!("sm_{arch}")).collect();
            let result = Ok(format!("compiled beforehand for {}, for where there is no NVRTC", archs.join(", ")));
            findings.push(Finding { what: "kernels", result, looked_in: Vec::new() });
        }
        Self { findings, driver, compiler }
    }

    /// The best device that a loop can run on: the first GPU that can be used, else the CPU.
    #[must_use]
    pub fn best(&self) -> Device {
        let usable = self.gpus().iter().find(|gpu| self.why_not_cuda(gpu.ordinal).is_none());
        usable.map_or(Device::Cpu, |gpu| Device::Cuda(gpu.ordinal))
    }

    /// The GPUs that the driver shows, usable or not.
    #[must_use]
    pub fn gpus(&self) -> &[Gpu] {
        self.driver.as_ref().map_or(&[], |d| &d.gpus)
    }

    /// Why CUDA device `ordinal` cannot be used; nothing if it can.
    #[must_use]
    pub fn why_not_cuda(&self, ordinal: usize) -> Option<Reason> {
        self.usable(ordinal).err()
    }

    /// The device, the driver's CUDA version, and the compilers, or why the kernels that were compiled beforehand must do.
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

/// Whether kernels for this compute capability were compiled when the crate was built.
fn embedded(capability: (u32, u32)) -> bool {
    #[cfg(feature = "cuda")]
    return crate::cuda::compiler::embedded::serve(capability);
    #[cfg(not(feature = "cuda"))]
    return capability < (0, 0);
}

/// `CUDA_VISIBLE_DEVICES`, if it is set.
pub(crate) fn visible() -> Option<String> {
    std::env::var_os("CUDA_VISIBLE_DEVICES").map(|v| v.to_string_lossy().into_owned())
}

impl Default for Survey {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_not_is_the_first_thing_amiss() {
        let gpu = |ordinal, capability| Gpu { ordinal, name: "G".into(), capability, memory: 1 << 30 };
        let driver = || Ok(Driver { library: "d".into(), version: (13, 0), gpus: vec![gpu(0, (9, 0)), gpu(1, (6, 1))] });
        let compiler = || Ok(Compilers::new(vec![Compiler { library: "c".into(), version: (13, 0) }], Some((13, 0))).unwrap());
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
        assert!(whole.findings.iter().any(|f| f.what == "GPU" && f.result.as_ref().is_ok_and(|r| r.contains("9.0, 1.0 GiB"))));
    }

    #[test]
    fn the_newest_compiler_that_the_driver_knows_comes_first() {
        let order = |driver, versions: &[(u32, u32)]| {
            let all = versions.iter().map(|version| Compiler { library: format!("{version:?}"), version: *version }).collect();
            Compilers::new(all, driver).unwrap().all().iter().map(|c| c.version).collect::<Vec<_>>()
        };
        let found = [(13, 0), (12, 0), (14, 1), (12, 9), (11, 8)];
        // Any compiler of the driver's own major version will do, later ones of it, too.
        assert_eq!(order(Some((12, 4)), &found), [(12, 9), (12, 0), (11, 8), (13, 0), (14, 1)]);
        assert_eq!(order(Some((13, 0)), &found), [(13, 0), (12, 9), (12, 0), (11, 8), (14, 1)]);
        assert_eq!(order(None, &found), [(14, 1), (13, 0), (12, 9), (12, 0), (11, 8)]);
        assert_eq!(order(Some((12, 0)), &[(14, 0), (13, 2), (13, 1)]), [(13, 1), (13, 2), (14, 0)]);
        assert!(Compilers::new(Vec::new(), None).is_none());
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn without_the_feature_that_is_the_reason() {
        assert_eq!(Survey::new().why_not_cuda(0), Some(Reason::NotBuilt));
        assert!(matches!(Device::cuda(0), Err(crate::error::Error::DeviceUnavailable { reason: Reason::NotBuilt, .. })));
        assert_eq!(Device::auto(), Device::Cpu);
    }
}
