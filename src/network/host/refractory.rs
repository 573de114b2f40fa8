//! The refractory period: arrivals on a variable that stays constant are dropped.

use crate::network::plan::GroupPlan;
use crate::numeric::scalar::Real;
use crate::system::state::State;
use std::ops::Range;

/// Values that a step's arrivals must not change.
pub(super) struct Refractory<T> {
    /// Variables that receptors add to, and that a refractory period keeps constant.
    vars: Vec<Var>,
    /// The variable, the index in it, and the value before arrivals.
    values: Vec<(usize, usize, T)>,
}

struct Var {
    group: usize,
    /// Both are numbers of the network's variables.
    var: usize,
    counter: usize,
}

/// The number of neurons that are tested together: few of them are refractory.
const PIECE: usize = 16;

impl<T: Real> Refractory<T> {
    pub(super) fn new(groups: &[GroupPlan]) -> Self {
        let mut vars: Vec<Var> = Vec::new();
        for (group, plan) in groups.iter().enumerate() {
            for (var, counter) in plan.receptors.iter().filter_map(|receptor| Some((receptor.var, receptor.held_by?))) {
                if vars.iter().all(|known| known.var != var) {
                    vars.push(Var { group, var, counter });
                }
            }
        }
        Self { vars, values: Vec::new() }
    }

    /// Stores the values of refractory neurons, after the neurons' step. `owned` are the neurons of
    /// each group that this worker owns.
    pub(super) fn note(&mut self, groups: &[GroupPlan], owned: &[Range<usize>], rows: usize, state: &State<'_, T>) {
        let one = T::of(1.0);
        self.values.clear();
        for Var { group, var, counter } in &self.vars {
            let units = groups[*group].units;
            let owned = &owned[*group];
            let (counters, values) = (state.var(*counter), state.var(*var));
            for row in 0..rows {
                let (mut at, end) = (row * units + owned.start, row * units + owned.end);
                while at < end {
                    let piece = &counters[at..end.min(at + PIECE)];
                    let mut any = false;
                    for left in piece {
                        any |= *left > one;
                    }
                    if any {
                        let held = (at..).zip(piece).filter(|(_, left)| **left > one);
                        self.values.extend(held.map(|(k, _)| (*var, k, values[k])));
                    }
                    at += piece.len();
                }
            }
        }
    }

    /// Restores these values, after all arrivals.
    pub(super) fn put_back(&self, state: &mut State<'_, T>) {
        for (var, at, value) in &self.values {
            state.var_mut(*var)[*at] = *value;
        }
    }
}

/// Restores the values of the refractory neurons of a block, from all values before the arrivals.
pub(super) fn put_back<T: Real>(counters: &[T], before: &[T], s: &mut [T]) {
    let one = T::of(1.0);
    for ((counters, before), s) in counters.chunks(PIECE).zip(before.chunks(PIECE)).zip(s.chunks_mut(PIECE)) {
        if counters.iter().fold(false, |any, left| any | (*left > one)) {
            for ((left, before), s) in counters.iter().zip(before).zip(s) {
                if *left > one {
                    *s = *before;
                }
            }
        }
    }
}
