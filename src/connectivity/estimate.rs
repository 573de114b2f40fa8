//! The memory of a projection, estimated before the synapses are built.

use super::spec::ConnectivitySpec;
use super::value_rule::ValueRule;
use super::{Connect, fixed_indegree, total_number};

/// The number of synapses, and the memory for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Estimate {
    /// The number of synapses. It is an upper bound for [`Connect::FixedProb`], where the mean + 6
    /// σ is exceeded in one case in 10⁹, and exact for all other rules.
    pub(crate) synapses: u64,
    /// The bytes of the synapses.
    pub(crate) bytes: u64,
    /// The bytes that are needed during the build, including `bytes`.
    pub(crate) building: u64,
}

impl ConnectivitySpec {
    /// Returns the numbers of synapses and bytes; they saturate.
    pub(crate) fn size(&self) -> Estimate {
        let (pre, post) = (self.pre.len() as u64, self.post.len() as u64);
        let synapses = match &self.connect {
            Connect::FixedProb(p) => {
                let pairs = pre as f64 * post as f64;
                let mean = pairs * p;
                (mean + 6.0 * (mean * (1.0 - p)).max(0.0).sqrt()).ceil().clamp(0.0, pairs) as u64
            }
            Connect::FixedNumPre(k) => post.saturating_mul(*k as u64),
            Connect::FixedNumPost(k) => pre.saturating_mul(*k as u64),
            Connect::FixedTotalNumber(n) => *n as u64,
            Connect::OneToOne => pre.min(post),
            Connect::AllToAll => pre.saturating_mul(post),
            Connect::Arrays { pre, .. } => pre.len() as u64,
        };
        let target = if self.narrow() { 2 } else { 4 };
        let weight = if matches!(self.weights(), Ok(ValueRule::Same(_))) { 0 } else { 4 };
        let delay = if matches!(self.times(), Ok(ValueRule::Same(_))) { 0 } else { 2 };
        let bytes = synapses.saturating_mul(target + weight + delay).saturating_add((pre + 1) * 8);
        let more = match &self.connect {
            Connect::Arrays { .. } => synapses.saturating_mul(4),
            Connect::FixedNumPre(k) => {
                // Weights have the place of numbers.
                let numbers = if self.numbered() && weight == 0 { synapses.saturating_mul(4) } else { 0 };
                fixed_indegree::bytes(pre, *k as u64, self.numbered()).saturating_add(numbers)
            }
            Connect::FixedTotalNumber(n) => total_number::bytes(pre, *n as u64).saturating_add(pre * 4),
            _ => pre * 4,
        };
        Estimate { synapses, bytes, building: bytes.saturating_add(more) }
    }

    /// The bytes that the rows of procedural connectivity need.
    pub(crate) fn procedural_bytes(&self) -> u64 {
        match self.connect {
            Connect::FixedTotalNumber(_) => (self.pre.len() as u64 + 1) * 8,
            _ => 0,
        }
    }

    /// Whether the numbers of targets fit in 16 bits.
    pub(super) fn narrow(&self) -> bool {
        self.post.len() <= 1 << 16
    }

    /// The bytes that the build needs.
    pub(crate) fn estimate(&self) -> u64 {
        self.size().building
    }
}
