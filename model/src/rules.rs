//! The rules for values of a model file, and the errors of values that break them.

use crate::error::{ParseError, unknown_name};
use crate::toml_values::{self as raw, Maybe, Table};
use crate::value::Value;
use overtime::models::{Bound, Param, Parameter};
use overtime::{Bounded, Distribution, DistributionInfo, Number};
use std::path::PathBuf;
use std::str::FromStr;
use toml::Spanned;

pub(crate) type Result<V> = std::result::Result<V, ParseError>;
/// The line of an offset into the text.
pub(crate) type Line<'a> = &'a dyn Fn(usize) -> usize;

pub(crate) fn error<V>(line: Line<'_>, at: usize, message: impl Into<String>) -> Result<V> {
    Err(ParseError { path: None, line: line(at), message: message.into() })
}

pub(crate) fn start<V>(value: &Spanned<V>) -> usize {
    value.span().start
}

pub(crate) fn get<V>(value: Maybe<V>) -> Option<V> {
    value.map(Spanned::into_inner)
}

pub(crate) fn table(
    table: Option<Table>,
    line: Line<'_>,
    what: &str,
    names: &[&str],
    convert: impl Fn(Spanned<raw::Value>, Line<'_>, &str) -> Result<Value>,
) -> Result<Vec<(String, Value)>> {
    let mut all = Vec::new();
    for (name, value) in table.unwrap_or_default() {
        if !names.contains(&name.get_ref().as_str()) {
            return unknown(what, name.get_ref(), names.iter().copied(), start(&name), line);
        }
        let value = convert(value, line, name.get_ref())?;
        all.push((name.into_inner(), value));
    }
    Ok(all)
}

/// The parameters of a model. A number must be in the bounds of its parameter, and `more` are names
/// of parameters without bounds.
pub(crate) fn parameters(
    given: Option<Table>,
    line: Line<'_>,
    all: &[Parameter],
    more: Option<&'static str>,
) -> Result<Vec<(String, Value)>> {
    let names: Vec<&str> = all.iter().map(|parameter| &*parameter.name).chain(more).collect();
    let is_time = |key: &str| all.iter().find(|p| p.name == key && p.bound == Bound::Time);
    let mut table = table(given, line, "parameter", &names, |v, line, key| {
        let at = start(&v);
        if let Some(parameter) = is_time(key) {
            let raw::Value::Number(x) = *v.get_ref() else {
                return error(line, at, format!("`{key}` must be one number, in ms"));
            };
            let time = time(Spanned::new(v.span(), x), line, key, parameter.default)?;
            return Ok(Value::Number(time.unwrap_or(parameter.default)));
        }
        let value = parameter_value(v, line, key)?;
        let parameter = all.iter().find(|parameter| parameter.name == key);
        if let (Value::Number(x), Some(parameter)) = (&value, parameter) {
            // A number may round to a bound in f32, and the type of the run is unknown here.
            let (double, single) = (Param::<f64>::from(*x), Param::<f32>::from(*x));
            let checked = parameter.check(key, &double, 1);
            let checked = checked.or_else(|e| parameter.check(key, &single, 1).map_err(|_| e));
            checked.or_else(|e| error(line, at, e.to_string()))?;
        }
        Ok(value)
    })?;
    // The default is infinite, and the JSON of a checkpoint has finite numbers only.
    table.retain(|(name, value)| is_time(name).is_none() || !matches!(value, Value::Number(x) if x.is_infinite()));
    Ok(table)
}

/// A time of the run in ms; `None` for the infinite `default`, which stands for no such time.
pub(crate) fn time(x: Spanned<f64>, line: Line<'_>, key: &str, default: f64) -> Result<Option<f64>> {
    match *x.get_ref() {
        time if time == default => Ok(None),
        time if time.is_finite() => Ok(Some(time)),
        time => {
            let (time, default) = (Number(time), Number(default));
            error(line, start(&x), format!("`{key}` must be a time in ms or {default}, not {time}"))
        }
    }
}

/// The error of an unknown name.
pub(crate) fn unknown<'a, V>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str> + Clone,
    at: usize,
    line: Line<'_>,
) -> Result<V> {
    error(line, at, unknown_name(what, name, known))
}

