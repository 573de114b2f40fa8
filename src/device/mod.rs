//! Where a loop runs, and why not elsewhere.

pub(crate) mod device_struct;
pub(crate) mod found;

use crate::error::{Error, Result};
use std::fmt;
use std::fmt::Display;

/// Where a loop runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Device {
    /// This machine's CPU, all of its cores.
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

/// How a GPU runs the loop. All strategies give the same bits and differ in speed alone. A recurrent cell whose weights fit neither registers nor
/// shared memory cannot be `Persistent`, unless its sums are [`Products::Ordered`].
///
/// | | launches for T steps | state | for |
/// |---|---|---|---|
/// | `HostLoop` | T | through memory at every step | debugging, and comparing with |
/// | `Graph` | T/64 replays of 64 nodes, the rest one by one | through memory at every step | systems whose state fits neither registers nor shared memory |
/// | `Persistent` | one a chunk of steps (up to 65,536) | in registers or shared memory for the whole chunk | everything that it can run |
///
/// A layer without state (`Dense`, `Conv2d`, activations) has no steps that wait for each other: it takes one launch a chunk, whatever is
/// asked for. Blocks that wait for each other must be on the device all at once. Where the driver has no room for that (on a part of a GPU, on a
/// virtual one, beside other processes), `Auto` takes another way, and `Persistent` is an error of `build`.
/// [`LoopOverTime::strategy`](crate::LoopOverTime::strategy) says which strategy a loop has, and why.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Strategy {
    /// The one that the table above has for the system. The CPU engine always runs the whole loop at once, and knows no other.
    #[default]
    Auto,
    /// One launch a step, from the host.
    HostLoop,
    /// Steps captured in a CUDA graph, which is replayed.
    Graph,
    /// All steps of a chunk inside one kernel.
    Persistent,
}

impl Strategy {
    pub(crate) fn require(self, device: Device) -> Result<()> {
        match (self, device) {
            (Self::Auto, _) | (_, Device::Cuda(_)) => Ok(()),
            (_, Device::Cpu) => Err(Error::Unsupported(format!("strategy `{self}` needs a CUDA device, and this loop runs on the CPU"))),
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

/// How a GPU sums the products of matrices: of [`Dense`](crate::models::Dense), [`Conv2d`](crate::models::Conv2d) and
/// recurrent cells. The CPU engine has one way for all, which is `Ordered`.
///
/// Each way gives the same bits in every run, whatever else the device does. Elements are multiplied as they are and summed in
/// [`Scalar::Acc`](crate::Scalar::Acc), except where `Tf32` says otherwise.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Products {
    /// In the order that is fastest: parts of a sum by several threads, `f16` and `bf16` by tensor cores. Results differ from the CPU's
    /// by rounding.
    #[default]
    Fast,
    /// In the CPU's order, which gives the CPU's very bits: for comparing, and slow.
    Ordered,
    /// As `Fast`, and `f32` by tensor cores, whose factors have 10 bits of fraction instead of 23.
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
