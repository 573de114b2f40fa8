//! The step of kinetics that are texts of equations. The CUDA counterparts are the functions that
//! `equations/release.rs` makes, and `equation_step` of kernels/include/kinetics.cuh.

use super::kinetics::{SHARED, whole};
use crate::equations::{Release, Step};
use crate::network::plan::{GroupPlan, NetworkPlan, ProjectionPlan, WORD};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::Tick;
use crate::system::state::State;

/// The memory of the steps of all texts.
pub(super) struct TextSteps<T> {
    /// For each group, the potentials after the neurons' step, if a text reads them.
    potentials: Vec<Option<Vec<T>>>,
    /// For each source, whether its spike arrives, and the amount that it transmits.
    spiked: Vec<T>,
    amounts: Vec<T>,
}

/// The sources of a projection in a batch row: their group, the first one, and the spikes of the
/// group that arrive.
#[derive(Clone, Copy)]
pub(super) struct Sources<'a, T> {
    pub(super) group: usize,
    pub(super) first: usize,
    /// The number of the first source among the neurons of all batch rows.
    pub(super) first_of_all: usize,
    pub(super) words: &'a [T],
}

impl<T: Real> TextSteps<T> {
    pub(super) fn new(plan: &NetworkPlan) -> Self {
        let is_read = |group: usize, of: &GroupPlan| {
            let by_rule =
                |p: &ProjectionPlan| p.to == group && p.plastic.as_ref().is_some_and(|own| own.shape.reads_potential);
            of.kinetics.iter().any(|kinetics| kinetics.reads_potential) || plan.projections.iter().any(by_rule)
        };
        let potentials = (plan.groups.iter().enumerate()).map(|(k, group)| is_read(k, group).then(Vec::new)).collect();
        Self { potentials, spiked: Vec::new(), amounts: Vec::new() }
    }

    /// The potentials of a group after the neurons' step, for all batch rows, if a text reads them.
    pub(super) fn potentials(&self, group: usize) -> &[T] {
        self.potentials.get(group).and_then(Option::as_deref).unwrap_or_default()
    }

    /// Copies the potentials that texts read, before arrivals change them.
    pub(super) fn note(&mut self, groups: &[GroupPlan], state: &State<'_, T>) {
        for (group, potentials) in groups.iter().zip(&mut self.potentials) {
            if let (Some(potentials), Some(membrane)) = (potentials, group.membrane) {
                potentials.clear();
                potentials.extend_from_slice(state.var(group.vars.start + membrane));
            }
        }
    }

    /// Makes a step of a text for some sources. The last of their variables is the amount.
    pub(super) fn step(
        &mut self,
        release: &Release<T>,
        at: Tick<'_>,
        sources: Sources<'_, T>,
        vars: &mut [&mut [T]],
        amounts: &mut [i32],
    ) {
        let count = amounts.len();
        let Some((transmitted, vars)) = vars.split_last_mut() else { return };
        self.spiked.clear();
        self.spiked.extend((sources.first..sources.first + count).map(|unit| {
            let bits = sources.words[unit / WORD].to_f64() as u32;
            T::of(f64::from(bits >> (unit % WORD) & 1))
        }));
        self.amounts.resize(count, T::of(0.0));
        let potential = self.potentials[sources.group].as_deref().unwrap_or_default();
        let potential = potential.get(sources.first_of_all..).unwrap_or_default();
        let potential = potential.get(..count).unwrap_or_default();
        let (spiked, values) = (&self.spiked[..], &mut self.amounts[..]);
        let vars = vars.iter_mut().map(|var| &mut **var).collect();
        shared_step(release, at, [potential, spiked], vars, values);
        vectorize(Amounts { values, transmitted, amounts });
    }
}

/// A step that threads share if there are many sources.
fn shared_step<T: Real>(
    release: &Release<T>,
    at: Tick<'_>,
    [potential, spiked]: [&[T]; 2],
    mut vars: Vec<&mut [T]>,
    amounts: &mut [T],
) {
    if amounts.len() < SHARED {
        return release.step(Step { at, potential, spiked, vars: &mut vars, amounts });
    }
    let middle = amounts.len() / 2;
    let (potential, later_potential) = potential.split_at(middle.min(potential.len()));
    let (spiked, later_spiked) = spiked.split_at(middle);
    let (amounts, later_amounts) = amounts.split_at_mut(middle);
    let (own, later): (Vec<_>, Vec<_>) = vars.into_iter().map(|var| var.split_at_mut(middle)).unzip();
    rayon::join(
        || shared_step(release, at, [potential, spiked], own, amounts),
        || shared_step(release, at, [later_potential, later_spiked], later, later_amounts),
    );
}

/// The amounts of a step as integers. An amount outside of the range becomes NaN, which stays and
/// ends the run.
struct Amounts<'a, T> {
    values: &'a [T],
    transmitted: &'a mut [T],
    amounts: &'a mut [i32],
}

impl<T: Real> SimdLoop for Amounts<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for ((value, transmitted), amount) in self.values.iter().zip(self.transmitted).zip(self.amounts) {
            // NaN is not below infinity.
            let is_amount = value.abs() <= T::of(1.0) && *transmitted <= T::of(f64::INFINITY);
            *transmitted = if is_amount { *value } else { T::of(f64::NAN) };
            *amount = if is_amount { whole(*value) } else { 0 };
        }
    }
}
