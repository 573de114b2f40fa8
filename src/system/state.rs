//! The state in memory: one flat arena, variable-major `[variable][batch][unit]`, and the views of
//! it that a step receives.

use super::{Schema, VarSpec};
use std::ops::Range;

/// The position of each variable in the arena.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Layout {
    /// The number of batch rows; 1 without a batch axis.
    pub(crate) rows: usize,
    /// The variables, each with the index of its first element in the arena.
    pub(crate) vars: Vec<(VarSpec, usize)>,
    /// The total number of elements.
    pub(crate) len: usize,
}

impl Layout {
    /// Returns `None` if the number of elements overflows.
    pub(crate) fn new(schema: &Schema, rows: usize) -> Option<Self> {
        let mut len = 0_usize;
        let mut vars = Vec::with_capacity(schema.state.len());
        for var in &schema.state {
            vars.push((var.clone(), len));
            len = len.checked_add(var.len().checked_mul(rows)?)?;
        }
        Some(Self { rows, vars, len })
    }

    /// Splits the arena into one slice for each variable.
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

/// The state that one call of `step` or `init` works on: all variables of a system, for some of its
/// units or batch rows.
#[derive(Debug)]
pub struct State<'a, T> {
    vars: Vec<&'a mut [T]>,
    /// The first unit (pointwise) or batch row (otherwise) of this state, counted over the batch.
    first: usize,
    /// The number of units in a batch row. Unit numbers wrap around at this number.
    units: usize,
    /// The number of the node in a composed system. It separates the random streams of the nodes.
    node: u16,
}

impl<'a, T> State<'a, T> {
    /// Creates a state of these variables. `first` is the first unit (pointwise) or batch row
    /// (otherwise) that the variables hold, counted over the batch. `units` is the number of units
    /// in a batch row.
    #[must_use]
    pub fn new(vars: Vec<&'a mut [T]>, first: usize, units: usize) -> Self {
        Self { vars, first, units, node: 0 }
    }

    /// All variables in the schema's order, each `[rows, …]`.
    ///
    /// # Panics
    /// If the schema has fewer than `N` variables.
    #[inline]
    pub fn vars<const N: usize>(&mut self) -> [&mut [T]; N] {
        assert!(self.vars.len() >= N, "the schema has {} variables, but {N} were requested", self.vars.len());
        let mut vars = self.vars.iter_mut();
        std::array::from_fn(|_| match vars.next() {
            Some(var) => &mut **var,
            None => &mut [],
        })
    }

    /// Variable number `index` of the schema.
    ///
    /// # Panics
    /// If the schema has no variable of this number.
    #[inline]
    #[must_use]
    pub fn var(&self, index: usize) -> &[T] {
        self.vars[index]
    }

    /// Variable number `index` of the schema, writable.
    ///
    /// # Panics
    /// If the schema has no variable of this number.
    #[inline]
    pub fn var_mut(&mut self, index: usize) -> &mut [T] {
        self.vars[index]
    }

    /// The number of variables.
    #[must_use]
    pub fn len(&self) -> usize {
        self.vars.len()
    }

    /// Whether the state has no variables.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.vars.is_empty()
    }

    /// The first unit (pointwise) or batch row (otherwise) of this state, counted over the whole
    /// batch.
    #[inline]
    #[must_use]
    pub fn first(&self) -> usize {
        self.first
    }

    /// The index, within its batch row, of the unit that element `k` of this state belongs to. It
    /// has a meaning for pointwise systems only.
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

    /// The number of this node within a composed system. It selects the node's random stream.
    #[inline]
    #[must_use]
    pub fn node(&self) -> u16 {
        self.node
    }

    /// The state of one part of a composed system.
    pub(crate) fn part(&mut self, part: &StatePart) -> State<'_, T> {
        let vars = self.vars[part.vars.clone()].iter_mut().map(|v| &mut **v).collect();
        State { vars, first: part.first, units: part.units, node: child(self.node, part.index) }
    }

    /// Does the same as [`State::new`] for a part of a composed system.
    pub(crate) fn of_node(vars: Vec<&'a mut [T]>, first: usize, units: usize, node: u16) -> Self {
        Self { vars, first, units, node }
    }

    /// All variables.
    pub(crate) fn all(&mut self) -> &mut [&'a mut [T]] {
        &mut self.vars
    }

    /// Returns the variables together with the vector that lists them.
    pub(crate) fn into_vars(self) -> Vec<&'a mut [T]> {
        self.vars
    }
}

/// The number of part `index` of this node. Paths of nodes map to distinct numbers, and therefore
/// to distinct random streams, as long as the tree has fewer than 31 parts a level and three
/// levels.
pub(crate) fn child(node: u16, index: usize) -> u16 {
    node.wrapping_mul(31).wrapping_add(index as u16 + 1)
}

/// One part of a composed system, for one block.
pub(crate) struct StatePart {
    /// The index of the part.
    pub(crate) index: usize,
    /// The part's variables, as a range of the whole system's variables.
    pub(crate) vars: Range<usize>,
    /// The number of units in a batch row.
    pub(crate) units: usize,
    /// The first unit or batch row of the block, counted over the batch.
    pub(crate) first: usize,
}
