//! Allocations that return an error if memory is short.
//!
//! An allocation whose size comes from a model, a run, an argument or a file goes through this
//! module. It returns [`Error::OutOfMemory`] where Rust's own allocation would end the process.

mod aligned;
mod cgroup;
mod limits;
pub(crate) mod threads;

use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
pub(crate) use aligned::Aligned;
use ndarray::{Array, ArrayView, Dimension};
use std::path::Path;

/// Smaller allocations are not compared with the free memory, because the comparison takes longer
/// than the allocation.
const SMALL: u64 = 32 << 20;
/// The bounds of the reserve for small allocations. The reserve is a 32nd of the free memory.
const KEPT: (u64, u64) = (4 << 20, 64 << 20);

/// The number of bytes that this process can still allocate, less a small reserve. It is the least
/// of these:
///
/// - the memory that Linux calls available (`MemAvailable`);
/// - the limits of the control groups around the process, of containers or batch systems (versions
///   1 and 2, including `memory.high`);
/// - the limits of `ulimit -v` and `ulimit -d` (`RLIMIT_AS`, `RLIMIT_DATA`).
///
/// It is `u64::MAX` if the system gives no information.
#[must_use]
pub fn free() -> u64 {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let bounds = [limits::available(&read), limits::free(&read), cgroup::free(&read)];
    bounds.into_iter().flatten().min().map_or(u64::MAX, |left| left.saturating_sub((left / 32).clamp(KEPT.0, KEPT.1)))
}

/// Returns an error if `need` bytes exceed the [free] memory. Needs below 32 MiB always pass.
///
/// # Errors
/// [`Error::OutOfMemory`], which names `what`.
pub fn require(what: &str, need: u64) -> Result<()> {
    if need < SMALL {
        return Ok(());
    }
    let free = free();
    if need > free { Err(Error::OutOfMemory { what: what.into(), need, free }) } else { Ok(()) }
}

/// The number of bytes of `len` elements (saturating).
fn bytes<T>(len: usize) -> u64 {
    (len as u64).saturating_mul(size_of::<T>() as u64)
}

/// The error after the allocator has refused an allocation.
fn refused(what: &str, need: u64) -> Error {
    Error::OutOfMemory { what: what.into(), need, free: free() }
}

/// Allocates zeros of a loop's element type.
pub(crate) fn zeroed<T: Scalar>(what: &str, len: usize) -> Result<Vec<T>> {
    zeros(what, len)
}

/// Allocates zeros.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short.
pub fn zeros<T: bytemuck::Zeroable>(what: &str, len: usize) -> Result<Vec<T>> {
    let need = bytes::<T>(len);
    require(what, need)?;
    let zeros = bytemuck::allocation::try_zeroed_vec(len).map_err(|()| refused(what, need))?;
    prefer_large_pages(&zeros);
    Ok(zeros)
}

/// An empty vector with capacity for `len` elements.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short.
pub fn room<T>(what: &str, len: usize) -> Result<Vec<T>> {
    let mut all = Vec::new();
    reserve(what, &mut all, len)?;
    Ok(all)
}

/// Reserves memory for exactly `more` additional elements.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short. The vector does not change.
pub fn reserve<T>(what: &str, all: &mut Vec<T>, more: usize) -> Result<()> {
    if more <= all.capacity() - all.len() {
        return Ok(());
    }
    let need = bytes::<T>(more);
    require(what, need)?;
    all.try_reserve_exact(more).map_err(|_| refused(what, need))
}

/// Collects the elements of an iterator of known length, such as that of a [`Vec`], a slice, a
/// range, or a `map` of these.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short.
pub fn collect<T>(what: &str, from: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> Result<Vec<T>> {
    let from = from.into_iter();
    let mut all = room(what, from.len())?;
    all.extend(from);
    Ok(all)
}

/// Converts the elements of an array. The result is row-major.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short.
pub fn converted<T: Copy, U, D: Dimension>(
    what: &str,
    array: ArrayView<'_, T, D>,
    convert: impl Fn(T) -> U,
) -> Result<Array<U, D>> {
    let shape = array.raw_dim();
    let values = match array.as_slice() {
        Some(all) => collect(what, all.iter().map(|x| convert(*x)))?,
        None => collect(what, array.iter().map(|x| convert(*x)))?,
    };
    Array::from_shape_vec(shape, values).map_err(|e| Error::Internal(format!("{what}: {e}")))
}

/// Copies an array. The result is row-major.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short.
pub fn copied<T: Copy, D: Dimension>(what: &str, array: ArrayView<'_, T, D>) -> Result<Array<T, D>> {
    converted(what, array, |x| x)
}

/// Appends elements to a vector that grows repeatedly. The capacity grows by at least half if
/// memory permits.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short. The vector does not change.
pub fn extend<T: Clone>(what: &str, all: &mut Vec<T>, more: &[T]) -> Result<()> {
    grow(what, all, more.len())?;
    all.extend_from_slice(more);
    Ok(())
}

/// Reserves memory for `more` additional elements, and for later ones if memory permits.
///
/// # Errors
/// [`Error::OutOfMemory`] if memory is short. The vector does not change.
pub fn grow<T>(what: &str, all: &mut Vec<T>, more: usize) -> Result<()> {
    if more <= all.capacity() - all.len() {
        return Ok(());
    }
    let ahead = more.max(all.len() / 2);
    let roomy = require(what, bytes::<T>(ahead)).is_ok() && all.try_reserve_exact(ahead).is_ok();
    if roomy { Ok(()) } else { reserve(what, all, more) }
}

/// Advises Linux to back a large, still untouched array with pages of 2 MiB. A page fault takes
/// microseconds, and the loop touches an array of recordings for the first time. With pages of
/// 4 KiB these faults take most of the time of recording.
fn prefer_large_pages<T>(array: &[T]) {
    #[cfg(target_os = "linux")]
    {
        const LARGE: usize = 2 << 20;
        const PAGE: usize = 4096;
        let bytes = size_of_val(array);
        if bytes >= LARGE {
            // The call needs an address at the start of a page. The partial page before it keeps
            // its size.
            let address = array.as_ptr().addr();
            let skip = address.next_multiple_of(PAGE) - address;
            let start = array.as_ptr().cast::<u8>().wrapping_add(skip).cast_mut().cast();
            // SAFETY: MADV_HUGEPAGE is advice on how to back the pages of [start, start + bytes -
            // skip), all of which lie within `array`'s allocation; it changes no content, and a
            // refusal leaves everything as it was.
            unsafe { libc::madvise(start, bytes.saturating_sub(skip), libc::MADV_HUGEPAGE) };
        }
    }
}
