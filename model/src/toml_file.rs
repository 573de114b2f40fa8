//! A model file as its text has it: every key, with the place of its value.

use crate::network::tables::{Group, Populations, Projection};
use crate::neurons::equations::Describes;
use crate::neurons::{RawChannel, equations};
use crate::rules::{Line, Result, start};
use crate::strict::Keys;
use crate::toml_errors;
use crate::toml_inputs::Input;
use crate::toml_values::{Layer, Maybe, Table, Value};
use serde::Deserialize;
use std::path::Path;
use toml::Spanned;

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct File {
    // A group of neurons …
    pub(crate) kind: Maybe<String>,
    pub(crate) equations: Maybe<equations::Raw>,
    pub(crate) size: Maybe<u64>,
    pub(crate) method: Maybe<String>,
    pub(crate) noise: Maybe<f64>,
    pub(crate) reset: Maybe<String>,
    pub(crate) parameters: Option<Table>,
    pub(crate) initial: Option<Table>,
    pub(crate) channel: Option<Vec<Spanned<Keys<RawChannel>>>>,
    // … or layers.
    pub(crate) layer: Option<Vec<Spanned<Keys<Layer>>>>,
    // … or a network.
    pub(crate) group: Option<Vec<Spanned<Keys<Group>>>>,
    pub(crate) projection: Option<Vec<Spanned<Keys<Projection>>>>,
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
    pub(crate) statistics_from: Maybe<f64>,
    pub(crate) plot: Maybe<crate::plot::Raw>,
}

impl File {
    /// Reads the text of a model file, and its files of equations from `folder`.
    ///
    /// # Errors
    /// The first error of the text.
    pub(crate) fn parse(text: &str, folder: Option<&Path>, line: Line<'_>) -> Result<Self> {
        let mut file: Self = toml::from_str(text).map_err(|e| toml_errors::described(text, &e, line))?;
        let source = equations::Source { text, folder, line };
        equations::read(&mut file.equations, Describes::Neurons, source)?;
        for channel in file.channel.iter_mut().flatten() {
            equations::read(channel.get_mut().0.equations(), Describes::Channel, source)?;
        }
        for group in file.group.iter_mut().flatten() {
            for (text, describes) in group.get_mut().0.equations() {
                equations::read(text, describes, source)?;
            }
        }
        for projection in file.projection.iter_mut().flatten() {
            for (text, describes) in projection.get_mut().0.equations() {
                equations::read(text, describes, source)?;
            }
        }
        Ok(file)
    }

    /// The keys of a group of neurons, each with its place if it is given. A network has these keys
    /// in its groups.
    pub(crate) fn of_neurons(&self) -> [(&'static str, Option<usize>); 8] {
        let first = |table: &Option<Table>| table.as_ref().map(|table| table.keys().map(start).min().unwrap_or(0));
        [
            ("equations", self.equations.as_ref().map(start)),
            ("size", self.size.as_ref().map(start)),
            ("method", self.method.as_ref().map(start)),
            ("noise", self.noise.as_ref().map(start)),
            ("reset", self.reset.as_ref().map(start)),
            ("parameters", first(&self.parameters)),
            ("initial", first(&self.initial)),
            ("channel", self.channel.as_ref().map(|list| list.first().map_or(0, start))),
        ]
    }
}
