//! A projection's synapses in memory.

use crate::error::{Error, Result};
use crate::memory;
use std::ops::Range;

/// The numbers of the targets within their part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    /// For parts of at most 65,536 neurons.
    U16(Vec<u16>),
    U32(Vec<u32>),
}

/// The integer weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Weights {
    /// All weights are 1.
    Same,
    /// Each synapse has a weight of its own.
    Each(Vec<i32>),
}

/// The delays in steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delays {
    Same(u32),
    Each(Vec<u16>),
}

/// A projection's synapses: rows of the sources, each ascending by (delay, target).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SynapseTable {
    /// The start of each row, and the end of the last one: `[pre + 1]`.
    pub(crate) offsets: Vec<u64>,
    pub(crate) targets: Targets,
    pub(crate) weights: Weights,
    pub(crate) delays: Delays,
}

#[cfg_attr(not(test), allow(dead_code, reason = "engines read the arrays themselves"))]
impl SynapseTable {
    /// The number of synapses.
    pub(crate) fn len(&self) -> usize {
        self.offsets.last().map_or(0, |n| *n as usize)
    }

    /// The bytes of the arrays.
    pub(crate) fn bytes(&self) -> u64 {
        let each = match self.targets {
            Targets::U16(_) => 2,
            Targets::U32(_) => 4,
        } + if self.weights == Weights::Same { 0 } else { 4 }
            + if matches!(self.delays, Delays::Same(_)) { 0 } else { 2 };
        self.offsets.len() as u64 * 8 + self.len() as u64 * each
    }

    /// The places of a source's synapses.
    #[inline]
    pub(crate) fn row(&self, source: usize) -> Range<usize> {
        self.offsets[source] as usize..self.offsets[source + 1] as usize
    }

    /// The places of a source's synapses with this delay.
    #[inline]
    pub(crate) fn class(&self, source: usize, steps: u32) -> Range<usize> {
        let row = self.row(source);
        match &self.delays {
            Delays::Same(all) if *all == steps => row,
            Delays::Same(_) => row.start..row.start,
            Delays::Each(each) => {
                let delays = &each[row.clone()];
                let from = delays.partition_point(|d| u32::from(*d) < steps);
                let to = from + delays[from..].partition_point(|d| u32::from(*d) == steps);
                row.start + from..row.start + to
            }
        }
    }

    /// The target of the synapse at this place.
    pub(crate) fn target(&self, place: usize) -> u32 {
        match &self.targets {
            Targets::U16(all) => u32::from(all[place]),
            Targets::U32(all) => all[place],
        }
    }
}

/// The type of a target's number.
pub(super) trait Index: bytemuck::Pod + Send + Sync {
    fn of(target: u32) -> Self;
    fn wide(self) -> u32;
    fn pack(all: Vec<Self>) -> Targets;
}

impl Index for u16 {
    #[inline(always)]
    fn of(target: u32) -> Self {
        target as Self
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        self.into()
    }

    fn pack(all: Vec<Self>) -> Targets {
        Targets::U16(all)
    }
}

impl Index for u32 {
    #[inline(always)]
    fn of(target: u32) -> Self {
        target
    }

    #[inline(always)]
    fn wide(self) -> u32 {
        self
    }

    fn pack(all: Vec<Self>) -> Targets {
        Targets::U32(all)
    }
}

/// Returns this number of elements, or an error if memory is short.
pub(super) fn filled<V>(what: &str, len: usize, value: impl FnMut() -> V) -> Result<Vec<V>> {
    let mut all = Vec::new();
    all.try_reserve_exact(len).map_err(|_| Error::OutOfMemory {
        what: what.into(),
        need: (len as u64).saturating_mul(size_of::<V>() as u64),
        free: memory::free(),
    })?;
    all.resize_with(len, value);
    Ok(all)
}
