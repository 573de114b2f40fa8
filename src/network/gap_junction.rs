//! Gap junctions: sources whose potential is passed on in each step, as whole numbers, and what targets start with.

use super::Network;
use super::describe::kinetics::MAX_POTENTIAL;
use super::host::deliver::Delivery;
use super::host::presynaptic::{Step, AMOUNT_ONE};
use super::plan::{ProjectionPlan, GroupPlan};
use crate::error::Error;
use crate::numeric::scalar::Real;
use crate::system::state::State;

/// What it means that this variable is not finite, if it is the potential of a source.
pub(super) fn explained<T: Real>(error: Error, network: &Network<T>) -> Error {
    let Error::NotFinite { variable, step: Some(step), index, .. } = &error else { return error };
    let passed_on = |link: &ProjectionPlan| {
        let from = &network.plan.groups[link.from];
        link.is_gap(&network.plan.groups) && *variable == format!("{}.V", from.name)
    };
    let Some(link) = network.plan.projections.iter().find(|link| passed_on(link)) else { return error };
    let reason = format!(
        "gap junctions (projection `{}`) pass on potentials from -{MAX_POTENTIAL} to {MAX_POTENTIAL}; a shorter dt may keep it there",
        link.spec.name
    );
    Error::OutOfRange { variable: variable.clone(), step: *step, index: *index, reason }
}

/// What `link`'s targets feel in the first step, Σ w·V and Σ w, with the sums of any other.
pub(super) fn start<T: Real>(link: &ProjectionPlan, pools: &[GroupPlan], state: &mut State<'_, T>) {
    let (from, to) = (&pools[link.from], &pools[link.to]);
    let (Some(table), Some(terminal)) = (link.table.get(), link.terminal.map(|t| &from.terminals[t])) else { return };
    let (pre, post) = (&link.spec.pre, &link.spec.post);
    let quantum = T::of(link.quantum);
    let none = vec![T::of(0.0); from.words()];
    let mut delivery = Delivery::new(post.len());
    let mut amounts = vec![0; pre.len()];
    for row in 0..state.var(link.var).len() / to.units {
        let s = row * to.units + post.start..row * to.units + post.end;
        let mut v = state.var(terminal.vars.start)[row * from.units..][pre.clone()].to_vec();
        Step { terminal, words: &none, first: pre.start, vars: [&mut v, &mut [], &mut []], amounts: &mut amounts }.run();
        // Those that cannot be passed on are NaN now.
        state.var_mut(terminal.vars.start)[row * from.units..][pre.clone()].copy_from_slice(&v);
        for (var, quantum) in [(link.var, quantum), (link.var + 1, quantum / T::of(MAX_POTENTIAL))] {
            delivery.begin();
            delivery.collect_amounts(table, &amounts, 0);
            delivery.add(table, quantum, 0, true, &mut state.var_mut(var)[s.clone()]);
            amounts.fill(AMOUNT_ONE);
        }
    }
}
