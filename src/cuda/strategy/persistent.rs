//! All steps of a chunk inside one launch.
//!
//! Costs one launch a chunk. State is read once and written once a chunk, so that nothing but inputs and recordings goes through
//! memory: it wins wherever it can run.

use super::Desk;
use crate::cuda::job::Job;
use crate::cuda::launch::Shape;
use crate::cuda::stage::Ready;
use crate::error::Result;

pub(super) fn run(ready: &Ready, desk: &Desk<'_>, job: &Job, shape: Shape, params: &[u8]) -> Result<()> {
    ready.kernel.run(shape, desk.stream, job, params)
}
