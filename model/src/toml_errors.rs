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
    let (keys, value) = table.as_ref().and_then(|table| path(table.get_ref(), span.start)).unzip();
    let keys = keys.unwrap_or_default();
    let of_input = keys.get(1).filter(|_| keys.first().is_some_and(|key| key == "input"));
    let has_groups = table.as_ref().is_some_and(|table| table.get_ref().contains_key("group"));
    if let Some(message) = of_input.filter(|_| !has_groups).and_then(|key| toml_inputs::no_group(key)) {
        return ParseError { path: None, line: line(span.start), message };
    }
    let near = of_input
        .and_then(|key| toml_inputs::near(key))
        .map_or_else(String::new, |near| format!(" (did you mean `input.{near}`?)"));
    let message = if let Some(DeValue::Datetime(date)) = value.map(Spanned::get_ref) {
        format!("{}{date} is a date, and no key of a model file takes a date", prefix(&keys, ": "))
    } else if message == "duplicate key" {
        format!("duplicate key `{}`", text.get(span.clone()).unwrap_or_default().escape_debug())
    } else if let Some((name, known)) = unknown_key(message) {
        unknown_name(&of_table(&keys), name, known.into_iter())
    } else if let Some(known) = message.strip_prefix("missing field ") {
        format!("{}needs {known}", prefix(&keys, " "))
    } else if let Some((given, expected)) = wrong_value(message) {
        let table =
            keys.last().filter(|key| TABLES.contains(&key.as_str()) && (given, expected) == ("map", "a sequence"));
        match table {
            Some(_) => format!("`{0}` is an array of tables; write `[[{0}]]`", keys.join(".")),
            None => format!("{}must be {}, not {}", prefix(&keys, " "), kind(expected, given), shown(given)),
        }
    } else {
        format!("{}{message}", prefix(&keys, ": "))
    };
    ParseError { path: None, line: line(span.start), message: message + &near }
}

/// The keys of arrays of tables.
const TABLES: [&str; 6] = ["group", "projection", "layer", "channel", "receptor", "poisson"];

/// The given value and the expected kind of serde's message about a value, as of
/// "invalid type: integer `3`, expected a string".
fn wrong_value(message: &str) -> Option<(&str, &str)> {
    let given = ["type: ", "value: "].iter().find_map(|start| message.strip_prefix("invalid ")?.strip_prefix(start));
    let length = || message.strip_prefix("invalid ").filter(|length| length.starts_with("length "));
    // The given value may contain any text, and the expected kind does not.
    given.or_else(length)?.rsplit_once(", expected ")
}

/// The kind of value that serde expects, in the words of model files.
fn kind<'k>(expected: &'k str, given: &str) -> &'k str {
    match expected {
        "u64" if given.starts_with("integer ") => "a whole number from 0 to 18446744073709551615",
        "u64" => "a whole number",
        "f64" => "a number",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "a map" => "a table",
        other => other,
    }
}

/// The value that serde shows, in the words of model files.
fn shown(given: &str) -> String {
    match given {
        "map" => return "a table".to_owned(),
        "sequence" => return "an array".to_owned(),
        _ => {}
    }
    if given.ends_with("` as i128") {
        return "an integer of more than 64 bits".to_owned();
    }
    if let Some(length) = given.strip_prefix("length ") {
        return format!("one of {length}");
    }
    let value = ["integer ", "floating point ", "boolean "].iter().find_map(|kind| given.strip_prefix(kind));
    value.map_or_else(|| given.replacen("string ", "the string ", 1), |value| value.replace('`', ""))
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

/// The innermost key or value at this offset: the keys from the root to it, and its value.
fn path<'t, 'v>(table: &'t DeTable<'v>, at: usize) -> Option<(Vec<String>, &'t Spanned<DeValue<'v>>)> {
    table.iter().find_map(|(key, value)| {
        let own = key.get_ref().to_string();
        match inner(value, at) {
            Some((rest, value)) => Some((std::iter::once(own).chain(rest).collect(), value)),
            None => (key.span().contains(&at) || value.span().contains(&at)).then(|| (vec![own], value)),
        }
    })
}

/// The same within a value. The span of a table need not contain its values.
fn inner<'t, 'v>(value: &'t Spanned<DeValue<'v>>, at: usize) -> Option<(Vec<String>, &'t Spanned<DeValue<'v>>)> {
    match value.get_ref() {
        DeValue::Table(table) => path(table, at),
        DeValue::Array(all) => all
            .iter()
            .find_map(|item| inner(item, at).or_else(|| item.span().contains(&at).then(|| (Vec::new(), item)))),
        _ => None,
    }
}
