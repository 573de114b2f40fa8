//! The specification of a projection's synapses, checked.

use super::value_rule::ValueRule;
use super::{Connect, MOST_STEPS};
use crate::error::{Error, Number, Result};
use crate::init::{Bounded, Distribution, Init};
use crate::numeric::rng::Stream;
use std::ops::{Range, RangeInclusive};

/// The specification of a projection's synapses.
#[derive(Clone, Debug)]
pub(crate) struct ConnectivitySpec {
    /// The name of the projection.
    pub(crate) name: String,
    pub(crate) connect: Connect,
    pub(crate) stream: Stream,
    /// The numbers of the sources in their group.
    pub(crate) pre: Range<usize>,
    /// The numbers of the targets in their group.
    pub(crate) post: Range<usize>,
    /// Whether sources and targets belong to one group.
    pub(crate) same_group: bool,
    pub(crate) autapses: bool,
    /// Whether a pair may have several synapses; `None` for the default of the rule.
    pub(crate) multapses: Option<bool>,
    /// Whether the connectivity is procedural, so that nothing is stored.
    pub(crate) procedural: bool,
    pub(crate) weight: Init,
    /// The delays, in ms.
    pub(crate) delay: Init,
    pub(crate) dt: f64,
    /// The number of steps by which spikes arrive before their delay is over. The receptor holds them
    /// for these steps.
    pub(crate) lead: u32,
    /// The weight scale of the sum that the projection shares with other projections, or 0.
    pub(crate) sum_scale: f64,
}

impl ConnectivitySpec {
    /// Checks the specification.
    ///
    /// # Errors
    /// If no synapses can be built from it.
    pub(crate) fn check(&self) -> Result<()> {
        for (what, len) in [("sources", self.pre.len()), ("targets", self.post.len())] {
            if u32::try_from(len).is_err() {
                return Err(Error::value(self.of(what), len, "are more than 2³² − 1"));
            }
        }
        if !(self.dt.is_finite() && self.dt > 0.0) {
            return Err(Error::value(self.of("dt"), self.dt, "is not a time step"));
        }
        self.check_multapses()?;
        self.check_rule()?;
        self.weights()?;
        self.delays()?;
        if self.procedural { self.check_procedural() } else { Ok(()) }
    }

