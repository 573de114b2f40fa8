//! Requests to record a variable.

/// A request to record a variable: all units or some, every step or each k-th step, values, events
/// or bits.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    pub(crate) var: String,
    pub(crate) label: Option<String>,
    pub(crate) units: Option<Vec<usize>>,
    pub(crate) every: Option<u64>,
    pub(crate) form: Form,
}

/// The form of a recording.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    Values,
    Events,
    Bits,
}

/// Monitors all units of a variable after every step.
#[must_use]
pub fn monitor(var: impl Into<String>) -> Monitor {
    Monitor { var: var.into(), label: None, units: None, every: None, form: Form::Values }
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
    /// the variable. This suits spikes. Events are recorded at every step, whatever
    /// [`Monitor::every`] says. After [`Monitor::bits`] this replaces the bits.
    #[must_use]
    pub fn events(mut self) -> Self {
        self.form = Form::Events;
        self
    }

    /// Records one bit in place of each value: 1 if the value is not zero. [`Bits`](crate::Bits) has
    /// the order of the bits. They take a 32nd of the memory of values in f32, and their memory is
    /// known before the run. This suits spikes of many neurons in many steps; events take less
    /// memory if fewer than one value in 192 is not zero. After [`Monitor::events`] this replaces the
    /// events.
    ///
    /// On a GPU the kernels make the bits, so that the transfers take a 32nd as well. Only spike
    /// rings, plastic weights and traces of networks are transferred as values, and the host packs
    /// them.
    #[must_use]
    pub fn bits(mut self) -> Self {
        self.form = Form::Bits;
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
