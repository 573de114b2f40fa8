//! The errors of TOML and of serde in the words of model files: with the key of a wrong value, and
//! with the nearest known key for an unknown one.

use crate::error::{ParseError, unknown_name};
use crate::rules::Line;
use crate::toml_inputs;
use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

/// The start of serde's message about an unknown key.
pub(crate) const UNKNOWN: &str = "unknown field `";
/// The start of the message about an unknown key in model files.
pub(crate) const NO_KEY: &str = "no key ";

/// The error of a text with its line. If the text is TOML and a value in it is wrong, the message
/// begins with the value's key.
pub(crate) fn described(text: &str, error: &Error, line: Line<'_>) -> ParseError {
    let (span, message) = (error.span().unwrap_or(0..0), error.message());
    let table = DeTable::parse(text).ok();
    let keys = table.and_then(|table| path(table.get_ref(), span.start)).unwrap_or_default();
    let near = keys.get(1).filter(|_| keys.first().is_some_and(|key| key == "input"));
    let near = near
        .and_then(|key| toml_inputs::near(key))
        .map_or_else(String::new, |near| format!(" (did you mean `input.{near}`?)"));
    let message = if message == "duplicate key" {
        format!("duplicate key `{}`", text.get(span.clone()).unwrap_or_default().escape_debug())
    } else if let Some((name, known)) = unknown_key(message) {
        unknown_name(&of_table(&keys), name, known.into_iter())
    } else if let Some(known) = message.strip_prefix("missing field ") {
        format!("{}needs {known}", prefix(&keys, " "))
    } else {
        format!("{}{message}", prefix(&keys, ": "))
    };
    ParseError { path: None, line: line(span.start), message: message + &near }
}

fn prefix(keys: &[String], then: &str) -> String {
    if keys.is_empty() { String::new() } else { format!("`{}`{then}", keys.join(".").escape_debug()) }
}

/// The kind of key that is unknown: the keys are those from the root to the unknown one.
fn of_table(keys: &[String]) -> String {
    match keys.split_last() {
        Some((_, table)) if !table.is_empty() => {
            format!("key of `{}`", table.join(".").escape_debug())
        }
        _ => "key".to_owned(),
    }
}

/// The unknown key and the known keys of serde's message, as of
/// "unknown field `dpii`, expected `file` or `dpi`".
fn unknown_key(message: &str) -> Option<(&str, Vec<&str>)> {
    // The unknown key may contain any text, and the known keys do not.
    let (name, known) = message.strip_prefix(UNKNOWN)?.rsplit_once("`, expected ")?;
    Some((name, known.split('`').skip(1).step_by(2).collect()))
}

/// The keys from the root to the innermost key or value at this offset.
fn path(table: &DeTable<'_>, at: usize) -> Option<Vec<String>> {
    table.iter().find_map(|(key, value)| {
        let own = key.get_ref().to_string();
        match inner(value, at) {
            Some(rest) => Some(std::iter::once(own).chain(rest).collect()),
            None => (key.span().contains(&at) || value.span().contains(&at)).then(|| vec![own]),
        }
    })
}

/// The same within a value. The span of a table need not contain its values.
fn inner(value: &Spanned<DeValue<'_>>, at: usize) -> Option<Vec<String>> {
    match value.get_ref() {
        DeValue::Table(table) => path(table, at),
        DeValue::Array(all) => all.iter().find_map(|value| inner(value, at)),
        _ => None,
    }
}
