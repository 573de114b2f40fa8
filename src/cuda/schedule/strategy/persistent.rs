//! All steps of a chunk inside one launch.
//!
//! Costs one launch a chunk. State is read once and written once a chunk, so that nothing but inputs and recordings goes through
//! memory: it wins wherever it can run.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(steps: &StepLaunches<'_>, kernel: &Kernel<signature::Whole>, launch_context: &LaunchContext<'_>) -> Result<()> {
    kernel.run(steps.shape, launch_context.stream, steps.args, steps.params)
}
