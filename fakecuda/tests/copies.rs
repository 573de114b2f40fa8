//! The synchronisation of copies between host and device. Programs that wait for too little are
//! detected, and the same programs with the right wait pass.
#![allow(clippy::undocumented_unsafe_blocks, clippy::mut_from_ref)]

use crate::common;
use std::ffi::{CString, c_void};
use std::ptr::null_mut;
use std::sync::MutexGuard;

use fakecuda::driver::api::{
    context::*, device::*, event::*, function::*, graph::*, memory::*, module::*, plane::*, stream::*,
};
use fakecuda::driver::{report, reset_counts};

const INDEPENDENT: u32 = 1;
/// The driver's code for a fault of its own.
const LAUNCH_FAILED: u32 = 719;
const LARGE: usize = 1 << 17;

/// A context with two non-blocking streams, and a kernel `filled` that writes `v` to `n` floats.
struct Driver {
    streams: [usize; 2],
    filled: usize,
    module: usize,
    _turn: MutexGuard<'static, ()>,
}

fn ok(code: u32) {
    assert_eq!(code, 0, "{}", report());
}

impl Driver {
    fn start() -> Self {
        let turn = common::turn();
        let (mut context, mut module, mut filled, mut streams) = (0, 0, 0, [0; 2]);
        let text = CString::new(common::text("scalar")).unwrap();
        unsafe {
            ok(cuInit(0));
            reset_counts();
            ok(cuDevicePrimaryCtxRetain(&mut context, 0));
            ok(cuCtxSetCurrent(context));
            ok(cuModuleLoadData(&mut module, text.as_ptr().cast()));
            ok(cuModuleGetFunction(&mut filled, module, c"filled".as_ptr()));
            streams.iter_mut().for_each(|s| ok(cuStreamCreate(s, INDEPENDENT)));
        }
        Self { streams, filled, module, _turn: turn }
    }

    fn memory(&self, bytes: usize) -> u64 {
        let mut at = 0;
        unsafe { ok(cuMemAlloc_v2(&mut at, bytes)) };
        at
    }

    fn pinned(&self, bytes: usize) -> &mut [u8] {
        let mut at = null_mut();
        unsafe {
            ok(cuMemHostAlloc(&mut at, bytes, 0));
            std::slice::from_raw_parts_mut(at.cast(), bytes)
        }
    }

    /// Launches the kernel, which writes to 16 floats at this address.
    fn write(&self, at: u64, stream: usize) {
        let (n, v) = (16i32, 3f32);
        let mut args = [&raw const at as *mut c_void, &raw const n as *mut c_void, &raw const v as *mut c_void];
        unsafe { ok(cuLaunchKernel(self.filled, 1, 1, 1, 32, 1, 1, 0, stream, args.as_mut_ptr(), null_mut())) };
    }

    fn read(&self, at: u64) -> f32 {
        let mut x = 0f32;
        unsafe { ok(cuMemcpyDtoH_v2((&raw mut x).cast(), at, 4)) };
        x
    }

    /// Releases everything and returns the report.
    fn end(self) -> String {
        unsafe {
            self.streams.iter().for_each(|s| assert!(cuStreamDestroy_v2(*s) < 1000));
            cuModuleUnload(self.module);
            cuDevicePrimaryCtxReset_v2(0);
            cuDevicePrimaryCtxRelease_v2(0);
        }
        report()
    }

    /// Expects that the wait for the stream reports a race, and that the message contains `words`.
    fn caught(self, stream: usize, words: &[&str]) {
        let code = unsafe { cuStreamSynchronize(stream) };
        let said = self.end();
        assert_eq!(code, LAUNCH_FAILED, "{said}");
        assert!(words.iter().all(|w| said.contains(w)), "{words:?}: {said}");
    }
}

#[test]
fn a_copy_from_pageable_memory_is_only_staged_when_the_call_returns() {
    // The size does not matter: CUDA does not promise that small copies land sooner.
    for bytes in [64, 65_536, LARGE] {
        let d = Driver::start();
        let (at, source) = (d.memory(bytes), vec![7u8; bytes]);
        unsafe { ok(cuMemcpyHtoD_v2(at, source.as_ptr().cast(), bytes)) };
        d.write(at + bytes as u64 - 64, d.streams[0]);
        let (stream, size) = (d.streams[0], format!("the copy from pageable memory of {bytes} bytes"));
        d.caught(stream, &["Race in kernel filled", "st.global", &size, "neither waits for the other"]);
    }
}

/// A wait that prevents the race; it receives the destination's address.
type Wait = fn(&Driver, u64);

