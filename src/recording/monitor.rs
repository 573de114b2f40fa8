//! Requests to record a variable.

/// A request to record a variable: all units or some, every step or each k-th step, values or
/// events.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub(crate) var: String,
    pub(crate) label: Option<String>,
    pub(crate) units: Option<Vec<usize>>,
    pub(crate) every: Option<u64>,
    pub(crate) events: bool,
}

/// Monitors all units of a variable after every step.
#[must_use]
pub fn monitor(var: impl Into<String>) -> Monitor {
    Monitor { var: var.into(), label: None, units: None, every: None, events: false }
}

impl Monitor {
    /// Records these units only: flat indices within one batch row, in any order.
    #[must_use]
    pub fn units(mut self, units: impl IntoIterator<Item = usize>) -> Self {
        self.units = Some(units.into_iter().collect());
        self
    }

    /// Records only steps whose index is a multiple of `k`. The index counts from the last reset,
    /// so that split runs record the same steps. The default is
    /// [`Builder::record_every`](crate::Builder::record_every).
    #[must_use]
    pub fn every(mut self, k: u64) -> Self {
        self.every = Some(k);
        self
    }

    /// Records events (step, batch row, unit) in place of values: one for each non-zero value of
    /// the variable. This suits spikes.
    #[must_use]
    pub fn events(mut self) -> Self {
        self.events = true;
        self
    }

    /// Sets the name in the recording. The default is the name of the variable; a second monitor of
    /// the same variable needs another name.
    #[must_use]
    pub fn named(mut self, label: impl Into<String>) -> Self {
        self.label = Some(label.into());
        self
    }

    /// The name in the recording.
    #[must_use]
    pub fn label(&self) -> &str {
        self.label.as_deref().unwrap_or(&self.var)
    }
}

impl From<&str> for Monitor {
    fn from(variable: &str) -> Self {
        monitor(variable)
    }
}
impl From<String> for Monitor {
    fn from(variable: String) -> Self {
        monitor(variable)
    }
}
