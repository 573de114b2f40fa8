//! Networks in model files: groups of neurons, and projections between them.

pub(crate) mod build;
pub(crate) mod check;
mod connect;
mod effect;
pub(crate) mod kinetics;
mod lists;
mod parts;
mod population;
mod scale;
mod stdp;
mod synapse;
mod synapse_text;
pub(crate) mod tables;

pub use effect::Effect;
pub(crate) use lists::{name_of_pair, receptors_differ};
pub use population::{Population, total};
pub use stdp::Stdp;
pub use synapse_text::SynapseText;

use crate::error::unknown_name;
use crate::neurons::EquationsText;
use crate::{Neurons, Value};
use serde::{Deserialize, Serialize};
use std::ops::Range;

/// Groups and projections.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Network {
    /// The groups.
    pub groups: Vec<Group>,
    /// Parts of groups that have names of their own, in the order of groups and neurons.
    #[serde(default)]
    pub named: Vec<NamedPart>,
    /// The projections.
    pub projections: Vec<Projection>,
}

/// A group of neurons, whose `noise` the network adds to its current.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// The name.
    pub name: String,
    /// Its neurons.
    pub neurons: Neurons,
    /// The receptors.
    pub receptors: Vec<Receptor>,
    /// A constant current.
    pub current: Option<Value>,
    /// Whether its current is an input of the run.
    pub input: bool,
    /// The Poisson drives.
    pub poisson: Vec<Poisson>,
    /// The mean rate of its neurons, Hz, for [`Network::scale`] only. (Older files have none.)
    #[serde(default)]
    pub mean_rate: Option<f64>,
}

/// A receptor of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receptor {
    /// The name.
    pub name: String,
    /// Its kind.
    pub kind: ReceptorKind,
    /// Its initial value, if not 0.
    pub init: Option<Value>,
}

/// The effect of a spike at a receptor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReceptorKind {
    /// An exponential receptor: a conductance with a reversal potential, otherwise a current.
    Exponential {
        /// Time constant, ms.
        tau: f64,
        /// Reversal potential, mV.
        reversal: Option<f64>,
    },
    /// A receptor of another time course, or with a magnesium block.
    Shaped {
        /// The shape.
        shape: Shape,
        /// Reversal potential, mV.
        reversal: Option<f64>,
        /// Concentration of magnesium, mM.
        magnesium: Option<f64>,
    },
    /// Adds to this variable of the model.
    Delta(String),
    /// Gap junctions.
    Gap,
}

/// The time course of a spike's effect.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// An exponential decay.
    Exponential {
        /// Time constant, ms.
        tau: f64,
    },
    /// A rise and a decay, with the weight as the peak.
    DualExponential {
        /// Time constant of the rise, ms.
        tau_rise: f64,
        /// Time constant of the decay, ms.
        tau: f64,
    },
    /// The alpha function.
    Alpha {
        /// Time constant, ms.
        tau: f64,
    },
    /// A value for one step.
    Graded,
}

/// The presynaptic kinetics of a projection: the kind or a text, and its given parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kinetics {
    /// The kind: a name of the catalog, or [`EQUATIONS`](crate::neurons::EQUATIONS).
    pub kind: String,
    /// The text of equations. (Older files have none.)
    #[serde(default)]
    pub equations: Option<EquationsText>,
    /// The integration method of the text; `None` for the default. (Older files have none.)
    #[serde(default)]
    pub method: Option<String>,
    /// Parameters by name.
    pub parameters: Vec<(String, f64)>,
    /// The initial values of variables. (Older files have none.)
    #[serde(default)]
    pub initial: Vec<(String, Value)>,
}

/// Independent Poisson spikes at a receptor of each neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poisson {
    /// The receptor.
    pub receptor: String,
    /// Mean rate, Hz.
    pub rate: f64,
    /// The weight of each spike.
    pub weight: f64,
    /// The time of the first spikes, ms; `None` for the start of the run. (Older files have none.)
    #[serde(default)]
    pub start: Option<f64>,
    /// The time from which there are no spikes, ms; `None` for the end of the run. (Older files
    /// have none.)
    #[serde(default)]
    pub stop: Option<f64>,
}

/// Synapses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Projection {
    /// The name.
    pub name: String,
    /// The sources.
    pub from: Part,
    /// The targets.
    pub to: Part,
    /// The receptor of the targets.
    pub receptor: String,
    /// The connectivity: the pairs of sources and targets.
    pub connect: Connect,
    /// Whether neurons may have synapses onto themselves.
    pub autapses: bool,
    /// Whether a pair may have several synapses; `None` for the default of the rule. (Older files
    /// have none.)
    #[serde(default)]
    pub multapses: Option<bool>,
    /// Whether synapses are made again for each spike, and not stored.
    #[serde(default)]
    pub procedural: bool,
    /// The weights.
    pub weight: Value,
    /// The delays, ms.
    pub delay: Value,
    /// The plasticity of the weights. (Older files have none.)
    #[serde(default)]
    pub stdp: Option<Stdp>,
    /// The plasticity of the weights, if it is a text. (Older files have none.)
    #[serde(default)]
    pub plasticity: Option<SynapseText>,
    /// The presynaptic kinetics.
    #[serde(default)]
    pub kinetics: Option<Kinetics>,
}

