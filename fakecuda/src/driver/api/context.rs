//! The primary context of the device, which is the only context.

use std::cell::Cell;

use super::put;
use crate::driver::queue::Stream;
use crate::driver::{Code, State};

/// The primary context's handle.
const PRIMARY: usize = 0x1000;

thread_local! {
    static CURRENT: Cell<usize> = const { Cell::new(0) };
}

fn know(context: usize) -> Result<(), crate::driver::Failure> {
    if context == 0 || context == PRIMARY { Ok(()) } else { Err(Code::ERROR_INVALID_CONTEXT.into()) }
}

/// Reports the resources that a program has not released.
fn leaks(s: &mut State) {
    let left = s.memory.left();
    let mut lost: Vec<String> = left.iter().map(|(at, n)| format!("device memory {at:#x} of {n} bytes")).collect();
    lost.extend(s.pinned_sizes.values().map(|n| format!("pinned memory of {n} bytes")));
    let count = |n: usize, what: &str| (n > 0).then(|| format!("{n} {what}"));
    lost.extend(count(s.streams.len() - 1, "streams"));
    lost.extend(count(s.events.len(), "events"));
    lost.extend(count(s.modules.len(), "modules"));
    lost.extend(count(s.graphs.len() + s.executables.len(), "graphs"));
    s.leaked.extend(&left);
    if !lost.is_empty() && s.lost.is_none() {
        s.say(format!("leak at the context's release: {}", lost.join(", ")));
    }
    // The release of a context frees all its resources.
    for (at, _) in left {
        s.memory.free(at);
    }
    for (_, at) in std::mem::take(&mut s.modules).into_values().flat_map(|m| m.globals) {
        s.memory.free(at);
    }
    s.streams = std::collections::BTreeMap::from([(0, Stream::default())]);
    (s.events, s.functions) = Default::default();
    (s.graphs, s.executables, s.captures) = Default::default();
    (s.pinned, s.pinned_sizes, s.dying, s.trails) = Default::default();
}

entries! {
    Initialised fn cuDevicePrimaryCtxRetain(s, context: *mut usize, device: i32) {
        s.retains += 1;
        put(context, PRIMARY)?;
    }
    Initialised fn cuDevicePrimaryCtxRelease_v2(s, device: i32) {
        if s.retains == 0 {
            return Err(Code::ERROR_INVALID_CONTEXT.why("a release without a retain"));
        }
        let done = if s.retains == 1 { s.drain_all() } else { Ok(()) };
        s.retains -= 1;
        if s.retains == 0 {
            leaks(s);
            // The next context starts without a fault.
            s.lost = None;
        }
        return done;
    }
    Initialised fn cuDevicePrimaryCtxSetFlags_v2(s, device: i32, flags: u32) {
        s.flags = flags;
    }
    Initialised fn cuDevicePrimaryCtxGetState(s, device: i32, flags: *mut u32, active: *mut i32) {
        put(flags, s.flags)?;
        put(active, (s.retains > 0) as i32)?;
    }
    Initialised fn cuDevicePrimaryCtxReset_v2(s, device: i32) {
        leaks(s);
        s.lost = None;
    }
    Initialised fn cuCtxGetCurrent(s, context: *mut usize) {
        put(context, CURRENT.get())?;
    }
    Initialised fn cuCtxSetCurrent(s, context: usize) {
        know(context)?;
        CURRENT.set(context);
    }
    Initialised fn cuCtxPushCurrent_v2(s, context: usize) {
        know(context)?;
        CURRENT.set(context);
    }
    Initialised fn cuCtxPopCurrent_v2(s, context: *mut usize) {
        put(context, CURRENT.replace(0))?;
    }
    Context fn cuCtxGetDevice(s, device: *mut i32) {
        put(device, 0)?;
    }
    Context fn cuCtxSynchronize(s,) {
        s.not_capturing("synchronising the context")?;
        s.drain_all()?;
    }
    Context fn cuCtxSetFlags(s, flags: u32) {
        s.flags = flags;
    }
    Context fn cuCtxGetFlags(s, flags: *mut u32) {
        put(flags, s.flags)?;
    }
    Context fn cuCtxGetStreamPriorityRange(s, least: *mut i32, greatest: *mut i32) {
        put(least, 0)?;
        put(greatest, -5)?;
    }
    Context fn cuCtxGetApiVersion(s, context: usize, version: *mut u32) {
        put(version, 3020)?;
    }
    Context fn cuCtxSetCacheConfig(s, config: u32) {}
    Context fn cuCtxGetCacheConfig(s, config: *mut u32) {
        put(config, 0)?;
    }
    Context fn cuCtxSetLimit(s, limit: u32, value: usize) {}
    Context fn cuCtxGetLimit(s, value: *mut usize, limit: u32) {
        put(value, 0)?;
    }
}
