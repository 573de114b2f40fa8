//! Networks in model files: groups of neurons, and projections between them.

pub(crate) mod build;
pub(crate) mod check;
mod parts;
mod scale;
mod stdp;
mod synapse;
pub(crate) mod tables;

pub use stdp::Stdp;

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

/// The presynaptic kinetics of a projection: the kind, and its given parameters.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kinetics {
    /// The kind.
    pub kind: String,
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
    #[serde(default)]
    /// The presynaptic kinetics.
    pub kinetics: Option<Kinetics>,
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

/// Neurons of a group with the same outgoing projections and the same named population, if they
/// have one. Rates and statistics are those of populations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// Its own name, or `P`, or `P[0..3200]` for a part without a name.
    pub name: String,
    /// The number of its group.
    pub group: usize,
    /// The name of its group.
    pub of: String,
    /// Its neurons in the group.
    pub units: Range<u64>,
    /// The mean number of synapses of one of its neurons. The number of synapses from arrays is
    /// unknown before the file is read.
    pub degree: f64,
}

/// The sum, which is 0 without numbers: `sum` without numbers is −0.
pub fn total(all: impl Iterator<Item = f64>) -> f64 {
    all.fold(0.0, |sum, x| sum + x)
}

impl Network {
    /// The mean number of all synapses of these populations.
    #[must_use]
    pub fn synapses(populations: &[Population]) -> f64 {
        total(populations.iter().map(|p| p.degree * (p.units.end - p.units.start) as f64))
    }

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
            return Err(format!("no group named `{}` for an input; there is: {}", name.escape_debug(), all.join(", ")));
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

    /// The populations, in the order of groups and neurons.
    pub fn populations(&self, synapses: impl Fn(&Projection) -> u64) -> Vec<Population> {
        let mut all = Vec::new();
        for (number, group) in self.groups.iter().enumerate() {
            let size = group.neurons.size;
            let whole = 0..size;
            let from = |p: &Projection| p.from.units.clone().unwrap_or(0..size);
            let own: Vec<&Projection> = self.projections.iter().filter(|p| p.from.group == group.name).collect();
            let named: Vec<(&str, Range<u64>)> = (self.named.iter())
                .filter(|n| n.part.group == group.name)
                .map(|n| (n.name.as_str(), n.part.units.clone().unwrap_or(0..size)))
                .collect();
            let of_projections = own.iter().flat_map(|p| [from(p).start, from(p).end]);
            let of_names = named.iter().flat_map(|(_, units)| [units.start, units.end]);
            let mut cuts: Vec<u64> = of_projections.chain(of_names).chain([0, size]).filter(|c| *c <= size).collect();
            cuts.sort_unstable();
            cuts.dedup();
            for ends in cuts.windows(2) {
                let &[start, end] = ends else { continue };
                let units = start..end;
                let starts_here = own.iter().filter(|p| from(p).start <= start && end <= from(p).end);
                let degree = total(starts_here.map(|p| self.degree(p, synapses(p))));
                // Neurons of a part of a named population count from its first.
                let name = match named.iter().find(|(_, all)| all.start <= start && end <= all.end) {
                    Some((name, all)) if *all == units => (*name).to_owned(),
                    Some((name, all)) => format!("{name}[{}..{}]", start - all.start, end - all.start),
                    None if units == whole => group.name.clone(),
                    None => format!("{}[{start}..{end}]", group.name),
                };
                all.push(Population { name, group: number, of: group.name.clone(), units, degree });
            }
        }
        all
    }

    /// The mean number of synapses of one source. `listed` is the number of synapses in an array.
    fn degree(&self, projection: &Projection, listed: u64) -> f64 {
        let size = |part: &Part| {
            let whole = || self.groups.iter().find(|g| g.name == part.group).map_or(0, |g| g.neurons.size);
            part.units.as_ref().map_or_else(whole, |units| units.end.saturating_sub(units.start)) as f64
        };
        let (pre, post) = (size(&projection.from), size(&projection.to));
        match projection.connect {
            Connect::FixedProb(p) => p * post,
            Connect::FixedNumPre(k) => k as f64 * post / pre.max(1.0),
            Connect::FixedNumPost(k) => k as f64,
            Connect::OneToOne => 1.0,
            Connect::AllToAll => post,
            Connect::Arrays { .. } => listed as f64 / pre.max(1.0),
        }
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
            let kinetics = projection.kinetics.iter().flat_map(|kinetics| &kinetics.initial);
            all.extend(kinetics.map(|(name, v)| (of(&format!("initial.{name}")), v)));
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
        }
        all
    }
}
