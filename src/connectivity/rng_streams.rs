//! What a projection's random words are for: the top byte of a stream's step. The rest of it, and the unit, say which.

/// Gaps between targets: unit = source, step = number of the block.
pub(super) const GAPS: u64 = 0;
/// Keys of a permutation: unit = source (or target), step = number of the block.
pub(super) const KEYS: u64 = 1 << 56;
/// A weight: unit = source, step = target.
pub(super) const WEIGHT: u64 = 2 << 56;
/// A delay: unit = source, step = target.
pub(super) const DELAY: u64 = 3 << 56;
