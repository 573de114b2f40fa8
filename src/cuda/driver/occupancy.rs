//! Occupancy: how many thread blocks or clusters of a loaded kernel fit on the device at once. The
//! driver computes it from registers, shared memory, and the SMs on which a cluster can run.

use super::launch::Shape;
use super::module::Kernel;
use crate::error::{Error, Result};
use cudarc::driver::result;
use cudarc::driver::sys::cuOccupancyMaxActiveClusters;

/// The driver's error code if clusters of this size can never be launched.
const INVALID_CLUSTER_SIZE: i32 = 912;

impl<S> Kernel<S> {
    /// Returns how many thread blocks of `threads` threads and `shared` bytes of dynamic shared
    /// memory fit on an SM at once.
    pub(crate) fn blocks_at_once(&self, threads: u32, shared: u32) -> Result<u32> {
        let threads = i32::try_from(threads).unwrap_or(i32::MAX);
        // SAFETY: the function belongs to a loaded module; one int is written, to a local.
        let found =
            unsafe { result::occupancy::max_active_block_per_multiprocessor(self.function, threads, shared as usize) };
        let found = self.context().check("cuOccupancyMaxActiveBlocksPerMultiprocessor", found)?;
        Ok(u32::try_from(found).unwrap_or(0))
    }

    /// Returns how many clusters of a launch of this shape fit on the device at once, or 0 if it
    /// cannot launch clusters of this size.
    pub(crate) fn clusters_at_once(&self, shape: Shape) -> Result<u32> {
        let mut attributes = shape.attributes();
        let config = shape.config(&mut attributes, std::ptr::null_mut());
        let mut found = 0;
        // SAFETY: the function belongs to a loaded module; the configuration and its attributes
        // outlive the call; one int is written, to a local.
        let answer = unsafe { cuOccupancyMaxActiveClusters(&raw mut found, self.function, &raw const config) };
        match self.context().check("cuOccupancyMaxActiveClusters", answer.result()) {
            Ok(()) => Ok(u32::try_from(found).unwrap_or(0)),
            Err(Error::Cuda { code: INVALID_CLUSTER_SIZE, .. }) => Ok(0),
            Err(error) => Err(error),
        }
    }
}
