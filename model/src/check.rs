//! From the text of a model file to a [`ModelFile`]: every rule that needs no other file, each
//! broken one an error with its line.

use crate::raw::{self, Maybe, Table};
use crate::{
    Axis, Input, ModelFile, Neurons, ParseError, Settings, SystemSpec, Type, Value, layers, network, neurons, out_vars,
};
use overtime::models::Method;
use overtime::models::ModelInfo;
use overtime::{Number, Strategy};
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

pub(crate) fn model(file: raw::File, line: Line<'_>) -> Result<ModelFile> {
    if let (Some(_), Some(steps)) = (&file.duration, &file.steps) {
        return error(line, start(steps), "`duration` and `steps` are both given; one says the other");
    }
    let input_at = file.input.as_ref().map_or(0, start);
    let settings = Settings {
        title: get(file.title),
        batch: get(file.batch),
        duration: file.duration.map(|d| finite(d, line, "duration", 0.0)).transpose()?,
        steps: get(file.steps),
        input: file.input.map(|v| input(v, line)).transpose()?,
        lengths: file.lengths.map(|v| file_only(v, line, "lengths")).transpose()?,
        first_axis: file
            .first_axis
            .map(|v| choice(v, line, "first_axis", &[("T", Axis::T), ("B", Axis::B)]))
            .transpose()?,
        dt: file.dt.map(|d| finite(d, line, "dt", f64::MIN_POSITIVE)).transpose()?,
        t0: file.t0.map(|t| finite(t, line, "t0", f64::MIN)).transpose()?,
        dtype: file.dtype.map(|v| choice(v, line, "dtype", TYPES)).transpose()?,
        device: file.device.map(|v| device(v, line)).transpose()?,
        strategy: known::<Strategy>(file.strategy, line)?,
        seed: get(file.seed),
        weights: get(file.weights).map(PathBuf::from),
        state: get(file.state).map(PathBuf::from),
        out_vars: file.out_vars.map(|v| out_vars(v, line)).transpose()?,
        record_every: get(file.record_every),
        plot: crate::plot::plot(file.plot, line)?,
    };
    let stray = [
        ("size", file.size.as_ref().map(start)),
        ("method", file.method.as_ref().map(start)),
        ("noise", file.noise.as_ref().map(start)),
        ("reset", file.reset.as_ref().map(start)),
        ("parameters", file.parameters.as_ref().map(place)),
        ("initial", file.initial.as_ref().map(place)),
        ("channel", file.channel.as_ref().map(|list| list.first().map_or(0, start))),
    ];
    let first = |list: &[usize]| list.first().copied().unwrap_or(0);
    if let (None, Some(list)) = (&file.group, &file.projection) {
        return error(
            line,
            first(&list.iter().map(start).collect::<Vec<_>>()),
            "a projection, and no `[[group]]` in this file",
        );
    }
    if let (None, Some(named)) = (&file.group, &file.populations) {
        let at = named.keys().map(start).min().unwrap_or(0);
        return error(line, at, "`populations` are parts of groups, and this file has no `[[group]]`");
    }
    let system = match (file.kind, file.layer) {
        (kind, layers) if file.group.is_some() => {
            let others = stray.into_iter().chain([
                ("kind", kind.as_ref().map(start)),
                ("layer", layers.map(|l| first(&l.iter().map(start).collect::<Vec<_>>()))),
            ]);
            if let Some((key, Some(at))) = others.into_iter().find(|(_, at)| at.is_some()) {
                return error(line, at, format!("`{key}` stands outside of `[[group]]`, and this file has groups"));
            }
            let (groups, projections) = (file.group.unwrap_or_default(), file.projection.unwrap_or_default());
            network::check::network(groups, file.populations.unwrap_or_default(), projections, line)?
        }
        (Some(kind), None) => {
            let (parameters, initial, channel) = (file.parameters, file.initial, file.channel);
            let group = Group {
                size: file.size,
                method: file.method,
                noise: file.noise,
                reset: file.reset,
                parameters,
                initial,
                channel,
            };
            one_group(&kind, group, line)?
        }
        (None, Some(list)) => {
            if let Some((key, Some(at))) = stray.into_iter().find(|(_, at)| at.is_some()) {
                return error(line, at, format!("`{key}` belongs to a group of neurons, and this file has layers"));
            }
            layers::sequential(list, line)?
        }
        (Some(kind), Some(_)) => {
            return error(
                line,
                start(&kind),
                "`kind` makes a group of neurons, `[[layer]]` a Sequential; a file describes one of them",
            );
        }
        (None, None) => {
            let kinds = neurons::names();
            let none = format!(
                "neither a group of neurons (`kind = …`: {kinds}) nor layers (`[[layer]]`) nor a network (`[[group]]`) in this file"
            );
            return error(line, 0, none);
        }
    };
    if let (Some(given), SystemSpec::Network(net)) = (&settings.input, &system) {
        let names = match given {
            Input::One(_) => Vec::new(),
            Input::Named(values) => values.iter().map(|(name, _)| name.as_str()).collect(),
        };
        if let Err(message) = net.takes_input(&names) {
            return error(line, input_at, message);
        }
    } else if let Some(Input::Named(_)) = &settings.input {
        return error(
            line,
            input_at,
            "`input` by name is for the groups of a network, and this file has no `[[group]]`",
        );
    }
    Ok(ModelFile { path: None, system, settings })
}

