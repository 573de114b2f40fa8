//! A group of neurons.

pub(crate) mod build;
mod channels;
pub(crate) mod check;
pub(crate) mod equations;
mod keys;

pub use channels::Channel;
pub(crate) use channels::{Raw as RawChannel, channels};
pub use equations::{EQUATIONS, EquationsText};
pub use keys::{KEYS, NETWORK_KEYS, takes};

use crate::error::{ParseError, unknown_name};
use crate::{Result, Value};
use equations::Describes;
use overtime::Equations;
use overtime::models::{self, Family, ModelInfo};
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::path::Path;

/// A group of neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Neurons {
    /// The kind, by its [`name`](ModelInfo::name) or an alias; [`EQUATIONS`] if the model is a text.
    pub kind: String,
    /// The model as a text.
    #[serde(default)]
    pub equations: Option<EquationsText>,
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
    all.map(|info| &*info.name).collect::<Vec<_>>().join(", ")
}

impl Neurons {
    /// A group of `size` neurons of a kind, with all defaults.
    ///
    /// # Errors
    /// If the kind is unknown.
    pub fn new(kind: &str, size: u64) -> Result<Self> {
        Ok(Self::of(self::kind(kind)?.name.to_string(), None, size))
    }

    /// A group of `size` units whose model is the text of a file, with all defaults.
    ///
    /// # Errors
    /// If the file cannot be read, or has a mistake.
    pub fn of_file(path: &Path, size: u64) -> Result<Self> {
        let text = equations::text_of(path)?;
        match Equations::new(&text) {
            Ok(equations) if Describes::of(&equations) != Describes::Neurons => {
                let message = Describes::of(&equations).advice().to_owned();
                Err(ParseError { path: Some(path.to_owned()), line: 1, message }.into())
            }
            Ok(_) => {
                Ok(Self::of(EQUATIONS.to_owned(), Some(EquationsText { text, file: Some(path.to_owned()) }), size))
            }
            Err(overtime::Error::Equations(mistakes)) => Err(equations::in_file(&mistakes, path.to_owned()).into()),
            Err(e) => Err(e.into()),
        }
    }

    fn of(kind: String, equations: Option<EquationsText>, size: u64) -> Self {
        Self {
            kind,
            equations,
            size,
            method: None,
            noise: None,
            soft: false,
            parameters: vec![],
            initial: vec![],
            channels: vec![],
        }
    }

    /// The facts of its model.
    ///
    /// # Errors
    /// If the kind is unknown, or the equations have a mistake.
    pub fn info(&self) -> overtime::Result<Cow<'static, ModelInfo>> {
        match &self.equations {
            Some(equations) => Equations::new(&equations.text).map(|model| Cow::Owned(model.info())),
            None => kind(&self.kind).map(Cow::Borrowed),
        }
    }

    /// Checks that equations have inputs of these names.
    ///
    /// # Errors
    /// The reason, if a group without equations has names of inputs, or an input does not exist.
    pub fn takes_input(&self, names: &[&str]) -> std::result::Result<(), String> {
        if !names.is_empty() && self.equations.is_none() {
            return Err("an input by name is for a group of a network, or for equations with this input".into());
        }
        let info = self.info().map_err(|e| e.to_string())?;
        match names.iter().find(|name| info.input(name).is_none()) {
            Some(name) => Err(unknown_name("input of the equations", name, info.inputs.iter().map(|port| &*port.name))),
            None => Ok(()),
        }
    }

    /// The name of the model in pictures and summaries: the kind, or the file of the equations.
    #[must_use]
    pub fn label(&self) -> &str {
        let file = self.equations.as_ref().and_then(|equations| equations.file.as_ref()?.file_stem()?.to_str());
        file.unwrap_or(&self.kind)
    }

    pub(crate) fn values(&self) -> Vec<(String, &Value)> {
        let parameters = self.parameters.iter().map(|(name, v)| (format!("parameters.{name}"), v));
        let initial = self.initial.iter().map(|(name, v)| (format!("initial.{name}"), v));
        parameters.chain(initial).chain(channels::values(&self.channels)).collect()
    }

    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let own = self.parameters.iter_mut().chain(&mut self.initial).map(|(_, v)| v);
        own.chain(channels::values_mut(&mut self.channels))
    }
}