    fn check_rule(&self) -> Result<()> {
        let (pre, post) = (self.pre.len(), self.post.len());
        let without_own = usize::from(self.own_shift().is_some() && self.overlap());
        let few = |what: &str, k: usize, there: usize, of_none: bool| {
            // One neuron is enough for any number of synapses with it.
            let k_different = if self.repeats() { k.min(1) } else { k };
            let enough = k_different <= there - there.min(without_own) || of_none;
            let but = if without_own > 0 { ", and the neuron itself does not count" } else { "" };
            if enough {
                Ok(())
            } else {
                Err(Error::value(self.of(what), k, format!("is more than there are ({there}{but})")))
            }
        };
        match &self.connect {
            Connect::FixedProb(p) if !(0.0..=1.0).contains(p) => {
                Err(Error::value(self.of("probability"), p, "is not in [0, 1]"))
            }
            Connect::FixedNumPre(k) => few("number of sources", *k, pre, post == 0),
            Connect::FixedNumPost(k) => few("number of targets", *k, post, pre == 0),
            Connect::OneToOne if pre != post => {
                Err(Error::Shape { argument: self.of("targets"), axis: "units".into(), expected: pre, given: post })
            }
            Connect::Arrays { pre: sources, post: targets } => {
                if sources.len() != targets.len() {
                    let (expected, given) = (sources.len(), targets.len());
                    return Err(Error::Shape { argument: self.of("post"), axis: "synapses".into(), expected, given });
                }
                for (what, all, len) in [("pre", sources, pre), ("post", targets, post)] {
                    if let Some(place) = all.iter().position(|k| *k as usize >= len) {
                        return Err(Error::value(
                            format!("{}[{place}]", self.of(what)),
                            all[place],
                            format!("is not below {len}"),
                        ));
                    }
                }
                if !self.autapses {
                    return Err(Error::Unsupported(format!(
                        "projection `{}` excludes autapses, but given arrays are not changed: omit autapses from them",
                        self.name
                    )));
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Names a part of the projection in errors.
    pub(crate) fn of(&self, what: &str) -> String {
        format!("{what} of projection `{}`", self.name)
    }

    /// The s with which target i + s is source i itself, if autapses are excluded.
    pub(super) fn own_shift(&self) -> Option<i64> {
        (self.same_group && !self.autapses).then(|| self.pre.start as i64 - self.post.start as i64)
    }

    /// Whether any source is among the targets, if both are of one group.
    fn overlap(&self) -> bool {
        self.pre.start.max(self.post.start) < self.pre.end.min(self.post.end)
    }

    /// The number of values that can be given, and the strides of source and target in them.
    fn places(&self) -> Option<(usize, [usize; 2])> {
        match &self.connect {
            Connect::Arrays { pre, .. } => Some((pre.len(), [0, 0])),
            Connect::OneToOne => Some((self.pre.len(), [1, 0])),
            Connect::AllToAll => Some((self.pre.len().saturating_mul(self.post.len()), [self.post.len(), 1])),
            _ => None,
        }
    }

    /// The rule for the weights.
    pub(super) fn weights(&self) -> Result<ValueRule<'_>> {
        ValueRule::of(&self.weight, &self.of("weight"), self.places())
    }

    /// The rule for the delays, in ms. A `min` halfway between two steps counts as the later step,
    /// so that a `min` of half a step gives delays of at least one step.
    pub(super) fn times(&self) -> Result<ValueRule<'_>> {
        let mut rule = ValueRule::of(&self.delay, &self.of("delay"), self.places())?;
        if let ValueRule::Drawn(Bounded { min: Some(min), max, .. }) = &mut rule {
            // Neither is the quotient exact (0.15 / 0.1 is below 1.5), nor are halves rounded up.
            let halfway = (*min / self.dt).floor() + 0.5;
            if (*min / self.dt - halfway).abs() <= 1e-9 * halfway {
                *min = min.max(halfway * self.dt);
                while (*min / self.dt).round_ties_even() < halfway {
                    *min = min.next_up();
                }
            }
            *max = max.map(|max| max.max(*min));
        }
        Ok(rule)
    }

    /// Returns the shortest and the longest delay that a synapse can have, in steps, less `lead`. A
    /// normal draw below 0 becomes 0, if the distribution has no `min`.
    ///
    /// # Errors
    /// If a delay can be negative or too long.
    pub(crate) fn delays(&self) -> Result<RangeInclusive<u32>> {
        let rule = self.times()?;
        let (mut low, high) = rule.bounds();
        if let ValueRule::Drawn(Bounded { distribution: Distribution::Normal(mean, _), min: None, .. }) = rule {
            if mean < 0.0 {
                return Err(Error::value(self.of("mean delay"), format!("{} ms", Number(mean)), "is negative"));
            }
            low = low.max(0.0).min(high);
        }
        if low < 0.0 {
            return Err(Error::value(self.of("delay"), format!("{} ms", Number(low)), "is negative"));
        }
        if high / self.dt >= f64::from(MOST_STEPS) + 0.5 {
            let steps = format!("is more than {MOST_STEPS} steps of {} ms", Number(self.dt));
            return Err(Error::value(self.of("longest delay"), format!("{} ms", Number(high)), steps));
        }
        if steps(low, self.dt, 0) < self.lead {
            let reason = "is less than a step: a delta of a group that is integrated exactly acts before the threshold";
            return Err(Error::value(self.of("shortest delay"), format!("{} ms", Number(low)), reason));
        }
        Ok(steps(low, self.dt, self.lead)..=steps(high, self.dt, self.lead))
    }

    /// Whether each synapse has a delay of its own.
    pub(crate) fn delays_differ(&self) -> bool {
        !matches!(self.times(), Ok(ValueRule::Same(_)))
    }

    /// Whether all weights are the same.
    pub(crate) fn has_one_weight(&self) -> bool {
        matches!(self.weights(), Ok(ValueRule::Same(_)))
    }

    /// Whether most weights have the magnitude of the largest.
    pub(crate) fn has_similar_weights(&self) -> bool {
        matches!(&self.weight, Init::Random(bounded) if !matches!(bounded.distribution, Distribution::LogNormal(..)))
    }

    /// The weight scale, by which a sum of integer weights is multiplied. It is the weight, if all
    /// are the same. Otherwise it is 2^(e − 30), where 2ᵉ is the smallest power of 2 above all
    /// weights, but at least 2⁻¹²⁰, which is a normal number in `f32`, too; a sum that projections
    /// share has the largest of their scales.
    pub(crate) fn weight_scale(&self) -> f64 {
        match self.weights() {
            Ok(ValueRule::Same(weight)) => weight,
            Ok(rule) => {
                let (low, high) = rule.bounds();
                weight_scale_above(low.abs().max(high.abs())).max(self.sum_scale)
            }
            Err(_) => 0.0,
        }
    }
}

/// Returns 2^(e − 30), where 2ᵉ is the smallest power of 2 above a weight of this magnitude, but at
/// least 2⁻¹²⁰.
pub(crate) fn weight_scale_above(most: f64) -> f64 {
    // The exponent of a normal number, from its bits; e is one more.
    let exponent = (most.to_bits() >> 52) as i64 - 1023;
    let power = (exponent + 1 - 30).max(-120);
    f64::from_bits(((power + 1023) as u64) << 52)
}

/// Rounds a delay to the nearest number of steps, less `lead`; a negative delay becomes 0. The
/// counterpart is `steps` in `connect.cuh`.
#[inline(always)]
pub(super) fn steps(delay: f64, dt: f64, lead: u32) -> u32 {
    let steps = (delay.max(0.0) / dt).round_ties_even().min(f64::from(MOST_STEPS)) as u32;
    steps.saturating_sub(lead)
}

/// Returns the integer weight, rounded to the nearest integer of magnitude at most 2³⁰. `inv_scale`
/// is the integer weight of a weight of 1. The counterpart is `integer_weight` in `connect.cuh`.
#[inline(always)]
pub(super) fn integer_weight(weight: f64, inv_scale: f64) -> i32 {
    (weight * inv_scale).round_ties_even() as i32
}
