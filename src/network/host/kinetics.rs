//! The kinetics of projections: presynaptic release models. Each source has variables of its own. In
//! each step it releases an amount between −1 and 1, by which its synapses' weights are multiplied.
//! The amount is a multiple of 2⁻³⁰, so that sums stay sums of integers.

use super::release_models::{ampa, bio_nmda, nmda, stp};
use crate::network::plan::WORD;
use crate::network::plan::release::{CONSTANTS, KineticsPlan, ReleaseModel};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};

/// An amount of 1.
pub(crate) const AMOUNT_ONE: i32 = 1 << 30;
/// The number of sources from which on threads share a step.
pub(super) const SHARED: usize = 8192;

/// A step of the release models of some sources. The first source is neuron `first` of the group
/// whose spikes are `words`.
pub(crate) struct Step<'a, T> {
    pub(crate) kinetics: &'a KineticsPlan,
    /// Spikes that arrive.
    pub(crate) words: &'a [T],
    pub(crate) first: usize,
    /// The variables of these sources; unused ones are empty.
    pub(crate) vars: [&'a mut [T]; 3],
    pub(crate) amounts: &'a mut [i32],
}

impl<T: Real> Step<'_, T> {
    pub(crate) fn run(self) {
        if self.amounts.len() < SHARED {
            let c = self.kinetics.constants.map(T::of);
            return vectorize(Prepared { step: self, c });
        }
        let Self { kinetics, words, first, vars, amounts } = self;
        let middle = amounts.len() / 2;
        let (amounts, later_amounts) = amounts.split_at_mut(middle);
        let (mut own, mut later): ([&mut [T]; 3], [&mut [T]; 3]) = Default::default();
        for ((var, own), later) in vars.into_iter().zip(&mut own).zip(&mut later) {
            (*own, *later) = var.split_at_mut(middle.min(var.len()));
        }
        let a = Step { kinetics, words, first, vars: own, amounts };
        let b = Step { kinetics, words, first: first + middle, vars: later, amounts: later_amounts };
        rayon::join(|| a.run(), || b.run());
    }
}

struct Prepared<'a, T> {
    step: Step<'a, T>,
    c: [T; CONSTANTS],
}

impl<T: Real> SimdLoop for Prepared<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        match self.step.kinetics.model {
            ReleaseModel::Stp => self.all(stp),
            ReleaseModel::Ampa => self.all(ampa),
            ReleaseModel::Nmda => self.all(nmda),
            ReleaseModel::BioNmda => self.all(bio_nmda),
            ReleaseModel::Gap => self.all(gap),
            // A text has a step of its own.
            ReleaseModel::Equations(_) => {}
        }
    }
}

impl<T: Real> Prepared<'_, T> {
    #[inline(always)]
    fn all<const N: usize>(self, release: impl Fn(&[T; CONSTANTS], T, [T; N]) -> ([T; N], T)) {
        let Self { step: Step { words, first, vars, amounts, .. }, c } = self;
        let mut vars = vars.into_iter();
        let vars: [&mut [T]; N] = std::array::from_fn(|_| vars.next().unwrap_or_default());
        let mut unit = first;
        let mut rest = amounts;
        while !rest.is_empty() {
            let here = (WORD - unit % WORD).min(rest.len());
            let bits = (words[unit / WORD].to_f64() as u32) >> (unit % WORD);
            let done = unit - first;
            let now = rest.split_off_mut(..here).unwrap_or_default();
            for (k, amount) in now.iter_mut().enumerate() {
                let old: [T; N] = std::array::from_fn(|v| vars[v][done + k]);
                let came = if bits >> k & 1 != 0 { T::of(1.0) } else { T::of(0.0) };
                let (new, a) = release(&c, came, old);
                for v in 0..N {
                    vars[v][done + k] = new[v];
                }
                *amount = whole(a);
            }
            unit += here;
        }
    }
}

/// An amount as a multiple of 2⁻³⁰.
#[inline(always)]
pub(super) fn whole<T: Real>(amount: T) -> i32 {
    amount.mul_add(T::of(f64::from(AMOUNT_ONE)), T::of(0.5)).to_f64().floor() as i32
}

/// Gap junctions. The counterpart is in kernels/include/kinetics.cuh.
#[inline(always)]
fn gap<T: Real>(c: &[T; CONSTANTS], _: T, [v]: [T; 1]) -> ([T; 1], T) {
    let amount = v * c[0];
    // A potential outside the range becomes NaN, which ends the run.
    if amount.abs() <= T::of(1.0) { ([v], amount) } else { ([T::of(f64::NAN)], T::of(0.0)) }
}
