//! The strategy `Graph`: steps are captured in a CUDA graph, which is replayed.
//!
//! A step costs a node of the graph, which should cost less than a launch from the host, and the
//! whole state passes through memory in each step. The strategy is meant for systems whose state
//! does not fit in registers and shared memory.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

/// Steps of one replay. The remaining steps of a chunk are launched one by one.
const STEPS: u32 = 64;

pub(crate) fn run(
    steps: &mut StepLaunches<'_>,
    kernel: &Kernel<signature::Step>,
    launch_context: &mut LaunchContext<'_>,
) -> Result<()> {
    let at = launch_context.lay_out(steps.args)?;
    let mut graph = steps.graph.take();
    let done = replay(&mut graph, launch_context, at.1, [steps.args.steps, steps.phases], |k| {
        steps.launch(kernel, at, k, launch_context.stream)
    });
    *steps.graph = graph;
    done
}

/// Enqueues `steps` steps of `launches` launches each. `ask` enqueues one launch, and receives its
/// distance from the cursor.
pub(crate) fn replay(
    graph: &mut Option<Graph>,
    launch_context: &LaunchContext<'_>,
    cursor: u64,
    [steps, launches]: [u32; 2],
    ask: impl Fn(u32) -> Result<()>,
) -> Result<()> {
    let (replays, rest) = (steps / STEPS, steps % STEPS * launches);
    let nodes = STEPS * launches;
    if replays > 0 {
        // A graph is the same for all chunks: the job's address does not change, and the cursor
        // counts the steps.
        let captured = match graph.take() {
            Some(captured) => captured,
            None => Graph::capture(launch_context.context, launch_context.stream, || {
                (0..nodes).try_for_each(&ask)?;
                launch_context.advance.map_or(Ok(()), |kernel| kernel.advance(launch_context.stream, cursor, nodes))
            })?,
        };
        let replayed = (0..replays).try_for_each(|_| captured.replay(launch_context.stream));
        *graph = Some(captured);
        replayed?;
    }
    (0..rest).try_for_each(ask)
}
