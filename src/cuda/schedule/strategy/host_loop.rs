//! One launch a step, from the host.
//!
//! Costs a launch a step, and all of the state through memory. It needs nothing but kernels of one step: for debugging, and to compare
//! the others with.

use super::{Desk, Steps};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(steps: &Steps<'_>, kernel: &Kernel<signature::Step>, desk: &mut Desk<'_>) -> Result<()> {
    let at = desk.lay_out(steps.job)?;
    (0..steps.job.steps * steps.phases).try_for_each(|k| steps.launch(kernel, at, k, desk.stream))
}
