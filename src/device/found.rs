//! Drivers, GPUs and compilers that were found on this machine.

use crate::error::Reason;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// The oldest driver that the kernels' machine code is for, as the CUDA version it supports.
pub const MIN_DRIVER: (u32, u32) = (12, 0);
/// The least compute capability that the kernels are for (Turing).
pub const MIN_CAPABILITY: (u32, u32) = (7, 5);

/// A GPU as its driver describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gpu {
    /// Its number, as in [`Device::Cuda`](super::Device::Cuda).
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
    pub(crate) fn said(&self) -> String {
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

/// `CUDA_VISIBLE_DEVICES`, if it is set.
pub(crate) fn visible() -> Option<String> {
    std::env::var_os("CUDA_VISIBLE_DEVICES").map(|v| v.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

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
}
