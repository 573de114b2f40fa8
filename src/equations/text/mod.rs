//! Equations as text.

mod definitions;
mod elaborate;
#[cfg(test)]
mod errors;
mod events;
mod lexer;
#[cfg(test)]
mod mutations;
mod parser;
mod synapses;
mod syntax;
mod units;
mod values;

use super::model::Model;
use crate::error::EquationsError;

/// Reads a text.
pub(crate) fn read(text: &str) -> Result<Model, EquationsError> {
    let parsed = parser::parse(text).and_then(|syntax| elaborate::elaborate(&syntax));
    parsed.map_err(|mistakes| EquationsError::new(text, mistakes))
}
