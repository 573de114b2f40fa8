//! Spikes that are crossings of a threshold.

use crate::scalar::Real;

/// Whether a neuron spikes whose potential a step takes from `start` to `end`, and its variable `above` after the step; both 0 or 1.
///
/// A spike is an upward crossing of the recorded potential, whether the neuron's own flow makes it or something that acts on V between two
/// steps, such as a synapse. In the second case V is at the threshold, or above it, when a step starts; `above`, as the step before has left
/// it, tells whether V was there already at the start of that step, or got there in it.
#[inline(always)]
pub(crate) fn crossing<R: Real>(start: R, end: R, threshold: R, above: R) -> (R, R) {
    let (zero, one) = (R::of(0.0), R::of(1.0));
    let (was, is) = (start >= threshold, end >= threshold);
    let fires = if was { above == zero } else { is };
    (if fires { one } else { zero }, flag(was | is))
}

/// `above` where neurons start at the potentials `v`: a start above the threshold is no crossing.
pub(crate) fn start<R: Real>(v: &[R], threshold: impl Fn(usize) -> R, above: &mut [R]) {
    for (unit, (above, v)) in above.iter_mut().zip(v).enumerate() {
        *above = flag(*v >= threshold(unit));
    }
}

#[inline(always)]
fn flag<R: Real>(is: bool) -> R {
    if is { R::of(1.0) } else { R::of(0.0) }
}
