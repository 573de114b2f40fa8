//! Threads that wait actively for short parallel work, such as a part of one step.
//!
//! A pool's thread that waits for work sleeps, and takes several microseconds to wake up. A step of a
//! small network, or of a recurrent cell with a single batch row, takes about as long. The threads of
//! a [`Team`] poll instead. They live as long as a chunk of steps.

use std::any::Any;
use std::cell::{Cell, OnceCell, RefCell};
use std::hint::spin_loop;
use std::panic::resume_unwind;
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

/// The most parts of a piece of work, and therefore the most threads.
const PARTS: usize = 64;
/// The number of polls before a waiting thread lets other threads of the system run: some tens of
/// microseconds.
const POLLS: u32 = 1 << 10;
/// The state that ends the helpers.
const STOP: u64 = u64::MAX;

/// A value in a cache line of its own (two lines, since CPUs fetch pairs of lines), so that threads
/// that write neighbours do not wait for each other.
#[repr(align(128))]
#[derive(Default)]
struct Apart<V>(V);

/// The part of a team that its threads share.
struct Board {
    /// `number · PARTS + parts − 1` of the present piece of work, whose numbers ascend from 1; 0 before
    /// the first; [`STOP`] after the last.
    state: Apart<AtomicU64>,
    /// The present work: a pointer to a reference to its function.
    work: Apart<AtomicPtr<&'static (dyn Fn(usize) + Sync)>>,
    /// For each part, the number of the last piece of work of which a thread took this part.
    taken: [Apart<AtomicU64>; PARTS],
    /// The number of parts that are not complete.
    left: Apart<AtomicUsize>,
    /// Whether a part panicked.
    panicked: AtomicBool,
}

impl Board {
    fn new() -> Self {
        Self {
            state: Apart::default(),
            work: Apart(AtomicPtr::new(std::ptr::null_mut())),
            taken: std::array::from_fn(|_| Apart::default()),
            left: Apart::default(),
            panicked: AtomicBool::new(false),
        }
    }

    /// Takes a part of the work `number`, if no thread has taken it and the work is still present.
    fn take(&self, number: u64, part: usize) -> bool {
        let last = self.taken[part].0.load(Relaxed);
        last < number && self.taken[part].0.compare_exchange(last, number, Acquire, Relaxed).is_ok()
    }

    /// Makes all parts that no thread has taken, starting with the part `own`.
    fn make(&self, number: u64, parts: usize, own: usize) {
        for part in (0..parts).map(|k| (own + k) % parts) {
            if self.take(number, part) {
                let complete = Complete(self);
                let work = self.work.0.load(Relaxed);
                // SAFETY: `Team::run` stored a pointer to a reference that lives until all parts of this
                // work are complete. This thread took one of them, which `complete` completes later.
                let work = unsafe { *work };
                work(part);
                drop(complete);
            }
        }
    }
}

/// Completes a part when it is dropped, even if the part panics.
struct Complete<'b>(&'b Board);

impl Drop for Complete<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.panicked.store(true, Relaxed);
        }
        self.0.left.0.fetch_sub(1, Release);
    }
}

/// Polls until the condition holds.
fn wait_until(mut holds: impl FnMut() -> bool) {
    let mut polls = 0;
    while !holds() {
        if polls < POLLS {
            polls += 1;
            spin_loop();
        } else {
            std::thread::yield_now();
        }
    }
}

/// The loop of a helper, which is thread number `own` of its team.
fn help(board: &Board, own: usize) {
    let mut last = 0;
    loop {
        let mut state = last;
        wait_until(|| {
            state = board.state.0.load(Acquire);
            state != last
        });
        if state == STOP {
            return;
        }
        last = state;
        let (number, parts) = (state / PARTS as u64, (state % PARTS as u64) as usize + 1);
        board.make(number, parts, own % parts);
    }
}

