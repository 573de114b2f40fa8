//! The lines of a model file's values.

use crate::network::{name_of_pair, receptors_differ};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The line of the value of this name, which is one of [`SystemSpec::values`](crate::SystemSpec::values)
/// or `noise`. `None` if the text has no such value.
pub(crate) fn line_of(text: &str, value: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut all = Vec::new();
    values(table.get_ref(), "", &mut all);
    // The kernel of a convolution is `w`, and its key `W_init`.
    let same = all.iter().find(|(name, _)| name == value);
    let (_, at) = same.or_else(|| all.iter().find(|(name, _)| name.eq_ignore_ascii_case(value)))?;
    line_at(text, *at)
}

/// The line of the table or of the value that a message names: a group, a projection or a layer, and
/// after it a key or a parameter of it; a parameter of the whole file; or, at the start, a key such
/// as `plot.panels` or a parameter.
pub(crate) fn line_of_message(text: &str, message: &str) -> Option<usize> {
    let table = DeTable::parse(text).ok()?;
    let mut names = Vec::new();
    for key in ["group", "projection", "layer"] {
        let tables = table.get_ref().get(key).and_then(|value| value.get_ref().as_array());
        for table in tables.into_iter().flatten().filter_map(|item| item.get_ref().as_table()) {
            let at = table.get("name").map_or(0, |name| name.span().start);
            names.extend(names_of(table).into_iter().map(|name| (name, at)));
        }
    }
    let mut parts = message.split('`');
    while let (Some(before), Some(name)) = (parts.next(), parts.next()) {
        let of_table = ["group ", "projection ", "layer ", "of "].iter().any(|what| before.ends_with(what));
        let found = names.iter().find(|(known, _)| of_table && known == name);
        if let Some((_, at)) = found {
            // The parameter or the key of the table, if the rest of the message names one.
            let keys = parts.skip(1).step_by(2);
            let own = keys.flat_map(|key| ["parameters.", ""].map(|of| format!("{name}.{of}{key}")));
            return own.into_iter().find_map(|value| line_of(text, &value)).or_else(|| line_at(text, *at));
        }
        if before.ends_with("parameter ") {
            return line_of(text, &format!("parameters.{name}"));
        }
    }
    let key = message.split(": ").next()?.trim_matches('`');
    if key.contains('.') { line_of(text, key) } else { line_of(text, &format!("parameters.{key}")) }
}

/// The line of an offset.
fn line_at(text: &str, at: usize) -> Option<usize> {
    Some(1 + text.get(..at)?.matches('\n').count())
}

/// Adds the names of a table's values, each with the offset of its key.
fn values(table: &DeTable<'_>, prefix: &str, all: &mut Vec<(String, usize)>) {
    for (key, value) in table {
        let (at, key) = (key.span().start, &**key.get_ref());
        match value.get_ref() {
            DeValue::Table(inner) if key == "connect" => values(inner, prefix, all),
            DeValue::Table(inner) => values(inner, &format!("{prefix}{key}."), all),
            DeValue::Array(list) => list.iter().for_each(|item| of_list(item, key, prefix, all)),
            _ => {}
        }
        let name = key.strip_suffix("_init").unwrap_or(key);
        all.push((format!("{prefix}{name}"), at));
    }
}

/// Adds the values of a group, projection, layer or channel, with its name before their own.
fn of_list(item: &Spanned<DeValue<'_>>, key: &str, prefix: &str, all: &mut Vec<(String, usize)>) {
    let DeValue::Table(table) = item.get_ref() else { return };
    // A Poisson drive has no name, and acts on a receptor.
    let names = if key == "poisson" { strings(table.get("receptor")) } else { names_of(table) };
    for name in names {
        match key {
            "poisson" => values(table, &format!("{prefix}poisson.{name}."), all),
            "channel" => {
                for (key, part) in [("parameters", ""), ("initial", "initial.")] {
                    if let Some(DeValue::Table(own)) = table.get(key).map(Spanned::get_ref) {
                        values(own, &format!("{prefix}channels.{name}.{part}"), all);
                    }
                }
            }
            _ => values(table, &format!("{prefix}{name}."), all),
        }
    }
}

/// The names of the groups or projections of a table: several if it has lists.
fn names_of(table: &DeTable<'_>) -> Vec<String> {
    let names = strings(table.get("name"));
    let is_list = |key: &str| table.get(key).is_some_and(|value| value.get_ref().is_array());
    let ([name], true) = (names.as_slice(), is_list("from") || is_list("to")) else { return names };
    let (from, to) = (strings(table.get("from")), strings(table.get("to")));
    let receptors = receptors_differ(to.iter().map(String::as_str));
    let pairs = to.iter().flat_map(|to| from.iter().map(|from| [from.clone(), to.clone()]));
    pairs.map(|pair| name_of_pair(name, &pair, receptors)).collect()
}

/// The strings of a value, which is one or a list of several.
fn strings(value: Option<&Spanned<DeValue<'_>>>) -> Vec<String> {
    let Some(value) = value.map(Spanned::get_ref) else { return Vec::new() };
    let all = value.as_array().into_iter().flatten().map(Spanned::get_ref).chain([value]);
    all.filter_map(|value| Some(value.as_str()?.to_owned())).collect()
}
