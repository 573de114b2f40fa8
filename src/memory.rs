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

/// Zeros of a loop's type, or an error where the allocator has none.
pub(crate) fn zeroed<T: Scalar>(what: &str, len: usize) -> Result<Vec<T>> {
    zeros(what, len)
}

/// The same of any type.
pub(crate) fn zeros<T: bytemuck::Zeroable>(what: &str, len: usize) -> Result<Vec<T>> {
    let need = (len as u64).saturating_mul(size_of::<T>() as u64);
    require(what, need)?;
    let zeros = bytemuck::allocation::try_zeroed_vec(len).map_err(|()| Error::OutOfMemory { what: what.into(), need, free: free() })?;
    prefer_large_pages(&zeros);
    Ok(zeros)
}

/// Asks Linux to back a large, still untouched array with pages of 2 MiB. Taking a page costs microseconds, and an array of
/// recordings is touched for the first time by the loop: with pages of 4 KiB that is most of the time of recording.
fn prefer_large_pages<T>(array: &[T]) {
    #[cfg(target_os = "linux")]
    {
        const LARGE: usize = 2 << 20;
        const PAGE: usize = 4096;
        let bytes = size_of_val(array);
        if bytes >= LARGE {
            // The call wants an address at the start of a page; the part page before it keeps its size.
            let address = array.as_ptr().addr();
            let skip = address.next_multiple_of(PAGE) - address;
            let start = array.as_ptr().cast::<u8>().wrapping_add(skip).cast_mut().cast();
            // SAFETY: MADV_HUGEPAGE is advice on how to back the pages of [start, start + bytes - skip), all of which lie within
            // `array`'s allocation; it changes no content, and a refusal leaves everything as it was.
            unsafe { libc::madvise(start, bytes.saturating_sub(skip), libc::MADV_HUGEPAGE) };
        }
    }
}
