//! Networks on a device: the text of their loops, what those are given, and the synapses there.

pub(crate) mod connect;
mod fit;
pub(crate) mod plastic;
mod request;
mod row_strategy;
pub(crate) mod stage;
mod synapses;
mod warp_partition;

pub(crate) use plastic::Plastic;
pub(crate) use request::{KernelVariant, request};
#[cfg(test)]
pub(crate) use row_strategy::PIECES;
pub(crate) use synapses::Synapses;
pub(crate) use warp_partition::{WarpPartition, share};
