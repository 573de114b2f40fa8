//! Memory of the device, and pinned memory of the host.

use super::context::Context;
use super::stream::Stream;
use crate::device::Device;
use crate::error::{Error, Result};
use bytemuck::{AnyBitPattern, NoUninit};
use cudarc::driver::result;
use cudarc::driver::sys::CUdeviceptr;
use std::ffi::c_void;
use std::sync::Arc;

/// Where a region of a buffer starts: so aligned that any vector type may lie there.
pub(crate) const ALIGN: usize = 256;

/// The next such place; as many bytes as there can be where there is none.
pub(crate) fn aligned(bytes: usize) -> usize {
    bytes.checked_next_multiple_of(ALIGN).unwrap_or(usize::MAX)
}

/// Bytes on the device.
#[derive(Debug)]
pub(crate) struct Buffer {
    context: Arc<Context>,
    at: CUdeviceptr,
    len: usize,
}

impl Buffer {
    /// Takes memory; nothing is written to it. The context must be bound. A length of 0 takes nothing.
    pub(crate) fn new(context: &Arc<Context>, what: &str, len: usize) -> Result<Self> {
        let mut at = 0;
        if len > 0 {
            // SAFETY: the context is bound. What the memory holds is not looked at before something was written there.
            let answer = context.check("cuMemAlloc", unsafe { result::malloc_sync(len) });
            at = answer.map_err(|e| out_of_memory(context, what, len, e))?;
        }
        Ok(Self { context: context.clone(), at, len })
    }

    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// The device that has it.
    pub(crate) fn device(&self) -> Device {
        Device::Cuda(self.context.gpu.ordinal)
    }

    /// Whether it belongs to this context.
    pub(crate) fn is_of(&self, context: &Arc<Context>) -> bool {
        Arc::ptr_eq(&self.context, context)
    }

    /// Reads all of it. Whatever wrote to it has been waited for.
    pub(crate) fn fetch<E: NoUninit + AnyBitPattern>(&self, to: &mut [E]) -> Result<()> {
        self.context.bind()?;
        self.read(0, to)
    }

    /// The device's address of the byte at `offset`; null for a buffer of no bytes.
    pub(crate) fn address(&self, offset: usize) -> u64 {
        debug_assert!(offset <= self.len);
        if self.len == 0 { 0 } else { self.at + offset as u64 }
    }

    /// Writes `from` to the bytes from `offset` on, and waits until it is there, for every stream.
    ///
    /// The driver's call alone would not do: it returns when pageable memory has been staged, and the rest of the way is the legacy
    /// stream's, which the engine's streams do not wait for.
    pub(crate) fn write<E: NoUninit>(&self, offset: usize, from: &[E]) -> Result<()> {
        self.fits(offset, size_of_val(from))?;
        if from.is_empty() {
            return Ok(());
        }
        // SAFETY: the region lies within this allocation, and `from` is read before the call returns.
        self.context.check("cuMemcpyHtoD", unsafe { result::memcpy_htod_sync(self.at + offset as u64, from) })?;
        // SAFETY: null is the legacy stream, which every context has.
        self.context.check("cuStreamSynchronize", unsafe { result::stream::synchronize(std::ptr::null_mut()) })
    }

    /// Reads the bytes from `offset` on into `to`, and waits for it. What streams still do is to be waited for before.
    pub(crate) fn read<E: NoUninit + AnyBitPattern>(&self, offset: usize, to: &mut [E]) -> Result<()> {
        self.fits(offset, size_of_val(to))?;
        if to.is_empty() {
            return Ok(());
        }
        // SAFETY: the region lies within this allocation; any bits are an `E`, and `to` is written before the call returns.
        self.context.check("cuMemcpyDtoH", unsafe { result::memcpy_dtoh_sync(to, self.at + offset as u64) })
    }

