//! The strategy `Persistent`: one launch makes all steps of a chunk.
//!
//! A chunk costs one launch. State is read once and written once in a chunk, and only inputs and
//! recordings pass through memory in each step. It is the fastest strategy wherever it can run.

use super::{LaunchContext, StepLaunches};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::error::Result;

pub(crate) fn run(
    steps: &StepLaunches<'_>,
    kernel: &Kernel<signature::Whole>,
    launch_context: &LaunchContext<'_>,
) -> Result<()> {
    kernel.run(steps.shape, launch_context.stream, steps.args, steps.params)
}
