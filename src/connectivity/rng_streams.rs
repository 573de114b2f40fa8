//! The purposes of a projection's random words. A purpose is the top byte of a random stream's
//! step; the rest of the step, and the unit, are an index. Bits 32 to 55 of the step of a weight or of
//! a delay are the number of the draw, which is above 0 where a value is drawn again.

use crate::device::device_struct::device_constants;

device_constants! {
    PURPOSES {
        /// Gaps between targets: unit = source, step = number of the block.
        GAPS: u64 = 0,
        /// Keys of a permutation: unit = source (or target), step = number of the block.
        KEYS: u64 = 1 << 56,
        /// A weight: unit = source, step = target.
        WEIGHT: u64 = 2 << 56,
        /// A delay: unit = source, step = target.
        DELAY: u64 = 3 << 56,
    }
}
