//! The entry points through their C interface. The process has one driver, so the tests take turns.
#![allow(clippy::undocumented_unsafe_blocks, clippy::mut_from_ref, clippy::manual_dangling_ptr)]

use crate::common;
use std::ffi::{CString, c_void};
use std::ptr::null_mut;
use std::sync::MutexGuard;

use fakecuda::driver::api::{
    context::*, device::*, event::*, function::*, graph::*, memory::*, module::*, plane::*, process::*, stream::*,
};
use fakecuda::driver::{report, reset_counts};

/// A context with its own module and stream.
struct Driver {
    module: usize,
    stream: usize,
    _turn: MutexGuard<'static, ()>,
}

fn ok(code: u32) {
    assert_eq!(code, 0, "{}", report());
}

fn start(name: &str) -> Driver {
    let turn = common::turn();
    let (mut context, mut module, mut stream) = (0, 0, 0);
    let text = CString::new(common::text(name)).unwrap();
    unsafe {
        ok(cuInit(0));
        reset_counts();
        ok(cuDevicePrimaryCtxRetain(&mut context, 0));
        ok(cuCtxSetCurrent(context));
        ok(cuModuleLoadData(&mut module, text.as_ptr().cast()));
        ok(cuStreamCreate(&mut stream, 1));
    }
    Driver { module, stream, _turn: turn }
}

impl Driver {
    fn function(&self, name: &str) -> usize {
        let (mut f, name) = (0, CString::new(name).unwrap());
        unsafe { ok(cuModuleGetFunction(&mut f, self.module, name.as_ptr())) };
        f
    }
    fn memory(&self, bytes: usize) -> u64 {
        let mut at = 0;
        unsafe { ok(cuMemAllocAsync(&mut at, bytes, self.stream)) };
        at
    }
    fn pinned(&self, n: usize) -> &mut [f32] {
        let mut at = null_mut();
        unsafe {
            ok(cuMemHostAlloc(&mut at, n * 4, 0));
            std::slice::from_raw_parts_mut(at.cast(), n)
        }
    }
    /// Launches `filled`, which writes `v` to `n` floats.
    fn fill(&self, f: usize, at: u64, n: i32, v: f32, block: u32) -> u32 {
        let mut args = [&raw const at as *mut c_void, &raw const n as *mut c_void, &raw const v as *mut c_void];
        unsafe { cuLaunchKernel(f, 1, 1, 1, block, 1, 1, 0, self.stream, args.as_mut_ptr(), null_mut()) }
    }
    fn end(self) -> String {
        unsafe {
            cuStreamDestroy_v2(self.stream);
            cuModuleUnload(self.module);
            cuDevicePrimaryCtxRelease_v2(0);
        }
        report()
    }
}

#[test]
fn work_runs_when_the_program_waits_for_it() {
    let d = start("scalar");
    let (f, at, host) = (d.function("filled"), d.memory(64), d.pinned(16));
    host.fill(7.0);
    unsafe {
        ok(d.fill(f, at, 16, 3.0, 32));
        ok(cuMemcpyDtoHAsync_v2(host.as_mut_ptr().cast(), at, 64, d.stream));
        // The host reads too early, and finds the poison value.
        assert!(host.iter().all(|x| x.to_bits() == 0xa5a5_a5a5));
        ok(cuStreamSynchronize(d.stream));
        assert!(host.iter().all(|x| *x == 3.0));
        host[0] = 5.0;
        ok(cuMemcpyHtoDAsync_v2(at, host.as_ptr().cast(), 64, d.stream));
        let mut one = 0f32;
        ok(cuMemcpyDtoHAsync_v2((&raw mut one).cast(), at, 4, d.stream));
        assert_eq!(one, 5.0);
        ok(cuMemFreeAsync(at, d.stream));
        assert_eq!(cuMemFreeAsync(at, d.stream), 1);
        ok(cuMemFreeHost(host.as_ptr() as usize));
    }
    let r = d.end();
    assert!(r.contains("kernel filled 1 ") && r.contains("call cuLaunchKernel 1\n") && !r.contains("leak"), "{r}");
}

