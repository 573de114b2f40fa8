//! The weights of synapses, and the sums of them that arrive at a target.

use super::kinetics::AMOUNT_ONE;
use crate::numeric::scalar::Real;
use crate::numeric::simd::prefetch;
use std::ops::{AddAssign, Range};

/// A target's number.
pub(super) trait TargetIndex: Copy + Send + Sync {
    fn number(self) -> usize;
}

impl TargetIndex for u16 {
    #[inline(always)]
    fn number(self) -> usize {
        usize::from(self)
    }
}

impl TargetIndex for u32 {
    #[inline(always)]
    fn number(self) -> usize {
        self as usize
    }
}

/// The sum of a target.
pub(super) trait Sum: Copy + Default + PartialEq + AddAssign + Send {
    fn real<T: Real>(self) -> T;
    /// All of these sums as real numbers.
    #[inline(always)]
    fn reals<T: Real, const N: usize>(sums: &[Self; N]) -> [T; N] {
        each(sums, Self::real)
    }
    /// The sums of this type.
    fn all<'a>(counts: &'a mut [i32], loads: &'a mut [i64]) -> &'a mut [Self];
}

/// A number of spikes.
impl Sum for i32 {
    #[inline(always)]
    fn real<T: Real>(self) -> T {
        T::of_count(self)
    }
    fn all<'a>(counts: &'a mut [i32], _: &'a mut [i64]) -> &'a mut [i32] {
        counts
    }
}

/// A sum of weights.
impl Sum for i64 {
    #[inline(always)]
    fn real<T: Real>(self) -> T {
        T::of_whole(self)
    }
    /// AVX2 converts no 64-bit integers. Numbers below 2⁵¹ become the low bits of a number of `f64`,
    /// which then rounds once.
    #[inline(always)]
    fn reals<T: Real, const N: usize>(sums: &[i64; N]) -> [T; N] {
        const BOUND: i64 = 1 << 51;
        const ROUNDER: f64 = 3.0 * BOUND as f64;
        let above = sums.iter().fold(0, |all, sum| all | sum.wrapping_add(BOUND));
        if (0..2 * BOUND).contains(&above) {
            let low = ROUNDER.to_bits() as i64;
            each(sums, |sum| T::of(f64::from_bits((low + sum) as u64) - ROUNDER))
        } else {
            each(sums, Self::real)
        }
    }
    fn all<'a>(_: &'a mut [i32], loads: &'a mut [i64]) -> &'a mut [i64] {
        loads
    }
}

/// `f` of each value. (`array::map` makes no vectors.)
#[inline(always)]
fn each<V: Copy, T: Real, const N: usize>(values: &[V; N], f: impl Fn(V) -> T) -> [T; N] {
    let mut all = [T::of(0.0); N];
    for (to, value) in all.iter_mut().zip(values) {
        *to = f(*value);
    }
    all
}

/// The summand of a synapse.
pub(super) trait SynapticWeight: Copy + Send + Sync {
    type Sum: Sum;
    /// The summand of this synapse if its source releases this amount.
    fn of(self, synapse: usize, amount: i32) -> Self::Sum;
    /// The weights of these synapses.
    #[inline(always)]
    fn part(self, _: Range<usize>) -> Self {
        self
    }
    /// Asks for the memory of this synapse's weight.
    #[inline(always)]
    fn prefetch(self, _: usize) {}
}

/// Every synapse counts 1.
#[derive(Clone, Copy)]
pub(super) struct UnitWeight;

impl SynapticWeight for UnitWeight {
    type Sum = i32;
    #[inline(always)]
    fn of(self, _: usize, _: i32) -> i32 {
        1
    }
}

/// Each synapse has its integer weight.
#[derive(Clone, Copy)]
pub(super) struct StoredWeight<'a>(pub(super) &'a [i32]);

impl SynapticWeight for StoredWeight<'_> {
    type Sum = i64;
    #[inline(always)]
    fn of(self, synapse: usize, _: i32) -> i64 {
        i64::from(self.0[synapse])
    }
    #[inline(always)]
    fn part(self, synapses: Range<usize>) -> Self {
        Self(&self.0[synapses])
    }
    #[inline(always)]
    fn prefetch(self, synapse: usize) {
        prefetch(self.0, synapse);
    }
}

/// The integer weights of the present weights.
#[derive(Clone, Copy)]
pub(super) struct PlasticWeight<'a, T> {
    pub(super) w: &'a [T],
    pub(super) inv_scale: f64,
}

impl<T: Real> SynapticWeight for PlasticWeight<'_, T> {
    type Sum = i64;
    /// Its counterpart is `integer_weight_of` in `plasticity.cuh`. A value out of range saturates, and
    /// NaN gives 0.
    #[inline(always)]
    fn of(self, synapse: usize, _: i32) -> i64 {
        i64::from((self.w[synapse].to_f64() * self.inv_scale).round_ties_even() as i32)
    }
}

/// The released amount of the source, in multiples of 2⁻³⁰.
#[derive(Clone, Copy)]
pub(super) struct ReleasedAmount;

impl SynapticWeight for ReleasedAmount {
    type Sum = i64;
    #[inline(always)]
    fn of(self, _: usize, amount: i32) -> i64 {
        i64::from(amount)
    }
}

/// The integer weight times the released amount, rounded to the nearest integer.
#[derive(Clone, Copy)]
pub(super) struct ScaledWeight<'a>(pub(super) &'a [i32]);

impl SynapticWeight for ScaledWeight<'_> {
    type Sum = i64;
    #[inline(always)]
    fn of(self, synapse: usize, amount: i32) -> i64 {
        (i64::from(self.0[synapse]) * i64::from(amount) + i64::from(AMOUNT_ONE / 2)) >> AMOUNT_ONE.trailing_zeros()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_of_sums_equal_single_sums() {
        let edge = 1_i64 << 51;
        let near = [0, 1, -1, 16_777_217, -16_777_219, (1 << 40) + 1, edge - 1, -edge];
        let far = [0, 1, -1, edge, -edge - 1, i64::MAX, i64::MIN, 1 << 62];
        for sums in [near, far] {
            let bits = |x: f32| x.to_bits();
            assert_eq!(i64::reals::<f32, 8>(&sums).map(bits), sums.map(|sum| bits(sum.real())));
            assert_eq!(i64::reals::<f64, 8>(&sums).map(f64::to_bits), sums.map(|sum| sum.real::<f64>().to_bits()));
        }
        assert_eq!(i32::reals::<f32, 2>(&[7, -3]), [7.0, -3.0]);
    }
}
