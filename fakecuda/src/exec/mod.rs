//! Running kernels: warps of 32 lanes in lockstep where they agree, blocks of warps, grids of blocks.

mod block;
mod clock;
mod cluster;
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
mod reach;
mod special;
mod team;
pub(crate) mod tensormap;
mod warp;

pub use code::Kernel;
pub(crate) use code::{Action, Barrier, Code, Gathering, Guard, Instruction, Label, Pure, Reduce, Special, Touch};
pub(crate) use fault::What;
pub use fault::{Fault, Kind};
pub use grid::{Launch, Limits, Outcome, run};
pub(crate) use jobs::{Asked, From, Move, To};
pub(crate) use lanes::{Lanes, Value, each};
pub(crate) use mbarrier::Phase;
pub(crate) use reach::{Copy, Exec, How, LOCAL, PARAM, Place, SHARED};
pub(crate) use team::RANK_SHIFT;

/// Lanes of a warp, one bit each.
pub(crate) type Mask = u32;
