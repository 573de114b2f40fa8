//! A leak, which has no gates. Parameters: E, g_max.

use super::kinetics::{Kinetics, names};
use crate::numeric::arithmetic::Arithmetic;

names!(e g_max);

pub(crate) struct Leak;

impl Kinetics<0, { Parameters::COUNT }> for Leak {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    #[inline(always)]
    fn rates<R: Arithmetic>(_: R, _: &Parameters<R>) -> [(R, R); 0] {
        []
    }

    #[inline(always)]
    fn open<R: Arithmetic>(_: [R; 0]) -> R {
        R::of(1.0)
    }
}
