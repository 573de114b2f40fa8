//! Gap junctions: the potentials of sources, transmitted in each step as integers, and the initial
//! values of the targets' variables.

use super::Network;
use super::host::deliver::Delivery;
use super::host::kinetics::{AMOUNT_ONE, Step};
use super::plan::release::MAX_POTENTIAL;
use super::plan::{GroupPlan, ProjectionPlan};
use crate::error::Error;
use crate::numeric::scalar::Real;
use crate::system::state::State;

/// Returns an error that names the gap junctions if the variable is the potential of their source;
/// otherwise returns `error` itself.
pub(super) fn explained<T: Real>(error: Error, network: &Network<T>) -> Error {
    let Error::NotFinite { variable, step: Some(step), index, .. } = &error else { return error };
    let passed_on = |projection: &ProjectionPlan| {
        let from = &network.plan.groups[projection.from];
        projection.is_gap(&network.plan.groups) && *variable == format!("{}.V", from.name)
    };
    let Some(projection) = network.plan.projections.iter().find(|projection| passed_on(projection)) else {
        return error;
    };
    let reason = format!(
        "gap junctions (projection `{}`) transmit potentials from -{MAX_POTENTIAL} to {MAX_POTENTIAL}; a shorter dt may keep V there",
        projection.spec.name
    );
    Error::OutOfRange { variable: variable.clone(), step: *step, index: *index, reason }
}

/// Sets the targets' variables Σ w·V and Σ w for the first step, with the same integer sums as in
/// any other step.
pub(super) fn start<T: Real>(projection: &ProjectionPlan, groups: &[GroupPlan], state: &mut State<'_, T>) {
    let (from, to) = (&groups[projection.from], &groups[projection.to]);
    let (Some(table), Some(kinetics)) = (projection.table.get(), projection.kinetics.map(|t| &from.kinetics[t])) else {
        return;
    };
    let (pre, post) = (&projection.spec.pre, &projection.spec.post);
    let weight_scale = T::of(projection.weight_scale);
    let none = vec![T::of(0.0); from.mask_words()];
    let mut delivery = Delivery::new(post.len());
    let mut amounts = vec![0; pre.len()];
    for row in 0..state.var(projection.var).len() / to.units {
        let s = row * to.units + post.start..row * to.units + post.end;
        let mut v = state.var(kinetics.vars.start)[row * from.units..][pre.clone()].to_vec();
        Step { kinetics, words: &none, first: pre.start, vars: [&mut v, &mut [], &mut []], amounts: &mut amounts }
            .run();
        // Potentials that cannot be transmitted are NaN now.
        state.var_mut(kinetics.vars.start)[row * from.units..][pre.clone()].copy_from_slice(&v);
        for (var, weight_scale) in
            [(projection.var, weight_scale), (projection.var + 1, weight_scale / T::of(MAX_POTENTIAL))]
        {
            delivery.begin();
            delivery.collect_amounts(table, &amounts, 0);
            delivery.add(table, weight_scale, 0, true, &mut state.var_mut(var)[s.clone()]);
            amounts.fill(AMOUNT_ONE);
        }
    }
}
