//! Equations as text.

mod channel;
mod definitions;
mod elaborate;
#[cfg(test)]
mod errors;
mod events;
mod kind;
mod kinetics;
mod lets;
mod lexer;
#[cfg(test)]
mod mutations;
mod parser;
mod plasticity;
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
