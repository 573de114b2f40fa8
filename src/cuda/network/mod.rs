//! Networks on a GPU: the text of their loops, the tables that the loops read, and the synapses in
//! device memory.

pub(crate) mod connect;
mod fit;
pub(crate) mod plastic;
mod request;
mod row_strategy;
pub(crate) mod stage;
mod sum_ring;
mod synapses;
mod tables;
mod warp_partition;

pub(crate) use plastic::Plastic;
pub(crate) use request::{KernelVariant, request};
#[cfg(test)]
pub(crate) use row_strategy::PIECES;
pub(crate) use synapses::Synapses;
pub(crate) use warp_partition::{WarpPartition, share};
