//! The tables of a network as the text has them.

use super::{kinetics, synapse_text};
use crate::nested::{ListTable, Nested};
use crate::neurons::RawChannel;
use crate::neurons::equations::{self, Describes};
use crate::rules::start;
use crate::strict::Keys;
use crate::toml_values::{Maybe, Table, Value};
use serde::Deserialize;
use std::collections::BTreeMap;
use toml::Spanned;

/// Parts of groups by the populations' names.
pub(crate) type Populations = BTreeMap<Spanned<String>, Spanned<String>>;

/// A group, or several: the lists have a value for each name.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Group {
    pub(super) name: Maybe<Nested<String>>,
    pub(super) kind: Maybe<String>,
    pub(super) equations: Maybe<equations::Raw>,
    pub(super) size: Maybe<Nested<u64>>,
    pub(super) method: Maybe<String>,
    pub(super) noise: Maybe<Nested<f64>>,
    pub(super) reset: Maybe<String>,
    pub(super) current: Maybe<Nested<Value>>,
    pub(super) input: Maybe<bool>,
    pub(super) parameters: Option<ListTable>,
    pub(super) initial: Option<ListTable>,
    pub(super) channel: Option<Vec<Spanned<Keys<RawChannel>>>>,
    pub(super) receptor: Option<Vec<Spanned<Keys<Receptor>>>>,
    pub(super) poisson: Option<Vec<Spanned<Keys<Poisson>>>>,
    pub(super) mean_rate: Maybe<Nested<f64>>,
}

impl Group {
    /// The equations of the neurons, and those of their channels.
    pub(crate) fn equations(&mut self) -> impl Iterator<Item = (&mut Maybe<equations::Raw>, Describes)> {
        let channels = self.channel.iter_mut().flatten();
        let channels = channels.map(|channel| (channel.get_mut().0.equations(), Describes::Channel));
        [(&mut self.equations, Describes::Neurons)].into_iter().chain(channels)
    }

    /// The keys that act on the current of the neurons, each with its place if it is given.
    pub(super) fn of_current(&self) -> [(&'static str, Option<usize>); 5] {
        [
            ("noise", self.noise.as_ref().map(start)),
            ("current", self.current.as_ref().map(start)),
            ("input", self.input.as_ref().filter(|input| *input.get_ref()).map(start)),
            ("receptor", self.receptor.as_ref().map(|list| list.first().map_or(0, start))),
            ("poisson", self.poisson.as_ref().map(|list| list.first().map_or(0, start))),
        ]
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Receptor {
    pub(super) name: Maybe<String>,
    pub(super) kind: Maybe<String>,
    pub(super) tau: Maybe<f64>,
    pub(super) tau_rise: Maybe<f64>,
    pub(super) reversal: Maybe<f64>,
    pub(super) magnesium: Maybe<f64>,
    pub(super) variable: Maybe<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Poisson {
    pub(super) receptor: Maybe<String>,
    pub(super) rate: Maybe<Nested<f64>>,
    pub(super) weight: Maybe<Nested<f64>>,
    pub(super) start: Maybe<f64>,
    pub(super) stop: Maybe<f64>,
}

/// A projection, or several: matrices have a row for each target, with a value for each source.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Projection {
    pub(super) name: Maybe<String>,
    pub(super) from: Maybe<Nested<String>>,
    pub(super) to: Maybe<Nested<String>>,
    pub(super) connect: Maybe<Keys<Connect>>,
    pub(super) autapses: Maybe<bool>,
    pub(super) multapses: Maybe<bool>,
    pub(super) procedural: Maybe<bool>,
    pub(super) weight: Maybe<Nested<Value>>,
    pub(super) delay: Maybe<Nested<Value>>,
    pub(super) stdp: Maybe<Keys<super::stdp::Raw>>,
    pub(super) plasticity: Maybe<Keys<synapse_text::Raw>>,
    pub(super) kinetics: Maybe<kinetics::Raw>,
    pub(super) parameters: Option<Table>,
    pub(super) initial: Option<Table>,
}

impl Projection {
    /// The equations of its kinetics and of its plasticity, if they are texts.
    pub(crate) fn equations(&mut self) -> impl Iterator<Item = (&mut Maybe<equations::Raw>, Describes)> {
        let kinetics = self.kinetics.as_mut().and_then(|kinetics| match kinetics.get_mut() {
            kinetics::Raw::Text(text) => Some((&mut text.equations, Describes::Synapses)),
            kinetics::Raw::Kind(_) => None,
        });
        let plasticity = self.plasticity.as_mut().map(|text| (&mut text.get_mut().0.equations, Describes::Plasticity));
        kinetics.into_iter().chain(plasticity)
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Connect {
    pub(super) kind: Maybe<String>,
    pub(super) p: Maybe<Nested<f64>>,
    pub(super) num: Maybe<Nested<u64>>,
    pub(super) file: Maybe<String>,
    pub(super) pre: Maybe<String>,
    pub(super) post: Maybe<String>,
}
