//! The strategies that launch the steps of a loop, a file for each. The table below has the choice
//! of `Auto`.

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
    /// A u32 on the device that counts steps.
    pub(crate) cursor: &'d Buffer,
    /// `None` if no stage makes single steps.
    pub(crate) advance: Option<&'d Kernel<signature::Advance>>,
    /// Room for launch arguments on the device, and on the host for this chunk's.
    pub(crate) launch_args: &'d Buffer,
    pub(crate) host_args: &'d mut Pinned,
    /// The offset of this stage's launch arguments in that room.
    pub(crate) at: usize,
}

impl LaunchContext<'_> {
    /// Puts the launch arguments onto the device and the cursor to 0. Returns the addresses of
    /// both.
    fn lay_out(&mut self, args: &LaunchArgs) -> Result<(u64, u64)> {
        self.put(bytemuck::bytes_of(args))
    }

    /// The same for arguments of any type, as bytes.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(u64, u64)> {
        self.host_args.slice_mut::<u8>(self.at, bytes.len())?.copy_from_slice(bytes);
        self.launch_args.upload(self.at, self.host_args, self.at, bytes.len(), self.stream)?;
        self.cursor.fill(0, 0, 4, self.stream)?;
        Ok((self.launch_args.address(self.at), self.cursor.address(0)))
    }
}

/// The kernel of a loop over steps: `…_scan` for all steps in one launch, or `…_step`.
#[derive(Debug)]
pub(crate) enum CellLoop {
    Whole(Kernel<signature::Whole>),
    Step(Kernel<signature::Step>),
}

impl CellLoop {
    /// Its module.
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

/// A loop over steps: its kernel and arguments.
pub(crate) struct StepLaunches<'s> {
    pub(crate) kernel: &'s CellLoop,
    /// The captured steps.
    pub(crate) graph: &'s mut Option<Graph>,
    pub(crate) args: &'s LaunchArgs,
    pub(crate) shape: Shape,
    pub(crate) params: &'s [u8],
    /// Launches of a step.
    pub(crate) phases: u32,
    /// Enqueues other work before each launch, whose number within the step is the argument. The
    /// work must always be the same, since a graph captures it.
    pub(crate) before: Option<&'s dyn Fn(u32) -> Result<()>>,
}

impl StepLaunches<'_> {
    /// Enqueues launch number k from the cursor on.
    fn launch(&self, kernel: &Kernel<signature::Step>, at: (u64, u64), k: u32, stream: &Stream) -> Result<()> {
        self.before.map_or(Ok(()), |before| before(k % self.phases))?;
        kernel.step(self.shape, stream, at, self.params, k)
    }
}

/// Enqueues all steps of a loop.
pub(crate) fn run(strategy: Strategy, mut steps: StepLaunches<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
    match (strategy, steps.kernel) {
        (Strategy::HostLoop, CellLoop::Step(kernel)) => host_loop::run(&steps, kernel, launch_context),
        (Strategy::Graph, CellLoop::Step(kernel)) => graph::run(&mut steps, kernel, launch_context),
        (Strategy::Persistent | Strategy::Auto, CellLoop::Whole(kernel)) => persistent::run(&steps, kernel, launch_context),
        (strategy, _) => Err(Error::Unsupported(format!("the strategy {strategy} with the kernel of another"))),
    }
}

/// The strategy of a function without state, whatever the caller chooses.
pub(crate) const ONCE: (Strategy, Cow<'static, str>) =
    (Strategy::Persistent, Cow::Borrowed("it has no state, and all steps go into one launch"));

/// The strategy of a loop, and the reason. `Auto` follows this table, and the stage gives the
/// reason.
///
/// | stage | `Auto` takes | because |
/// |---|---|---|
/// | a function without state | one launch for the whole chunk, whatever the caller chooses: [`ONCE`] | its steps do not depend on each other |
/// | a pointwise model | `Persistent` | units are independent, so that any number of them can stay in registers for all steps |
/// | a recurrent cell | `Persistent` where its weights fit registers or shared memory, else `Graph` | see the tiers in `src/cuda/recurrent/tiers.rs` |
/// | … whose sums are the CPU's | `Persistent` | rows are independent, and a block keeps its row's state for all steps |
/// | a network | `Persistent`, and `Graph` where the device has no room for its blocks at once | blocks wait for each other once a step, which costs less than a launch |
pub(crate) fn choose(asked: Strategy, why_persistent: &'static str) -> (Strategy, Cow<'static, str>) {
    match asked {
        Strategy::HostLoop | Strategy::Graph | Strategy::Persistent => (asked, "it was asked for".into()),
        Strategy::Auto => (Strategy::Persistent, why_persistent.into()),
    }
}
