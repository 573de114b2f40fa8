//! Spikes that are crossings of a threshold.

use crate::numeric::scalar::Real;

/// Returns the spike (0 or 1) of a neuron whose potential goes from `start` to `end` in a step, and
/// its variable `below` (0 or 1) after the step.
///
/// A spike is an upward crossing of the threshold. Either the equations of the neuron raise V
/// during a step, or an input such as a synapse raises V between two steps. In the second case V is
/// at the threshold or above it when a step starts. `below` has then been set by the step before:
/// it is 1 if V was below the threshold during that whole step. A neuron whose past is unknown has
/// `below` 0: a start above the threshold is no crossing.
///
/// If V is lifted between two steps and is below the threshold again at the end of the step, the
/// neuron spikes nevertheless, as in Brian2, although the recorded V has not crossed.
#[inline(always)]
pub(crate) fn crossing<R: Real>(start: R, end: R, threshold: R, below: R) -> (R, R) {
    let (zero, one) = (R::of(0.0), R::of(1.0));
    let (was, is) = (start >= threshold, end >= threshold);
    let fires = if was { below == one } else { is };
    (if fires { one } else { zero }, if was | is { zero } else { one })
}