#[test]
fn the_driver_refuses_invalid_calls() {
    let d = start("scalar");
    let (f, at) = (d.function("filled"), d.memory(64));
    unsafe {
        assert_eq!(d.fill(f, at, 16, 1.0, 2048), 1);
        let mut args = [&raw const at as *mut c_void; 3];
        assert_eq!(cuLaunchKernel(f, 1, 65536, 1, 32, 1, 1, 0, d.stream, args.as_mut_ptr(), null_mut()), 1);
        assert_eq!(cuLaunchKernel(f, 1, 1, 1, 32, 1, 1, 49 << 10, d.stream, args.as_mut_ptr(), null_mut()), 1);
        assert_eq!(cuLaunchCooperativeKernel(f, 100_000, 1, 1, 32, 1, 1, 0, d.stream, args.as_mut_ptr()), 720);
        assert_eq!(cuMemcpyHtoDAsync_v2(at + 8, [0u8; 64].as_ptr().cast(), 64, d.stream), 1);
        assert_eq!(cuMemsetD8Async(at, 0, 65, d.stream), 1);
        assert_eq!(cuMemFree_v2(at + 4), 1);
        let mut none = 0;
        assert_eq!(cuModuleGetFunction(&mut none, d.module, c"nope".as_ptr()), 500);
        assert_eq!(cuModuleLoadData(&mut none, c".version 9.0 .frob".as_ptr().cast()), 218);
        // This driver is of CUDA 13.0.
        assert_eq!(cuModuleLoadData(&mut none, c".version 9.1\n.target sm_90\n".as_ptr().cast()), 222);
        assert_eq!(cuStreamSynchronize(12345), 400);
        ok(cuMemFreeAsync(at, d.stream));
    }
    d.end();
}

#[test]
fn arguments_of_a_wrong_size() {
    let d = start("scalar");
    let (f, at) = (d.function("filled"), d.memory(64));
    // The address is passed as 4 bytes, directly before the next argument. The kernel would read
    // both as one address.
    #[repr(C, align(8))]
    struct Wrong(u32, i32, f32);
    let w = Wrong(at as u32, 16, 1.0);
    let mut args = [&raw const w.0 as *mut c_void, &raw const w.1 as *mut c_void, &raw const w.2 as *mut c_void];
    unsafe {
        assert_eq!(cuLaunchKernel(f, 1, 1, 1, 32, 1, 1, 0, d.stream, args.as_mut_ptr(), null_mut()), 1);
        // All arguments are in one buffer with a size of 12, but the kernel has 16 bytes.
        let (buffer, mut size) = ([0u64; 4], 12usize);
        let mut extra =
            [1 as *mut c_void, buffer.as_ptr() as *mut c_void, 2 as *mut c_void, (&raw mut size).cast(), null_mut()];
        assert_eq!(cuLaunchKernel(f, 1, 1, 1, 32, 1, 1, 0, d.stream, null_mut(), extra.as_mut_ptr()), 1);
        let (mut offset, mut bytes) = (0, 0);
        ok(cuFuncGetParamInfo(f, 1, &mut offset, &mut bytes));
        assert_eq!((offset, bytes), (8, 4));
        ok(cuMemFreeAsync(at, d.stream));
    }
    let r = d.end();
    assert!(r.contains("a wrong size") && r.contains("12 bytes of arguments, but the kernel has 16"), "{r}");
}

#[test]
fn a_fault_is_reported_by_the_wait_and_by_every_later_call() {
    let d = start("scalar");
    let (f, at) = (d.function("out_of_bounds"), d.memory(64));
    unsafe {
        let n = 16i32;
        let mut args = [&raw const at as *mut c_void, &raw const n as *mut c_void];
        ok(cuLaunchKernel(f, 1, 1, 1, 32, 1, 1, 0, d.stream, args.as_mut_ptr(), null_mut()));
        assert_eq!(cuStreamSynchronize(d.stream), 700);
        let mut other = 0;
        assert_eq!([cuMemAlloc_v2(&mut other, 4), cuCtxSynchronize(), cuMemFreeAsync(at, d.stream)], [700; 3]);
    }
    let r = d.end();
    assert!(r.contains("OutOfBounds in kernel out_of_bounds, block (0,0,0), thread (16,0,0), PTX line"), "{r}");
}

#[test]
fn injected_failures_hit_the_chosen_call() {
    let d = start("scalar");
    let f = d.function("filled");
    unsafe {
        fakecuda_inject(c"alloc".as_ptr(), 2);
        fakecuda_inject(c"launch".as_ptr(), 2);
        let (at, mut second) = (d.memory(64), 0);
        assert_eq!(cuMemAllocAsync(&mut second, 64, d.stream), 2);
        ok(d.fill(f, at, 16, 1.0, 32));
        assert_eq!(d.fill(f, at, 16, 1.0, 32), 701);
        ok(d.fill(f, at, 16, 1.0, 32));
        fakecuda_inject(c"device".as_ptr(), 4);
        assert_eq!(d.fill(f, at, 16, 1.0, 32), 46);
        assert_eq!(cuStreamSynchronize(d.stream), 46);
        for what in [c"alloc", c"launch", c"device"] {
            fakecuda_inject(what.as_ptr(), 0);
        }
    }
    d.end();
}

