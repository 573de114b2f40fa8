//! One launch a step, from the host.
//!
//! A step costs a launch and moves all of the state through memory. The strategy needs kernels of
//! one step alone. It serves debugging, and comparisons with other strategies.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(steps: &StepLaunches<'_>, kernel: &Kernel<signature::Step>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
    let at = launch_context.lay_out(steps.args)?;
    (0..steps.args.steps * steps.phases).try_for_each(|k| steps.launch(kernel, at, k, launch_context.stream))
}
