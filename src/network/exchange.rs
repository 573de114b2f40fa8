//! Who owns which neurons, and how spikes get to where they are needed: the one place that knows whether there are others.

use super::plan::{Pool, WORD};
use crate::state::State;
use std::ops::Range;

/// One of those who run a network together, each with a state of the whole of which its own neurons are kept up.
///
/// A worker steps the neurons it owns, and delivers to them; what it needs of the others is their spikes alone, and not before the
/// network's shortest delay has passed. So [`Exchange::swap`] is called once in so many steps, between the neurons' step and the
/// delivery, with the masks of the steps since the call before. It writes the others' words and hands out its own. It is called in the
/// same steps by all, so that it may wait for them.
pub(crate) trait Exchange<T> {
    /// The neurons of group number `group`, which has `units`, that are stepped here. Both ends are multiples of 16, but for the last.
    fn owned(&self, group: usize, units: usize) -> Range<usize>;

    /// Makes the masks whole.
    fn swap(&mut self, masks: Masks<'_, '_, T>);
}

/// The spikes of some steps.
pub(crate) struct Masks<'m, 's, T> {
    pub(super) pools: &'m [Pool<T>],
    pub(super) state: &'m mut State<'s, T>,
    pub(super) rows: usize,
    /// The steps.
    pub(super) steps: Range<u64>,
}

/// One worker that owns everything.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Alone;

impl<T> Exchange<T> for Alone {
    fn owned(&self, _: usize, units: usize) -> Range<usize> {
        0..units
    }

    fn swap(&mut self, _: Masks<'_, '_, T>) {}
}

#[cfg_attr(not(test), allow(dead_code, reason = "who is alone asks for none of it"))]
impl<T> Masks<'_, '_, T> {
    /// Group, batch row and step of all masks, in the order in which workers send them.
    pub(crate) fn all(&self) -> impl Iterator<Item = (usize, usize, u64)> + use<T> {
        let (rows, steps) = (self.rows, self.steps.clone());
        (0..self.pools.len()).flat_map(move |g| {
            let steps = steps.clone();
            (0..rows).flat_map(move |row| steps.clone().map(move |step| (g, row, step)))
        })
    }

    /// The mask of one of them, of these neurons.
    pub(crate) fn mask(&mut self, (group, row, step): (usize, usize, u64), units: &Range<usize>) -> &mut [T] {
        let pool = &self.pools[group];
        let first = pool.slot(row, step);
        &mut self.state.var_mut(pool.flight)[first..][units.start / WORD..units.end.div_ceil(WORD)]
    }

    /// Neurons of a group.
    pub(crate) fn units(&self, group: usize) -> usize {
        self.pools[group].units
    }
}
