//! Advice about a key that stands in a wrong table. In TOML every key after `[populations]` is a key
//! of `populations`, up to the next table.

use crate::error::ParseError;
use crate::rules::Line;
use crate::toml_errors::{NO_KEY, UNKNOWN};
use crate::toml_file::File;
use crate::toml_values::BOUNDS;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The tables whose keys are names of a user or of a model.
const OF_NAMES: [&str; 4] = ["populations", "parameters", "initial", "input"];

/// The largest number of keys of a line that have advice.
const MOST: usize = 100;

/// The error of this text. It has advice if a key of its line is one of another table.
pub(crate) fn advised(error: ParseError, text: &str, line: Line<'_>) -> ParseError {
    let Ok(table) = DeTable::parse(text) else { return error };
    let has_neurons = !["group", "layer"].iter().any(|key| table.get_ref().contains_key(*key));
    let mut all = Vec::new();
    keys(table.get_ref(), &[], &mut |at, key| {
        if all.len() < MOST && line(at) == error.line {
            all.push(key.to_vec());
        }
    });
    let advice = all.iter().find_map(|key| {
        let (name, table) = key.split_last()?;
        let is_free = table.last().is_some_and(|last| OF_NAMES.contains(last));
        let is_unknown = error.message.starts_with(NO_KEY) && !is_plural(&error.message, name);
        // The message about an unknown key also lists the known keys.
        let is_named =
            if is_unknown { error.message.contains(&format!("named `{name}`")) } else { error.message.contains(name) };
        let is_wrong = (is_free || is_unknown) && is_named;
        if is_wrong { advice(name, table, has_neurons) } else { None }
    });
    match advice {
        Some(advice) => ParseError { message: format!("{}; {advice}", error.message), ..error },
        None => error,
    }
}

/// Whether the message names a plural or a singular of this key, which is a better guess than
/// another table.
fn is_plural(message: &str, key: &str) -> bool {
    let near = message.split_once("did you mean `").and_then(|(_, rest)| rest.split_once('`'));
    near.is_some_and(|(near, _)| near.contains(key) || key.contains(near))
}

/// Calls a function with the offset of each key, and with the keys from the root to it.
fn keys<'t>(table: &'t DeTable<'_>, of: &[&'t str], each: &mut impl FnMut(usize, &[&'t str])) {
    for (key, value) in table {
        let own = [of, &[&**key.get_ref()]].concat();
        each(key.span().start, &own);
        keys_of_value(value, &own, each);
    }
}

fn keys_of_value<'t>(value: &'t Spanned<DeValue<'_>>, of: &[&'t str], each: &mut impl FnMut(usize, &[&'t str])) {
    match value.get_ref() {
        DeValue::Table(table) => keys(table, of, each),
        DeValue::Array(all) => all.iter().for_each(|value| keys_of_value(value, of, each)),
        _ => {}
    }
}

/// The right place of a key that stands in this table.
fn advice(key: &str, table: &[&str], has_neurons: bool) -> Option<String> {
    if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        return None;
    }
    let of_values = [None, Some("group"), Some("receptor"), Some("projection"), Some("layer"), Some("initial")];
    if BOUNDS.contains(&key) && of_values.contains(&table.last().copied()) {
        return Some(format!(
            "`{key}` stands beside a distribution, as in {{ normal = [mean, deviation], {key} = … }}"
        ));
    }
    let (&outer, inner) = table.split_first()?;
    let has_tables = ["group", "projection"].contains(&outer) && !inner.is_empty();
    if has_tables && takes(&format!("[[{outer}]]\n{key} = 0")) {
        return Some(format!("`{key}` is a key of `[[{outer}]]`, and stands before the tables in it"));
    }
    // A network has the keys of neurons in its groups alone, and layers do not have them.
    let of_neurons = File::default().of_neurons().iter().any(|(own, _)| *own == key);
    (takes(&format!("{key} = 0")) && (has_neurons || !of_neurons))
        .then(|| format!("`{key}` is a key of the whole file, and stands before the first table"))
}

/// Whether all keys of a model file are known.
fn takes(text: &str) -> bool {
    !toml::from_str::<File>(text).is_err_and(|e| e.message().starts_with(UNKNOWN))
}
