//! SIGINT and SIGTERM: the first asks the run to stop at the end of its slice, the second ends the
//! process at once. Where there are no slices, the first does.

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal came.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Listens from now on.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // In this order: the first signal finds the flag down and raises it, the second finds
            // it up.
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&came)).context("cannot listen for signals")?;
            flag::register(signal, Arc::clone(&came)).context("cannot listen for signals")?;
        }
        Ok(Self(came))
    }

    /// Has the next signal end the process, be it the first: nothing asks any more whether one
    /// came. Whether one had come before.
    pub(crate) fn at_once(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
