//! Lookup of entry points, descriptions of errors, and this driver's own functions.

use std::ffi::{CStr, c_char, c_void};

use super::put;
use crate::driver::{Code, report};

fn find(name: &str) -> Option<*const c_void> {
    let all = [
        super::device::table(),
        super::context::table(),
        super::memory::table(),
        super::plane::table(),
        super::module::table(),
        super::function::table(),
        super::stream::table(),
        super::event::table(),
        super::graph::table(),
        super::tensor::table(),
        table(),
    ]
    .concat();
    // Takes the newest version of an entry point.
    ["_v3", "_v2", ""].iter().find_map(|v| all.iter().find(|e| e.0.strip_suffix(v) == Some(name))).map(|e| e.1)
}

entries! {
    // NVRTC opens the driver itself and calls this function without checking the result.
    Nothing fn cuGetExportTable(s, table: *mut *const c_void, id: *const c_void) {
        if !table.is_null() {
            table.write(std::ptr::null());
        }
        return Err(Code::ERROR_NOT_FOUND.into());
    }
    Nothing fn cuGetProcAddress_v2(s, name: *const c_char, to: *mut *const c_void, version: i32, flags: u64, status: *mut u32) {
        let found = find(&CStr::from_ptr(name).to_string_lossy());
        if !status.is_null() {
            status.write(if found.is_some() { 0 } else { 1 });
        }
        put(to, found.unwrap_or(std::ptr::null()))?;
        if found.is_none() {
            return Err(Code::ERROR_NOT_FOUND.into());
        }
    }
    Nothing fn cuGetErrorName(s, code: u32, text: *mut *const c_char) {
        let known = Code::texts(code);
        put(text, known.map_or(std::ptr::null(), |t| t.0.as_ptr().cast()))?;
        known.ok_or(Code::ERROR_INVALID_VALUE)?;
    }
    Nothing fn cuGetErrorString(s, code: u32, text: *mut *const c_char) {
        let known = Code::texts(code);
        put(text, known.map_or(std::ptr::null(), |t| t.1.as_ptr().cast()))?;
        known.ok_or(Code::ERROR_INVALID_VALUE)?;
    }
    Initialised fn cuProfilerStart(s,) {}
    Initialised fn cuProfilerStop(s,) {}
}

/// Copies the report (see [`report()`]) and a NUL, truncated to `n` bytes; returns the report's
/// whole length.
///
/// # Safety
/// `to` has room for `n` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fakecuda_report(to: *mut u8, n: usize) -> usize {
    let text = report();
    if !to.is_null() && n > 0 {
        let part = text.len().min(n - 1);
        // SAFETY: `to` has room for `n` bytes, as the caller guarantees.
        unsafe {
            std::ptr::copy_nonoverlapping(text.as_ptr(), to, part);
            to.add(part).write(0);
        }
    }
    text.len()
}

/// Resets all counts, including those for injected failures.
#[unsafe(no_mangle)]
pub extern "C" fn fakecuda_reset_counts() {
    crate::driver::reset_counts();
}

/// Makes a later call fail: `alloc`, `launch` or `device`. The `k`-th such call after the last
/// reset fails; 0 means never. Returns 0 if there is no such kind of failure.
///
/// # Safety
/// `what` ends with NUL.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fakecuda_inject(what: *const c_char, k: u64) -> i32 {
    // SAFETY: `what` ends with NUL, as the caller guarantees.
    let what = unsafe { CStr::from_ptr(what) }.to_bytes();
    crate::driver::counted(|s| {
        match what {
            b"alloc" => s.config.fail_alloc = k,
            b"launch" => s.config.fail_launch = k,
            b"device" => s.config.lose_device = k,
            _ => return 0,
        }
        1
    })
}

/// The hash of a CUBIN, which names its file in `FAKECUDA_PTX_DIR` (without `.ptx`).
///
/// # Safety
/// `image` has `n` bytes.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn fakecuda_image_hash(image: *const u8, n: usize) -> u64 {
    // SAFETY: `image` has `n` bytes, as the caller guarantees.
    crate::driver::image_hash(unsafe { std::slice::from_raw_parts(image, n) })
}
