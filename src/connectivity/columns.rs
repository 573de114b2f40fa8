//! A projection's synapses by their targets.

use super::SynapseTable;
use crate::error::{Error, Result};
use crate::memory;
use std::ops::Range;

/// For each target its synapses, ascending by place, which is by source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// Where each column begins, and the last one ends: `[post + 1]`.
    pub(crate) offsets: Vec<u32>,
    /// Places among all synapses.
    pub(crate) places: Vec<u32>,
    /// Which trace of the sources is each one's: source + sources · (delay − shortest delay).
    pub(crate) traces: Vec<u32>,
}

impl Columns {
    /// `trace` says which of a synapse at a place, of a source.
    pub(crate) fn of(
        what: &str,
        table: &SynapseTable,
        targets: usize,
        trace: impl Fn(usize, usize) -> usize,
    ) -> Result<Self> {
        let len = table.len();
        if u32::try_from(len).is_err() {
            return Err(Error::value(what, len, "that are plastic are more than 2³² − 1"));
        }
        let (mut offsets, mut places, mut traces) = (
            memory::zeros::<u32>(what, targets + 1)?,
            memory::zeros::<u32>(what, len)?,
            memory::zeros::<u32>(what, len)?,
        );
        for place in 0..len {
            offsets[table.target(place) as usize + 1] += 1;
        }
        for k in 0..targets {
            offsets[k + 1] += offsets[k];
        }
        let mut next = offsets.clone();
        for source in 0..table.offsets.len().saturating_sub(1) {
            for place in table.row(source) {
                let at = &mut next[table.target(place) as usize];
                places[*at as usize] = place as u32;
                traces[*at as usize] = trace(place, source) as u32;
                *at += 1;
            }
        }
        Ok(Self { offsets, places, traces })
    }

    /// Where a target's synapses are listed.
    pub(crate) fn column(&self, target: usize) -> Range<usize> {
        self.offsets[target] as usize..self.offsets[target + 1] as usize
    }
}