/// Checks that the library knows the name.
pub(crate) fn known<K: FromStr<Err = overtime::Error>>(name: Maybe<String>, line: Line<'_>) -> Result<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    match name.get_ref().parse::<K>() {
        Ok(_) => Ok(Some(name.into_inner())),
        Err(e) => error(line, start(&name), e.to_string()),
    }
}

pub(crate) fn choice<V: Copy>(name: Spanned<String>, line: Line<'_>, key: &str, all: &[(&str, V)]) -> Result<V> {
    match all.iter().find(|(n, _)| n == name.get_ref()) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<&str> = all.iter().map(|(n, _)| *n).collect();
            error(line, start(&name), format!("`{key}` is one of {}, not `{}`", names.join(", "), name.get_ref()))
        }
    }
}

/// Checks that a number of things is not 0.
pub(crate) fn at_least_one(n: Spanned<u64>, line: Line<'_>, key: &str, what: &str) -> Result<u64> {
    match *n.get_ref() {
        0 => error(line, start(&n), format!("`{key}` must be a positive number of {what}, not 0")),
        n => Ok(n),
    }
}

/// Checks that the number is finite and at least `least`.
pub(crate) fn finite(x: Spanned<f64>, line: Line<'_>, key: &str, least: f64) -> Result<f64> {
    let value = *x.get_ref();
    let must = if least == 0.0 { "a non-negative" } else { "a positive" };
    let must = if least < 0.0 { "a finite" } else { must };
    if value.is_finite() && value >= least {
        Ok(value)
    } else {
        error(line, start(&x), format!("`{key}` must be {must} number, not {}", Number(value)))
    }
}

pub(crate) fn number_or_file(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        value @ (Value::Number(_) | Value::Sequence { .. } | Value::File { .. }) => Ok(value),
        _ => error(
            line,
            at,
            format!("`{key}` must be a number, a sequence such as {{ linspace = … }}, or {{ file = …, array = … }}"),
        ),
    }
}

/// A number, or a value for each unit: a sequence, random numbers or an array.
fn parameter_value(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        value @ (Value::Number(_) | Value::Sequence { .. } | Value::File { .. } | Value::Random(_)) => Ok(value),
        _ => error(
            line,
            at,
            format!(
                "`{key}` must be a number, a sequence such as {{ linspace = … }}, random numbers such as \
                 {{ uniform = … }}, or {{ file = …, array = … }}"
            ),
        ),
    }
}

pub(crate) fn file_only(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        value @ Value::File { .. } => Ok(value),
        _ => error(line, at, format!("`{key}` must be {{ file = …, array = … }}")),
    }
}

/// A value of any kind.
pub(crate) fn value(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    let value = match v.into_inner() {
        raw::Value::Number(x) => Value::Number(x),
        raw::Value::Name(name) => match name.as_str() {
            "zeros" => Value::Zeros,
            "xavier_normal" => Value::XavierNormal,
            "orthogonal" => Value::Orthogonal(1.0),
            _ => {
                let distributions: Vec<&str> = Distribution::all().map(|info| info.name).collect();
                let known = format!(
                    "zeros, xavier_normal, orthogonal; a number; or a table with file, {} or orthogonal",
                    distributions.join(", ")
                );
                return error(line, at, format!("`{key}`: no values named `{name}`; there is: {known}"));
            }
        },
        raw::Value::Source(table) => return source(*table, at, line, key),
    };
    checked(value, at, line, key)
}

/// The values of a variable of neurons or synapses.
pub(crate) fn of_units(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    let name = match value(v, line, key)? {
        Value::XavierNormal => "xavier_normal",
        Value::Orthogonal(_) => "orthogonal",
        value => return Ok(value),
    };
    error(line, at, format!("`{key}`: `{name}` is for the weights of layers, which have rows and columns"))
}

