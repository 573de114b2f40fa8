//! What a step is given: its time ([`Tick`]), its inputs, and the shared arguments.

use std::collections::BTreeMap;

/// The most input ports a system may have.
pub const MAX_PORTS: usize = 4;

/// Values handed to every node of a system: brainpy's `shared_arg`, and the seed.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Shared {
    /// The seed of every random stream in the system.
    pub seed: u64,
    values: BTreeMap<String, f64>,
}

impl Shared {
    /// With this seed and no values.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, values: BTreeMap::new() }
    }

    /// The value of this name, if one was given.
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

/// The step being computed: `t = t0 + i·dt`, where `i` counts from the last reset; never accumulated.
#[derive(Clone, Copy, Debug)]
pub struct Tick<'a> {
    /// Index of the step.
    pub i: u64,
    /// Time at its start.
    pub t: f64,
    /// Length of a step.
    pub dt: f64,
    /// Seed and values given to every node.
    pub shared: &'a Shared,
}

/// Where a run starts from: what [`System::check_start`](crate::System::check_start) is told.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Start {
    /// Index of the next step: 0 if the run starts anew, else how many steps were made before.
    pub i: u64,
    /// Time of the step that a reset goes back to. Those after it are at `t0 + k·dt`.
    pub t0: f64,
    /// Length of a step.
    pub dt: f64,
}

/// What a step is given as input: one slice per port of the schema.
#[derive(Clone, Copy, Debug)]
pub struct Inputs<'a, T> {
    pub(crate) ports: [&'a [T]; MAX_PORTS],
    pub(crate) given: [bool; MAX_PORTS],
}

impl<'a, T> Inputs<'a, T> {
    /// From slices, all of them given: `[batch, feature]` each. Those beyond [`MAX_PORTS`] are dropped.
    #[must_use]
    pub fn new(slices: &[&'a [T]]) -> Self {
        let mut ports: [&'a [T]; MAX_PORTS] = [&[]; MAX_PORTS];
        let mut given = [false; MAX_PORTS];
        for ((port, flag), slice) in ports.iter_mut().zip(&mut given).zip(slices) {
            (*port, *flag) = (slice, true);
        }
        Self { ports, given }
    }

    /// Port `port` as `[rows, features]` (for a pointwise system: one element per unit of this call). Zeros where nothing was
    /// given.
    ///
    /// # Panics
    /// If `port` is not below [`MAX_PORTS`].
    #[inline]
    #[must_use]
    pub fn port(&self, port: usize) -> &'a [T] {
        self.ports[port]
    }

    /// Whether the run was given this input.
    #[inline]
    #[must_use]
    pub fn is_given(&self, port: usize) -> bool {
        self.given.get(port).is_some_and(|g| *g)
    }
}
