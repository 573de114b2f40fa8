//! Steps captured in a CUDA graph, which is replayed.
//!
//! Costs a node a step, about half of what a launch from the host takes, and all of the state through memory. It is for systems
//! whose state cannot stay on chip.

use super::Desk;
use crate::cuda::context::Context;
use crate::cuda::graph::Graph;
use crate::cuda::job::Job;
use crate::cuda::launch::Shape;
use crate::cuda::stage::Ready;
use crate::error::Result;
use std::sync::Arc;

/// Steps of one replay. What is left of a chunk is launched step by step.
const STEPS: u32 = 64;

pub(super) fn run(ready: &mut Ready, context: &Arc<Context>, desk: &mut Desk<'_>, job: &Job, shape: Shape, params: &[u8]) -> Result<()> {
    let at = desk.lay_out(job)?;
    let (replays, rest) = (job.steps / STEPS, job.steps % STEPS);
    if replays > 0 {
        // Nothing in a graph changes from chunk to chunk: the job's address stays, and steps are counted by the cursor.
        let graph = match ready.graph.take() {
            Some(graph) => graph,
            None => Graph::capture(context, desk.stream, || {
                (0..STEPS).try_for_each(|k| ready.kernel.step(shape, desk.stream, at, params, k))?;
                desk.advance.map_or(Ok(()), |kernel| kernel.advance(desk.stream, at.1, STEPS))
            })?,
        };
        let replayed = (0..replays).try_for_each(|_| graph.replay(desk.stream));
        ready.graph = Some(graph);
        replayed?;
    }
    (0..rest).try_for_each(|k| ready.kernel.step(shape, desk.stream, at, params, k))
}
