//! Huguenard and McCormick's cation channel with a gate p, activated by hyperpolarization.
//! Parameters: E, g_max, phi.

use super::kinetics::{Kinetics, bounded};
use crate::numeric::scalar::Real;

pub(crate) struct H;

impl Kinetics<1, 3> for H {
    #[inline(always)]
    fn rates<R: Real>(v: R, [_, _, phi]: [R; 3]) -> [(R, R); 1] {
        let ep = R::of(1.0) + bounded((v + R::of(75.0)) * R::of(-1.0 / 5.5)); // 1/p_∞
        let b = bounded(v.mul_add(R::of(0.086), R::of(14.59))) + bounded(v.mul_add(R::of(-0.0701), R::of(1.87))); // 1/τ
        let s = phi * b;
        [(s / ep, s)]
    }

    #[inline(always)]
    fn open<R: Real>([p]: [R; 1]) -> R {
        p
    }
}
