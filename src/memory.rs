//! Taking memory without aborting when there is too little of it.

use crate::error::{Error, Result};
use crate::scalar::Scalar;

/// Bytes that can still be taken: what Linux calls available; elsewhere nothing is known, and nothing is refused beforehand.
pub(crate) fn free() -> u64 {
    let available = std::fs::read_to_string("/proc/meminfo").ok().and_then(|text| {
        let line = text.lines().find(|l| l.starts_with("MemAvailable:"))?;
        line.split_whitespace().nth(1)?.parse::<u64>().ok()
    });
    available.map_or(u64::MAX, |kib| kib.saturating_mul(1024))
}

/// Refuses a need beyond what is free. Small needs are not worth a look.
pub(crate) fn require(what: &str, need: u64) -> Result<()> {
    if need < 64 << 20 {
        return Ok(());
    }
    let free = free();
    if need > free { Err(Error::OutOfMemory { what: what.into(), need, free }) } else { Ok(()) }
}

/// Zeros, or an error where the allocator has none.
pub(crate) fn zeroed<T: Scalar>(what: &str, len: usize) -> Result<Vec<T>> {
    let need = (len as u64).saturating_mul(size_of::<T>() as u64);
    require(what, need)?;
    bytemuck::allocation::try_zeroed_vec(len).map_err(|()| Error::OutOfMemory { what: what.into(), need, free: free() })
}
