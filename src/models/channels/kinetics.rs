//! What the gates of a channel do: the part of a channel that steps are made of. Its twins are the
//! files of `kernels/channels/`.

use crate::numeric::scalar::Real;

/// `G` gates, `P` parameters, the first two of which are E and g_max.
pub(crate) trait Kinetics<const G: usize, const P: usize> {
    /// (a, s) of each gate at potential `v`, mV: dx/dt = a − s·x, 1/ms.
    fn rates<R: Real>(v: R, p: [R; P]) -> [(R, R); G];

    /// The part of g_max that is open.
    fn open<R: Real>(x: [R; G]) -> R;
}

/// No rate is larger, far out: the product of two must not overflow, and all of them are immediate.
pub(super) const MOST: f64 = 1e12;

/// e^{−z}, but at most [`MOST`].
#[inline(always)]
pub(super) fn bounded<R: Real>(z: R) -> R {
    R::of(MOST).min(crate::numeric::math::exp_neg(z))
}