/// The calling thread and its helpers. A helper starts when the first work needs it.
pub(crate) struct Team {
    threads: usize,
    may_start: fn() -> bool,
    /// Made for the first work.
    board: OnceCell<Arc<Board>>,
    helpers: RefCell<Vec<JoinHandle<()>>>,
    /// Whether a helper could not start. Later works do not try again.
    refused: Cell<bool>,
    /// The number of the last work. (A cell also keeps the team in one thread.)
    number: Cell<u64>,
}

impl Team {
    /// A team of up to this many threads, the calling thread included. A helper starts only if
    /// `may_start` allows it.
    pub(crate) fn new(threads: usize, may_start: fn() -> bool) -> Self {
        let threads = threads.clamp(1, PARTS);
        let (board, helpers) = (OnceCell::new(), RefCell::default());
        Self { threads, may_start, board, helpers, refused: Cell::new(false), number: Cell::new(0) }
    }

    /// The calling thread alone.
    pub(crate) fn alone() -> Self {
        Self::new(1, || false)
    }

    /// The number of threads that can work at once.
    pub(crate) fn threads(&self) -> usize {
        self.threads
    }

    /// Calls `work` for the parts 0, 1, …, each once, and returns when all calls have returned. The
    /// same part of each work is usually made by the same thread, whose cache has its data. There are
    /// at most as many parts as [`threads`](Self::threads).
    pub(crate) fn run(&self, parts: usize, work: &(dyn Fn(usize) + Sync)) {
        let parts = parts.min(self.threads);
        if parts < 2 {
            (0..parts).for_each(work);
            return;
        }
        let board = self.board.get_or_init(|| Arc::new(Board::new()));
        self.start(board, parts - 1);
        let number = self.number.get() + 1;
        self.number.set(number);
        board.left.0.store(parts, Relaxed);
        // SAFETY: only the lifetime changes. `rest` waits below until all parts are complete, even if a
        // part panics, and threads call the function only within their parts.
        let mut work: &'static (dyn Fn(usize) + Sync) = unsafe { std::mem::transmute(work) };
        board.work.0.store(&raw mut work, Relaxed);
        let rest = Rest { board, number, parts };
        board.state.0.store(number * PARTS as u64 + parts as u64 - 1, Release);
        board.make(number, parts, 0);
        drop(rest);
        assert!(!board.panicked.load(Relaxed), "a thread of the team panicked");
    }

    /// Calls `work` for each item. Each thread gets neighbouring items of about the same total weight.
    pub(crate) fn for_each<I: Send>(
        &self,
        items: &mut [I],
        weight: impl Fn(&I) -> usize,
        work: impl Fn(&mut I) + Sync,
    ) {
        if self.threads < 2 || items.len() < 2 {
            return items.iter_mut().for_each(work);
        }
        let total: usize = items.iter().map(&weight).sum();
        let mut shares = Vec::with_capacity(self.threads);
        let (mut rest, mut sum) = (items, 0);
        for part in 1..=self.threads {
            let mut count = 0;
            // An item belongs to the part in which its middle lies.
            while let Some(item) = rest.get(count) {
                let own = weight(item);
                if part < self.threads && (2 * sum + own) * self.threads > 2 * total * part {
                    break;
                }
                (sum, count) = (sum + own, count + 1);
            }
            let (share, later) = rest.split_at_mut(count);
            shares.push(Mutex::new(share));
            rest = later;
        }
        self.run(shares.len(), &|part| {
            shares[part].lock().unwrap_or_else(PoisonError::into_inner).iter_mut().for_each(&work);
        });
    }

    /// Starts helpers up to this number. Fewer start if the system refuses a thread.
    fn start(&self, board: &Arc<Board>, count: usize) {
        let mut helpers = self.helpers.borrow_mut();
        while helpers.len() < count && !self.refused.get() {
            let (board, own) = (board.clone(), helpers.len() + 1);
            let builder = std::thread::Builder::new().name("overtime".into());
            match (self.may_start)().then(|| builder.spawn(move || help(&board, own))) {
                Some(Ok(helper)) => helpers.push(helper),
                // The other threads make the parts of the missing ones.
                _ => self.refused.set(true),
            }
        }
    }
}