/// A table of the source of values, with exactly one of its keys.
fn source(source: raw::Source, at: usize, line: Line<'_>, key: &str) -> Result<Value> {
    let raw::Source { array, min, max, outside, mut given } = source;
    let bounds = [min.is_some(), max.is_some(), outside.is_some()];
    let bound = raw::BOUNDS.iter().zip(bounds).find_map(|(name, is_given)| is_given.then_some(*name));
    if let (Some(bound), [raw::Given::File(_) | raw::Given::Orthogonal(_) | raw::Given::Sequence(_)]) =
        (bound, given.as_slice())
    {
        let right = format!("`{bound}` is for a distribution, as in {{ normal = [mean, deviation], {bound} = … }}");
        return error(line, at, format!("`{key}`: {right}"));
    }
    if bound == Some("outside") {
        return error(line, at, format!("`{key}`: `outside` needs `min` or `max`, the bounds of the values"));
    }
    let value = match (given.pop(), given.is_empty()) {
        (Some(raw::Given::File(file)), true) => Value::File { file: PathBuf::from(file), array, line: line(at) },
        (Some(raw::Given::Random(distribution)), true) if array.is_none() => {
            let outside = outside.map(|raw::OutsideName(outside)| outside).unwrap_or_default();
            Value::Random(Bounded { distribution, min, max, outside })
        }
        (Some(raw::Given::Orthogonal(gain)), true) if array.is_none() => Value::Orthogonal(gain),
        (Some(raw::Given::Sequence(values)), true) if array.is_none() => Value::Sequence { values, line: line(at) },
        _ => {
            let distributions: Vec<String> = Distribution::all().map(form).collect();
            let one = format!(
                "file (with array, if the file has several), {}, orthogonal = gain, linspace, logspace or geomspace = \
                 [from, to, number of values], arange = [start, stop, step]; a distribution may have min, max and outside",
                distributions.join(", ")
            );
            return error(line, at, format!("`{key}` must have exactly one of {one}"));
        }
    };
    checked(value, at, line, key)
}

/// A distribution with the names of its parameters, as `uniform = [low, high]`.
fn form(info: DistributionInfo) -> String {
    format!("{} = [{}]", info.name, info.parameters.map(|(name, _)| name).join(", "))
}

fn checked(value: Value, at: usize, line: Line<'_>, key: &str) -> Result<Value> {
    let numbers = match &value {
        Value::Number(a) | Value::Orthogonal(a) => vec![*a],
        Value::Random(bounded) => bounded.distribution.parameters().to_vec(),
        _ => Vec::new(),
    };
    if numbers.iter().any(|x| !x.is_finite()) {
        return error(line, at, format!("`{key}` is not finite"));
    }
    let checked = match &value {
        Value::Sequence { values, .. } => values.check().map_err(|e| format!("`{key}`: {e}")),
        Value::Random(bounded) => bounded.check(key).map_err(|e| match e {
            overtime::Error::Value { given, reason, .. } => {
                format!("`{key}`: {}, and {given} {reason}", form(bounded.distribution.info()))
            }
            other => other.to_string(),
        }),
        _ => Ok(()),
    };
    checked.map_or_else(|message| error(line, at, message), |()| Ok(value))
}

/// The name of a table, which must differ from the names before it.
pub(crate) fn name(
    what: &str,
    name: Option<&Spanned<String>>,
    at: usize,
    taken: &[&str],
    line: Line<'_>,
) -> Result<String> {
    let Some(name) = name else { return error(line, at, format!("this {what} has no `name`")) };
    let (at, name) = (start(name), name.get_ref());
    if name.is_empty() || name.chars().any(|c| ".[]:,".contains(c) || c.is_control()) {
        let escaped = name.escape_debug();
        return error(
            line,
            at,
            format!("{what} name `{escaped}` is empty, or has a dot, bracket, colon, comma or control character"),
        );
    }
    if taken.contains(&name.as_str()) {
        return error(line, at, format!("two things named `{name}`"));
    }
    Ok(name.clone())
}

/// The value of a required key.
pub(crate) fn needed<V>(
    value: Option<Spanned<V>>,
    key: &str,
    what: &str,
    at: usize,
    line: Line<'_>,
) -> Result<Spanned<V>> {
    value.map_or_else(|| error(line, at, format!("{what} needs `{key}`")), Ok)
}
