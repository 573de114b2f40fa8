//! A model file as its text has it: every key, with the place of its value.

use crate::network::tables::{Group, Populations, Projection};
use crate::neurons::RawChannel;
use crate::toml_inputs::Input;
use crate::toml_values::{Layer, Maybe, Table, Value};
use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    // A group of neurons …
    pub(crate) kind: Maybe<String>,
    pub(crate) size: Maybe<u64>,
    pub(crate) method: Maybe<String>,
    pub(crate) noise: Maybe<f64>,
    pub(crate) reset: Maybe<String>,
    pub(crate) parameters: Option<Table>,
    pub(crate) initial: Option<Table>,
    pub(crate) channel: Option<Vec<Spanned<RawChannel>>>,
    // … or layers.
    pub(crate) layer: Option<Vec<Spanned<Layer>>>,
    // … or a network.
    pub(crate) group: Option<Vec<Spanned<Group>>>,
    pub(crate) projection: Option<Vec<Spanned<Projection>>>,
    pub(crate) populations: Option<Populations>,
    pub(crate) weights: Maybe<String>,
    // How to run either.
    pub(crate) title: Maybe<String>,
    pub(crate) batch: Maybe<u64>,
    pub(crate) duration: Maybe<f64>,
    pub(crate) steps: Maybe<u64>,
    pub(crate) input: Maybe<Input>,
    pub(crate) lengths: Maybe<Value>,
    pub(crate) first_axis: Maybe<String>,
    pub(crate) dt: Maybe<f64>,
    pub(crate) t0: Maybe<f64>,
    pub(crate) dtype: Maybe<String>,
    pub(crate) device: Maybe<String>,
    pub(crate) strategy: Maybe<String>,
    pub(crate) seed: Maybe<u64>,
    pub(crate) state: Maybe<String>,
    pub(crate) out_vars: Maybe<Vec<String>>,
    pub(crate) record_every: Maybe<u64>,
    pub(crate) plot: Maybe<crate::plot::Raw>,
}
