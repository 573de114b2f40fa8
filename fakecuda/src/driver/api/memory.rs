//! Memory: allocations, copies and fills.

use std::ffi::c_void;
use std::sync::Arc;

use super::put;
use crate::driver::queue::{End, Op};
use crate::driver::{Code, Failure, State};
use crate::memory::POISON;

fn allocate(s: &mut State, bytes: usize) -> Result<u64, Failure> {
    if bytes == 0 {
        return Err(Code::ERROR_INVALID_VALUE.why("an allocation of no bytes"));
    }
    s.allocations += 1;
    if s.allocations == s.config.fail_alloc {
        return Err(
            Code::ERROR_OUT_OF_MEMORY.why(format!("allocation {} of {bytes} bytes fails, as injected", s.allocations))
        );
    }
    s.memory.allocate(bytes).ok_or(Code::ERROR_OUT_OF_MEMORY.into())
}

/// Allocates pinned memory as words of 8 bytes. The start is skipped up to an alignment of 256.
fn pin(s: &mut State, bytes: usize) -> Result<*mut c_void, Failure> {
    s.not_capturing("an allocation of pinned memory")?;
    s.allocations += 1;
    if s.allocations == s.config.fail_alloc {
        return Err(Code::ERROR_OUT_OF_MEMORY
            .why(format!("allocation {} of {bytes} pinned bytes fails, as injected", s.allocations)));
    }
    let mut room = vec![0xa5a5_a5a5_a5a5_a5a5u64; bytes.div_ceil(8) + 32];
    let start = (room.as_mut_ptr() as usize).next_multiple_of(256);
    s.pinned.insert(start, room);
    s.pinned_sizes.insert(start, bytes.max(1));
    Ok(start as *mut c_void)
}

fn can_free(s: &State, at: u64) -> Result<(), Failure> {
    if s.memory.is_start(at) && !s.dying.contains(&at) {
        return Ok(());
    }
    Err(Code::ERROR_INVALID_VALUE
        .why(format!("free of {at:#x}, which is not an allocation, or has been freed already")))
}

/// The device's side of a copy, which is checked when the copy is enqueued.
pub(super) fn device(s: &State, at: u64, bytes: usize) -> Result<End, Failure> {
    let start = at & !((1 << 36) - 1) | 1 << 32;
    if bytes > 0 {
        s.memory.bytes(at, bytes).map_err(|e| Code::ERROR_INVALID_VALUE.why(e))?;
        if s.dying.contains(&start) {
            return Err(Code::ERROR_INVALID_VALUE.why(format!("{at:#x} has been freed already")));
        }
    }
    Ok(End::Device(at))
}

/// Whether these bytes of the host are pinned.
pub(super) fn pinned(s: &State, at: usize, bytes: usize) -> bool {
    s.pinned_sizes.iter().any(|(&p, &n)| p <= at && at + bytes <= p + n)
}

pub(super) unsafe fn from_host(s: &State, at: *const c_void, bytes: usize) -> End {
    if pinned(s, at as usize, bytes) {
        return End::Host(at as usize);
    }
    End::Taken(Arc::new(if bytes == 0 {
        Vec::new()
    } else {
        // SAFETY: the host guarantees that there are this many bytes.
        unsafe { std::slice::from_raw_parts(at.cast(), bytes) }.to_vec()
    }))
}

pub(super) unsafe fn to_host(
    s: &mut State,
    to: *mut c_void,
    from: u64,
    bytes: usize,
    stream: usize,
) -> Result<(), Failure> {
    let from = device(s, from, bytes)?;
    let is_pinned = pinned(s, to as usize, bytes);
    let captured = s.stream(stream)?.capture.is_some();
    if is_pinned && !captured && !s.reads_host(to as usize, bytes) {
        // A program that reads the memory before it waits for the copy reads the poison value.
        // SAFETY: the memory is pinned and has this size.
        unsafe { std::ptr::write_bytes(to.cast::<u8>(), POISON, bytes) };
    }
    if !is_pinned && captured {
        return Err(
            Code::ERROR_STREAM_CAPTURE_UNSUPPORTED.why("a copy to pageable memory while the stream is captured")
        );
    }
    s.queue(stream, Op::Copy { to: End::Host(to as usize), from, bytes, sum: None })?;
    // A copy to pageable memory is complete when the call returns.
    if is_pinned { Ok(()) } else { s.drain(stream) }
}

fn set(s: &mut State, at: u64, value: Vec<u8>, count: usize, stream: usize) -> Result<(), Failure> {
    device(s, at, value.len() * count)?;
    s.queue(stream, Op::Set { at, value, count })
}

