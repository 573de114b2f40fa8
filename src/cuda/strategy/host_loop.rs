//! One launch a step, from the host.
//!
//! Costs a launch a step, and all of the state through memory. It needs nothing but kernels of one step: for debugging, and to compare
//! the others with.

use super::{Desk, Steps};
use crate::error::Result;

pub(super) fn run(steps: &Steps<'_>, desk: &mut Desk<'_>) -> Result<()> {
    let Steps { kernel, job, shape, params, phases, .. } = steps;
    let at = desk.lay_out(job)?;
    (0..job.steps * phases).try_for_each(|k| kernel.step(*shape, desk.stream, at, params, k))
}
