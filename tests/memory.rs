//! What a run takes of memory: its state and recordings, little more, and nothing more with every step.

use overtime::models::Hh;
use overtime::{Input, LoopOverTime, monitor};
use std::alloc::{GlobalAlloc, Layout, System};
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

struct Counting;

static NOW: AtomicUsize = AtomicUsize::new(0);
static PEAK: AtomicUsize = AtomicUsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

fn took(bytes: usize) {
    CALLS.fetch_add(1, Relaxed);
    PEAK.fetch_max(NOW.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

// SAFETY: every call is passed on to the system's allocator as it came.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's promises are passed on.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        NOW.fetch_sub(layout.size(), Relaxed);
        // SAFETY: the caller's promises are passed on.
        unsafe { System.dealloc(at, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Most bytes held at once, and allocations made, while `f` runs, beyond what was held before.
fn measure<R>(f: impl FnOnce() -> R) -> (R, usize, usize) {
    let (before, calls) = (NOW.load(Relaxed), CALLS.load(Relaxed));
    PEAK.store(before, Relaxed);
    let result = f();
    (result, PEAK.load(Relaxed) - before, CALLS.load(Relaxed) - calls)
}

/// One test, so that no other allocates at the same time.
#[test]
fn a_run_takes_its_state_and_recordings_and_little_more() {
    // Many neurons, few of them recorded: the state is most of it.
    let units = 300_000;
    let state = units * 6 * 4;
    let ((), peak, _) = measure(|| {
        let vars = monitor("V").units([0, 7, 299_999]);
        let mut over_time = LoopOverTime::builder(Hh::<f32>::new(units)).record_output(false).out_vars(vars).threads(2).build().unwrap();
        over_time.run(Input::steps(50).constant(5.0)).unwrap();
    });
    assert!(peak <= state + state / 10 + (1 << 20), "{peak} bytes for a state of {state}");

    // Few neurons, everything recorded: the recordings are most of it.
    let (units, steps) = (1000, 2500);
    let recorded = 2 * units * steps * 4;
    let mut over_time = LoopOverTime::builder(Hh::<f32>::new(units)).out_vars("V").threads(2).build().unwrap();
    let (run, peak, _) = measure(|| over_time.run_steps(steps as u64).unwrap());
    assert_eq!(run["V"].shape(), [steps, units]);
    assert!(peak <= recorded + recorded / 10 + (1 << 20), "{peak} bytes for recordings of {recorded}");
    drop(run);

    // The same chunk with more steps in it makes no more allocations, but for the few that waking a thread may take.
    let mut calls = |steps| measure(|| over_time.run_steps(steps).unwrap()).2;
    let warm = calls(10);
    assert!(warm > 0);
    let (few, many) = (calls(10), calls(1000));
    assert!(many <= few + 8, "{few} allocations for 10 steps, {many} for 1000");
}
