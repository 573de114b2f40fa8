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
    /// What projections can act on.
    pub receptors: Vec<Receptor>,
    /// A constant current.
    pub current: Option<Value>,
    /// Whether its current is an input of the run.
    pub input: bool,
    /// What drives it at random.
    pub poisson: Vec<Poisson>,
}

/// What a projection can act on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Receptor {
    /// The name.
    pub name: String,
    /// What a spike does there.
    pub kind: ReceptorKind,
    /// What it begins with, instead of 0.
    pub init: Option<Value>,
}

/// What a spike does at a receptor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum ReceptorKind {
    /// A conductance where there is a reversal potential, else a current.
    Exponential {
        /// Time constant, ms.
        tau: f64,
        /// Reversal potential, mV.
        reversal: Option<f64>,
    },
    /// Likewise, of another shape or with magnesium, mM.
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

/// What becomes of a spike.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Shape {
    /// It decays.
    Exponential {
        /// Time constant, ms.
        tau: f64,
    },
    /// It rises and decays, and is the weight at its peak.
    DualExponential {
        /// Time constant of the rise, ms.
        tau_rise: f64,
        /// Time constant of the decay, ms.
        tau: f64,
    },
    /// It rises and decays with one time constant.
    Alpha {
        /// Time constant, ms.
        tau: f64,
    },
    /// It is there in its own step alone.
    Graded,
}

/// What becomes of spikes before a projection's synapses: its kind, and the parameters given.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kinetics {
    /// The kind.
    pub kind: String,
    /// Parameters by name.
    pub parameters: Vec<(String, f64)>,
    /// What variables begin with. (Files of before there was any have none.)
    #[serde(default)]
    pub initial: Vec<(String, Value)>,
}

/// Poisson spikes that act on a receptor, independent ones for each neuron.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Poisson {
    /// The receptor.
    pub receptor: String,
    /// Mean rate, Hz.
    pub rate: f64,
    /// The weight of each.
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
    /// Which sources have synapses onto which targets.
    pub connect: Connect,
    /// Whether neurons may have synapses onto themselves.
    pub autapses: bool,
    /// No synapses are stored.
    #[serde(default)]
    pub procedural: bool,
    /// The weights.
    pub weight: Value,
    /// The delays, ms.
    pub delay: Value,
    /// If weights learn. (Files of before there was any have none.)
    #[serde(default)]
    pub stdp: Option<Stdp>,
    #[serde(default)]
    /// What becomes of spikes before the synapses.
    pub kinetics: Option<Kinetics>,
}

/// A group, or some neurons of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// The group.
    pub group: String,
    /// The neurons of it, or all.
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

/// Which sources have synapses onto which targets.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Connect {
    /// Each pair with this probability.
    FixedProb(f64),
    /// A number of sources for each target.
    FixedNumPre(u64),
    /// A number of targets for each source.
    FixedNumPost(u64),
    /// Each source onto the target of its number.
    OneToOne,
    /// Each source onto each target.
    AllToAll,
    /// As two arrays list them.
    Arrays {
        /// Numbers of the sources.
        pre: Value,
        /// Numbers of the targets.
        post: Value,
    },
}

/// Neurons of a group that the same projections start from, and that are in the same named
/// population if they are in one: what rates and statistics are of.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Population {
    /// Its own name, or `P`, or `P[0..3200]` where it is a part without a name.
    pub name: String,
    /// Number of its group.
    pub group: usize,
    /// Name of its group.
    pub of: String,
    /// Its neurons there.
    pub units: Range<u64>,
    /// Synapses of one of its neurons, on average; those from arrays are not known before the file
    /// is read.
    pub degree: f64,
}

/// The sum, which of nothing is 0: `sum` of nothing is −0.
pub fn total(all: impl Iterator<Item = f64>) -> f64 {
    all.fold(0.0, |sum, x| sum + x)
}

impl Network {
    /// All synapses of these populations, on average.
    #[must_use]
    pub fn synapses(populations: &[Population]) -> f64 {
        total(populations.iter().map(|p| p.degree * (p.units.end - p.units.start) as f64))
    }

    /// The groups that take an input of the run.
    #[must_use]
    pub fn with_input(&self) -> Vec<&str> {
        self.groups.iter().filter(|group| group.input).map(|group| group.name.as_str()).collect()
    }

    /// Whether groups of these names take an input, or any group does where there are none; else
    /// what is wrong.
    ///
    /// # Errors
    /// What is wrong.
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

    /// Synapses of one source, on average. `listed` is how many an array lists.
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

    /// Every value in it, with the name it has in errors and checkpoints.
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
