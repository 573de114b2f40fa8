//! The threads that loops share, where no number is asked for: rayon's own, or fewer where the system refuses so many (a thread's stack counts
//! into `ulimit -v`). Results do not depend on how many there are.

use crate::error::{Error, Result};
use crate::memory;
use rayon::{ThreadPool, ThreadPoolBuilder};
use std::error::Error as _;
use std::sync::{Mutex, OnceLock, PoisonError};

/// What a thread takes at least: its stack, and what it needs to start. One that begins and finds no memory ends the process.
const EACH: u64 = 4 << 20;

/// The pool that work goes to; none where rayon's own could be started.
static SHARED: OnceLock<Option<ThreadPool>> = OnceLock::new();

/// Does some work where rayon's functions can be called. Without this they would panic where rayon's own threads cannot be started.
pub(crate) fn run<R: Send>(work: impl FnOnce() -> R + Send) -> Result<R> {
    if rayon::current_thread_index().is_some() {
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

/// Threads that rayon starts by itself.
fn available() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

fn fits(threads: usize) -> bool {
    (threads as u64).saturating_mul(EACH) <= memory::free()
}

fn start() -> Result<Option<&'static ThreadPool>> {
    // What is refused once is refused for good by rayon.
    static REFUSED: Mutex<bool> = Mutex::new(false);
    let mut refused = REFUSED.lock().unwrap_or_else(PoisonError::into_inner);
    *refused = *refused || !fits(available());
    if !*refused {
        // An error without a source says that there is such a pool already.
        *refused = ThreadPoolBuilder::new().build_global().is_err_and(|e| e.source().is_some());
    }
    if !*refused {
        return Ok(SHARED.get_or_init(|| None).as_ref());
    }
    fewer().map(|pool| pool.and_then(|pool| SHARED.get_or_init(|| Some(pool)).as_ref()))
}

/// Half as many threads, or a quarter, …; in the end the calling thread alone, which then belongs to a pool of its own.
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
            // The thread stays in it.
            std::mem::forget(pool);
            Ok(None)
        }
        Err(e) => Err(Error::Unsupported(format!("no thread could be started: {e}"))),
    }
}
