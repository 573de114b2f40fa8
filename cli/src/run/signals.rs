//! SIGINT and SIGTERM. The first signal stops the run at the end of its slice, and the second ends
//! the process at once. Without slices the first ends it.

use anyhow::Context;
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::flag;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a signal came.
#[derive(Clone, Debug)]
pub(crate) struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Registers the signals.
    pub(crate) fn listen() -> anyhow::Result<Self> {
        let came = Arc::new(AtomicBool::new(false));
        for signal in [SIGINT, SIGTERM] {
            // The order matters: the first signal finds the flag unset and sets it, and the second
            // finds it set.
            flag::register_conditional_shutdown(signal, 130, Arc::clone(&came)).context("cannot listen for signals")?;
            flag::register(signal, Arc::clone(&came)).context("cannot listen for signals")?;
        }
        Ok(Self(came))
    }

    /// Makes the next signal end the process, even if it is the first. Returns whether a signal
    /// came before.
    pub(crate) fn at_once(&self) -> bool {
        self.0.swap(true, Ordering::Relaxed)
    }

    pub(crate) fn came(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
