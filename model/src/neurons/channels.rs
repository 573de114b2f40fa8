//! The ion channels of a neuron in a model file: `[[channel]]`, or `[[group.channel]]` in a
//! network.

use super::Neurons;
use super::build::Values;
use super::equations::{self, EQUATIONS, EquationsText};
use crate::Value;
use crate::rules::{self, Line, Result, error, of_units, start, table};
use crate::strict::Keys;
use crate::toml_values::{Maybe, Table};
use overtime::models::{ChannelKind, NeuronGroup};
use overtime::{Equations, Init, Real};
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
    equations: Maybe<equations::Raw>,
    parameters: Option<Table>,
    initial: Option<Table>,
}

impl Raw {
    /// The equations.
    pub(crate) fn equations(&mut self) -> &mut Maybe<equations::Raw> {
        &mut self.equations
    }
}

/// A channel of a neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Channel {
    /// The name, with which the names of its gates begin.
    pub name: String,
    /// The kind, as [`ChannelKind`] names it; [`EQUATIONS`] if the channel is a text.
    pub kind: String,
    /// The channel as a text.
    #[serde(default)]
    pub equations: Option<EquationsText>,
    /// Parameters by name.
    pub parameters: Vec<(String, Value)>,
    /// The initial values of the variables of a text.
    #[serde(default)]
    pub initial: Vec<(String, Value)>,
}

/// The channels of a neuron of this kind.
pub(crate) fn channels(list: Option<Vec<Spanned<Keys<Raw>>>>, neuron: &str, line: Line<'_>) -> Result<Vec<Channel>> {
    let mut all: Vec<Channel> = Vec::new();
    for channel in list.unwrap_or_default() {
        let at = start(&channel);
        if neuron != ASSEMBLED {
            return error(line, at, format!("channels are for {ASSEMBLED}, and this is a {neuron}"));
        }
        let Keys(Raw { name, kind, equations, parameters, initial }) = channel.into_inner();
        let text = equations::given(kind.as_ref(), equations, line)?;
        let Some(name) = name.filter(|_| kind.is_some() || text.is_some()) else {
            return error(line, at, "a channel needs `name`, and `kind` or `equations`");
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
        let name = name.into_inner();
        all.push(match (text, kind) {
            (Some((text, info)), _) => {
                let parameters = rules::parameters(parameters, line, &info.parameters, None)?;
                let names: Vec<&str> = info.initial().collect();
                let initial = table(initial, line, "variable with an initial value", &names, of_units)?;
                Channel { name, kind: EQUATIONS.to_owned(), equations: Some(text), parameters, initial }
            }
            (None, Some(kind)) => {
                let of_kind = match kind.get_ref().parse::<ChannelKind>() {
                    Ok(kind) => kind,
                    Err(e) => return error(line, start(&kind), e.to_string()),
                };
                table(initial, line, "variable with an initial value", &[], of_units)?;
                let temperature = of_kind.has_temperature().then_some("T");
                let mut parameters = rules::parameters(parameters, line, of_kind.parameters(), temperature)?;
                // A given parameter overrides the value that follows from the temperature.
                parameters.sort_by_key(|(name, _)| name != "T");
                Channel { name, kind: kind.into_inner(), equations: None, parameters, initial: Vec::new() }
            }
            (None, None) => return error(line, at, "a channel needs `kind` or `equations`"),
        });
    }
    Ok(all)
}

/// Every value, with its name in errors and checkpoints.
pub(super) fn values(channels: &[Channel]) -> impl Iterator<Item = (String, &Value)> {
    channels.iter().flat_map(|channel| {
        let of = move |part: &str| format!("channels.{}.{part}", channel.name);
        let parameters = channel.parameters.iter().map(move |(name, value)| (of(name), value));
        parameters.chain(channel.initial.iter().map(move |(name, value)| (of(&format!("initial.{name}")), value)))
    })
}

/// Every value.
pub(super) fn values_mut(channels: &mut [Channel]) -> impl Iterator<Item = &mut Value> {
    channels
        .iter_mut()
        .flat_map(|channel| channel.parameters.iter_mut().chain(&mut channel.initial).map(|(_, value)| value))
}

/// Adds the channels to the neurons.
pub(super) fn add<R: Real>(made: &mut dyn NeuronGroup<R>, group: &Neurons, values: Values<'_>) -> crate::Result<()> {
    for Channel { name, kind, equations, parameters, initial } in &group.channels {
        let value_of = |parameter: &str| format!("channels.{name}.{parameter}");
        let Some(text) = equations else {
            let mut channel = overtime::models::Channel::new(kind.parse::<ChannelKind>()?);
            for (parameter, value) in parameters {
                channel = channel.param(parameter, values.param::<R>(&value_of(parameter), value, group.size)?)?;
            }
            made.add_channel(name, channel)?;
            continue;
        };
        let mut text = Equations::new(&text.text)?;
        // Parameters of equations are f64 in a run of any element type.
        for (parameter, value) in parameters {
            text = text.param(parameter, values.param::<f64>(&value_of(parameter), value, group.size)?)?;
        }
        for (variable, value) in initial {
            let init: Init =
                values.arrays.init(&format!("{}channels.{name}.initial.{variable}", values.prefix), value)?;
            text = text.init(variable, init)?;
        }
        made.add_channel(name, text.into())?;
    }
    Ok(())
}
