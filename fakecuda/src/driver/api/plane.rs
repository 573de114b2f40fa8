//! Copies of rectangles: rows of bytes, a pitch apart.

use std::ffi::c_void;

use super::memory::{device, from_host, pinned, to_host};
use crate::driver::queue::Op;
use crate::driver::{Code, Failure, State};

/// One end of `CUDA_MEMCPY2D`.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Side {
    /// Bytes and rows to leave out.
    pub x: usize,
    /// See `x`.
    pub y: usize,
    /// 1 host, 2 device; arrays and unified addresses are not done.
    pub kind: u32,
    /// Where, if it is the host's.
    pub host: *mut c_void,
    /// Where, if it is the device's.
    pub device: u64,
    /// Not looked at.
    pub array: usize,
    /// From row to row, in bytes.
    pub pitch: usize,
}

/// `CUDA_MEMCPY2D`.
#[repr(C)]
pub struct Rectangle {
    /// The source.
    pub from: Side,
    /// The target.
    pub to: Side,
    /// Bytes of a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
}

impl Side {
    fn check(&self, what: &str, width: usize) -> Result<(), Failure> {
        if !matches!(self.kind, 1 | 2) {
            return Err(Code::ERROR_NOT_SUPPORTED.why(format!("memory type {} of the {what}", self.kind)));
        }
        if self.x + width > self.pitch {
            return Err(Code::ERROR_INVALID_VALUE.why(format!(
                "the {what}'s pitch is {}, and {} bytes are copied",
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
/// The host's sides have the rows that are copied.
unsafe fn copy(s: &mut State, r: &Rectangle, stream: usize) -> Result<(), Failure> {
    r.from.check("source", r.width)?;
    r.to.check("target", r.width)?;
    let rows = 0..if r.width == 0 { 0 } else { r.height };
    for n in rows.clone() {
        // Nothing is copied where a row is outside.
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
            // SAFETY: the caller's word.
            unsafe { to_host(s, r.to.host.byte_add(to), r.from.device + from as u64, r.width, stream) }?;
            continue;
        }
        let to = device(s, r.to.device + to as u64, r.width)?;
        let from = if r.from.kind == 1 {
            // SAFETY: the caller's word.
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
        // What comes from pageable memory has been staged, as in `cuMemcpyHtoD`.
        let bytes = r.from.row(r.height.saturating_sub(1)) + r.width;
        if r.to.kind == 1 || r.from.kind == 1 && pinned(s, r.from.host as usize, bytes) {
            s.drain(0)?;
        }
    }
}
