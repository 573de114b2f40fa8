//! Running kernels: warps of 32 lanes in lockstep where they agree, blocks of warps, grids of blocks.

mod access;
mod block;
mod clock;
mod cluster;
mod cluster_state;
mod code;
mod fault;
mod flags;
mod gather;
mod grid;
mod jobs;
mod lanes;
mod mbarrier;
mod order;
mod products;
mod special;
pub(crate) mod tensormap;
mod warp;

pub(crate) use access::{AccessKind, Copy, Exec, LOCAL, PARAM, Place, SHARED};
pub(crate) use cluster_state::RANK_SHIFT;
pub use code::Kernel;
pub(crate) use code::{Action, Barrier, Code, Gathering, Guard, Instruction, Label, Pure, Reduce, Special, Touch};
pub(crate) use fault::Violation;
pub use fault::{Fault, Kind};
pub use grid::{Launch, Limits, Outcome, run};
pub(crate) use jobs::{Asked, From, Move, To};
pub(crate) use lanes::{Lanes, Value, each};
pub(crate) use mbarrier::Phase;

/// Lanes of a warp, one bit each.
pub(crate) type Mask = u32;
