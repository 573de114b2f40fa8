//! Huguenard and McCormick's cation channel with a gate p, activated by hyperpolarization.
//! Parameters: E, g_max, phi.

use super::kinetics::{Kinetics, bounded, names};
use crate::numeric::arithmetic::Arithmetic;

names!(e g_max phi);

pub(crate) struct H;

impl Kinetics<1, { Parameters::COUNT }> for H {
    const NAMES: [&'static str; Parameters::COUNT] = Parameters::NAMES;
    type Parameters<R: Arithmetic> = Parameters<R>;

    #[inline(always)]
    fn rates<R: Arithmetic>(v: R, &Parameters { phi, .. }: &Parameters<R>) -> [(R, R); 1] {
        let ep = R::of(1.0) + bounded((v + R::of(75.0)) * R::of(-1.0 / 5.5)); // 1/p_∞
        let b = bounded(v.mul_add(R::of(0.086), R::of(14.59))) + bounded(v.mul_add(R::of(-0.0701), R::of(1.87))); // 1/τ
        let s = phi * b;
        [(s / ep, s)]
    }

    #[inline(always)]
    fn open<R: Arithmetic>([p]: [R; 1]) -> R {
        p
    }
}
