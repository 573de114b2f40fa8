//! Connectivity: which neurons of a part are connected to which, with what weights and delays.

use crate::error::{Error, Result};
use crate::init::Init;
use crate::rng::Stream;
use std::ops::{Range, RangeInclusive};

/// Longest delay, in steps.
pub(crate) const MOST_STEPS: u32 = 65_535;

/// Who is connected to whom.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Connect {
    /// Every pair with this probability.
    FixedProb(f64),
    /// Every target has so many sources, all different.
    FixedNumPre(usize),
    /// Every source has so many targets, all different.
    FixedNumPost(usize),
    /// The k-th source and the k-th target.
    OneToOne,
    /// Every pair.
    AllToAll,
    /// These pairs: numbers within the part of the sources, and within the part of the targets.
    Arrays {
        /// Source of each synapse.
        pre: Vec<u32>,
        /// Target of each synapse.
        post: Vec<u32>,
    },
}

/// All that a projection's synapses are made from.
#[derive(Clone, Debug)]
pub(crate) struct Recipe {
    /// The projection.
    pub(crate) name: String,
    pub(crate) connect: Connect,
    pub(crate) stream: Stream,
    /// The sources' numbers in their group.
    pub(crate) pre: Range<usize>,
    /// The targets' numbers in theirs.
    pub(crate) post: Range<usize>,
    /// Sources and targets are of one group.
    pub(crate) same_group: bool,
    pub(crate) autapses: bool,
    pub(crate) weight: Init,
    /// In ms.
    pub(crate) delay: Init,
    pub(crate) dt: f64,
}

/// Numbers of targets within their part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Targets {
    U16(Vec<u16>),
    U32(Vec<u32>),
}

/// Weights, in quanta.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Weights {
    /// One quantum each.
    Same,
    /// So many quanta.
    Each(Vec<i32>),
}

/// Delays in steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Delays {
    Same(u32),
    Each(Vec<u16>),
}

/// A projection's synapses: rows of the sources, each ascending by (delay, target).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wiring {
    /// Where each row begins, and the last one ends: `[pre + 1]`.
    pub(crate) offsets: Vec<u64>,
    pub(crate) targets: Targets,
    pub(crate) weights: Weights,
    pub(crate) delays: Delays,
}

impl Recipe {
    /// Whether synapses can be made of this.
    pub(crate) fn check(&self) -> Result<()> {
        let name = |what: &str| format!("{what} of projection `{}`", self.name);
        if let Connect::Arrays { pre, post } = &self.connect {
            if pre.len() != post.len() {
                return Err(Error::Shape { argument: name("post"), axis: "synapses".into(), expected: pre.len(), given: post.len() });
            }
            for (what, all, len) in [("pre", pre, self.pre.len()), ("post", post, self.post.len())] {
                if let Some(k) = all.iter().find(|k| **k as usize >= len) {
                    return Err(Error::value(name(what), k, format!("is not below {len}")));
                }
            }
        }
        let count = self.synapses();
        self.weight.check(&name("weight"), &[count])?;
        self.delay.check(&name("delay"), &[count])?;
        self.delays().map(|_| ())
    }

    fn synapses(&self) -> usize {
        match &self.connect {
            Connect::Arrays { pre, .. } => pre.len(),
            _ => self.pre.len() * self.post.len(),
        }
    }

    fn in_steps(&self, delay: f64) -> Result<u32> {
        let steps = (delay / self.dt).round();
        if (0.0..=f64::from(MOST_STEPS)).contains(&steps) {
            return Ok(steps as u32);
        }
        let reason = if delay < 0.0 { "is negative".to_owned() } else { format!("are more than {MOST_STEPS} steps") };
        Err(Error::value(format!("delay of projection `{}`", self.name), format!("{delay} ms"), reason))
    }

    /// The shortest and the longest delay that a synapse can have, in steps.
    pub(crate) fn delays(&self) -> Result<RangeInclusive<u32>> {
        let (low, high) = bounds(&self.delay);
        Ok(self.in_steps(low)?..=self.in_steps(high)?)
    }

    /// What a sum of mantissas is multiplied by to give a weight.
    pub(crate) fn quantum(&self) -> f64 {
        match &self.weight {
            Init::Constant(w) => *w,
            other => {
                let (low, high) = bounds(other);
                let most = low.abs().max(high.abs()).max(f64::MIN_POSITIVE);
                let e = most.log2().floor() as i32 + 1;
                2.0_f64.powi(e - 30)
            }
        }
    }

    /// Bytes that the synapses take.
    pub(crate) fn estimate(&self) -> u64 {
        (self.pre.len() as u64 + 1) * 8 + self.synapses() as u64 * 10
    }

    /// Makes the synapses.
    pub(crate) fn build(&self) -> Result<Wiring> {
        let mut all: Vec<(u32, u32, u32, usize)> = Vec::new();
        let delay = |k: usize| match &self.delay {
            Init::Values(values) => self.in_steps(values[k]),
            other => self.in_steps(bounds(other).0),
        };
        match &self.connect {
            Connect::Arrays { pre, post } => {
                for (k, (p, q)) in pre.iter().zip(post).enumerate() {
                    all.push((*p, delay(k)?, *q, k));
                }
            }
            Connect::AllToAll => {
                for p in 0..self.pre.len() as u32 {
                    for q in 0..self.post.len() as u32 {
                        let k = all.len();
                        all.push((p, delay(k)?, q, k));
                    }
                }
            }
            // By the stream.
            other => return Err(Error::Unsupported(format!("{other:?} from {:?}: not yet", self.stream))),
        }
        if self.same_group && !self.autapses {
            all.retain(|(p, _, q, _)| self.pre.start + *p as usize != self.post.start + *q as usize);
        }
        all.sort_unstable();
        let mut offsets = vec![0_u64; self.pre.len() + 1];
        all.iter().for_each(|(p, ..)| offsets[*p as usize + 1] += 1);
        for k in 1..offsets.len() {
            offsets[k] += offsets[k - 1];
        }
        let quantum = self.quantum();
        let weights = match &self.weight {
            Init::Values(values) => Weights::Each(all.iter().map(|(.., k)| (values[*k] / quantum).round() as i32).collect()),
            _ => Weights::Same,
        };
        let delays = match &self.delay {
            Init::Values(_) => Delays::Each(all.iter().map(|(_, d, ..)| *d as u16).collect()),
            other => Delays::Same(self.in_steps(bounds(other).0)?),
        };
        let small = self.post.len() <= 1 << 16;
        let targets = if small {
            Targets::U16(all.iter().map(|(_, _, q, _)| *q as u16).collect())
        } else {
            Targets::U32(all.iter().map(|(_, _, q, _)| *q).collect())
        };
        Ok(Wiring { offsets, targets, weights, delays })
    }
}

fn bounds(init: &Init) -> (f64, f64) {
    match init {
        Init::Constant(c) => (*c, *c),
        Init::Uniform(a, b) => (a.min(*b), a.max(*b)),
        Init::Normal(mean, std) => (mean - 5.8 * std.abs(), mean + 5.8 * std.abs()),
        Init::Values(values) if !values.is_empty() => {
            values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(*v), b.max(*v)))
        }
        _ => (0.0, 0.0),
    }
}
