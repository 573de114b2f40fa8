//! All steps of a chunk inside one launch.
//!
//! A chunk costs one launch. The state is read once and written once a chunk, so that only inputs
//! and recordings go through memory. The strategy is the fastest one wherever it can run.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(steps: &StepLaunches<'_>, kernel: &Kernel<signature::Whole>, launch_context: &LaunchContext<'_>) -> Result<()> {
    kernel.run(steps.shape, launch_context.stream, steps.args, steps.params)
}
