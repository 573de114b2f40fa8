//! Recurrent cells in the fast tiers: the tiles of a product, and the choice of the tier.

mod request;
mod tiers;
mod tile;

pub(crate) use tiers::{DeviceLimits, Room, choose};
pub(crate) use tile::{CellTile, Tensor, Tier, WeightStorage};

/// The shape of a cell, from which its tier follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellShape {
    /// Gates of each product of a step.
    pub(crate) phases: &'static [usize],
    /// State variables of a unit.
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
