//! One launch a step, from the host.
//!
//! Costs a launch a step, some microseconds, and all of the state through memory. It needs nothing but kernels of one step: for
//! debugging, and to compare the others with.

use super::Desk;
use crate::cuda::job::Job;
use crate::cuda::launch::Shape;
use crate::cuda::stage::Ready;
use crate::error::Result;

pub(super) fn run(ready: &Ready, desk: &mut Desk<'_>, job: &Job, shape: Shape, params: &[u8]) -> Result<()> {
    let at = desk.lay_out(job)?;
    (0..job.steps).try_for_each(|k| ready.kernel.step(shape, desk.stream, at, params, k))
}
