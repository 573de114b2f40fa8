//! Copies of rectangles: rows of bytes at a fixed pitch.

use std::ffi::c_void;

use super::memory::{device, from_host, pinned, to_host};
use crate::driver::queue::Op;
use crate::driver::{Code, Failure, State};

/// The source or destination in `CUDA_MEMCPY2D`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Side {
    /// The bytes (`x`) and rows (`y`) to skip.
    pub x: usize,
    /// See `x`.
    pub y: usize,
    /// The memory type: 1 host, 2 device. Arrays and unified addresses are not supported.
    pub kind: u32,
    /// The address in host memory.
    pub host: *mut c_void,
    /// The address in device memory.
    pub device: u64,
    /// Ignored.
    pub array: usize,
    /// The distance between rows in bytes.
    pub pitch: usize,
}

/// `CUDA_MEMCPY2D`.
#[repr(C)]
pub struct Rectangle {
    /// The source.
    pub from: Side,
    /// The destination.
    pub to: Side,
    /// The bytes of a row.
    pub width: usize,
    /// The number of rows.
    pub height: usize,
}

impl Side {
    fn check(&self, what: &str, width: usize) -> Result<(), Failure> {
        if !matches!(self.kind, 1 | 2) {
            return Err(Code::ERROR_NOT_SUPPORTED.why(format!("memory type {} of the {what}", self.kind)));
        }
        if self.x + width > self.pitch {
            return Err(Code::ERROR_INVALID_VALUE.why(format!(
                "the {what}'s pitch is {}, but {} bytes of each row are copied",
                self.pitch,
                self.x + width
            )));
        }
        Ok(())
    }

    fn row(&self, n: usize) -> usize {
        (self.y + n) * self.pitch + self.x
    }
}

/// # Safety
/// The host's sides contain the rows that are copied.
unsafe fn copy(s: &mut State, r: &Rectangle, stream: usize) -> Result<(), Failure> {
    r.from.check("source", r.width)?;
    r.to.check("target", r.width)?;
    let rows = 0..if r.width == 0 { 0 } else { r.height };
    for n in rows.clone() {
        // If one row is out of bounds, nothing is copied.
        for side in [&r.from, &r.to].into_iter().filter(|side| side.kind == 2) {
            device(s, side.device + side.row(n) as u64, r.width)?;
        }
    }
    for n in rows {
        let (from, to) = (r.from.row(n), r.to.row(n));
        if r.to.kind == 1 {
            if r.from.kind == 1 {
                return Err(Code::ERROR_NOT_SUPPORTED.why("a rectangle from host to host"));
            }
            // SAFETY: the host's side contains the row, as the caller guarantees.
            unsafe { to_host(s, r.to.host.byte_add(to), r.from.device + from as u64, r.width, stream) }?;
            continue;
        }
        let to = device(s, r.to.device + to as u64, r.width)?;
        let from = if r.from.kind == 1 {
            // SAFETY: the host's side contains the row, as the caller guarantees.
            unsafe { from_host(s, r.from.host.byte_add(from), r.width) }
        } else {
            device(s, r.from.device + from as u64, r.width)?
        };
        s.queue(stream, Op::Copy { to, from, bytes: r.width, sum: None })?;
    }
    Ok(())
}

entries! {
    Context fn cuMemcpy2DAsync_v2(s, what: *const Rectangle, stream: usize) {
        copy(s, &*what, stream)?;
    }
    Context fn cuMemcpy2D_v2(s, what: *const Rectangle) {
        s.not_capturing("a copy that waits")?;
        let r = &*what;
        s.drain(0)?;
        copy(s, r, 0)?;
        // Bytes from pageable memory have been staged when the call returns, as in `cuMemcpyHtoD`.
        let bytes = r.from.row(r.height.saturating_sub(1)) + r.width;
        if r.to.kind == 1 || r.from.kind == 1 && pinned(s, r.from.host as usize, bytes) {
            s.drain(0)?;
        }
    }
}
