//! The threads that loops share if no number of threads is set. They are rayon's own threads, or
//! fewer if the system refuses that many, since the stack of a thread counts toward `ulimit -v`.
//! Results do not depend on the number of threads.

use crate::error::{Error, Result};
use crate::memory;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::error::Error as _;
use std::sync::{Mutex, OnceLock, PoisonError};

/// The minimum number of bytes for a thread: its stack, and the memory that its start needs. A
/// thread that starts and then finds no memory ends the process.
const EACH: u64 = 4 << 20;

/// The pool for the work; `None` inside if rayon's own pool is in use.
static SHARED: OnceLock<Option<ThreadPool>> = OnceLock::new();

/// Whether the caller is part of parallel work, whose other parts use the threads.
pub(crate) fn in_parallel_work() -> bool {
    rayon::current_thread_index().is_some()
}

/// Runs work in this pool, or in the shared one.
pub(crate) fn run_in<R: Send>(pool: Option<&ThreadPool>, work: impl FnOnce() -> R + Send) -> Result<R> {
    match pool {
        Some(pool) => Ok(pool.install(work)),
        None => run(work),
    }
}

/// Runs work in a place where rayon's functions can be called. Elsewhere they would panic if
/// rayon's own threads cannot be started.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R> {
    if in_parallel_work() {
        return Ok(work());
    }
    let shared = match SHARED.get() {
        Some(pool) => pool.as_ref(),
        None => start()?,
    };
    Ok(match shared {
        Some(pool) => pool.install(work),
        None => work(),
    })
}

/// The number of threads that rayon starts by itself: as many as the system runs at once.
fn available() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// The number of threads of the present pool that may wait actively for parts of a step. More threads
/// than the system runs at once would wait for each other.
pub(crate) fn active() -> usize {
    rayon::current_num_threads().min(available())
}

/// Whether there is memory for another thread.
pub(crate) fn fits_another() -> bool {
    fits(1)
}

fn fits(threads: usize) -> bool {
    (threads as u64).saturating_mul(EACH) <= memory::free()
}

fn start() -> Result<Option<&'static ThreadPool>> {
    // After one refusal rayon never starts its own pool again.
    static REFUSED: Mutex<bool> = Mutex::new(false);
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    *refused = *refused || !fits(available());
    if !*refused {
        // An error without a source says that the pool exists already.
        *refused = ThreadPoolBuilder::new().build_global().is_err_and(|e| e.source().is_some());
    }
    if !*refused {
        return Ok(SHARED.get_or_init(|| None).as_ref());
    }
    fewer().map(|pool| pool.and_then(|pool| SHARED.get_or_init(|| Some(pool)).as_ref()))
}

/// Starts a pool with half as many threads, or a quarter, and so on. If all fail, the calling
/// thread alone becomes a pool, and the result is `None`.
fn fewer() -> Result<Option<ThreadPool>> {
    let mut threads = available() / 2;
    while threads > 0 {
        if fits(threads)
            && let Ok(pool) = ThreadPoolBuilder::new().num_threads(threads).build()
        {
            return Ok(Some(pool));
        }
        threads /= 2;
    }
    match ThreadPoolBuilder::new().num_threads(1).use_current_thread().build() {
        Ok(pool) => {
            // The calling thread stays in this pool.
            std::mem::forget(pool);
            Ok(None)
        }
        Err(e) => Err(Error::Unsupported(format!("no thread could be started: {e}"))),
    }
}
