//! A group of neurons.

pub(crate) mod build;
mod channels;
pub(crate) mod check;
mod keys;

pub use channels::Channel;
pub(crate) use channels::{Raw as RawChannel, channels};
pub use keys::{KEYS, NETWORK_KEYS, takes};

use crate::{Result, Value};
use overtime::models::{self, Family, ModelInfo};
use serde::{Deserialize, Serialize};

/// A group of neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neurons {
    /// The kind, by its [`name`](ModelInfo::name) or an alias.
    pub kind: String,
    /// The number of neurons.
    pub size: u64,
    /// The integration method, if it is not the default.
    pub method: Option<String>,
    /// The intensity of noise in the current, in the unit of the current times √ms. Neurons with
    /// noise of their own (HH) add that; all others are a
    /// [`WhiteNoise`](overtime::models::WhiteNoise). Sources have no current.
    pub noise: Option<f64>,
    /// Whether the reset is soft: a spike lowers V by V_th − V_reset.
    #[serde(default)]
    pub soft: bool,
    /// Parameters by name.
    pub parameters: Vec<(String, Value)>,
    /// Initial values by the variable's name.
    pub initial: Vec<(String, Value)>,
    /// The ion channels of a `CondNeuGroup`.
    #[serde(default)]
    pub channels: Vec<Channel>,
}

/// The kind of neuron or source of this name or alias.
///
/// # Errors
/// If the kind is unknown.
pub fn kind(name: &str) -> overtime::Result<&'static ModelInfo> {
    models::find_in("kind of neuron", name, &[Family::Neuron, Family::Source])
}

/// The names of all kinds of neurons and sources.
#[must_use]
pub fn names() -> String {
    let all = models::all().iter().filter(|info| matches!(info.family, Family::Neuron | Family::Source));
    all.map(|info| info.name).collect::<Vec<_>>().join(", ")
}

impl Neurons {
    /// A group of `size` neurons of a kind, with all defaults.
    ///
    /// # Errors
    /// If the kind is unknown.
    pub fn new(kind: &str, size: u64) -> Result<Self> {
        let kind = self::kind(kind)?.name.to_owned();
        Ok(Self {
            kind,
            size,
            method: None,
            noise: None,
            soft: false,
            parameters: vec![],
            initial: vec![],
            channels: vec![],
        })
    }

    /// The facts of its kind.
    ///
    /// # Errors
    /// If the kind is unknown.
    pub fn info(&self) -> overtime::Result<&'static ModelInfo> {
        kind(&self.kind)
    }

    pub(crate) fn values(&self) -> Vec<(String, &Value)> {
        let parameters = self.parameters.iter().map(|(name, v)| (format!("parameters.{name}"), v));
        let initial = self.initial.iter().map(|(name, v)| (format!("initial.{name}"), v));
        parameters.chain(initial).chain(channels::values(&self.channels)).collect()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let of_channels = self.channels.iter_mut().flat_map(|channel| &mut channel.parameters);
        self.parameters.iter_mut().chain(&mut self.initial).chain(of_channels).map(|(_, v)| v)
    }
}
