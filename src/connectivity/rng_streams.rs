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
        /// A weight: unit = source + sources · number of the synapse, step = target.
        WEIGHT: u64 = 2 << 56,
        /// A delay: as a weight.
        DELAY: u64 = 3 << 56,
        /// The sources of two synapses of `FixedTotalNumber`: unit = half the synapse's number.
        SOURCES: u64 = 4 << 56,
        /// Two targets of a source (or sources of a target) with multapses: unit = source (or
        /// target), step = number of the block.
        PARTNERS: u64 = 5 << 56,
    }
}