#[test]
fn a_graph_replays_captured_work() {
    let d = start("scalar");
    let (f, at) = (d.function("filled"), d.memory(64));
    unsafe {
        ok(cuMemsetD32Async(at, 0, 16, d.stream));
        assert_eq!(cuStreamBeginCapture_v2(0, 1), 900);
        ok(cuStreamBeginCapture_v2(d.stream, 1));
        ok(d.fill(f, at, 16, 4.0, 32));
        let (mut graph, mut run, mut x) = (0, 0, [1f32; 16]);
        ok(cuStreamEndCapture(d.stream, &mut graph));
        ok(cuGraphInstantiateWithFlags(&mut run, graph, 0));
        ok(cuMemcpyDtoHAsync_v2(x.as_mut_ptr().cast(), at, 64, d.stream));
        assert_eq!(x, [0.0; 16], "capture must not run the kernel");
        ok(cuGraphLaunch(run, d.stream));
        ok(cuMemcpyDtoHAsync_v2(x.as_mut_ptr().cast(), at, 64, d.stream));
        assert_eq!(x, [4.0; 16]);
        // A wait within a capture invalidates the capture.
        ok(cuStreamBeginCapture_v2(d.stream, 1));
        assert_eq!(cuStreamSynchronize(d.stream), 900);
        assert_eq!(cuStreamEndCapture(d.stream, &mut graph), 901);
        ok(cuMemFreeAsync(at, d.stream));
    }
    let r = d.end();
    assert!(r.contains("leak") && r.contains("graphs"), "{r}");
}

#[test]
fn events_order_streams() {
    let d = start("scalar");
    let (f, at, mut other, mut event, mut x) = (d.function("filled"), d.memory(64), 0, 0, [0f32; 16]);
    unsafe {
        ok(cuStreamCreate(&mut other, 1));
        ok(cuEventCreate(&mut event, 0));
        ok(cuMemsetD32Async(at, 0, 16, d.stream));
        ok(cuStreamSynchronize(d.stream));
        ok(d.fill(f, at, 16, 2.0, 32));
        ok(cuEventRecord(event, d.stream));
        assert_eq!(cuEventQuery(event), 600);
        ok(cuStreamWaitEvent(other, event, 0));
        ok(cuMemcpyDtoHAsync_v2(x.as_mut_ptr().cast(), at, 64, other));
        assert_eq!(x, [2.0; 16]);
        ok(cuEventSynchronize(event));
        ok(cuEventDestroy_v2(event));
        ok(cuStreamDestroy_v2(other));
        ok(cuMemFreeAsync(at, d.stream));
    }
    d.end();
}

#[test]
fn rectangles() {
    let d = start("scalar");
    let (at, host) = (d.memory(64), d.pinned(16));
    unsafe {
        ok(cuMemsetD32Async(at, 0, 16, d.stream));
        let source: Vec<f32> = (0..12).map(|k| k as f32).collect();
        let side = |kind, host: *const f32, device, x, y, pitch| Side {
            x,
            y,
            kind,
            host: host as *mut c_void,
            device,
            array: 0,
            pitch,
        };
        // Copies rows 1 and 2, columns 1 to 3, of a 3 × 4 matrix to an allocation with a pitch of 8
        // bytes, which cannot hold 3 floats, and then with a pitch of 20 bytes.
        let from = side(1, source.as_ptr(), 0, 4, 1, 16);
        assert_eq!(
            cuMemcpy2DAsync_v2(
                &Rectangle { from, to: side(2, null_mut(), at, 0, 0, 8), width: 12, height: 2 },
                d.stream
            ),
            1
        );
        ok(cuMemcpy2DAsync_v2(
            &Rectangle { from, to: side(2, null_mut(), at, 4, 1, 20), width: 12, height: 2 },
            d.stream,
        ));
        // Copies two columns back. The gap between rows keeps its bytes, and the copied bytes are
        // poison until the host waits.
        host.fill(9.0);
        let to = side(1, host.as_ptr(), 0, 0, 0, 12);
        ok(cuMemcpy2DAsync_v2(
            &Rectangle { from: side(2, null_mut(), at, 8, 1, 20), to, width: 8, height: 2 },
            d.stream,
        ));
        assert_eq!((host[1].to_bits(), host[2]), (0xa5a5_a5a5, 9.0));
        ok(cuStreamSynchronize(d.stream));
        assert_eq!(host[..6], [6.0, 7.0, 9.0, 10.0, 11.0, 9.0]);
        let mut all = [0f32; 16];
        ok(cuMemcpyDtoH_v2(all.as_mut_ptr().cast(), at, 64));
        assert_eq!(all[5..15], [0.0, 5.0, 6.0, 7.0, 0.0, 0.0, 9.0, 10.0, 11.0, 0.0]);
        // The last row is out of bounds.
        assert_eq!(cuMemcpy2D_v2(&Rectangle { from: side(2, null_mut(), at, 8, 1, 20), to, width: 8, height: 3 }), 1);
        ok(cuMemFreeHost(host.as_ptr() as usize));
        ok(cuMemFreeAsync(at, d.stream));
    }
    let r = d.end();
    assert!(r.contains("pitch is 8, but 12 bytes") && !r.contains("leak"), "{r}");
}

