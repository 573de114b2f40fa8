//! The strategy `HostLoop`: the host launches a kernel for each step.
//!
//! A step costs a launch, and the whole state passes through memory in each step. The strategy
//! needs only kernels of one step. It is meant for debugging, and for comparison with the other
//! strategies.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(
    steps: &StepLaunches<'_>,
    kernel: &Kernel<signature::Step>,
    launch_context: &mut LaunchContext<'_>,
) -> Result<()> {
    let at = launch_context.lay_out(steps.args)?;
    (0..steps.args.steps * steps.phases).try_for_each(|k| steps.launch(kernel, at, k, launch_context.stream))
}
