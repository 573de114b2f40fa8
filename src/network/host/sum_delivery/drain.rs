//! The addition of sums to a receptor.

use crate::network::host::synaptic_weight::Sum;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, store};
use std::mem::take;
use std::ops::Range;

/// The number of targets whose sums are moved together.
const TILE: usize = 64;

/// Moves all sums to their receptors. A sum of 0 adds nothing, not even 0.
pub(super) struct All<'a, T, S> {
    pub(super) sums: &'a mut [S],
    pub(super) weight_scale: T,
    pub(super) s: &'a mut [T],
}

impl<T: Real, S: Sum> SimdLoop for All<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let len = self.s.len().min(self.sums.len());
        let (sums, s) = (&mut self.sums[..len], &mut self.s[..len]);
        for (sums, s) in sums.chunks_mut(TILE).zip(s.chunks_mut(TILE)) {
            let mut short = [S::default(); TILE];
            let tile = match <&[S; TILE]>::try_from(&*sums) {
                Ok(tile) => tile,
                Err(_) => {
                    short[..sums.len()].copy_from_slice(sums);
                    &short
                }
            };
            let reals = S::reals::<T, TILE>(tile);
            // An array of its own, so that the compiler does not make conditional stores, which are
            // slow.
            let mut moved = [T::of(0.0); TILE];
            for (((moved, sum), real), s) in moved.iter_mut().zip(tile).zip(&reals).zip(&*s) {
                let after = real.mul_add(self.weight_scale, *s);
                *moved = if *sum != S::default() { after } else { *s };
            }
            store(s, &moved);
            store(sums, &[S::default(); TILE]);
        }
    }
}

/// Moves the sums of the targets that have one.
pub(super) struct Few<'a, T, S> {
    pub(super) touched: &'a [u32],
    pub(super) sums: &'a mut [S],
    /// The numbers in the group of the first target, of the targets that are owned, and of the first
    /// element of `s`.
    pub(super) first: usize,
    pub(super) owned: Range<usize>,
    pub(super) here: usize,
    pub(super) weight_scale: T,
    pub(super) s: &'a mut [T],
}

impl<T: Real, S: Sum> SimdLoop for Few<'_, T, S> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for target in self.touched {
            let sum = take(&mut self.sums[*target as usize]);
            let unit = self.first + *target as usize;
            if sum != S::default() && self.owned.contains(&unit) {
                let s = &mut self.s[unit - self.here];
                *s = sum.real::<T>().mul_add(self.weight_scale, *s);
            }
        }
    }
}
