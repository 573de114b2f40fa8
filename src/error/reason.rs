//! The reasons why a device cannot be used.

use std::fmt::{self, Display};

/// The reason why a device cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Reason {
    /// The crate was built without its feature `cuda`.
    NotBuilt,
    /// No library of an NVIDIA driver could be loaded.
    NoDriver {
        /// The places that were searched, with the messages of the loader.
        looked_in: Vec<String>,
    },
    /// The library of the driver lacks a function: it is a stub, or broken.
    MissingSymbol {
        /// The library.
        library: String,
        /// The function.
        symbol: String,
    },
    /// The library is the CUDA toolkit's stub of the driver, which serves for linking only. It is
    /// not the driver.
    StubDriver {
        /// The library.
        library: String,
    },
    /// A call of the driver failed.
    DriverCall {
        /// The function.
        call: &'static str,
        /// The error code that it returned.
        code: i32,
    },
    /// The driver is too old.
    DriverTooOld {
        /// The CUDA version that the driver supports.
        has: (u32, u32),
        /// The minimum CUDA version.
        needs: (u32, u32),
    },
    /// The driver works, but does not report this device.
    NoDevice {
        /// The requested ordinal.
        ordinal: usize,
        /// The number of devices that the driver reports.
        count: usize,
        /// The value of the environment variable `CUDA_VISIBLE_DEVICES`, which hides devices, if it
        /// is set.
        visible: Option<String>,
    },
    /// The device is too old.
    CapabilityTooLow {
        /// The name of the device.
        name: String,
        /// The compute capability of the device.
        has: (u32, u32),
        /// The minimum compute capability.
        needs: (u32, u32),
    },
    /// There is no NVRTC, which compiles the kernels.
    NoCompiler {
        /// The places that were searched.
        looked_in: Vec<String>,
    },
    /// NVRTC does not support the device, so that the driver would have to compile NVRTC's PTX. The
    /// driver is older than NVRTC and cannot read it.
    CompilerTooNew {
        /// The CUDA version of NVRTC.
        compiler: (u32, u32),
        /// The CUDA version that the driver supports.
        driver: (u32, u32),
        /// The compute capability of the device.
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
                Some(meaning) => write!(f, "the driver's {call} returned {code}: {meaning}"),
                None => write!(f, "the driver's {call} returned {code}"),
            },
            Self::DriverTooOld { has, needs } => {
                write!(
                    f,
                    "the driver is for CUDA {}.{}, CUDA {}.{} is needed: update the driver",
                    has.0, has.1, needs.0, needs.1
                )
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
                "NVRTC, which compiles the kernels, was not found; `pip install nvidia-cuda-nvrtc` installs it. Looked for {}",
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

/// The meaning of the driver's error codes that occur in a search for devices.
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
