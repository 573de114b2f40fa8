//! Initialisation and device queries.

use std::ffi::c_char;

use super::put;
use crate::driver::{Code, arch};

entries! {
    Nothing fn cuInit(s, flags: u32) {
        if s.config.arch.is_none() {
            return Err(Code::ERROR_NO_DEVICE.why("FAKECUDA_ARCH does not name a known architecture"));
        }
        if s.config.devices == 0 {
            return Err(Code::ERROR_NO_DEVICE.into());
        }
        s.initialised = true;
    }
    Nothing fn cuDriverGetVersion(s, version: *mut i32) {
        put(version, s.config.version)?;
    }
    Initialised fn cuDeviceGetCount(s, n: *mut i32) {
        put(n, s.config.devices)?;
    }
    Initialised fn cuDeviceGet(s, device: *mut i32, ordinal: i32) {
        if ordinal < 0 || ordinal >= s.config.devices {
            return Err(Code::ERROR_INVALID_DEVICE.into());
        }
        put(device, ordinal)?;
    }
    Initialised fn cuDeviceGetName(s, name: *mut c_char, n: i32, device: i32) {
        let text = format!("fakecuda sm_{}", s.config.arch.as_ref().map_or(0, |a| a.capability()));
        let n = text.len().min((n - 1).max(0) as usize);
        std::ptr::copy_nonoverlapping(text.as_ptr().cast(), name, n);
        name.add(n).write(0);
    }
    Initialised fn cuDeviceGetUuid(s, uuid: *mut [u8; 16], device: i32) {
        put(uuid, *b"fakecuda-device0")?;
    }
    Initialised fn cuDeviceGetUuid_v2(s, uuid: *mut [u8; 16], device: i32) {
        put(uuid, *b"fakecuda-device0")?;
    }
    Initialised fn cuDeviceTotalMem_v2(s, bytes: *mut usize, device: i32) {
        put(bytes, s.memory.limit())?;
    }
    Initialised fn cuDeviceGetAttribute(s, value: *mut i32, attribute: i32, device: i32) {
        let watched = (attribute == 17).then_some(s.config.watchdog.is_some() as i32);
        let found = watched.or_else(|| s.config.arch.as_ref().and_then(|a| arch::attribute(a, attribute)));
        put(value, found.ok_or_else(|| Code::ERROR_INVALID_VALUE.why(format!("device attribute {attribute} is unknown")))?)?;
    }
}