entries! {
    Context fn cuMemAlloc_v2(s, at: *mut u64, bytes: usize) {
        s.not_capturing("an allocation")?;
        let new = allocate(s, bytes)?;
        put(at, new)?;
    }
    Context fn cuMemFree_v2(s, at: u64) {
        if at == 0 {
            return Ok(());
        }
        s.not_capturing("a free")?;
        can_free(s, at)?;
        s.drain_all()?;
        s.memory.free(at);
    }
    Context fn cuMemAllocAsync(s, at: *mut u64, bytes: usize, stream: usize) {
        if s.stream(stream)?.capture.is_some() {
            return Err(Code::ERROR_STREAM_CAPTURE_UNSUPPORTED.why("an allocation in a captured stream (memory nodes are not supported)"));
        }
        let new = allocate(s, bytes)?;
        put(at, new)?;
    }
    Context fn cuMemFreeAsync(s, at: u64, stream: usize) {
        if at == 0 {
            return Ok(());
        }
        if s.stream(stream)?.capture.is_some() {
            return Err(Code::ERROR_STREAM_CAPTURE_UNSUPPORTED.why("a free in a captured stream (memory nodes are not supported)"));
        }
        can_free(s, at)?;
        s.dying.push(at);
        s.queue(stream, Op::Free(at))?;
    }
    Context fn cuMemGetInfo_v2(s, free: *mut usize, total: *mut usize) {
        put(free, s.memory.limit() - s.memory.used())?;
        put(total, s.memory.limit())?;
    }
    Context fn cuMemHostAlloc(s, at: *mut *mut c_void, bytes: usize, flags: u32) {
        put(at, pin(s, bytes)?)?;
    }
    Context fn cuMemAllocHost_v2(s, at: *mut *mut c_void, bytes: usize) {
        put(at, pin(s, bytes)?)?;
    }
    Initialised fn cuMemFreeHost(s, at: usize) {
        let Some(bytes) = s.pinned_sizes.remove(&at) else {
            return Err(Code::ERROR_INVALID_VALUE.why("free of memory that is not pinned, or has been freed already"));
        };
        let used = s.reads_host(at, bytes) || s.writes_host(at, bytes);
        let done = if s.lost.is_none() { s.drain_all() } else { Ok(()) };
        s.pinned.remove(&at);
        done?;
        if used {
            return Err(Code::ERROR_INVALID_VALUE.why(format!("free of {bytes} bytes of pinned memory that queued work may still use")));
        }
    }
    Context fn cuMemHostGetDevicePointer_v2(s, to: *mut u64, at: usize, flags: u32) {
        return Err(Code::ERROR_NOT_SUPPORTED.into());
    }
    Context fn cuMemcpyHtoDAsync_v2(s, to: u64, from: *const c_void, bytes: usize, stream: usize) {
        let (to, from) = (device(s, to, bytes)?, from_host(s, from, bytes));
        s.queue(stream, Op::Copy { to, from, bytes, sum: None })?;
    }
    Context fn cuMemcpyDtoHAsync_v2(s, to: *mut c_void, from: u64, bytes: usize, stream: usize) {
        to_host(s, to, from, bytes, stream)?;
    }
    Context fn cuMemcpyDtoDAsync_v2(s, to: u64, from: u64, bytes: usize, stream: usize) {
        let (to, from) = (device(s, to, bytes)?, device(s, from, bytes)?);
        s.queue(stream, Op::Copy { to, from, bytes, sum: None })?;
    }
    Context fn cuMemcpyHtoD_v2(s, to: u64, from: *const c_void, bytes: usize) {
        s.not_capturing("a copy that waits")?;
        let (to, from) = (device(s, to, bytes)?, from_host(s, from, bytes));
        let staged = matches!(from, End::Taken(_));
        s.drain(0)?;
        s.queue(0, Op::Copy { to, from, bytes, sum: None })?;
        // Pageable memory of any size has been staged when the call returns. The rest of the copy
        // is work of the legacy stream. The caller has not waited for that work, and other streams
        // do not wait for it.
        if !staged {
            s.drain(0)?;
        }
    }
    Context fn cuMemcpyDtoH_v2(s, to: *mut c_void, from: u64, bytes: usize) {
        s.not_capturing("a copy that waits")?;
        to_host(s, to, from, bytes, 0)?;
        s.drain(0)?;
    }
    Context fn cuMemcpyDtoD_v2(s, to: u64, from: u64, bytes: usize) {
        s.not_capturing("a copy that waits")?;
        let (to, from) = (device(s, to, bytes)?, device(s, from, bytes)?);
        s.queue(0, Op::Copy { to, from, bytes, sum: None })?;
    }
    Context fn cuMemsetD8Async(s, at: u64, value: u8, count: usize, stream: usize) {
        set(s, at, vec![value], count, stream)?;
    }
    Context fn cuMemsetD16Async(s, at: u64, value: u16, count: usize, stream: usize) {
        set(s, at, value.to_le_bytes().to_vec(), count, stream)?;
    }
    Context fn cuMemsetD32Async(s, at: u64, value: u32, count: usize, stream: usize) {
        set(s, at, value.to_le_bytes().to_vec(), count, stream)?;
    }
    Context fn cuMemsetD8_v2(s, at: u64, value: u8, count: usize) {
        set(s, at, vec![value], count, 0)?;
    }
    Context fn cuMemsetD32_v2(s, at: u64, value: u32, count: usize) {
        set(s, at, value.to_le_bytes().to_vec(), count, 0)?;
    }
    Context fn cuPointerGetAttribute(s, data: *mut c_void, attribute: i32, at: u64) {
        return Err(Code::ERROR_NOT_SUPPORTED.into());
    }
}
