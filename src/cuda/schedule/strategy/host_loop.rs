//! One launch a step, from the host.
//!
//! Costs a launch a step, and all of the state through memory. It needs nothing but kernels of one step: for debugging, and to compare
//! the others with.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(steps: &StepLaunches<'_>, kernel: &Kernel<signature::Step>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
    let at = launch_context.lay_out(steps.args)?;
    (0..steps.args.steps * steps.phases).try_for_each(|k| steps.launch(kernel, at, k, launch_context.stream))
}
