//! The sums of the targets of a receptor, and their addition to the receptor.

use super::drain::{All, Few};
use super::parts::{SumCursor, Values};
use super::sums::Sums;
use crate::network::host::synaptic_weight::Sum;
use crate::network::plan::NetworkPlan;
use crate::network::plan::sums::SumPlan;
use crate::numeric::scalar::Real;
use crate::numeric::simd::vectorize;
use rayon::prelude::*;
use std::mem::take;
use std::ops::Range;

/// A dense pass over this number of targets costs about as much as one sparse lookup.
const DENSE: usize = 16;
/// The number of targets whose sums a thread moves at a time.
const PIECE: usize = 1 << 14;

/// A sum of each target.
pub(super) struct TargetSums<'n> {
    pub(super) plan: &'n SumPlan,
    weighs: bool,
    /// Whether it is the first effect on its variable. Such sums are added together.
    pub(super) is_first: bool,
    /// The sums of each share of the spikes; the first `in_use` have synapses of this step.
    pub(super) shares: Vec<Sums>,
    in_use: usize,
    /// The estimated number of synapses of the step.
    pub(super) events: f64,
}

impl<'n> TargetSums<'n> {
    pub(super) fn new(plan: &'n NetworkPlan, sum: &'n SumPlan) -> Self {
        Self { plan: sum, weighs: plan.weighs(sum), is_first: false, shares: Vec::new(), in_use: 0, events: 0.0 }
    }

    /// Prepares the sums of this number of shares. `lists`: the targets with a sum are listed if they
    /// are few.
    pub(super) fn begin(&mut self, shares: usize, lists: bool) {
        let len = self.plan.targets.len();
        while self.shares.len() < shares {
            self.shares.push(Sums::new(len, self.weighs));
        }
        let few = lists && (self.events as usize) < len / DENSE;
        self.in_use = shares;
        for sums in &mut self.shares[..shares] {
            sums.lists = few;
            sums.touched.clear();
        }
    }

    /// Adds the sums to the receptor `s`, whose first element is that of the target `here.start`.
    /// These are the targets that this worker owns, as numbers in the group.
    pub(super) fn add_to<T: Real>(&mut self, here: Range<usize>, s: &mut [T]) {
        if self.weighs {
            self.add_typed::<T, i64>(here, s);
        } else {
            self.add_typed::<T, i32>(here, s);
        }
    }

    /// The sums, of all targets. A step without spikes has none.
    pub(super) fn cursor(&mut self) -> SumCursor<'_> {
        let (next, weight_scale) = (self.plan.targets.start, self.plan.weight_scale);
        let values = match (self.weighs, self.events > 0.0) {
            (_, false) => Values::default(),
            (false, true) => Values::Counts(self.total()),
            (true, true) => Values::Loads(self.total()),
        };
        SumCursor { next, values, weight_scale }
    }

    /// Adds the sums of all shares to those of the first.
    fn total<S: Sum>(&mut self) -> &mut [S] {
        let Some((own, others)) = self.shares[..self.in_use].split_first_mut() else { return &mut [] };
        let sums = own.of::<S>();
        for other in others {
            let pieces = sums.par_chunks_mut(PIECE).zip(other.of::<S>().par_chunks_mut(PIECE));
            pieces.for_each(|(sums, more)| sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += take(more)));
        }
        sums
    }

    fn add_typed<T: Real, S: Sum>(&mut self, here: Range<usize>, s: &mut [T]) {
        let plan = self.plan;
        let Some((own, others)) = self.shares[..self.in_use].split_first_mut() else { return };
        let weight_scale = T::of(plan.weight_scale);
        // The targets of the sum that this worker owns.
        let owned = plan.targets.start.max(here.start)..plan.targets.end.min(here.end);
        if own.lists {
            let mut touched = take(&mut own.touched);
            for other in others {
                for target in take(&mut other.touched) {
                    own.of::<S>()[target as usize] += take(&mut other.of::<S>()[target as usize]);
                    touched.push(target);
                }
            }
            let (sums, first) = (own.of(), plan.targets.start);
            vectorize(Few::<T, S> { touched: &touched, sums, first, owned, here: here.start, weight_scale, s });
            own.touched = touched;
            return;
        }
        let sums = self.total::<S>();
        if owned.start < owned.end {
            let mine = &mut sums[owned.start - plan.targets.start..owned.end - plan.targets.start];
            let s = &mut s[owned.start - here.start..owned.end - here.start];
            let pieces = s.par_chunks_mut(PIECE).zip(mine.par_chunks_mut(PIECE));
            pieces.for_each(|(s, sums)| vectorize(All { sums, weight_scale, s }));
        }
        if owned.len() < plan.targets.len() {
            sums.fill(S::default());
        }
    }
}
