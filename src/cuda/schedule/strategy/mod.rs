//! How the steps of a loop get onto the device. Each strategy is a file here; which one `Auto` takes is the table below.

mod graph;
mod host_loop;
mod persistent;

pub(crate) use graph::replay;

use crate::cuda::driver::context::Context;
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::memory::{Buffer, Pinned};
use crate::cuda::driver::module::{Kernel, Module};
use crate::cuda::driver::signature;
use crate::cuda::driver::stream::Stream;
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::Strategy;
use crate::error::{Error, Result};
use std::borrow::Cow;
use std::sync::Arc;

/// The context of a stage's launches, beside its launch arguments.
pub(crate) struct LaunchContext<'d> {
    pub(crate) context: &'d Arc<Context>,
    pub(crate) stream: &'d Stream,
    /// A u32 on the device that steps are counted by.
    pub(crate) cursor: &'d Buffer,
    /// None where no stage goes step by step.
    pub(crate) advance: Option<&'d Kernel<signature::Advance>>,
    /// Room for launch arguments on the device, and on the host for this chunk's.
    pub(crate) launch_args: &'d Buffer,
    pub(crate) host_args: &'d mut Pinned,
    /// The offset of this stage's launch arguments in that room.
    pub(crate) at: usize,
}

impl LaunchContext<'_> {
    /// Puts the launch arguments onto the device and the cursor to 0. Returns the addresses of both.
    fn lay_out(&mut self, args: &LaunchArgs) -> Result<(u64, u64)> {
        self.put(bytemuck::bytes_of(args))
    }

    /// The same of whatever it is that kernels are told.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(u64, u64)> {
        self.host_args.slice_mut::<u8>(self.at, bytes.len())?.copy_from_slice(bytes);
        self.launch_args.upload(self.at, self.host_args, self.at, bytes.len(), self.stream)?;
        self.cursor.fill(0, 0, 4, self.stream)?;
        Ok((self.launch_args.address(self.at), self.cursor.address(0)))
    }
}

/// The kernel of a loop over steps: `…_scan`, if all steps go into one launch, or `…_step`.
#[derive(Debug)]
pub(crate) enum CellLoop {
    Whole(Kernel<signature::Whole>),
    Step(Kernel<signature::Step>),
}

impl CellLoop {
    /// The module that it is of.
    pub(crate) fn module(&self) -> &Arc<Module> {
        match self {
            Self::Whole(kernel) => &kernel.module,
            Self::Step(kernel) => &kernel.module,
        }
    }

    /// As [`Kernel::blocks_at_once`].
    pub(crate) fn blocks_at_once(&self, threads: u32, shared: u32) -> Result<u32> {
        match self {
            Self::Whole(kernel) => kernel.blocks_at_once(threads, shared),
            Self::Step(kernel) => kernel.blocks_at_once(threads, shared),
        }
    }

    /// As [`Kernel::clusters_at_once`].
    pub(crate) fn clusters_at_once(&self, shape: Shape) -> Result<u32> {
        match self {
            Self::Whole(kernel) => kernel.clusters_at_once(shape),
            Self::Step(kernel) => kernel.clusters_at_once(shape),
        }
    }
}

/// A loop over steps: its kernel, and what that is given.
pub(crate) struct StepLaunches<'s> {
    pub(crate) kernel: &'s CellLoop,
    /// Where captured steps are kept.
    pub(crate) graph: &'s mut Option<Graph>,
    pub(crate) args: &'s LaunchArgs,
    pub(crate) shape: Shape,
    pub(crate) params: &'s [u8],
    /// Launches of a step, where there is one kernel for each.
    pub(crate) phases: u32,
    /// What else is asked for before each of those, given which of a step's it is. It asks for the same every time, so that a graph holds.
    pub(crate) before: Option<&'s dyn Fn(u32) -> Result<()>>,
}

impl StepLaunches<'_> {
    /// Asks for the k-th launch from the cursor on.
    fn launch(&self, kernel: &Kernel<signature::Step>, at: (u64, u64), k: u32, stream: &Stream) -> Result<()> {
        self.before.map_or(Ok(()), |before| before(k % self.phases))?;
        kernel.step(self.shape, stream, at, self.params, k)
    }
}

/// Asks for all steps of a loop.
pub(crate) fn run(strategy: Strategy, mut steps: StepLaunches<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
    match (strategy, steps.kernel) {
        (Strategy::HostLoop, CellLoop::Step(kernel)) => host_loop::run(&steps, kernel, launch_context),
        (Strategy::Graph, CellLoop::Step(kernel)) => graph::run(&mut steps, kernel, launch_context),
        (Strategy::Persistent | Strategy::Auto, CellLoop::Whole(kernel)) => persistent::run(&steps, kernel, launch_context),
        (strategy, _) => Err(Error::Unsupported(format!("the strategy {strategy} with the kernel of another"))),
    }
}

/// What a function without state has, whatever is asked for.
pub(crate) const ONCE: (Strategy, Cow<'static, str>) =
    (Strategy::Persistent, Cow::Borrowed("it has no state, and all steps go into one launch"));

/// Which strategy a loop runs by, and why: what was asked for, or, for `Auto`, by this table, whose reason the stage gives.
///
/// | stage | `Auto` takes | because |
/// |---|---|---|
/// | a function without state | one launch for the whole chunk, whatever is asked for: [`ONCE`] | its steps do not depend on each other |
/// | a pointwise model | `Persistent` | units never meet, so that any number of them can stay in registers for all steps |
/// | a recurrent cell | `Persistent` where its weights fit on chip, else `Graph` | see the tiers in `src/cuda/recurrent/tiers.rs` |
/// | … whose sums are the CPU's | `Persistent` | rows never meet, and a block keeps its row's state for all steps |
/// | a network | `Persistent`, and `Graph` where the device has no room for its blocks at once | blocks wait for each other once a step, which costs less than a launch |
pub(crate) fn choose(asked: Strategy, why_persistent: &'static str) -> (Strategy, Cow<'static, str>) {
    match asked {
        Strategy::HostLoop | Strategy::Graph | Strategy::Persistent => (asked, "it was asked for".into()),
        Strategy::Auto => (Strategy::Persistent, why_persistent.into()),
    }
}
