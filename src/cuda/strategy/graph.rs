//! Steps captured in a CUDA graph, which is replayed.
//!
//! Costs a node a step, meant to be less than a launch from the host, and all of the state through memory. It is for systems whose state
//! cannot stay on chip.

use super::{Desk, Steps};
use crate::cuda::graph::Graph;
use crate::error::Result;

/// Steps of one replay. What is left of a chunk is launched step by step.
const STEPS: u32 = 64;

pub(super) fn run(steps: &mut Steps<'_>, desk: &mut Desk<'_>) -> Result<()> {
    let at = desk.lay_out(steps.job)?;
    let (replays, rest) = (steps.job.steps / STEPS, steps.job.steps % STEPS * steps.phases);
    let nodes = STEPS * steps.phases;
    if replays > 0 {
        // Nothing in a graph changes from chunk to chunk: the job's address stays, and steps are counted by the cursor.
        let captured = match steps.graph.take() {
            Some(captured) => captured,
            None => Graph::capture(desk.context, desk.stream, || {
                (0..nodes).try_for_each(|k| steps.launch(at, k, desk.stream))?;
                desk.advance.map_or(Ok(()), |kernel| kernel.advance(desk.stream, at.1, nodes))
            })?,
        };
        let replayed = (0..replays).try_for_each(|_| captured.replay(desk.stream));
        *steps.graph = Some(captured);
        replayed?;
    }
    (0..rest).try_for_each(|k| steps.launch(at, k, desk.stream))
}
