//! A projection's synapses by their targets.

use super::SynapseTable;
use crate::error::{Error, Result};
use crate::memory;
use std::ops::Range;

/// The synapses of each target, ascending by place, and therefore by source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Columns {
    /// The start of each column, and the end of the last one: `[post + 1]`.
    pub(crate) offsets: Vec<u32>,
    /// The places of the synapses among all synapses of the projection.
    pub(crate) places: Vec<u32>,
    /// The trace of each synapse's source: source + sources · (delay − shortest delay).
    pub(crate) traces: Vec<u32>,
}

impl Columns {
    /// Sorts the synapses of `table` by target. `trace` returns the trace of the synapse at a
    /// place, of a source.
    pub(crate) fn of(
        what: &str,
        table: &SynapseTable,
        targets: usize,
        trace: impl Fn(usize, usize) -> usize,
    ) -> Result<Self> {
        let len = table.len();
        if u32::try_from(len).is_err() {
            return Err(Error::value(what, len, "are more than the 2³² − 1 plastic synapses that are possible"));
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

    /// Returns the range of a target's synapses.
    pub(crate) fn column(&self, target: usize) -> Range<usize> {
        self.offsets[target] as usize..self.offsets[target + 1] as usize
    }
}
