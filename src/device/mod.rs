//! Devices, strategies of a GPU, and orders of summation in matrix products.

pub(crate) mod device_struct;
pub(crate) mod found;

use crate::error::{Error, Result};
use std::fmt;
use std::fmt::Display;

/// The device that a loop runs on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Device {
    /// The CPU of this machine, with all its cores.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its ordinal.
    Cuda(usize),
}

impl Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(n) => write!(f, "cuda:{n}"),
        }
    }
}

impl std::str::FromStr for Device {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        match s {
            "auto" => Ok(Self::auto()),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(0)),
            _ => match s.strip_prefix("cuda:").and_then(|n| n.parse().ok()) {
                Some(n) => Ok(Self::Cuda(n)),
                None => Err(Error::unknown("device", s, ["auto", "cpu", "cuda:N"])),
            },
        }
    }
}

/// The way in which a GPU makes the steps. The results are bit-identical for all strategies; only
/// the speed differs.
///
/// | strategy | launches for T steps | state | use |
/// |---|---|---|---|
/// | `HostLoop` | T | in global memory at every step | debugging and comparison |
/// | `Graph` | T/64 replays of 64 nodes, plus single launches | in global memory at every step | state that does not fit in an SM |
/// | `Persistent` | one a chunk (up to 65,536 steps) | in registers or shared memory for a whole chunk | all supported systems |
///
/// A stateless layer (`Dense`, `Conv2d`, activations) has no steps that depend on each other. It
/// takes one launch a chunk with every strategy.
///
/// Thread blocks that wait for each other must all be resident on the device at the same time. If
/// the driver has no room for that (on a partition of a GPU, on a virtual GPU, beside other
/// processes), `Auto` selects another strategy, and `Persistent` is an error of `build`.
/// `Persistent` is also an error for a recurrent cell whose weights do not fit in registers or
/// shared memory in any distribution, unless its sums are [`Products::Ordered`].
///
/// [`LoopOverTime::strategy`](crate::LoopOverTime::strategy) describes the strategy of a loop, with
/// the reason for it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// The strategy that the table above gives for the system. The CPU engine always makes all
    /// steps of a chunk in one call, and supports no other strategy.
    #[default]
    Auto,
    /// One launch a step, from the host.
    HostLoop,
    /// Steps captured in a CUDA graph, which is replayed.
    Graph,
    /// All steps of a chunk in one kernel.
    Persistent,
}

impl Strategy {
    pub(crate) fn require(self, device: Device) -> Result<()> {
        match (self, device) {
            (Self::Auto, _) | (_, Device::Cuda(_)) => Ok(()),
            (_, Device::Cpu) => {
                Err(Error::Unsupported(format!("strategy `{self}` needs a CUDA device, but this loop runs on the CPU")))
            }
        }
    }
}

impl Display for Strategy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::HostLoop => "host-loop",
            Self::Graph => "graph",
            Self::Persistent => "persistent",
        })
    }
}

impl std::str::FromStr for Strategy {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        let all = [Self::Auto, Self::HostLoop, Self::Graph, Self::Persistent];
        let found = all.into_iter().find(|k| k.to_string() == s);
        found.ok_or_else(|| Error::unknown("strategy", s, all.map(|k| k.to_string())))
    }
}

/// The order in which a GPU sums matrix products: those of [`Dense`](crate::models::Dense),
/// [`Conv2d`](crate::models::Conv2d) and recurrent cells. The CPU engine always uses `Ordered`.
///
/// Each order gives the same bits in every run, whatever else the device does. The factors are not
/// rounded (except in `Tf32`), and the sums have the type [`Scalar::Acc`](crate::Scalar::Acc).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Products {
    /// The fastest order. Several threads compute parts of a sum, and tensor cores multiply `f16`
    /// and `bf16`. Results differ from those of the CPU by rounding.
    #[default]
    Fast,
    /// The order of the CPU, which gives the same bits as the CPU. It is slow, and serves for
    /// comparison.
    Ordered,
    /// The same as `Fast`, and in addition tensor cores multiply `f32`. Their factors have 10
    /// fraction bits in place of 23.
    Tf32,
}

impl Display for Products {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Fast => "fast",
            Self::Ordered => "ordered",
            Self::Tf32 => "tf32",
        })
    }
}

impl std::str::FromStr for Products {
    type Err = Error;
    fn from_str(s: &str) -> Result<Self> {
        let all = [Self::Fast, Self::Ordered, Self::Tf32];
        let found = all.into_iter().find(|k| k.to_string() == s);
        found.ok_or_else(|| Error::unknown("products", s, all.map(|k| k.to_string())))
    }
}