#[test]
fn every_wait_for_the_legacy_stream_lands_its_copies() {
    let waits: [(&str, Wait); 7] = [
        ("the legacy stream", |_, _| unsafe { ok(cuStreamSynchronize(0)) }),
        ("the context", |_, _| unsafe { ok(cuCtxSynchronize()) }),
        ("another copy, which waits for the stream before its bytes are staged", |d, _| {
            let (other, x) = (d.memory(8), [1u8; 8]);
            unsafe { ok(cuMemcpyHtoD_v2(other, x.as_ptr().cast(), 8)) };
        }),
        ("a copy to the host", |d, at| assert_eq!(d.read(at), f32::from_le_bytes([7; 4]))),
        ("an event in the legacy stream, for which the host waits", |_, _| unsafe {
            let mut event = 0;
            ok(cuEventCreate(&mut event, 0));
            ok(cuEventRecord(event, 0));
            ok(cuEventSynchronize(event));
        }),
        ("an event in the legacy stream, for which the reading stream waits", |d, _| unsafe {
            let mut event = 0;
            ok(cuEventCreate(&mut event, 0));
            ok(cuEventRecord(event, 0));
            ok(cuStreamWaitEvent(d.streams[0], event, 0));
        }),
        ("a free, which waits for all work", |d, _| unsafe { ok(cuMemFree_v2(d.memory(8))) }),
    ];
    for (name, wait) in waits {
        let d = Driver::start();
        let (at, source) = (d.memory(LARGE), vec![7u8; LARGE]);
        unsafe { ok(cuMemcpyHtoD_v2(at, source.as_ptr().cast(), LARGE)) };
        // The bytes were staged when the call returned, so the caller may drop the source.
        drop(source);
        wait(&d, at);
        d.write(at, d.streams[0]);
        unsafe { ok(cuStreamSynchronize(d.streams[0])) };
        assert_eq!((d.read(at), d.read(at + 64)), (3.0, f32::from_le_bytes([7; 4])), "{name}");
        d.end();
    }
}

#[test]
fn blocking_streams_wait_for_the_legacy_one() {
    let d = Driver::start();
    let (at, source, mut stream) = (d.memory(LARGE), vec![7u8; LARGE], 0);
    unsafe {
        ok(cuStreamCreate(&mut stream, 0));
        ok(cuMemcpyHtoD_v2(at, source.as_ptr().cast(), LARGE));
        d.write(at, stream);
        ok(cuStreamSynchronize(stream));
        // The legacy stream also waits for blocking streams, and they wait for it.
        d.write(at, stream);
        ok(cuMemsetD8_v2(at, 0, LARGE));
        d.write(at + 64, stream);
        assert_eq!((d.read(at), d.read(at + 64)), (0.0, 3.0));
        ok(cuStreamDestroy_v2(stream));
    }
    d.end();
}

#[test]
fn a_copy_from_pinned_memory_is_done_when_the_call_returns() {
    let d = Driver::start();
    let (at, source) = (d.memory(LARGE), d.pinned(LARGE));
    source.fill(7);
    unsafe { ok(cuMemcpyHtoD_v2(at, source.as_ptr().cast(), LARGE)) };
    source.fill(8);
    d.write(at, d.streams[0]);
    unsafe { ok(cuStreamSynchronize(d.streams[0])) };
    assert_eq!((d.read(at), d.read(at + 64)), (3.0, f32::from_le_bytes([7; 4])));
    unsafe { ok(cuMemFreeHost(source.as_ptr() as usize)) };
    d.end();
}

#[test]
fn a_fill_is_the_legacy_streams_too() {
    for waits in [false, true] {
        let d = Driver::start();
        let at = d.memory(64);
        unsafe {
            ok(cuMemsetD8_v2(at, 1, 64));
            if waits {
                ok(cuStreamSynchronize(0));
            }
        }
        d.write(at, d.streams[0]);
        if waits {
            assert_eq!(unsafe { cuStreamSynchronize(d.streams[0]) }, 0, "{}", d.end());
        } else {
            let stream = d.streams[0];
            d.caught(stream, &["Race in kernel filled", "the fill of 64 bytes in stream 0x0"]);
        }
    }
}

#[test]
fn a_rectangle_from_pageable_memory_is_staged_as_well() {
    let d = Driver::start();
    let (at, source) = (d.memory(64), [7u8; 64]);
    let side = |kind, host: *const u8, device| Side {
        x: 0,
        y: 0,
        kind,
        host: host as *mut c_void,
        device,
        array: 0,
        pitch: 16,
    };
    let rectangle = Rectangle { from: side(1, source.as_ptr(), 0), to: side(2, null_mut(), at), width: 16, height: 4 };
    unsafe { ok(cuMemcpy2D_v2(&rectangle)) };
    d.write(at, d.streams[0]);
    let stream = d.streams[0];
    d.caught(stream, &["the copy from pageable memory of 16 bytes in stream 0x0"]);
}

