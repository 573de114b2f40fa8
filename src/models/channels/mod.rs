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
mod record;
#[cfg(test)]
mod tests;

pub use kind::ChannelKind;

use crate::equations::{Equations, wide};
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::math::exp;
use crate::numeric::scalar::Real;
use crate::system::param::Param;

/// A population of ion channels: its kind or its text, and its parameters.
///
/// ```
/// use overtime::Equations;
/// use overtime::models::{Channel, ChannelKind};
/// let leak = Channel::<f64>::new(ChannelKind::IL).param("E", -65.0)?;
/// let own = Channel::<f64>::from(Equations::new("param E = -65\ninput V\ncurrent 0.1*(E - V)")?);
/// # Ok::<(), overtime::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Channel<R> {
    made: Made<R>,
}

/// The source of the equations of a channel.
#[derive(Clone, Debug)]
enum Made<R> {
    /// A kind of the library, and its parameters.
    Kind(ChannelKind, Vec<Param<R>>),
    /// A text.
    Text(Box<Equations>),
}

/// A channel whose equations are a text with `current`.
impl<R> From<Equations> for Channel<R> {
    fn from(text: Equations) -> Self {
        Self { made: Made::Text(Box::new(text)) }
    }
}

impl<R: Real> Channel<R> {
    /// A channel with the default parameters of its kind.
    #[must_use]
    pub fn new(kind: ChannelKind) -> Self {
        let params = kind.parameters().iter().map(|parameter| Param::from(parameter.default)).collect();
        Self { made: Made::Kind(kind, params) }
    }

    /// Sets the parameter of this name: one value, or one value for each neuron. If the kind has
    /// factors φ that depend on the temperature, `T`, in °C, sets them. A parameter of a text is in
    /// the unit of the text.
    ///
    /// # Errors
    /// If there is no such parameter.
    pub fn param(mut self, name: &str, value: impl Into<Param<R>>) -> Result<Self> {
        let value = value.into();
        let (kind, params) = match &mut self.made {
            Made::Kind(kind, params) => (*kind, params),
            Made::Text(text) => {
                text.put_param(name, wide(&value))?;
                return Ok(self);
            }
        };
        let factors = kind.temperature();
        if name == "T" && !factors.is_empty() {
            for (which, ln_base, from) in factors {
                let factor = |t: R| R::of(exp((t.to_f64() - from) / 10.0 * ln_base));
                params[*which] = match &value {
                    Param::All(t) => Param::All(factor(*t)),
                    Param::Each(all) => Param::Each(all.iter().map(|t| factor(*t)).collect()),
                };
            }
            return Ok(self);
        }
        let names = || kind.parameters().iter().map(|parameter| &*parameter.name);
        match names().position(|known| known == name) {
            Some(at) => params[at] = value,
            None => return Err(Error::unknown("parameter", name, names().chain((!factors.is_empty()).then_some("T")))),
        }
        Ok(self)
    }

    /// Sets the initial value of a variable of a text, in the unit of the text, in place of the line
    /// `state …`.
    ///
    /// # Errors
    /// If there is no such variable, or the channel is one of the library, whose gates start where they
    /// are steady.
    pub fn init(mut self, name: &str, init: Init) -> Result<Self> {
        match &mut self.made {
            Made::Kind(..) => return Err(Error::unknown("variable with an initial value", name, [""; 0])),
            Made::Text(text) => text.put_init(name, init)?,
        }
        Ok(self)
    }

    /// The kind of the channel; `None` if it is a text.
    #[must_use]
    pub fn kind(&self) -> Option<ChannelKind> {
        self.of_kind().map(|(kind, _)| kind)
    }

    /// The text of the channel; `None` if it is a kind of the library.
    #[must_use]
    pub fn equations(&self) -> Option<&Equations> {
        match &self.made {
            Made::Kind(..) => None,
            Made::Text(text) => Some(text),
        }
    }

    /// The kind, and the parameters in the order of [`ChannelKind::parameters`].
    pub(crate) fn of_kind(&self) -> Option<(ChannelKind, &[Param<R>])> {
        match &self.made {
            Made::Kind(kind, params) => Some((*kind, params)),
            Made::Text(_) => None,
        }
    }

    /// The parameters of a channel of the library.
    pub(crate) fn params(&self) -> &[Param<R>] {
        self.of_kind().map_or(&[], |(_, params)| params)
    }

    /// The names of the gates of a channel of the library.
    pub(crate) fn gates(&self) -> &'static [&'static str] {
        self.of_kind().map_or(&[], |(kind, _)| kind.gates())
    }

    /// Checks the parameters of channel `name` for `units` neurons.
    pub(crate) fn check(&self, name: &str, units: usize) -> Result<()> {
        match &self.made {
            Made::Text(text) => text.check_channel(name),
            Made::Kind(kind, params) => kind.parameters().iter().zip(params).try_for_each(|(parameter, param)| {
                parameter.check(&format!("{name}.{}", parameter.name), param, units)
            }),
        }
    }
}
