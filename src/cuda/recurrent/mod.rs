//! Recurrent cells by the fast kernels: how a product is cut, and which tier runs it.

mod request;
mod tiers;
mod tile;

pub(crate) use tiers::{DeviceLimits, Room, choose};
pub(crate) use tile::{CellTile, Tensor, Tier, WeightStorage};

/// What decides how a cell can be run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellShape {
    /// Gates of each product of a step.
    pub(crate) phases: &'static [usize],
    /// Values of state of a unit.
    pub(crate) states: usize,
    /// H and B.
    pub(crate) hidden: usize,
    pub(crate) batch: usize,
    /// Bytes of an element, and of the type of arithmetic.
    pub(crate) element: usize,
    pub(crate) acc: usize,
}

impl CellShape {
    pub(crate) fn gates(&self) -> usize {
        self.phases.iter().sum()
    }
}
