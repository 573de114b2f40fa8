//! The words of model files beside the models: kinds of receptors, kinetics, plasticity,
//! connectivity, distributions, sequences and stimuli. The parser takes the names of kinds and of
//! parameters from here.

mod synapses;
#[cfg(test)]
mod tests;
mod values;

use std::sync::LazyLock;

/// The purpose of a kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Family {
    /// The `kind` of a `[[group.receptor]]`.
    Receptor,
    /// The `kinetics` of a `[[projection]]`.
    Kinetics,
    /// The plasticity of a `[[projection]]`.
    Plasticity,
    /// The `kind` of the `connect` of a `[[projection]]`.
    Connectivity,
    /// A distribution of values.
    Distribution,
    /// Evenly spaced values, one for each unit.
    Sequence,
    /// An input that changes in time.
    Stimulus,
}

/// A kind: its name, and the keys that it takes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Kind {
    /// Its purpose.
    pub family: Family,
    /// The name.
    pub name: &'static str,
    /// A description in one line.
    pub about: &'static str,
    /// The keys, or the numbers of a list.
    pub keys: Vec<Key>,
    /// The keys that may stand beside the list of a distribution.
    pub bounds: Vec<Key>,
    /// The variables of a projection that can be given an initial value.
    pub variables: &'static [&'static str],
    /// An example, as a model file has it.
    pub example: &'static str,
}

/// A key of a kind.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Key {
    /// The name.
    pub name: &'static str,
    /// The unit; empty if it has none.
    pub unit: &'static str,
    /// The default value; empty if the key must be given.
    pub default: String,
    /// The meaning, in a few words.
    pub about: &'static str,
}

impl Family {
    /// All families, in the order of [`all`].
    pub const ALL: [Self; 7] = [
        Self::Receptor,
        Self::Kinetics,
        Self::Plasticity,
        Self::Connectivity,
        Self::Distribution,
        Self::Sequence,
        Self::Stimulus,
    ];

    /// The title of a list of its kinds.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Receptor => "Receptors",
            Self::Kinetics => "Synapse kinetics",
            Self::Plasticity => "Plasticity",
            Self::Connectivity => "Connectivity",
            Self::Distribution => "Distributions",
            Self::Sequence => "Sequences",
            Self::Stimulus => "Stimuli",
        }
    }

    /// Its place in a model file.
    #[must_use]
    pub fn place(self) -> &'static str {
        match self {
            Self::Receptor => "[[group.receptor]], kind = …",
            Self::Kinetics => "[[projection]], kinetics = …",
            Self::Plasticity => "[[projection]]",
            Self::Connectivity => "[[projection]], connect = { kind = … }",
            Self::Distribution => "initial values, weights and delays",
            Self::Sequence => "parameters, initial values and inputs, one value for each neuron",
            Self::Stimulus => "input = { … }",
        }
    }
}

static ALL: LazyLock<Vec<Kind>> = LazyLock::new(|| {
    let mut all = synapses::receptors();
    all.extend(synapses::kinetics());
    all.extend(synapses::plasticity());
    all.extend(synapses::connectivity());
    all.extend(values::values());
    all.extend(values::stimuli());
    all
});

/// Every kind, family by family.
#[must_use]
pub fn all() -> &'static [Kind] {
    &ALL
}

/// The kinds of a family.
pub fn of(family: Family) -> impl Iterator<Item = &'static Kind> + Clone {
    all().iter().filter(move |kind| kind.family == family)
}

fn kind(family: Family, name: &'static str, about: &'static str, keys: Vec<Key>, example: &'static str) -> Kind {
    Kind { family, name, about, keys, bounds: Vec::new(), variables: &[], example }
}

/// A key that must be given.
fn needs(name: &'static str, unit: &'static str, about: &'static str) -> Key {
    Key { name, unit, default: String::new(), about }
}

/// A key with a default.
fn takes(name: &'static str, unit: &'static str, default: impl ToString, about: &'static str) -> Key {
    Key { name, unit, default: default.to_string(), about }
}
