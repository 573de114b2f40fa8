//! The strategies: how a GPU makes the steps of a loop. There is a file for each strategy. The
//! table at [`choose`] says which one `Auto` takes.

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

/// What a stage's launches need in addition to its job.
pub(crate) struct LaunchContext<'d> {
    pub(crate) context: &'d Arc<Context>,
    pub(crate) stream: &'d Stream,
    /// A u32 on the device that counts steps.
    pub(crate) cursor: &'d Buffer,
    /// `None` if no stage is launched step by step.
    pub(crate) advance: Option<&'d Kernel<signature::Advance>>,
    /// Memory for jobs on the device, and for this chunk's jobs on the host.
    pub(crate) launch_args: &'d Buffer,
    pub(crate) host_args: &'d mut Pinned,
    /// Byte offset of this stage's job in both.
    pub(crate) at: usize,
}

impl LaunchContext<'_> {
    /// Copies the job to the device and sets the cursor to 0. Returns the addresses of both.
    fn lay_out(&mut self, args: &LaunchArgs) -> Result<(u64, u64)> {
        self.put(bytemuck::bytes_of(args))
    }

    /// The same for launch arguments of any type.
    pub(crate) fn put(&mut self, bytes: &[u8]) -> Result<(u64, u64)> {
        self.host_args.slice_mut::<u8>(self.at, bytes.len())?.copy_from_slice(bytes);
        self.launch_args.upload(self.at, self.host_args, self.at, bytes.len(), self.stream)?;
        self.cursor.fill(0, 0, 4, self.stream)?;
        Ok((self.launch_args.address(self.at), self.cursor.address(0)))
    }
}

/// The kernel of a loop over steps: `…_scan` if one launch makes all steps, otherwise `…_step`.
#[derive(Debug)]
pub(crate) enum CellLoop {
    Whole(Kernel<signature::Whole>),
    Step(Kernel<signature::Step>),
}

impl CellLoop {
    /// The module of the kernel.
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

/// A loop over steps: its kernel, and the kernel's arguments.
pub(crate) struct StepLaunches<'s> {
    pub(crate) kernel: &'s CellLoop,
    /// The graph of captured steps, once there is one.
    pub(crate) graph: &'s mut Option<Graph>,
    pub(crate) args: &'s LaunchArgs,
    pub(crate) shape: Shape,
    pub(crate) params: &'s [u8],
    /// Launches for each step.
    pub(crate) phases: u32,
    /// Work to enqueue before each launch. The argument is the number of the launch within its
    /// step. The work is the same in each step, so that a captured graph remains valid.
    pub(crate) before: Option<&'s dyn Fn(u32) -> Result<()>>,
}

impl StepLaunches<'_> {
    /// Enqueues the k-th launch after the cursor.
    fn launch(&self, kernel: &Kernel<signature::Step>, at: (u64, u64), k: u32, stream: &Stream) -> Result<()> {
        self.before.map_or(Ok(()), |before| before(k % self.phases))?;
        kernel.step(self.shape, stream, at, self.params, k)
    }
}

/// Enqueues all steps of a loop.
pub(crate) fn run(
    strategy: Strategy,
    mut steps: StepLaunches<'_>,
    launch_context: &mut LaunchContext<'_>,
) -> Result<()> {
    match (strategy, steps.kernel) {
        (Strategy::HostLoop, CellLoop::Step(kernel)) => host_loop::run(&steps, kernel, launch_context),
        (Strategy::Graph, CellLoop::Step(kernel)) => graph::run(&mut steps, kernel, launch_context),
        (Strategy::Persistent | Strategy::Auto, CellLoop::Whole(kernel)) => {
            persistent::run(&steps, kernel, launch_context)
        }
        (strategy, _) => {
            Err(Error::Internal(format!("the strategy {strategy} cannot run the kernel of another strategy")))
        }
    }
}

/// The strategy of a function without state, whichever strategy the user has set.
pub(crate) const ONCE: (Strategy, Cow<'static, str>) =
    (Strategy::Persistent, Cow::Borrowed("it has no state, and all steps go into one launch"));

/// Returns the strategy of a loop and the reason: the strategy that the user has set, or, for
/// `Auto`, the one in this table. The stage supplies the reason.
///
/// | stage | `Auto` takes | because |
/// |---|---|---|
/// | a function without state | one launch for the whole chunk, with any strategy ([`ONCE`]) | its steps are independent |
/// | a pointwise model | `Persistent` | units are independent, so that they stay in registers for all steps |
/// | a recurrent cell | `Persistent` if its weights fit in registers and shared memory, else `Graph` | see `src/cuda/recurrent/tiers.rs` |
/// | … with the CPU's order of sums | `Persistent` | rows are independent; a thread block keeps the state of its row for all steps |
/// | a network | `Persistent`, or `Graph` if not all its thread blocks fit on the device at once | a barrier costs less than a launch |
pub(crate) fn choose(asked: Strategy, why_persistent: &'static str) -> (Strategy, Cow<'static, str>) {
    match asked {
        Strategy::HostLoop | Strategy::Graph | Strategy::Persistent => (asked, "it was asked for".into()),
        Strategy::Auto => (Strategy::Persistent, why_persistent.into()),
    }
}
