//! The architecture to compile for.

use std::fmt;
use std::fmt::Display;

/// Architectures of embedded modules (Jetson, Drive). Their GPUs do not run machine code that was
/// compiled for graphics cards of the same generation, and graphics cards do not run theirs.
const EMBEDDED: &[u32] = &[53, 62, 72, 87, 88, 101, 110];

/// The architecture that an image is compiled for. The number 90 stands for compute capability 9.0.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Architecture {
    /// Machine code.
    Real(u32),
    /// PTX, which the driver compiles.
    Virtual(u32),
}

impl Architecture {
    /// Returns the best architecture for a device among those that the compiler knows. In order of
    /// preference: machine code for the device itself; machine code for a lower compute capability
    /// with the same major number, which the device also runs; PTX. With `ptx`, only PTX is chosen.
    /// Returns `None` if all known architectures are newer than the device.
    pub(crate) fn choose(known: &[u32], capability: (u32, u32), ptx: bool) -> Option<Self> {
        let (major, minor) = capability;
        let device = major.checked_mul(10)?.checked_add(minor)?;
        let runs = |arch: u32| {
            arch == device
                || (arch / 10 == major && arch < device && ![arch, device].iter().any(|a| EMBEDDED.contains(a)))
        };
        let real = known.iter().copied().filter(|arch| runs(*arch)).max();
        let newest = known.iter().copied().filter(|arch| *arch <= device).max();
        real.filter(|_| !ptx).map(Self::Real).or(newest.map(Self::Virtual))
    }

    pub(crate) fn is_ptx(self) -> bool {
        matches!(self, Self::Virtual(_))
    }
}

impl Display for Architecture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Real(arch) => write!(f, "sm_{arch}"),
            Self::Virtual(arch) => write!(f, "compute_{arch}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn machine_code_if_it_runs_else_ptx() {
        let old: &[u32] = &[52, 60, 61, 70, 75, 80, 86, 87];
        let new: &[u32] = &[75, 80, 86, 87, 88, 89, 90, 100, 103, 110, 120, 121];
        type Case<'a> = (&'a [u32], (u32, u32), bool, &'a str);
        let cases: &[Case<'_>] = &[
            (new, (7, 5), false, "sm_75"),
            (new, (9, 0), false, "sm_90"),
            (new, (12, 1), false, "sm_121"),
            (new, (9, 0), true, "compute_90"),
            // A GPU runs machine code for a lower compute capability of the same generation.
            (old, (8, 9), false, "sm_86"),
            (new, (12, 2), false, "sm_121"),
            (new, (10, 4), false, "sm_103"),
            // Graphics cards do not run machine code for embedded modules, and embedded modules do
            // not run theirs.
            (&[80, 87], (8, 9), false, "sm_80"),
            (&[80, 86], (8, 7), false, "compute_86"),
            (old, (8, 7), false, "sm_87"),
            // The compiler does not know this generation.
            (old, (9, 0), false, "compute_87"),
            (new, (13, 0), false, "compute_121"),
            (old, (12, 0), true, "compute_87"),
        ];
        for (known, capability, ptx, expected) in cases {
            let target = Architecture::choose(known, *capability, *ptx).unwrap();
            assert_eq!(
                (target.to_string().as_str(), target.is_ptx()),
                (*expected, expected.starts_with('c')),
                "{capability:?}"
            );
        }
        assert_eq!(Architecture::choose(new, (7, 0), false), None);
        assert_eq!(Architecture::choose(new, (7, 0), true), None);
        assert_eq!(Architecture::choose(&[], (9, 0), false), None);
        assert_eq!(Architecture::choose(new, (u32::MAX, 0), false), None);
    }
}