    /// In the stream's order: the first `len` bytes of pinned memory from `offset` on, to here from `to` on.
    pub(crate) fn upload(&self, to: usize, from: &Pinned, offset: usize, len: usize, stream: &Stream) -> Result<()> {
        self.fits(to, len)?;
        let bytes = from.bytes(offset, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: both regions lie within their allocations. The engine neither changes the pinned bytes nor lets go of them before it
        // has waited for this copy.
        let answer = unsafe { result::memcpy_htod_async(self.at + to as u64, bytes, stream.raw()) };
        self.context.check("cuMemcpyHtoDAsync", answer)
    }

    /// In the stream's order: `len` bytes from `offset` on, to pinned memory from `to` on.
    pub(crate) fn download(&self, offset: usize, to: &mut Pinned, at: usize, len: usize, stream: &Stream) -> Result<()> {
        self.fits(offset, len)?;
        let bytes = to.bytes_mut(at, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: as in `upload`; nobody looks at the pinned bytes before the copy was waited for.
        let answer = unsafe { result::memcpy_dtoh_async(bytes, self.at + offset as u64, stream.raw()) };
        self.context.check("cuMemcpyDtoHAsync", answer)
    }

    /// In the stream's order: the first `len` bytes of `from` to the first of this.
    pub(crate) fn copy(&self, from: &Self, len: usize, stream: &Stream) -> Result<()> {
        self.fits(0, len)?;
        from.fits(0, len)?;
        if len == 0 {
            return Ok(());
        }
        // SAFETY: both regions lie within their allocations, which are not the same.
        let answer = unsafe { result::memcpy_dtod_async(self.at, from.at, len, stream.raw()) };
        self.context.check("cuMemcpyDtoDAsync", answer)
    }

    /// In the stream's order: `len` bytes at an address on the device, which must be of another buffer of the engine's, to `offset`.
    ///
    /// # Safety
    /// `len` bytes must be allocated at `from`, apart from this buffer's, and stay so until the stream is done with this.
    pub(crate) unsafe fn copy_from(&self, offset: usize, from: u64, len: usize, stream: &Stream) -> Result<()> {
        self.fits(offset, len)?;
        // SAFETY: the target lies within this allocation; the source is the caller's word.
        let answer = unsafe { result::memcpy_dtod_async(self.at + offset as u64, from, len, stream.raw()) };
        self.context.check("cuMemcpyDtoDAsync", answer)
    }

    /// In the stream's order: `len` bytes of this value from `offset` on.
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
            // SAFETY: this was allocated by `new` in the context that is now bound, and is given back once. The driver waits for what
            // still uses it.
            let _ = unsafe { result::free_sync(self.at) };
        }
    }
}

/// Bytes of the host that the device copies from and to by itself.
#[derive(Debug)]
pub(crate) struct Pinned {
    context: Arc<Context>,
    at: *mut c_void,
    len: usize,
}

// SAFETY: the memory belongs to this value alone, like a Box; the driver frees it from any thread.
unsafe impl Send for Pinned {}

impl Pinned {
    /// Takes memory, zeroed. The context must be bound.
    pub(crate) fn new(context: &Arc<Context>, what: &str, len: usize) -> Result<Self> {
        let mut at = std::ptr::null_mut();
        if len > 0 {
            // SAFETY: the context is bound. Flags 0: ordinary cached memory (write-combined memory would be slow to read).
            let answer = context.check("cuMemHostAlloc", unsafe { result::malloc_host(len, 0) });
            at = answer.map_err(|e| out_of_memory(context, what, len, e))?;
            // SAFETY: `len` bytes were allocated at `at`.
            unsafe { at.cast::<u8>().write_bytes(0, len) };
        }
        Ok(Self { context: context.clone(), at, len })
    }

    /// Bytes.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    fn bytes(&self, offset: usize, len: usize) -> Result<&[u8]> {
        let all: &[u8] = if self.len == 0 {
            &[]
        } else {
            // SAFETY: `len` initialised bytes lie at `at` as long as self does. The device writes to them only between a `download` and
            // the engine's wait for it, and nobody calls this in between.
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

    /// `len` elements from byte `offset` on.
    pub(crate) fn slice<E: AnyBitPattern>(&self, offset: usize, len: usize) -> Result<&[E]> {
        let bytes = self.bytes(offset, len.saturating_mul(size_of::<E>()))?;
        bytemuck::try_cast_slice(bytes).map_err(|_| outside(offset, len, self.len))
    }

    /// `len` elements from byte `offset` on, to be written to.
    pub(crate) fn slice_mut<E: AnyBitPattern + NoUninit>(&mut self, offset: usize, len: usize) -> Result<&mut [E]> {
        let have = self.len;
        let bytes = self.bytes_mut(offset, len.saturating_mul(size_of::<E>()))?;
        bytemuck::try_cast_slice_mut(bytes).map_err(|_| outside(offset, len, have))
    }
}

impl Drop for Pinned {
    fn drop(&mut self) {
        if self.len > 0 && self.context.bind().is_ok() {
            // SAFETY: allocated by `new`, given back once, and no copy is under way: the engine waits for its streams first.
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

/// A region outside of its buffer: a mistake of the engine's, kept from the device.
fn outside(offset: usize, len: usize, have: usize) -> Error {
    Error::Unsupported(format!("a copy of {len} bytes at {offset} of a buffer of {have}"))
}
