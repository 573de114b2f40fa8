//! The two ways in which a warp delivers the synapse rows of its spikes: *a lane a synapse*, one
//! row after another, or *a lane a source*, all rows at once. Sums are integers and do not depend
//! on the way.
//!
//! A round is one read by the warp; the next round waits for it, or is issued after it. S is the
//! number of simultaneous spikes among a warp's 32 neurons, and rows have at most K synapses:
//!
//! | | rounds | if rows are searched by delay |
//! |---|---|---|
//! | a lane a synapse | S·(1 + ⌈K/32⌉) | S·(3 + ⌈K/32⌉): two searches, ⌈log₃₂ K⌉ each |
//! | a lane a source | 1 + K | 1 + K: a lane looks at all delays of its row |
//!
//! The kernel chooses by S in each step; the threshold follows from K. K is the longest row, not
//! the mean, since all lanes wait for the lane with the longest row. Above 32 synapses, more than a
//! warp reads in one round, a lane a source is never chosen: each lane would read a cache line of
//! its own.
//!
//! | K | from S = | with delays |
//! |---|---|---|
//! | 0, 1 (`OneToOne`) | 1 | 1 |
//! | 4 | 3 | 2 |
//! | 10 | 6 | 3 |
//! | 32 | 17 | 9 |
//! | more | never | never |

use crate::device::device_struct::device_constants;

/// The longest row that a lane delivers alone: the number of synapses that a warp delivers in a
/// round.
const SHORT: u64 = 32;
/// One more than the number of spikes that a warp can have.
pub(crate) const NEVER: u32 = 33;

// A warp delivers a piece in four rounds. With a ring of sums, all their reads are in flight at once.
// The W warps of a block deliver the pieces of a longer row in turn: W·128 synapses in the time of
// 128. This costs one more block barrier in each step.
device_constants! {
    PIECES {
        /// Synapses of a piece. The warps of a block take the pieces of a longer row in turn.
        PIECE: u64 = 128,
    }
}

/// Whether the warps of a block share rows, if the longest row has this many synapses.
pub(crate) fn has_long_rows(longest: u64) -> bool {
    longest > PIECE
}

/// Returns the number of simultaneous spikes from which on a lane takes a source, for this longest
/// row. `delays`: rows are searched by delay (`sum_ring.rs`).
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
        assert_eq!(
            [0, 1, 4, 10, 32, 33, u64::MAX].map(|k| lane_per_source_from(k, false)),
            [1, 1, 3, 6, 17, NEVER, NEVER]
        );
        assert_eq!(
            [0, 1, 4, 10, 32, 33, u64::MAX].map(|k| lane_per_source_from(k, true)),
            [1, 1, 2, 3, 9, NEVER, NEVER]
        );
    }
}