impl Projection {
    /// Whether the weights change.
    #[must_use]
    pub fn is_plastic(&self) -> bool {
        self.stdp.is_some() || self.plasticity.is_some()
    }

    /// The initial values of variables of its kinetics or its plasticity.
    pub(crate) fn initial(&self) -> impl Iterator<Item = &(String, Value)> {
        let kinetics = self.kinetics.iter().flat_map(|kinetics| &kinetics.initial);
        kinetics.chain(self.plasticity.iter().flat_map(|text| &text.initial))
    }
}

/// A group, or some neurons of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The group.
    pub group: String,
    /// Its neurons; `None` for all.
    pub units: Option<Range<u64>>,
}

/// A population by name: a part of a group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NamedPart {
    /// The name.
    pub name: String,
    /// The neurons.
    pub part: Part,
}

/// The connectivity: the pairs of sources and targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Connect {
    /// Each pair with this probability.
    FixedProb(f64),
    /// The number of sources of each target.
    FixedNumPre(u64),
    /// The number of targets of each source.
    FixedNumPost(u64),
    /// The number of all synapses.
    FixedTotalNumber(u64),
    /// Each source with the target of the same number.
    OneToOne,
    /// All pairs.
    AllToAll,
    /// The pairs of two arrays.
    Arrays {
        /// The numbers of the sources.
        pre: Value,
        /// The numbers of the targets.
        post: Value,
    },
}

impl Group {
    /// The numbers that are not values, each with its name.
    pub(crate) fn numbers(&self) -> Vec<(String, f64)> {
        let of = |what: &str| format!("{}.{what}", self.name);
        let noise = self.neurons.noise.map(|sigma| (of("noise"), sigma));
        let reversal = |receptor: &Receptor| match receptor.kind {
            ReceptorKind::Exponential { reversal, .. } | ReceptorKind::Shaped { reversal, .. } => {
                Some((of(&format!("{}.reversal", receptor.name)), reversal?))
            }
            ReceptorKind::Delta(_) | ReceptorKind::Gap => None,
        };
        let weight = |drive: &Poisson| (of(&format!("poisson.{}.weight", drive.receptor)), drive.weight);
        let reversals = self.receptors.iter().filter_map(reversal);
        noise.into_iter().chain(reversals).chain(self.poisson.iter().map(weight)).collect()
    }
}

impl Network {
    /// The groups with an input.
    #[must_use]
    pub fn with_input(&self) -> Vec<&str> {
        self.groups.iter().filter(|group| group.input).map(|group| group.name.as_str()).collect()
    }

    /// Checks that the groups of these names take an input; without names, that any group does.
    ///
    /// # Errors
    /// The message.
    pub fn takes_input(&self, names: &[&str]) -> Result<(), String> {
        let list = |all: &[&str]| all.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
        let all: Vec<&str> = self.groups.iter().map(|group| group.name.as_str()).collect();
        let taking = self.with_input();
        if let Some(name) = names.iter().find(|name| !all.contains(name)) {
            return Err(unknown_name("group", name, all.into_iter()));
        }
        if let Some(name) = names.iter().find(|name| !taking.contains(name)) {
            return Err(format!("group `{name}` takes no input: it needs `input = true` in its table"));
        }
        if taking.is_empty() {
            return Err(format!(
                "an input is given, and no group takes one: {} needs `input = true` in its table",
                list(&all)
            ));
        }
        Ok(())
    }

    /// Every value of the network, with its name in errors and checkpoints.
    #[must_use]
    pub fn values(&self) -> Vec<(String, &Value)> {
        let mut all = Vec::new();
        for group in &self.groups {
            let of = |what: &str| format!("{}.{what}", group.name);
            all.extend(group.neurons.values().into_iter().map(|(name, v)| (of(&name), v)));
            all.extend(
                group.receptors.iter().filter_map(|r| Some((of(&format!("initial.{}", r.name)), r.init.as_ref()?))),
            );
            all.extend(group.current.iter().map(|v| (of("current"), v)));
        }
        for projection in &self.projections {
            let of = |what: &str| format!("{}.{what}", projection.name);
            if let Connect::Arrays { pre, post } = &projection.connect {
                all.extend([(of("pre"), pre), (of("post"), post)]);
            }
            all.extend([(of("weight"), &projection.weight), (of("delay"), &projection.delay)]);
            all.extend(projection.initial().map(|(name, v)| (of(&format!("initial.{name}")), v)));
        }
        all
    }

    pub(crate) fn values_mut(&mut self) -> Vec<&mut Value> {
        let mut all = Vec::new();
        for group in &mut self.groups {
            all.extend(group.neurons.values_mut());
            all.extend(group.receptors.iter_mut().filter_map(|r| r.init.as_mut()));
            all.extend(group.current.as_mut());
        }
        for projection in &mut self.projections {
            if let Connect::Arrays { pre, post } = &mut projection.connect {
                all.extend([pre, post]);
            }
            all.extend([&mut projection.weight, &mut projection.delay]);
            all.extend(projection.kinetics.iter_mut().flat_map(|kinetics| &mut kinetics.initial).map(|(_, v)| v));
            all.extend(projection.plasticity.iter_mut().flat_map(|text| &mut text.initial).map(|(_, v)| v));
        }
        all
    }
}