#[test]
fn an_injected_failure_hits_a_graphs_launch() {
    let d = start("scalar");
    let (f, at, mut graph, mut run) = (d.function("filled"), d.memory(64), 0, 0);
    unsafe {
        ok(cuStreamBeginCapture_v2(d.stream, 1));
        ok(d.fill(f, at, 16, 4.0, 32));
        ok(cuStreamEndCapture(d.stream, &mut graph));
        ok(cuGraphInstantiateWithFlags(&mut run, graph, 0));
        fakecuda_inject(c"launch".as_ptr(), 3);
        ok(cuGraphLaunch(run, d.stream));
        assert_eq!(cuGraphLaunch(run, d.stream), 701);
        fakecuda_inject(c"launch".as_ptr(), 0);
        ok(cuGraphLaunch(run, d.stream));
        ok(cuGraphExecDestroy(run));
        ok(cuGraphDestroy(graph));
        ok(cuMemFreeAsync(at, d.stream));
    }
    let r = d.end();
    assert!(r.contains("call cuGraphLaunch 3\n") && r.contains("kernel filled 3 ") && !r.contains("leak"), "{r}");
}

#[test]
fn the_mode_of_a_capture_selects_the_threads_it_restricts() {
    let d = start("scalar");
    let stream = d.stream;
    for (mode, mine, others) in [(0, 900, 900), (1, 900, 0), (2, 0, 0)] {
        let allocate = || unsafe {
            let mut at = 0;
            let code = cuMemAlloc_v2(&mut at, 16);
            if code == 0 {
                ok(cuMemFree_v2(at));
            }
            code
        };
        for here in [true, false] {
            unsafe { ok(cuStreamBeginCapture_v2(stream, mode)) };
            let found = if here { allocate() } else { std::thread::scope(|s| s.spawn(allocate).join().unwrap()) };
            assert_eq!(found, if here { mine } else { others }, "mode {mode}, by the thread that captures: {here}");
            let mut graph = 0;
            let ended = unsafe { cuStreamEndCapture(stream, &mut graph) };
            assert_eq!(ended, if found == 0 { 0 } else { 901 });
            if ended == 0 {
                unsafe { ok(cuGraphDestroy(graph)) };
            }
        }
    }
    d.end();
}

#[test]
fn leaks_are_reported_at_the_release() {
    let d = start("scalar");
    d.memory(100);
    let r = report();
    let held = "\npinned 0\nstreams 1\nevents 0\nmodules 1\ngraphs 0\n";
    assert!(r.contains(held), "{r}");
    let r = d.end();
    assert!(r.contains("said leak at the context's release: device memory") && r.contains("of 100 bytes"), "{r}");
    // The module's variables are freed with the module, and the rest with the context.
    assert!(r.contains("\nmemory 0\n"), "{r}");
}

