//! The allocator of the test program. It is the system's allocator, and counts the bytes that each
//! thread holds and the bytes and allocations of the process.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::sync::atomic::{AtomicIsize, AtomicUsize, Ordering::Relaxed};

thread_local! {
    static LIVE: Cell<isize> = const { Cell::new(0) };
    static PEAK: Cell<isize> = const { Cell::new(0) };
}

static NOW: AtomicIsize = AtomicIsize::new(0);
static MOST: AtomicIsize = AtomicIsize::new(0);
static CALLS: AtomicUsize = AtomicUsize::new(0);

struct Counting;

fn took(bytes: usize) {
    let bytes = bytes as isize;
    LIVE.with(|live| {
        live.set(live.get() + bytes);
        PEAK.with(|peak| peak.set(peak.get().max(live.get())));
    });
    CALLS.fetch_add(1, Relaxed);
    MOST.fetch_max(NOW.fetch_add(bytes, Relaxed) + bytes, Relaxed);
}

fn gave(bytes: usize) {
    LIVE.with(|live| live.set(live.get() - bytes as isize));
    NOW.fetch_sub(bytes as isize, Relaxed);
}

// SAFETY: every call is passed unchanged to the system's allocator. The counting uses only atomics
// and thread-local cells, which are initialised at compile time and have no destructors, so it
// neither allocates nor unwinds.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's guarantees hold for the system's allocator.
        unsafe { System.alloc(layout) }
    }
    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        took(layout.size());
        // SAFETY: the caller's guarantees hold for the system's allocator.
        unsafe { System.alloc_zeroed(layout) }
    }
    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        gave(layout.size());
        // SAFETY: the caller's guarantees hold for the system's allocator.
        unsafe { System.dealloc(at, layout) }
    }
    unsafe fn realloc(&self, at: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        // The old and the new allocation may exist at the same time.
        took(size);
        gave(layout.size());
        // SAFETY: the caller's guarantees hold for the system's allocator.
        unsafe { System.realloc(at, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The peak of the memory that this thread allocates in `f`.
pub(crate) fn peak(f: impl FnOnce()) -> usize {
    let before = LIVE.get();
    PEAK.set(before);
    f();
    (PEAK.get() - before) as usize
}

/// The most bytes that the process held at once while `f` ran, beyond what it held before, and the
/// number of allocations in `f`. Only for a process that runs a single test.
pub(crate) fn measure<R>(f: impl FnOnce() -> R) -> (R, usize, usize) {
    let (before, calls) = (NOW.load(Relaxed), CALLS.load(Relaxed));
    MOST.store(before, Relaxed);
    let result = f();
    (result, (MOST.load(Relaxed) - before) as usize, CALLS.load(Relaxed) - calls)
}
