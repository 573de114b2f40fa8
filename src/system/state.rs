//! State in memory: one flat arena, variable-major `[var][batch][unit]`, and the parts of it that a step sees.

use super::{Schema, VarSpec};
use std::ops::Range;

/// Where each variable lies in the arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// Rows of the batch (1 where there is none).
    pub(crate) rows: usize,
    /// The variables, and where each begins.
    pub(crate) vars: Vec<(VarSpec, usize)>,
    /// Elements in all.
    pub(crate) len: usize,
}

impl Layout {
    /// `None` if the number of elements overflows.
    pub(crate) fn new(schema: &Schema, rows: usize) -> Option<Self> {
        let mut len = 0_usize;
        let mut vars = Vec::with_capacity(schema.state.len());
        for var in &schema.state {
            vars.push((var.clone(), len));
            len = len.checked_add(var.len().checked_mul(rows)?)?;
        }
        Some(Self { rows, vars, len })
    }

    /// The arena cut into its variables.
    pub(crate) fn split<'a, T>(&self, mut arena: &'a mut [T]) -> Vec<&'a mut [T]> {
        let mut parts = Vec::with_capacity(self.vars.len());
        for (spec, _) in &self.vars {
            let (part, rest) = arena.split_at_mut(spec.len() * self.rows);
            parts.push(part);
            arena = rest;
        }
        parts
    }
}

/// The state that a call of `step` or `init` works on: all of a system's variables, for some of its units or rows.
#[derive(Debug)]
pub struct State<'a, T> {
    vars: Vec<&'a mut [T]>,
    /// The first unit (pointwise) or row (otherwise) of this part, counted over the batch.
    first: usize,
    /// Units a batch row has; what unit numbers wrap at.
    units: usize,
    /// Which node of a composed system this is: separates the nodes' random streams.
    node: u16,
}

impl<'a, T> State<'a, T> {
    /// A state of these variables. `first` is the first unit or row they hold, counted over the batch, and `units` the number
    /// of units in a batch row.
    #[must_use]
    pub fn new(vars: Vec<&'a mut [T]>, first: usize, units: usize) -> Self {
        Self { vars, first, units, node: 0 }
    }

    /// All variables, in the schema's order, each `[rows, …]`.
    ///
    /// # Panics
    /// If the schema has fewer than `N` variables.
    #[inline]
    pub fn vars<const N: usize>(&mut self) -> [&mut [T]; N] {
        assert!(self.vars.len() >= N, "the schema has {} variables, {N} were asked for", self.vars.len());
        let mut vars = self.vars.iter_mut();
        std::array::from_fn(|_| match vars.next() {
            Some(var) => &mut **var,
            None => &mut [],
        })
    }

    /// Variable number `index` of the schema.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    #[must_use]
    pub fn var(&self, index: usize) -> &[T] {
        self.vars[index]
    }

    /// Variable number `index` of the schema, to be written to.
    ///
    /// # Panics
    /// If there is none.
    #[inline]
    pub fn var_mut(&mut self, index: usize) -> &mut [T] {
        self.vars[index]
    }

    /// The number of variables.
    #[must_use]
    pub fn len(&self) -> usize {
        self.vars.len()
    }

    /// Whether there are no variables.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }

    /// The first unit (pointwise) or row (otherwise) of this part, counted over the whole batch.
    #[inline]
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// For a pointwise system: which unit of its batch row the `k`-th element of this part is.
    #[inline]
    #[must_use]
    pub fn unit(&self, k: usize) -> usize {
        (self.first + k) % self.units.max(1)
    }

    /// The number of units in a batch row.
    #[inline]
    #[must_use]
    pub fn units(&self) -> usize {
        self.units
    }

    /// The number of this node's random stream within a composed system.
    #[inline]
    #[must_use]
    pub fn node(&self) -> u16 {
        self.node
    }

    /// The state of one part of a composed system.
    pub(crate) fn part(&mut self, part: &Part) -> State<'_, T> {
        let vars = self.vars[part.vars.clone()].iter_mut().map(|v| &mut **v).collect();
        State { vars, first: part.first, units: part.units, node: child(self.node, part.index) }
    }

    /// As [`State::new`], of a part of a composed system.
    pub(crate) fn of_node(vars: Vec<&'a mut [T]>, first: usize, units: usize, node: u16) -> Self {
        Self { vars, first, units, node }
    }

    /// All variables.
    pub(crate) fn all(&mut self) -> &mut [&'a mut [T]] {
        &mut self.vars
    }

    /// The variables, and the memory that lists them.
    pub(crate) fn into_vars(self) -> Vec<&'a mut [T]> {
        self.vars
    }
}

/// The number of part `index` of this node. Paths of nodes map to distinct streams as long as a tree has fewer than 31 parts a level and
/// three levels.
pub(crate) fn child(node: u16, index: usize) -> u16 {
    node.wrapping_mul(31).wrapping_add(index as u16 + 1)
}

/// One part of a composed system, of some block.
pub(crate) struct Part {
    /// Its number.
    pub(crate) index: usize,
    /// Which of the whole's variables are its own.
    pub(crate) vars: Range<usize>,
    /// Units of a batch row.
    pub(crate) units: usize,
    /// The first unit or row of the block, counted over the batch.
    pub(crate) first: usize,
}
