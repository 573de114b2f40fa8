//! Whether a warp goes along the rows of its spikes a lane a synapse, one row after another, or a lane a source, all rows at once. Sums
//! are integers: they are the same either way.
//!
//! A round is a read that the next must wait for, or that the next is issued after. With S spikes that arrive at once from a warp's 32
//! neurons, over rows of at most K synapses:
//!
//! | | rounds | with delays of the synapses' own |
//! |---|---|---|
//! | a lane a synapse | S·(1 + ⌈K/32⌉) | S·(3 + ⌈K/32⌉): two searches, ⌈log₃₂ K⌉ each |
//! | a lane a source | 1 + K | 1 + K: a lane looks at all delays of its row |
//!
//! So S decides, which only the device knows, in each step anew; the degree decides from which S on. It is the longest row that counts, not
//! the mean: a lane alone with a long row would keep all others waiting. Above 32 synapses, which is more than a warp's one round, it is
//! never a lane a source: rows are then read a line for each lane, not one for all.
//!
//! | K | from S = | with delays |
//! |---|---|---|
//! | 0, 1 (`OneToOne`) | 1 | 1 |
//! | 4 | 3 | 2 |
//! | 10 | 6 | 3 |
//! | 32 | 17 | 9 |
//! | more | never | never |

use crate::device::device_struct::device_constants;

/// The longest rows that a lane goes along alone: as many as a warp does in a round.
const SHORT: u64 = 32;
/// More than there are in a warp.
pub(crate) const NEVER: u32 = 33;

// A warp walks a piece in four rounds, whose reads are all in flight at once. The W warps of a block take the pieces of a longer row in turn,
// at the price of one more block barrier a step: W·128 synapses a round trip instead of 128.
device_constants! {
    PIECES {
        /// Synapses of a piece. The warps of a block take the pieces of a longer row in turn.
        PIECE: u64 = 128,
    }
}

/// Whether warps share rows, where none is longer than this.
pub(crate) fn shares(longest: u64) -> bool {
    longest > PIECE
}

/// From how many spikes on it is a lane a source, where no row is longer than this, and synapses have `delays` of their own or not.
pub(crate) fn lane_per_source_from(longest: u64, delays: bool) -> u32 {
    if longest > SHORT {
        return NEVER;
    }
    let (lanes, warp) = (1 + longest as u32, if delays { 4 } else { 2 });
    lanes.div_ceil(warp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_rows_are_for_lanes_and_long_ones_for_warps() {
        assert_eq!([0, 1, 4, 10, 32, 33, u64::MAX].map(|k| lane_per_source_from(k, false)), [1, 1, 3, 6, 17, NEVER, NEVER]);
        assert_eq!([0, 1, 4, 10, 32, 33, u64::MAX].map(|k| lane_per_source_from(k, true)), [1, 1, 2, 3, 9, NEVER, NEVER]);
    }
}
