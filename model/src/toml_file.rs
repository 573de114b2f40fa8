//! A model file as its text has it: every key, with the place of its value.

use crate::network::tables::{Group, Populations, Projection};
use crate::neurons::RawChannel;
use crate::strict::Keys;
use crate::toml_inputs::Input;
use crate::toml_values::{Layer, Maybe, Table, Value};
use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

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
    pub(crate) plot: Maybe<crate::plot::Raw>,
}

impl File {
    /// Reads the text of a model file.
    ///
    /// # Errors
    /// The offset of the error, and the message. If the text is TOML and a value in it is wrong, the
    /// message begins with the value's key.
    pub(crate) fn parse(text: &str) -> Result<Self, (usize, String)> {
        toml::from_str(text).map_err(|e| {
            let (at, message) = (e.span().map_or(0, |span| span.start), e.message());
            let table = DeTable::parse(text).ok().filter(|_| !message.starts_with("unknown field"));
            match table.and_then(|table| key_at(table.get_ref(), at)) {
                Some(key) => (at, format!("`{}`: {message}", key.escape_debug())),
                None => (at, message.to_owned()),
            }
        })
    }
}

/// The key of the innermost value at this offset, with the keys of its tables before it.
fn key_at(table: &DeTable<'_>, at: usize) -> Option<String> {
    table.iter().find_map(|(key, value)| {
        let key = key.get_ref();
        match inner(value, at) {
            Some(inner) => Some(format!("{key}.{inner}")),
            None => value.span().contains(&at).then(|| key.to_string()),
        }
    })
}

/// The same within a value. The span of a table need not contain its values.
fn inner(value: &Spanned<DeValue<'_>>, at: usize) -> Option<String> {
    match value.get_ref() {
        DeValue::Table(table) => key_at(table, at),
        DeValue::Array(all) => all.iter().find_map(|value| inner(value, at)),
        _ => None,
    }
}
