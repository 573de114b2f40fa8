//! Spikes that are crossings of a threshold.

use crate::numeric::scalar::Real;

/// Whether a neuron spikes whose potential a step takes from `start` to `end`, and its variable
/// `below` after the step; both 0 or 1.
///
/// A spike is an upward crossing of the threshold, whether the neuron's own flow makes it or
/// something that acts on V between two steps, such as a synapse. (Where that takes V back below
/// the threshold at the end of the step, the spike stays, as in Brian2, and V as it is recorded has
/// not crossed.) In the second case V is at the threshold, or above it, when a step starts;
/// `below`, as the step before has left it, tells whether V was below the threshold all along that
/// step. A neuron whose past is unknown has 0: a start above the threshold is no crossing.
#[inline(always)]
pub(crate) fn crossing<R: Real>(start: R, end: R, threshold: R, below: R) -> (R, R) {
    let (zero, one) = (R::of(0.0), R::of(1.0));
    let (was, is) = (start >= threshold, end >= threshold);
    let fires = if was { below == one } else { is };
    (if fires { one } else { zero }, if was | is { zero } else { one })
}