/// Waits until all parts are complete. If the calling thread panicked, it takes the parts that no
/// thread has taken, and drops them.
struct Rest<'b> {
    board: &'b Board,
    number: u64,
    parts: usize,
}

impl Drop for Rest<'_> {
    fn drop(&mut self) {
        for part in 0..self.parts {
            if self.board.take(self.number, part) {
                self.board.left.0.fetch_sub(1, Relaxed);
            }
        }
        wait_until(|| self.board.left.0.load(Acquire) == 0);
    }
}

impl Drop for Team {
    fn drop(&mut self) {
        let Some(board) = self.board.get() else { return };
        board.state.0.store(STOP, Release);
        let ends: Vec<Box<dyn Any + Send>> = self.helpers.take().into_iter().filter_map(|h| h.join().err()).collect();
        if let Some(panic) = ends.into_iter().next()
            && !std::thread::panicking()
        {
            resume_unwind(panic);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn each_part_of_each_work_is_made_once() {
        for threads in [1, 2, 3, 7] {
            let team = Team::new(threads, || true);
            for round in 0..3000_usize {
                let parts = 1 + round % threads;
                let made: Vec<AtomicUsize> = (0..threads).map(|_| AtomicUsize::new(0)).collect();
                team.run(parts, &|part| {
                    made[part].fetch_add(1, Relaxed);
                });
                let expected = (0..threads).map(|part| usize::from(part < parts));
                assert!(made.into_iter().map(AtomicUsize::into_inner).eq(expected), "round {round} of {threads}");
            }
        }
    }

    /// A part sees everything that the calling thread wrote before, and the caller everything that the
    /// parts wrote.
    #[test]
    fn work_and_results_are_visible() {
        let team = Team::new(3, || true);
        let mut values = [0_usize; 3];
        for round in 1..2000 {
            let before = values;
            let parts: Vec<Mutex<&mut usize>> = values.iter_mut().map(Mutex::new).collect();
            team.run(3, &|part| **parts[part].lock().unwrap() = before[(part + 1) % 3] + part);
            drop(parts);
            assert_eq!(values, std::array::from_fn(|part| before[(part + 1) % 3] + part), "round {round}");
        }
    }

    #[test]
    fn each_item_is_worked_on_once() {
        for threads in 1..5 {
            let team = Team::new(threads, || true);
            for count in 0..40_usize {
                let mut items: Vec<(usize, usize)> = (0..count).map(|k| (k * k % 7, 0)).collect();
                team.for_each(&mut items, |item| item.0, |item| item.1 += 1);
                assert!(items.iter().all(|item| item.1 == 1), "{count} items, {threads} threads");
            }
        }
    }

    #[test]
    fn the_caller_makes_the_parts_of_helpers_that_may_not_start() {
        static ASKED: AtomicUsize = AtomicUsize::new(0);
        let refuse = || {
            ASKED.fetch_add(1, Relaxed);
            false
        };
        let (team, made) = (Team::new(4, refuse), AtomicUsize::new(0));
        for _ in 0..10 {
            team.run(4, &|_| {
                made.fetch_add(1, Relaxed);
            });
        }
        assert_eq!((made.into_inner(), ASKED.load(Relaxed)), (40, 1));
    }

    #[test]
    fn a_panic_of_a_part_reaches_the_caller() {
        for bad in 0..3 {
            let panic = catch_unwind(AssertUnwindSafe(|| {
                let team = Team::new(3, || true);
                team.run(3, &|part| assert_ne!(part, bad, "planted"));
            }));
            assert!(panic.is_err(), "part {bad}");
        }
    }
}
