//! The keys of a group of neurons in a model file.

use super::{EquationsText, Neurons, RawChannel, channels, equations, takes};
use crate::error::ParseError;
use crate::rules::{Line, Result, choice, error, finite, get, known, of_units, parameters, start, table};
use crate::strict;
use crate::toml_values::{Maybe, Table};
use crate::value::Value;
use overtime::models::{Method, ModelInfo};
use std::borrow::Cow;
use toml::Spanned;

pub(crate) struct Keys {
    pub(crate) equations: Maybe<equations::Raw>,
    pub(crate) size: Maybe<u64>,
    pub(crate) method: Maybe<String>,
    pub(crate) noise: Maybe<f64>,
    pub(crate) reset: Maybe<String>,
    pub(crate) parameters: Option<Table>,
    pub(crate) initial: Option<Table>,
    pub(crate) channel: Option<Vec<Spanned<strict::Keys<RawChannel>>>>,
    /// The number of units for which the input of the run has values, and its line.
    pub(crate) input: Option<(u64, usize)>,
}

pub(crate) fn neurons(kind: Option<&Spanned<String>>, group: Keys, at: usize, line: Line<'_>) -> Result<Neurons> {
    let (equations, neuron) = model(kind, group.equations, at, line)?;
    let neuron = &*neuron;
    fits(neuron, "noise", group.noise.as_ref().map(start), line)?;
    let initials: Vec<&str> = neuron.initial().collect();
    group.initial.as_ref().map_or(Ok(()), |initial| gates(initial, &initials, line))?;
    let parameters = parameters(group.parameters, line, &neuron.parameters, None)?;
    let initial = table(group.initial, line, "variable with an initial value", &initials, of_units)?;
    let mut neurons = Neurons {
        kind: neuron.name.to_string(),
        equations,
        size: 1,
        method: method(neuron, group.method, line)?,
        soft: soft(neuron, group.reset, line)?,
        noise: group.noise.map(|n| finite(n, line, "noise", 0.0)).transpose()?,
        parameters,
        initial,
        channels: channels::channels(group.channel, &neuron.name, line)?,
    };
    let input = group.input.map(|(units, line)| ("input".to_owned(), units, line));
    neurons.size = size(&neurons, get(group.size), input)?;
    Ok(neurons)
}

/// The number of neurons of a group: the given one, or the number of values of its sequences and of
/// `more` (name, number, line), or 1. All must agree.
pub(crate) fn size(
    group: &Neurons,
    given: Option<u64>,
    more: impl IntoIterator<Item = (String, u64, usize)>,
) -> Result<u64> {
    // The parameters of this source are lists of spikes.
    let own = if group.kind == "SpikeTimeGroup" { Vec::new() } else { group.values() };
    let sequences = own.into_iter().filter_map(|(name, value)| match value {
        Value::Sequence { values, line } => Some((name, values.count(), *line)),
        _ => None,
    });
    let mut known = given.map(|size| (size, format!("`size` is {size}")));
    for (name, count, line) in sequences.chain(more) {
        let (size, why) = known.get_or_insert_with(|| (count, format!("`{name}` has {count} values")));
        if *size != count {
            let message = format!("`{name}` has {count} values, one for each neuron, and {why}");
            return Err(ParseError { path: None, line, message });
        }
    }
    Ok(known.map_or(1, |(size, _)| size))
}

/// The model of a group, which begins at `at`: that of its equations, or of its kind.
pub(crate) fn model(
    kind: Option<&Spanned<String>>,
    equations: Maybe<equations::Raw>,
    at: usize,
    line: Line<'_>,
) -> Result<(Option<EquationsText>, Cow<'static, ModelInfo>)> {
    if let Some((text, info)) = equations::given(kind, equations, line)? {
        return Ok((Some(text), Cow::Owned(info)));
    }
    let Some(kind) = kind else { return error(line, at, "a group needs `kind` or `equations`") };
    match super::kind(kind.get_ref()) {
        Ok(info) => Ok((None, Cow::Borrowed(info))),
        Err(e) => error(line, start(kind), e.to_string()),
    }
}

/// Checks that a group of this kind takes the key, if it is given at a place.
pub(crate) fn fits(neuron: &ModelInfo, key: &str, at: Option<usize>, line: Line<'_>) -> Result<()> {
    match at {
        Some(at) if !takes(neuron, key) => error(line, at, format!("`{key}` is not for {}", neuron.name)),
        _ => Ok(()),
    }
}

pub(crate) fn method(neuron: &ModelInfo, given: Maybe<String>, line: Line<'_>) -> Result<Option<String>> {
    fits(neuron, "method", given.as_ref().map(start), line)?;
    known::<Method>(given, line)
}

/// Whether the reset is soft.
pub(crate) fn soft(neuron: &ModelInfo, given: Maybe<String>, line: Line<'_>) -> Result<bool> {
    fits(neuron, "reset", given.as_ref().map(start), line)?;
    given.map_or(Ok(false), |reset| choice(reset, line, "reset", &[("hard", false), ("soft", true)]))
}

/// Checks that a file has initial values of all three gates, or of none.
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
