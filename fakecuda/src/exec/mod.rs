//! Running kernels: warps of 32 lanes in lockstep where they agree, blocks of warps, grids of blocks.

mod block;
mod code;
mod fault;
mod grid;
mod lanes;
mod order;
mod reach;
mod warp;

pub use code::Kernel;
pub(crate) use code::{Action, Barrier, Code, Guard, Instruction, Label, Pure, Reduce, Special, Touch};
pub(crate) use fault::What;
pub use fault::{Fault, Kind};
pub use grid::{Launch, Limits, Outcome, run};
pub(crate) use lanes::{Lanes, Value, each};
pub(crate) use reach::{Copy, Exec, How, LOCAL, PARAM, Place, SHARED};

/// Lanes of a warp, one bit each.
pub(crate) type Mask = u32;
