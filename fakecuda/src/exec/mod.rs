//! The execution of kernels: grids of thread blocks, blocks of warps, and warps of 32 lanes that
//! run in lockstep while they are at the same instruction.

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

/// A set of lanes of a warp, one bit for each.
pub(crate) type Mask = u32;
