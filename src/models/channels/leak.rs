//! A leak, which has no gates. Parameters: E, g_max.

use super::kinetics::{Kinetics, names};
use crate::numeric::scalar::Real;

names!(e g_max);

pub(crate) struct Leak;

impl Kinetics<0, { Parameters::COUNT }> for Leak {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Real> = Parameters<R>;

    #[inline(always)]
    fn rates<R: Real>(_: R, _: &Parameters<R>) -> [(R, R); 0] {
        []
    }

    #[inline(always)]
    fn open<R: Real>(_: [R; 0]) -> R {
        R::of(1.0)
    }
}