#[test]
fn streams_that_do_not_wait_for_each_other() {
    // The copy to or from the device is unordered with a kernel that writes to the same bytes,
    // whichever stream the host waits for first.
    for (up, first) in [(true, 0), (true, 1), (false, 0), (false, 1)] {
        for ordered in [false, true] {
            let d = Driver::start();
            let (at, host) = (d.memory(64), d.pinned(64));
            host.fill(1);
            let [kernel, copy] = d.streams;
            d.write(at, kernel);
            unsafe {
                if ordered {
                    let mut event = 0;
                    ok(cuEventCreate(&mut event, 0));
                    ok(cuEventRecord(event, kernel));
                    ok(cuStreamWaitEvent(copy, event, 0));
                }
                if up {
                    ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), 64, copy));
                } else {
                    ok(cuMemcpyDtoHAsync_v2(host.as_mut_ptr().cast(), at, 64, copy));
                }
                let order = [d.streams[first], d.streams[1 - first]];
                let codes = order.map(|s| cuStreamSynchronize(s));
                let said = d.end();
                assert_eq!(codes[1], if ordered { 0 } else { LAUNCH_FAILED }, "up {up}, first {first}: {said}");
                assert_eq!(said.contains("neither waits for the other"), !ordered, "{said}");
            }
        }
    }
    // Two copies are unordered. They race only if their bytes overlap in the allocation.
    for apart in [0, 32] {
        let d = Driver::start();
        let (at, host) = (d.memory(64), d.pinned(64));
        host.fill(1);
        let [a, b] = d.streams;
        unsafe {
            ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), 32, a));
            ok(cuMemsetD8Async(at + apart, 0, 32, b));
            let codes = [a, b].map(|s| cuStreamSynchronize(s));
            let said = d.end();
            assert_eq!(codes[1] == 0, apart == 32, "{said}");
        }
    }
}

#[test]
fn pinned_memory_belongs_to_the_copy_until_it_is_done() {
    let d = Driver::start();
    let (at, host) = (d.memory(LARGE), d.pinned(LARGE));
    host.fill(1);
    unsafe { ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), LARGE, d.streams[0])) };
    host[LARGE - 1] = 2;
    let stream = d.streams[0];
    d.caught(stream, &["131072 bytes of pinned memory", "were changed before the copy was complete"]);

    let d = Driver::start();
    let (at, host) = (d.memory(64), d.pinned(64));
    unsafe {
        ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), 64, d.streams[0]));
        assert_eq!(cuMemFreeHost(host.as_ptr() as usize), 1);
    }
    let said = d.end();
    assert!(said.contains("free of 64 bytes of pinned memory that queued work may still use"), "{said}");
}

#[test]
fn pinned_memory_that_the_device_writes_may_be_copied_back() {
    let d = Driver::start();
    let (at, host, mut graph, mut run) = (d.memory(64), d.pinned(64), 0, 0);
    unsafe {
        d.write(at, d.streams[0]);
        ok(cuMemcpyDtoHAsync_v2(host.as_mut_ptr().cast(), at, 64, d.streams[0]));
        ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), 64, d.streams[0]));
        ok(cuStreamSynchronize(d.streams[0]));
        assert_eq!(d.read(at), 3.0);
        // A graph's copy reads the bytes at the launch, not at the capture.
        ok(cuStreamBeginCapture_v2(d.streams[0], 1));
        ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), 64, d.streams[0]));
        ok(cuStreamEndCapture(d.streams[0], &mut graph));
        ok(cuGraphInstantiateWithFlags(&mut run, graph, 0));
        host.fill(7);
        ok(cuGraphLaunch(run, d.streams[0]));
        ok(cuStreamSynchronize(d.streams[0]));
        assert_eq!(d.read(at), f32::from_le_bytes([7; 4]));
        ok(cuGraphExecDestroy(run));
        ok(cuGraphDestroy(graph));
        ok(cuMemFreeHost(host.as_ptr() as usize));
    }
    d.end();
}

#[test]
fn a_copy_to_pageable_memory_is_over_when_the_call_returns() {
    let d = Driver::start();
    let (at, mut x) = (d.memory(64), [0f32; 16]);
    d.write(at, d.streams[0]);
    unsafe {
        ok(cuMemcpyDtoHAsync_v2(x.as_mut_ptr().cast(), at, 64, d.streams[0]));
        assert_eq!(x, [3.0; 16]);
        // The synchronous copy waits for the legacy stream, and not for this stream.
        d.write(at, d.streams[0]);
        ok(cuMemcpyDtoH_v2(x.as_mut_ptr().cast(), at, 64));
    }
    let stream = d.streams[0];
    d.caught(stream, &["Race in kernel filled", "the copy to the host of 64 bytes in stream 0x0"]);
}