fn input(v: Spanned<raw::Input>, line: Line<'_>) -> Result<Input> {
    let at = v.span();
    match v.into_inner() {
        raw::Input::One(value) => number_or_file(Spanned::new(at, value), line, "input").map(Input::One),
        raw::Input::Named(values) => {
            let value = |(name, value): (Spanned<String>, Spanned<raw::Value>)| {
                let value = number_or_file(value, line, &format!("input.{}", name.get_ref()))?;
                Ok((name.into_inner(), value))
            };
            values.into_iter().map(value).collect::<Result<_>>().map(Input::Named)
        }
    }
}

/// Where a table's first entry stands.
fn place(table: &Table) -> usize {
    table.keys().map(start).min().unwrap_or(0)
}

struct Group {
    size: Maybe<u64>,
    method: Maybe<String>,
    noise: Maybe<f64>,
    reset: Maybe<String>,
    parameters: Option<Table>,
    initial: Option<Table>,
    channel: Option<Vec<Spanned<neurons::RawChannel>>>,
}

fn one_group(kind: &Spanned<String>, group: Group, line: Line<'_>) -> Result<SystemSpec> {
    let neuron = known_kind(kind, line)?;
    takes(neuron, "noise", group.noise.as_ref(), line)?;
    let initials: Vec<&str> = neuron.initial().collect();
    group.initial.as_ref().map_or(Ok(()), |initial| gates(initial, &initials, line))?;
    let names: Vec<&str> = neuron.parameters.iter().map(|p| p.name).collect();
    let parameters = table(group.parameters, line, "parameter", &names, number_or_file)?;
    let initial = table(group.initial, line, "variable with an initial value", &initials, value)?;
    Ok(SystemSpec::Neurons(Neurons {
        kind: neuron.name.to_owned(),
        size: get(group.size).unwrap_or(1),
        method: method(neuron, group.method, line)?,
        soft: soft(neuron, group.reset, line)?,
        noise: group.noise.map(|n| finite(n, line, "noise", 0.0)).transpose()?,
        parameters,
        initial,
        channels: neurons::channels(group.channel, neuron.name, line)?,
    }))
}

/// The kind of neuron of this name.
pub(crate) fn known_kind(kind: &Spanned<String>, line: Line<'_>) -> Result<&'static ModelInfo> {
    neurons::kind(kind.get_ref()).or_else(|e| error(line, start(kind), e.to_string()))
}

/// That this key is for neurons of this kind, if it is there.
fn takes<V>(neuron: &ModelInfo, key: &str, value: Option<&Spanned<V>>, line: Line<'_>) -> Result<()> {
    match value {
        Some(given) if !neuron.takes(key) => error(line, start(given), format!("`{key}` is not for {}", neuron.name)),
        _ => Ok(()),
    }
}

pub(crate) fn method(neuron: &ModelInfo, given: Maybe<String>, line: Line<'_>) -> Result<Option<String>> {
    takes(neuron, "method", given.as_ref(), line)?;
    known::<Method>(given, line)
}

/// Whether spikes reset softly.
pub(crate) fn soft(neuron: &ModelInfo, given: Maybe<String>, line: Line<'_>) -> Result<bool> {
    takes(neuron, "reset", given.as_ref(), line)?;
    given.map_or(Ok(false), |reset| choice(reset, line, "reset", &[("hard", false), ("soft", true)]))
}

/// Initial values of gates go together, where all three are.
pub(crate) fn gates(initial: &Table, of: &[&str], line: Line<'_>) -> Result<()> {
    if !of.contains(&"m") {
        return Ok(());
    }
    let mut gates = initial.keys().filter(|name| ["m", "h", "n"].contains(&name.get_ref().as_str()));
    match (gates.clone().count(), gates.next_back()) {
        (1..3, Some(gate)) => {
            error(line, start(gate), "initial values of gates go together: m, h and n, or none of them")
        }
        _ => Ok(()),
    }
}

type Convert = fn(Spanned<raw::Value>, Line<'_>, &str) -> Result<Value>;

pub(crate) fn table(
    table: Option<Table>,
    line: Line<'_>,
    what: &str,
    names: &[&str],
    convert: Convert,
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

/// The error of a name that is none of the known ones, which names the nearest of them.
pub(crate) fn unknown<'a, V>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'a str>,
    at: usize,
    line: Line<'_>,
) -> Result<V> {
    let known: Vec<&str> = known.collect();
    let near = overtime::models::nearest(name, known.iter().copied())
        .map_or_else(String::new, |near| format!(" (did you mean `{near}`?)"));
    let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
    error(line, at, format!("no {what} named `{}`{near}; there is: {known}", name.escape_debug()))
}

/// A name that the library knows.
pub(crate) fn known<K: FromStr<Err = overtime::Error>>(name: Maybe<String>, line: Line<'_>) -> Result<Option<String>> {
    let Some(name) = name else { return Ok(None) };
    match name.get_ref().parse::<K>() {
        Ok(_) => Ok(Some(name.into_inner())),
        Err(e) => error(line, start(&name), e.to_string()),
    }
}

const TYPES: &[(&str, Type)] = &[("f64", Type::F64), ("f32", Type::F32), ("f16", Type::F16), ("bf16", Type::Bf16)];

fn choice<V: Copy>(name: Spanned<String>, line: Line<'_>, key: &str, all: &[(&str, V)]) -> Result<V> {
    match all.iter().find(|(n, _)| n == name.get_ref()) {
        Some((_, value)) => Ok(*value),
        None => {
            let names: Vec<&str> = all.iter().map(|(n, _)| *n).collect();
            error(line, start(&name), format!("`{key}` is one of {}, not `{}`", names.join(", "), name.get_ref()))
        }
    }
}

// Not parsed as a `Device`: that would look for a GPU, and a file is the same file with and without
// one.
fn device(name: Spanned<String>, line: Line<'_>) -> Result<String> {
    let cuda = name.get_ref().strip_prefix("cuda:").is_some_and(|n| n.parse::<usize>().is_ok());
    if cuda || ["auto", "cpu", "cuda"].contains(&name.get_ref().as_str()) {
        return Ok(name.into_inner());
    }
    error(line, start(&name), format!("`device` is one of auto, cpu, cuda:N, not `{}`", name.get_ref()))
}

fn out_vars(names: Spanned<Vec<String>>, line: Line<'_>) -> Result<String> {
    let text = names.get_ref().join(",");
    match out_vars::parse(&text) {
        Ok(_) => Ok(text),
        Err(e) => error(line, start(&names), e.to_string()),
    }
}

/// A finite number, at least `least`.
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
        value @ (Value::Number(_) | Value::File { .. }) => Ok(value),
        _ => error(line, at, format!("`{key}` is a number or {{ file = …, array = … }}")),
    }
}

