//! The ion channels of a neuron in a model file: `[[channel]]`, or `[[group.channel]]` in a
//! network.

use super::Neurons;
use super::build::Values;
use crate::Value;
use crate::rules::{self, Line, Result, error, start};
use crate::strict::Keys;
use crate::toml_values::{Maybe, Table};
use overtime::Real;
use overtime::models::{ChannelKind, NeuronGroup};
use serde::{Deserialize, Serialize};
use toml::Spanned;

/// The kind of neuron that has channels.
const ASSEMBLED: &str = "CondNeuGroup";

/// A table as the text has it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    name: Maybe<String>,
    kind: Maybe<String>,
    parameters: Option<Table>,
}

/// A channel of a neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// The name, with which the names of its gates begin.
    pub name: String,
    /// The kind, as [`ChannelKind`] names it.
    pub kind: String,
    /// Parameters by name.
    pub parameters: Vec<(String, Value)>,
}

/// The channels of a neuron of this kind.
pub(crate) fn channels(list: Option<Vec<Spanned<Keys<Raw>>>>, neuron: &str, line: Line<'_>) -> Result<Vec<Channel>> {
    let mut all: Vec<Channel> = Vec::new();
    for channel in list.unwrap_or_default() {
        let at = start(&channel);
        if neuron != ASSEMBLED {
            return error(line, at, format!("channels are for {ASSEMBLED}, and this is a {neuron}"));
        }
        let Keys(Raw { name, kind, parameters }) = channel.into_inner();
        let (Some(name), Some(kind)) = (name, kind) else {
            return error(line, at, "a channel needs `name` and `kind`");
        };
        if name.get_ref().is_empty() || name.get_ref().chars().any(|c| ".[]:,".contains(c) || c.is_control()) {
            let escaped = name.get_ref().escape_debug();
            let reason =
                format!("channel name `{escaped}` is empty, or has a dot, bracket, colon, comma or control character");
            return error(line, start(&name), reason);
        }
        if all.iter().any(|c| c.name == *name.get_ref()) {
            return error(line, start(&name), format!("two channels named `{}`", name.get_ref()));
        }
        let of_kind = match kind.get_ref().parse::<ChannelKind>() {
            Ok(kind) => kind,
            Err(e) => return error(line, start(&kind), e.to_string()),
        };
        let temperature = of_kind.has_temperature().then_some("T");
        let mut parameters = rules::parameters(parameters, line, of_kind.parameters(), temperature)?;
        // A given parameter overrides the value that follows from the temperature.
        parameters.sort_by_key(|(name, _)| name != "T");
        all.push(Channel { name: name.into_inner(), kind: kind.into_inner(), parameters });
    }
    Ok(all)
}

/// Every value, with its name in errors and checkpoints.
pub(super) fn values(channels: &[Channel]) -> impl Iterator<Item = (String, &Value)> {
    channels
        .iter()
        .flat_map(|c| c.parameters.iter().map(move |(name, value)| (format!("channels.{}.{name}", c.name), value)))
}

/// Adds the channels to the neurons.
pub(super) fn add<R: Real>(made: &mut dyn NeuronGroup<R>, group: &Neurons, values: Values<'_>) -> crate::Result<()> {
    for Channel { name, kind, parameters } in &group.channels {
        let mut channel = overtime::models::Channel::new(kind.parse::<ChannelKind>()?);
        for (parameter, value) in parameters {
            let param = values.param::<R>(&format!("channels.{name}.{parameter}"), value, group.size)?;
            channel = channel.param(parameter, param)?;
        }
        made.add_channel(name, channel)?;
    }
    Ok(())
}
