//! A leak, which has no gates. Parameters: E, g_max.

use super::kinetics::Kinetics;
use crate::numeric::scalar::Real;

pub(crate) struct Leak;

impl Kinetics<0, 2> for Leak {
    #[inline(always)]
    fn rates<R: Real>(_: R, _: [R; 2]) -> [(R, R); 0] {
        []
    }

    #[inline(always)]
    fn open<R: Real>(_: [R; 0]) -> R {
        R::of(1.0)
    }
}
