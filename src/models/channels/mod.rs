//! Ion channels, of which a [`CondNeuGroup`](crate::models::CondNeuGroup) consists.
//!
//! Each channel has a file with its kinetics. `kernel` makes their CUDA text.

pub(crate) mod ca_t;
pub(crate) mod h;
pub(crate) mod k_hh;
pub(crate) mod k_tm;
mod kernel;
mod kind;
pub(crate) mod kinetics;
pub(crate) mod leak;
pub(crate) mod na_hh;
pub(crate) mod na_tm;
#[cfg(test)]
mod tests;

pub use kind::ChannelKind;

use crate::error::{Error, Result};
use crate::numeric::math::exp;
use crate::numeric::scalar::Real;
use crate::system::param::Param;

/// A population of ion channels: its kind, and its parameters.
///
/// ```
/// use overtime::models::{Channel, ChannelKind};
/// let leak = Channel::<f64>::new(ChannelKind::IL).param("E", -65.0)?;
/// # Ok::<(), overtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Channel<R> {
    kind: ChannelKind,
    params: Vec<Param<R>>,
}

impl<R: Real> Channel<R> {
    /// A channel with the default parameters of its kind.
    #[must_use]
    pub fn new(kind: ChannelKind) -> Self {
        Self { kind, params: kind.parameters().iter().map(|parameter| Param::from(parameter.default)).collect() }
    }

    /// Sets the parameter of this name: one value, or one value for each neuron. If the kind has
    /// factors φ that depend on the temperature, `T`, in °C, sets them.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn param(mut self, name: &str, value: impl Into<Param<R>>) -> Result<Self> {
        let value = value.into();
        let factors = self.kind.temperature();
        if name == "T" && !factors.is_empty() {
            for (which, ln_base, from) in factors {
                let factor = |t: R| R::of(exp((t.to_f64() - from) / 10.0 * ln_base));
                self.params[*which] = match &value {
                    Param::All(t) => Param::All(factor(*t)),
                    Param::Each(all) => Param::Each(all.iter().map(|t| factor(*t)).collect()),
                };
            }
            return Ok(self);
        }
        let names = || self.kind.parameters().iter().map(|parameter| &*parameter.name);
        match names().position(|known| known == name) {
            Some(at) => self.params[at] = value,
            None => return Err(Error::unknown("parameter", name, names().chain((!factors.is_empty()).then_some("T")))),
        }
        Ok(self)
    }

    /// The kind of the channel.
    #[must_use]
    pub fn kind(&self) -> ChannelKind {
        self.kind
    }

    /// The parameters, in the order of [`ChannelKind::parameters`].
    pub(crate) fn params(&self) -> &[Param<R>] {
        &self.params
    }

    /// Checks the parameters of channel `name` for `units` neurons.
    pub(crate) fn check(&self, name: &str, units: usize) -> Result<()> {
        for (parameter, param) in self.kind.parameters().iter().zip(&self.params) {
            parameter.check(&format!("{name}.{}", parameter.name), param, units)?;
        }
        Ok(())
    }
}
