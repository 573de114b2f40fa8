//! The arguments of a step: its time ([`Tick`]), its inputs, and the shared values.

use std::collections::BTreeMap;

/// The maximum number of input ports of a system.
pub const MAX_PORTS: usize = 4;

/// The shared values, which every node of a system can read (brainpy's `shared_arg`), and the seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// The seed of every random stream in the system.
    pub seed: u64,
    values: BTreeMap<String, f64>,
}

impl Shared {
    /// This seed, and no values.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, values: BTreeMap::new() }
    }

    /// The value of this name, if it is set.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<f64> {
        self.values.get(name).copied()
    }

    /// Sets a value.
    pub fn set(&mut self, name: impl Into<String>, value: f64) {
        self.values.insert(name.into(), value);
    }

    /// All values by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, f64)> {
        self.values.iter().map(|(n, v)| (n.as_str(), *v))
    }
}

/// The step that is being computed: `t = t0 + i·dt`, where `i` counts from the last reset. The time
/// is never accumulated.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'a> {
    /// The index of the step.
    pub i: u64,
    /// The time at the start of the step.
    pub t: f64,
    /// The length of the step.
    pub dt: f64,
    /// The seed and the shared values.
    pub shared: &'a Shared,
}

/// The start of a run: the argument of [`System::check_start`](crate::System::check_start).
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// The index of the next step: 0 if the run starts anew, otherwise the number of steps made
    /// before.
    pub i: u64,
    /// The time of the step that a reset returns to. Step `k` after it starts at `t0 + k·dt`.
    pub t0: f64,
    /// The length of a step.
    pub dt: f64,
}

/// The inputs of a step: one slice for each port of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    pub(crate) ports: [&'a [T]; MAX_PORTS],
    pub(crate) given: [bool; MAX_PORTS],
}

impl<'a, T> Inputs<'a, T> {
    /// Creates inputs from slices, each `[batch, feature]`. Every slice counts as given. Slices
    /// beyond [`MAX_PORTS`] are ignored.
    #[must_use]
    pub fn new(slices: &[&'a [T]]) -> Self {
        let mut ports: [&'a [T]; MAX_PORTS] = [&[]; MAX_PORTS];
        let mut given = [false; MAX_PORTS];
        for ((port, flag), slice) in ports.iter_mut().zip(&mut given).zip(slices) {
            (*port, *flag) = (slice, true);
        }
        Self { ports, given }
    }

    /// The input of port `port` as `[rows, features]`. For a pointwise system the slice has one
    /// element for each unit of this call. The values are 0 if the run has no input for this port.
    ///
    /// # Panics
    /// If `port` is not below [`MAX_PORTS`].
    #[inline]
    #[must_use]
    pub fn port(&self, port: usize) -> &'a [T] {
        self.ports[port]
    }

    /// Whether the run has an input for this port.
    #[inline]
    #[must_use]
    pub fn is_given(&self, port: usize) -> bool {
        self.given.get(port).is_some_and(|g| *g)
    }
}
