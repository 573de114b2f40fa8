//! The kinetics of a channel: the rates of its gates and its open fraction. The CUDA counterparts
//! are in `kernels/channels/`.

use crate::numeric::scalar::Real;

/// The kinetics of a channel with `G` gates and `P` parameters. The first two parameters are E and
/// g_max.
pub(crate) trait Kinetics<const G: usize, const P: usize> {
    /// (a, s) of each gate at potential `v`, mV: dx/dt = a − s·x, 1/ms.
    fn rates<R: Real>(v: R, p: [R; P]) -> [(R, R); G];

    /// The open fraction of g_max.
    fn open<R: Real>(x: [R; G]) -> R;
}

/// The maximum of a rate, far from the usual potentials. The product of two rates must not
/// overflow, and a gate with this rate follows V at once.
pub(super) const MOST: f64 = 1e12;

/// e^{−z}, at most [`MOST`].
#[inline(always)]
pub(super) fn bounded<R: Real>(z: R) -> R {
    R::of(MOST).min(crate::numeric::math::exp_neg(z))
}