#[test]
fn clusters_of_a_launch() {
    let d = start("cluster");
    let (f, fixed, y) = (d.function("where"), d.function("fixed"), d.memory(32 * 32 * 4));
    let launch = |f: usize, grid: u32, size: u32, cooperative: bool| {
        let attribute = |id, low: u64, high: u64| Attribute { id, pad: 0, value: [low, high, 0, 0, 0, 0, 0, 0] };
        let list = [attribute(4, size as u64 | 1 << 32, 1), attribute(2, cooperative as u64, 0)];
        let config = Config {
            grid: [grid, 1, 1],
            block: [1, 1, 1],
            dynamic: 0,
            stream: d.stream,
            attributes: list.as_ptr(),
            count: 2,
        };
        let (mut args, mut fit) = ([&raw const y as *mut c_void], 0);
        unsafe {
            let code = cuLaunchKernelEx(&config, f, args.as_mut_ptr(), null_mut());
            assert_eq!(
                cuOccupancyMaxActiveClusters(&mut fit, f, &config),
                code,
                "the occupancy query and the launch disagree"
            );
            assert_eq!(fit > 0, code == 0);
            code
        }
    };
    assert_eq!([launch(f, 8, 4, false), launch(f, 8, 8, true), launch(f, 8, 1, true)], [0; 3]);
    assert_eq!([launch(f, 9, 4, false), launch(f, 32, 16, false), launch(f, 32, 32, false)], [912; 3]);
    unsafe { ok(cuFuncSetAttribute(f, 14, 1)) };
    assert_eq!([launch(f, 32, 16, false), launch(f, 32, 32, false)], [0, 912]);
    assert_eq!([launch(fixed, 4, 2, false), launch(fixed, 4, 4, false)], [0, 912]);
    let mut width = 0;
    unsafe {
        ok(cuFuncGetAttribute(&mut width, 11, fixed));
        assert_eq!(width, 2);
        ok(cuStreamSynchronize(d.stream));
        ok(cuMemFree_v2(y));
    }
    d.end();
}

/// An SM of sm_90 has 228 KiB of shared memory, 2,048 threads and room for 32 blocks. The 132 SMs
/// are in groups of 16, and two groups have 18.
#[test]
fn occupancy_of_blocks_and_clusters() {
    let d = start("cluster");
    let f = d.function("where");
    unsafe { ok(cuFuncSetAttribute(f, 8, 200 << 10)) };
    let blocks = |threads: i32, dynamic: usize| {
        let mut n = 0;
        unsafe { ok(cuOccupancyMaxActiveBlocksPerMultiprocessor(&mut n, f, threads, dynamic)) };
        n
    };
    assert_eq!([blocks(1, 0), blocks(128, 0), blocks(1024, 0)], [32, 16, 2]);
    // Each block takes 1 KiB for the system.
    assert_eq!([blocks(128, 74 << 10), blocks(128, 76 << 10), blocks(128, 200 << 10)], [3, 2, 1]);
    let clusters = |size: u64, dynamic: u32| {
        let attribute = Attribute { id: 4, pad: 0, value: [size | 1 << 32, 1, 0, 0, 0, 0, 0, 0] };
        let config = Config {
            grid: [160, 1, 1],
            block: [128, 1, 1],
            dynamic,
            stream: d.stream,
            attributes: &attribute,
            count: 1,
        };
        let mut n = 0;
        unsafe { ok(cuOccupancyMaxActiveClusters(&mut n, f, &config)) };
        n
    };
    assert_eq!([clusters(2, 200 << 10), clusters(4, 200 << 10), clusters(8, 200 << 10)], [66, 32, 16]);
    assert_eq!(clusters(8, 74 << 10), 6 * 6 + 2 * 6);
    let mut n = 0;
    unsafe {
        ok(cuDeviceGetAttribute(&mut n, 95, 0));
    }
    assert_eq!(n, 1);
    d.end();
}

#[test]
fn entry_points_by_name_and_device() {
    let d = start("scalar");
    unsafe {
        let (mut at, mut status, mut n, mut text) = (std::ptr::null(), 9, 0, std::ptr::null());
        ok(cuGetProcAddress_v2(c"cuMemAlloc".as_ptr(), &mut at, 13000, 0, &mut status));
        assert_eq!((at, status), (cuMemAlloc_v2 as *const c_void, 0));
        assert_eq!(cuGetProcAddress_v2(c"cuFrob".as_ptr(), &mut at, 13000, 0, &mut status), 500);
        assert_eq!(cuGetExportTable(&mut at, std::ptr::null()), 500);
        ok(cuDriverGetVersion(&mut n));
        assert_eq!(n, 13000);
        ok(cuDeviceGetAttribute(&mut n, 75, 0));
        assert_eq!(n, 9);
        ok(cuGetErrorName(700, &mut text));
        assert_eq!(std::ffi::CStr::from_ptr(text).to_str(), Ok("CUDA_ERROR_ILLEGAL_ADDRESS"));
    }
    d.end();
}