fn file_only(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    match value(v, line, key)? {
        value @ Value::File { .. } => Ok(value),
        _ => error(line, at, format!("`{key}` is {{ file = …, array = … }}")),
    }
}

/// A value of any sort.
pub(crate) fn value(v: Spanned<raw::Value>, line: Line<'_>, key: &str) -> Result<Value> {
    let at = start(&v);
    let value = match v.into_inner() {
        raw::Value::Number(x) => Value::Number(x),
        raw::Value::Name(name) => match name.as_str() {
            "zeros" => Value::Zeros,
            "xavier_normal" => Value::XavierNormal,
            "orthogonal" => Value::Orthogonal(1.0),
            _ => {
                let known =
                    "zeros, xavier_normal, orthogonal; a number; or a table with file, uniform, normal or orthogonal";
                return error(line, at, format!("`{key}`: no values named `{name}`; there is: {known}"));
            }
        },
        raw::Value::Source(raw::Source { file: Some(file), array, uniform: None, normal: None, orthogonal: None }) => {
            Value::File { file: PathBuf::from(file), array, line: line(at) }
        }
        raw::Value::Source(raw::Source {
            file: None,
            array: None,
            uniform: Some([a, b]),
            normal: None,
            orthogonal: None,
        }) => Value::Uniform(a, b),
        raw::Value::Source(raw::Source {
            file: None,
            array: None,
            uniform: None,
            normal: Some([m, s]),
            orthogonal: None,
        }) => Value::Normal(m, s),
        raw::Value::Source(raw::Source {
            file: None,
            array: None,
            uniform: None,
            normal: None,
            orthogonal: Some(gain),
        }) => Value::Orthogonal(gain),
        raw::Value::Source(_) => {
            let one = "file (with array, if there are several), uniform = [low, high], normal = [mean, deviation], orthogonal = gain";
            return error(line, at, format!("`{key}` must have just one of {one}"));
        }
    };
    let numbers: &[f64] = match &value {
        Value::Number(a) | Value::Orthogonal(a) => &[*a],
        Value::Uniform(a, b) | Value::Normal(a, b) => &[*a, *b],
        _ => &[],
    };
    if numbers.iter().any(|x| !x.is_finite()) {
        return error(line, at, format!("`{key}` is not finite"));
    }
    match value {
        Value::Uniform(low, high) if low > high => {
            error(line, at, format!("`{key}`: uniform = [low, high], and {} is above {}", Number(low), Number(high)))
        }
        Value::Normal(_, deviation) if deviation < 0.0 => error(
            line,
            at,
            format!("`{key}`: normal = [mean, deviation], and a deviation of {} is below 0", Number(deviation)),
        ),
        value => Ok(value),
    }
}
