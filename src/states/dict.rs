//! The state and weights of a loop, by name.

use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;

/// The state and weights of a loop by name, with its clock: the result of `state_dict`, and the
/// argument of `load_state_dict`.
///
/// ```
/// # use overtime::{LoopOverTime, models::Hh};
/// # fn main() -> overtime::Result<()> {
/// let mut over_time = LoopOverTime::new(Hh::<f64>::new(2))?;
/// let rest = over_time.state_dict()?;
/// over_time.run_steps(10)?;
/// over_time.load_state_dict(&rest, true)?;
/// assert_eq!(over_time.i(), 0);
/// assert_eq!(over_time.state_dict()?, rest);
/// # Ok(()) }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct StateDict<T> {
    pub(crate) arrays: Vec<(String, ArrayD<T>)>,
    pub(crate) stamp: Option<Stamp>,
}

/// The clock and the seed of a loop.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Stamp {
    pub(crate) i0: u64,
    pub(crate) t0: f64,
    pub(crate) dt: f64,
    pub(crate) done: u64,
    pub(crate) seed: u64,
    pub(crate) shared: Vec<(String, f64)>,
}

impl<T> Default for StateDict<T> {
    fn default() -> Self {
        Self { arrays: Vec::new(), stamp: None }
    }
}

impl<T: Scalar> StateDict<T> {
    /// An empty dict. If a dict is loaded without `strict`, arrays that it lacks do not change.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The array of this name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&ArrayD<T>> {
        self.arrays.iter().find(|(n, _)| n == name).map(|(_, a)| a)
    }

    /// Sets the array of this name.
    pub fn insert(&mut self, name: impl Into<String>, array: ArrayD<T>) {
        let name = name.into();
        match self.arrays.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = array,
            None => self.arrays.push((name, array)),
        }
    }

    /// Removes the array of this name.
    pub fn remove(&mut self, name: &str) -> Option<ArrayD<T>> {
        let at = self.arrays.iter().position(|(n, _)| n == name)?;
        Some(self.arrays.remove(at).1)
    }

    /// Names and arrays: first the state variables, then the weights, then the registered
    /// variables, each in the system's order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &ArrayD<T>)> {
        self.arrays.iter().map(|(n, a)| (n.as_str(), a))
    }

    /// The index of the next step; `None` if the dict has no clock.
    #[must_use]
    pub fn i(&self) -> Option<u64> {
        self.stamp.as_ref().map(|s| s.i0.saturating_add(s.done))
    }

    /// The time of the next step; `None` if the dict has no clock.
    #[must_use]
    pub fn t(&self) -> Option<f64> {
        self.stamp.as_ref().map(Stamp::t)
    }

    /// The seed; `None` if the dict has no clock.
    #[must_use]
    pub fn seed(&self) -> Option<u64> {
        self.stamp.as_ref().map(|s| s.seed)
    }
}

impl Stamp {
    pub(crate) fn t(&self) -> f64 {
        self.t0 + self.done as f64 * self.dt
    }
}

/// The names that did not match when a state was loaded: brainpy's `missing_keys` and
/// `unexpected_keys`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Unmatched {
    /// Names that the loop has and the state lacks.
    pub missing: Vec<String>,
    /// Names that the state has and the loop lacks.
    pub unexpected: Vec<String>,
}

impl Unmatched {
    /// Whether everything matched.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.missing.is_empty() && self.unexpected.is_empty()
    }
}
