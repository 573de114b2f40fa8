//! Gap junctions: sources whose potential is passed on in each step, as whole numbers, and what targets start with.

use super::deliver::Delivery;
use super::plan::{Link, Pool};
use super::terminal::{Step, WHOLE};
use crate::scalar::Real;
use crate::state::State;

/// The potential that is an amount of 1.
pub(super) const SPAN: f64 = 512.0;

/// What `link`'s targets feel in the first step, Σ w·V and Σ w, with the sums of any other.
pub(super) fn start<T: Real>(link: &Link, pools: &[Pool<T>], state: &mut State<'_, T>) {
    let (from, to) = (&pools[link.from], &pools[link.to]);
    let (Some(wiring), Some(terminal)) = (link.wiring.get(), link.terminal.map(|t| &from.terminals[t])) else { return };
    let (pre, post) = (&link.recipe.pre, &link.recipe.post);
    let quantum = T::of(link.quantum);
    let none = vec![T::of(0.0); from.words()];
    let mut delivery = Delivery::new(post.len());
    let mut amounts = vec![0; pre.len()];
    for row in 0..state.var(link.var).len() / to.units {
        let s = row * to.units + post.start..row * to.units + post.end;
        let mut v = state.var(terminal.vars.start)[row * from.units..][pre.clone()].to_vec();
        Step { terminal, words: &none, first: pre.start, vars: [&mut v, &mut [], &mut []], amounts: &mut amounts }.run();
        for (var, quantum) in [(link.var, quantum), (link.var + 1, quantum / T::of(SPAN))] {
            delivery.begin();
            delivery.collect_amounts(wiring, &amounts, 0);
            delivery.add(wiring, quantum, 0, true, &mut state.var_mut(var)[s.clone()]);
            amounts.fill(WHOLE);
        }
    }
}
