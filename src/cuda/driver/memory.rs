//! Device memory, and pinned host memory.

use super::context::Context;
use super::stream::Stream;
use crate::device::Device;
use crate::error::{Error, Result};
use bytemuck::{AnyBitPattern, NoUninit};
use cudarc::driver::result;
use cudarc::driver::sys::CUdeviceptr;
use std::ffi::c_void;
use std::sync::Arc;

/// Alignment of regions within a buffer, in bytes; sufficient for any vector type.
pub(crate) const ALIGN: usize = 256;

/// Rounds up to a multiple of [`ALIGN`]. If the result would overflow, returns `usize::MAX`.
pub(crate) fn aligned(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(ALIGN).unwrap_or(usize::MAX)
}

/// An allocation in device memory.
#[derive(Debug)]
pub(crate) struct Buffer {
    context: Arc<Context>,
    at: CUdeviceptr,
    len: usize,
}

impl Buffer {
    /// Allocates `len` bytes without initialising them. The context must be bound. A length of 0
    /// allocates nothing. `what` names the memory in errors.
    pub(crate) fn new(context: &Arc<Context>, what: &str, len: usize) -> Result<Self> {
        let mut at = 0;
        if len > 0 {
            // SAFETY: the context is bound. The memory is not read before something has been
            // written to it.
            let answer = context.check("cuMemAlloc", unsafe { result::malloc_sync(len) });
            at = answer.map_err(|e| out_of_memory(context, what, len, e))?;
        }
        Ok(Self { context: context.clone(), at, len })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The device that the memory belongs to.
    pub(crate) fn device(&self) -> Device {
        Device::Cuda(self.context.gpu.ordinal)
    }

    /// Whether the memory belongs to this context.
    pub(crate) fn is_of(&self, context: &Arc<Context>) -> bool {
        Arc::ptr_eq(&self.context, context)
    }

    /// Reads the whole buffer. The caller has waited for all writes to it.
    pub(crate) fn fetch<E: NoUninit + AnyBitPattern>(&self, to: &mut [E]) -> Result<()> {
        self.context.bind()?;
        self.read(0, to)
    }

    /// Returns the device address of the byte at `offset`; null for an empty buffer.
    pub(crate) fn address(&self, offset: usize) -> u64 {
        debug_assert!(offset <= self.len);
        if self.len == 0 { 0 } else { self.at + offset as u64 }
    }

    /// Writes `from` at the byte `offset` and waits until the data is visible to every stream.
    ///
    /// The driver's call alone is not sufficient: for pageable memory it returns when the data has
    /// been staged. The legacy default stream does the rest of the copy, and the engine's
    /// non-blocking streams do not wait for that stream.
    pub(crate) fn write<E: NoUninit>(&self, offset: usize, from: &[E]) -> Result<()> {
        self.fits(offset, size_of_val(from))?;
        if from.is_empty() {
            return Ok(());
        }
        // SAFETY: the region lies within this allocation, and `from` is read before the call
        // returns.
        self.context.check("cuMemcpyHtoD", unsafe { result::memcpy_htod_sync(self.at + offset as u64, from) })?;
        // SAFETY: null is the legacy default stream, which every context has.
        self.context.check("cuStreamSynchronize", unsafe { result::stream::synchronize(std::ptr::null_mut()) })
    }

    /// Reads the bytes from `offset` on into `to` and waits for the copy. The caller must have
    /// waited for streams that write to them.
    pub(crate) fn read<E: NoUninit + AnyBitPattern>(&self, offset: usize, to: &mut [E]) -> Result<()> {
        self.fits(offset, size_of_val(to))?;
        if to.is_empty() {
            return Ok(());
        }
        // SAFETY: the region lies within this allocation; any bit pattern is a valid `E`, and `to`
        // is written before the call returns.
        self.context.check("cuMemcpyDtoH", unsafe { result::memcpy_dtoh_sync(to, self.at + offset as u64) })
    }

    /// Enqueues a copy of `len` bytes of pinned memory at `offset` to this buffer at `to`.
    pub(crate) fn upload(&self, to: usize, from: &Pinned, offset: usize, len: usize, stream: &Stream) -> Result<()> {
        self.fits(to, len)?;
        let bytes = from.bytes(offset, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: both regions lie within their allocations. The engine neither changes nor frees
        // the pinned bytes before it has waited for this copy.
        let answer = unsafe { result::memcpy_htod_async(self.at + to as u64, bytes, stream.raw()) };
        self.context.check("cuMemcpyHtoDAsync", answer)
    }

    /// Enqueues a copy of `len` bytes of this buffer at `offset` to pinned memory at `at`.
    pub(crate) fn download(
        &self,
        offset: usize,
        to: &mut Pinned,
        at: usize,
        len: usize,
        stream: &Stream,
    ) -> Result<()> {
        self.fits(offset, len)?;
        let bytes = to.bytes_mut(at, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: as in `upload`; nothing reads the pinned bytes before the engine has waited for
        // the copy.
        let answer = unsafe { result::memcpy_dtoh_async(bytes, self.at + offset as u64, stream.raw()) };
        self.context.check("cuMemcpyDtoHAsync", answer)
    }

    /// Enqueues a copy of the first `len` bytes of `from` to the start of this buffer.
    pub(crate) fn copy(&self, from: &Self, len: usize, stream: &Stream) -> Result<()> {
        self.fits(0, len)?;
        from.fits(0, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: both regions lie within their allocations, which are different ones.
        let answer = unsafe { result::memcpy_dtod_async(self.at, from.at, len, stream.raw()) };
        self.context.check("cuMemcpyDtoDAsync", answer)
    }

    /// Enqueues a copy of `len` bytes at a device address, which must be in another buffer of the
    /// engine, to this buffer at `offset`.
    ///
    /// # Safety
    /// `len` bytes must be allocated at `from`, must not overlap this buffer, and must stay
    /// allocated until the stream has finished this copy.
    pub(crate) unsafe fn copy_from(&self, offset: usize, from: u64, len: usize, stream: &Stream) -> Result<()> {
        self.fits(offset, len)?;
        // SAFETY: the target lies within this allocation; the caller guarantees the source.
        let answer = unsafe { result::memcpy_dtod_async(self.at + offset as u64, from, len, stream.raw()) };
        self.context.check("cuMemcpyDtoDAsync", answer)
    }

    /// Enqueues the filling of `len` bytes from `offset` on with the value `byte`.
    pub(crate) fn fill(&self, offset: usize, byte: u8, len: usize, stream: &Stream) -> Result<()> {
        self.fits(offset, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: the region lies within this allocation.
        let answer = unsafe { result::memset_d8_async(self.at + offset as u64, byte, len, stream.raw()) };
        self.context.check("cuMemsetD8Async", answer)
    }

    fn fits(&self, offset: usize, len: usize) -> Result<()> {
        match offset.checked_add(len) {
            Some(end) if end <= self.len => Ok(()),
            _ => Err(outside(offset, len, self.len)),
        }
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        if self.len > 0 && self.context.bind().is_ok() {
            // SAFETY: `new` allocated this memory in the context that is now bound, and it is freed
            // once. The driver waits for work that still uses it.
            let _ = unsafe { result::free_sync(self.at) };
        }
    }
}

/// Pinned host memory, which the device reads and writes directly.
#[derive(Debug)]
pub(crate) struct Pinned {
    context: Arc<Context>,
    at: *mut c_void,
    len: usize,
}

// SAFETY: the memory belongs to this value alone, like a Box; the driver frees it from any thread.
unsafe impl Send for Pinned {}

impl Pinned {
    /// Allocates `len` bytes and sets them to 0. The context must be bound.
    pub(crate) fn new(context: &Arc<Context>, what: &str, len: usize) -> Result<Self> {
        let mut at = std::ptr::null_mut();
        if len > 0 {
            // SAFETY: the context is bound. Flags 0 mean ordinary cached memory (write-combined
            // memory would be slow to read).
            let answer = context.check("cuMemHostAlloc", unsafe { result::malloc_host(len, 0) });
            at = answer.map_err(|e| out_of_memory(context, what, len, e))?;
            // SAFETY: `len` bytes were allocated at `at`.
            unsafe { at.cast::<u8>().write_bytes(0, len) };
        }
        Ok(Self { context: context.clone(), at, len })
    }

    /// Size in bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn bytes(&self, offset: usize, len: usize) -> Result<&[u8]> {
        let all: &[u8] = if self.len == 0 {
            &[]
        } else {
            // SAFETY: `len` initialised bytes lie at `at` as long as self does. The device writes
            // to them only between a `download` and the engine's wait for it, and nothing calls
            // this function in between.
            unsafe { std::slice::from_raw_parts(self.at.cast(), self.len) }
        };
        all.get(offset..).and_then(|b| b.get(..len)).ok_or_else(|| outside(offset, len, self.len))
    }

    fn bytes_mut(&mut self, offset: usize, len: usize) -> Result<&mut [u8]> {
        let all: &mut [u8] = if self.len == 0 {
            &mut []
        } else {
            // SAFETY: as in `bytes`, and `self` is borrowed mutably.
            unsafe { std::slice::from_raw_parts_mut(self.at.cast(), self.len) }
        };
        let have = self.len;
        all.get_mut(offset..).and_then(|b| b.get_mut(..len)).ok_or_else(|| outside(offset, len, have))
    }

    /// Returns `len` elements from byte `offset` on.
    pub(crate) fn slice<E: AnyBitPattern>(&self, offset: usize, len: usize) -> Result<&[E]> {
        let bytes = self.bytes(offset, len.saturating_mul(size_of::<E>()))?;
        bytemuck::try_cast_slice(bytes).map_err(|_| outside(offset, len, self.len))
    }

    /// Returns `len` elements from byte `offset` on for writing.
    pub(crate) fn slice_mut<E: AnyBitPattern + NoUninit>(&mut self, offset: usize, len: usize) -> Result<&mut [E]> {
        let have = self.len;
        let bytes = self.bytes_mut(offset, len.saturating_mul(size_of::<E>()))?;
        bytemuck::try_cast_slice_mut(bytes).map_err(|_| outside(offset, len, have))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.len > 0 && self.context.bind().is_ok() {
            // SAFETY: `new` allocated this memory, it is freed once, and no copy is running: the
            // engine waits for its streams first.
            let _ = unsafe { result::free_host(self.at) };
        }
    }
}

fn out_of_memory(context: &Context, what: &str, len: usize, error: Error) -> Error {
    match error {
        Error::Cuda { code: 2, .. } => {
            let free = context.free().unwrap_or(0);
            Error::OutOfMemory { what: format!("{what} on {}", context.name()), need: len as u64, free }
        }
        other => other,
    }
}

/// The error for a region outside of its buffer. It is an error in the engine, and the device is
/// never given such a region.
fn outside(offset: usize, len: usize, have: usize) -> Error {
    Error::Internal(format!("a copy of {len} bytes at offset {offset} is outside of a buffer of {have} bytes"))
}
