//! States and weights in memory.

use super::super::AnyLoop;
use super::super::nodes::VarKind;
use crate::error::{Error, Result};
use crate::memory;
use crate::numeric::scalar::Scalar;
use crate::states::{Stamp, StateDict, Unmatched};
use crate::system::Shared;
use crate::system::clock::Clock;
use ndarray::{ArrayD, ArrayViewD};

impl<T: Scalar> AnyLoop<'_, T> {
    pub(crate) fn to_dict(&self) -> Result<StateDict<T>> {
        let mut dict = StateDict::new();
        for (_, name, array) in self.arrays()? {
            let copy = memory::copied(&format!("a copy of `{name}`"), array)?;
            dict.arrays.push((name, copy));
        }
        let Clock { i0, t0, dt, done } = self.clock;
        let shared = self.shared.iter().map(|(n, v)| (n.to_owned(), v)).collect();
        dict.stamp = Some(Stamp { i0, t0, dt, done, seed: self.shared.seed, shared });
        Ok(dict)
    }

    pub(crate) fn take_dict(&mut self, dict: &StateDict<T>, strict: bool) -> Result<Unmatched> {
        let given: Vec<(&str, ArrayViewD<'_, T>)> = dict.iter().map(|(n, a)| (n, a.view())).collect();
        let clock = dict.stamp.as_ref().map(|s| self.clock_from(s)).transpose()?;
        if clock.is_none() {
            self.check_without_clock(&given)?;
        }
        let unmatched = self.take_arrays(&given, strict, &|_| true)?;
        if let (Some(clock), Some(stamp)) = (clock, &dict.stamp) {
            self.clock = clock;
            self.started.set(false);
            self.shared = Shared::new(stamp.seed);
            stamp.shared.iter().for_each(|(name, value)| self.shared.set(name.as_str(), *value));
        }
        Ok(unmatched)
    }

    /// Checks that no array depends on the step at which it was saved, since that step is unknown.
    fn check_without_clock(&self, given: &[(&str, ArrayViewD<'_, T>)]) -> Result<()> {
        let of_step = |name: &str| self.layout.vars.iter().any(|(var, _)| var.of_its_step && var.name == *name);
        match given.iter().find(|(name, array)| of_step(name) && array.iter().any(|x| *x != T::zeroed())) {
            Some((name, _)) => Err(Error::Unsupported(format!(
                "`{name}` depends on the step at which it was saved, but this state has no clock: omit `{name}`, or load the whole state, as it was \
                 saved"
            ))),
            None => Ok(()),
        }
    }

    fn clock_from(&self, stamp: &Stamp) -> Result<Clock> {
        let Stamp { i0, t0, dt, done, .. } = *stamp;
        Clock::new(i0, t0, dt)?;
        if i0.checked_add(done).is_none() {
            return Err(Error::value("state: i", done, "exceeds the largest step index"));
        }
        if dt.to_bits() == self.clock.dt.to_bits() {
            return Ok(Clock { i0, t0, dt, done });
        }
        Clock::new(i0 + done, stamp.t(), self.clock.dt)
    }

    pub(crate) fn take_weights(&mut self, weights: &[(String, ArrayD<f64>)], strict: bool) -> Result<Unmatched> {
        let convert = |(name, array): &'_ (String, ArrayD<f64>)| {
            memory::converted(&format!("weight `{name}`"), array.view(), T::from_f64)
        };
        let converted = weights.iter().map(convert).collect::<Result<Vec<_>>>()?;
        let given: Vec<(&str, ArrayViewD<'_, T>)> =
            weights.iter().zip(&converted).map(|((n, _), a)| (n.as_str(), a.view())).collect();
        self.take_arrays(&given, strict, &|source| source == VarKind::Weight)
    }
}
