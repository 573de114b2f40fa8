//! The drivers, GPUs and compilers on this machine.

use crate::error::Reason;
use std::fmt::{self, Display};
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;

/// The oldest supported driver, as the CUDA version that it supports.
pub const MIN_DRIVER: (u32, u32) = (12, 0);
/// The lowest compute capability that the kernels support (Turing).
pub const MIN_CAPABILITY: (u32, u32) = (7, 5);

/// A GPU, as described by its driver.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gpu {
    /// The number of the GPU, as in [`Device::Cuda`](super::Device::Cuda).
    pub ordinal: usize,
    /// The name.
    pub name: String,
    /// The compute capability.
    pub capability: (u32, u32),
    /// The size of the memory in bytes.
    pub memory: u64,
}

impl Gpu {
    /// The reason why the kernels cannot run on this GPU, if there is one.
    #[must_use]
    pub fn unfit(&self) -> Option<Reason> {
        let too_low = self.capability < MIN_CAPABILITY;
        too_low.then(|| Reason::CapabilityTooLow {
            name: self.name.clone(),
            has: self.capability,
            needs: MIN_CAPABILITY,
        })
    }
}

impl Display for Gpu {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let gib = self.memory as f64 / f64::from(1 << 30);
        write!(f, "{}, compute capability {}.{}, {gib:.1} GiB", self.name, self.capability.0, self.capability.1)
    }
}

/// A driver that works.
#[derive(Clone, Debug)]
pub(crate) struct Driver {
    pub(crate) library: String,
    pub(crate) version: (u32, u32),
    pub(crate) gpus: Vec<Gpu>,
}

/// An NVRTC library that works.
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

/// The NVRTC libraries that work, at least one, in the order in which they are tried.
///
/// A driver loads machine code from compilers of its own major version of CUDA and of earlier major
/// versions. The newest of these compilers comes first. Compilers of later major versions come
/// last, with the nearest version first.
#[derive(Clone, Debug)]
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the feature looks for compilers"))]
pub(crate) struct Compilers {
    all: Vec<Compiler>,
    driver: Option<(u32, u32)>,
    /// The number of images that the driver has refused for a module that it then loaded in another
    /// form: see `cuda::images`.
    pub(crate) refused: Arc<AtomicUsize>,
}

#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the feature looks for compilers"))]
impl Compilers {
    pub(crate) fn new(mut all: Vec<Compiler>, driver: Option<(u32, u32)>) -> Option<Self> {
        let later = |compiler: &Compiler| driver.is_some_and(|driver| compiler.version.0 > driver.0);
        // Compilers of the same version stay in the order in which they were found.
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

    /// The compiler that is tried first.
    pub(crate) fn first(&self) -> &Compiler {
        &self.all[0]
    }

    /// Describes the first compiler, the reason for it, and the others.
    pub(crate) fn said(&self) -> String {
        let first = self.first();
        let version = |(major, minor): (u32, u32)| format!("{major}.{minor}");
        let later = |compiler: &Compiler| self.driver.filter(|driver| compiler.version.0 > driver.0);
        let mut said = first.to_string();
        if let Some(driver) = later(first) {
            let major = driver.0;
            said += &format!(
                ": later than the driver, which is for CUDA {} and may refuse the machine code of this compiler; `pip install \
                 'nvidia-cuda-nvrtc-cu{major}'` installs one for CUDA {major}",
                version(driver)
            );
        } else if let (Some(driver), true) = (self.driver, self.all.len() > 1) {
            said += &format!(": the newest one whose machine code the driver, for CUDA {}, loads", version(driver));
        }
        if self.all.len() > 1 {
            let others: Vec<_> =
                self.all[1..].iter().map(|c| format!("{}, {}", c.library, version(c.version))).collect();
            said += &format!("; tried next if the driver refuses its code: {}", others.join("; "));
        }
        said
    }
}

/// The value of `CUDA_VISIBLE_DEVICES`, if it is set.
pub(crate) fn visible() -> Option<String> {
    std::env::var_os("CUDA_VISIBLE_DEVICES").map(|v| v.to_string_lossy().into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_compiler_that_the_driver_knows_comes_first() {
        let order = |driver, versions: &[(u32, u32)]| {
            let all = versions
                .iter()
                .map(|version| Compiler { library: format!("{version:?}"), version: *version })
                .collect();
            Compilers::new(all, driver).unwrap().all().iter().map(|c| c.version).collect::<Vec<_>>()
        };
        let found = [(13, 0), (12, 0), (14, 1), (12, 9), (11, 8)];
        // Any compiler of the driver's own major version is suitable, including later minor
        // versions.
        assert_eq!(order(Some((12, 4)), &found), [(12, 9), (12, 0), (11, 8), (13, 0), (14, 1)]);
        assert_eq!(order(Some((13, 0)), &found), [(13, 0), (12, 9), (12, 0), (11, 8), (14, 1)]);
        assert_eq!(order(None, &found), [(14, 1), (13, 0), (12, 9), (12, 0), (11, 8)]);
        assert_eq!(order(Some((12, 0)), &[(14, 0), (13, 2), (13, 1)]), [(13, 1), (13, 2), (14, 0)]);
        assert!(Compilers::new(Vec::new(), None).is_none());
    }
}
