//! Taking memory without aborting when there is too little of it.
//!
//! An allocation whose size comes from a model, a run, an argument or a file goes through here: it is refused with
//! [`Error::OutOfMemory`], where Rust's own would end the process.

mod cgroup;
mod limits;
pub(crate) mod threads;

use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::{Array, ArrayView, Dimension};
use std::path::Path;

/// Needs below this are not looked at beforehand: a look takes longer than to take so much.
const SMALL: u64 = 32 << 20;
/// Of what is left, a part is kept for all that is small: a 32nd, within these bounds.
const KEPT: (u64, u64) = (4 << 20, 64 << 20);

/// Bytes that this process can still take: the least of what Linux calls available (`MemAvailable`), of what the control groups allow that the
/// process is in (containers and batch systems; versions 1 and 2, `memory.high` included), and of what `ulimit -v` and `ulimit -d`
/// (`RLIMIT_AS`, `RLIMIT_DATA`) allow; less a little that is kept for what is small. `u64::MAX` where the system says nothing.
#[must_use]
pub fn free() -> u64 {
    let read = |path: &Path| std::fs::read_to_string(path).ok();
    let bounds = [limits::available(&read), limits::free(&read), cgroup::free(&read)];
    bounds.into_iter().flatten().min().map_or(u64::MAX, |left| left.saturating_sub((left / 32).clamp(KEPT.0, KEPT.1)))
}

/// Refuses a need beyond what is [free]. Needs below 32 MiB are not looked at.
///
/// # Errors
/// [`Error::OutOfMemory`], saying that `what` needs so much.
pub fn require(what: &str, need: u64) -> Result<()> {
    if need < SMALL {
        return Ok(());
    }
    let free = free();
    if need > free { Err(Error::OutOfMemory { what: what.into(), need, free }) } else { Ok(()) }
}

/// What `len` elements take, in bytes (saturating).
fn bytes<T>(len: usize) -> u64 {
    (len as u64).saturating_mul(size_of::<T>() as u64)
}

/// That the allocator has refused.
fn refused(what: &str, need: u64) -> Error {
    Error::OutOfMemory { what: what.into(), need, free: free() }
}

/// Zeros of a loop's type, or an error where the allocator has none.
pub(crate) fn zeroed<T: Scalar>(what: &str, len: usize) -> Result<Vec<T>> {
    zeros(what, len)
}

/// Zeros.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes.
pub fn zeros<T: bytemuck::Zeroable>(what: &str, len: usize) -> Result<Vec<T>> {
    let need = bytes::<T>(len);
    require(what, need)?;
    let zeros = bytemuck::allocation::try_zeroed_vec(len).map_err(|()| refused(what, need))?;
    prefer_large_pages(&zeros);
    Ok(zeros)
}

/// An empty vector with room for `len` elements.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes.
pub fn room<T>(what: &str, len: usize) -> Result<Vec<T>> {
    let mut all = Vec::new();
    reserve(what, &mut all, len)?;
    Ok(all)
}

/// Makes room for just so many elements more.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes; the elements stay.
pub fn reserve<T>(what: &str, all: &mut Vec<T>, more: usize) -> Result<()> {
    if more <= all.capacity() - all.len() {
        return Ok(());
    }
    let need = bytes::<T>(more);
    require(what, need)?;
    all.try_reserve_exact(more).map_err(|_| refused(what, need))
}

/// The elements of an iterator, which must know how many they are (of a [`Vec`], a slice, a range, or `map`s of those).
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes.
pub fn collect<T>(what: &str, from: impl IntoIterator<Item = T, IntoIter: ExactSizeIterator>) -> Result<Vec<T>> {
    let from = from.into_iter();
    let mut all = room(what, from.len())?;
    all.extend(from);
    Ok(all)
}

/// An array of converted elements, row-major.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes.
pub fn converted<T: Copy, U, D: Dimension>(what: &str, array: ArrayView<'_, T, D>, convert: impl Fn(T) -> U) -> Result<Array<U, D>> {
    let shape = array.raw_dim();
    let values = match array.as_slice() {
        Some(all) => collect(what, all.iter().map(|x| convert(*x)))?,
        None => collect(what, array.iter().map(|x| convert(*x)))?,
    };
    Array::from_shape_vec(shape, values).map_err(|e| Error::Unsupported(format!("{what}: {e}")))
}

/// A copy of an array, row-major.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes.
pub fn copied<T: Copy, D: Dimension>(what: &str, array: ArrayView<'_, T, D>) -> Result<Array<T, D>> {
    converted(what, array, |x| x)
}

/// Adds elements to a vector that grows many times: by half or more at once where there is room for that.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes; nothing has been added then.
pub fn extend<T: Clone>(what: &str, all: &mut Vec<T>, more: &[T]) -> Result<()> {
    grow(what, all, more.len())?;
    all.extend_from_slice(more);
    Ok(())
}

/// Makes room for so many elements more, and for others after them if that can be had.
///
/// # Errors
/// [`Error::OutOfMemory`] if there are not so many bytes; the elements stay.
pub fn grow<T>(what: &str, all: &mut Vec<T>, more: usize) -> Result<()> {
    if more <= all.capacity() - all.len() {
        return Ok(());
    }
    let ahead = more.max(all.len() / 2);
    let roomy = require(what, bytes::<T>(ahead)).is_ok() && all.try_reserve_exact(ahead).is_ok();
    if roomy { Ok(()) } else { reserve(what, all, more) }
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
