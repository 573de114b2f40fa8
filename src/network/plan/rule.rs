//! The variables of a rule of plasticity.

use crate::device::device_struct::device_constants;
use crate::init::Init;
use std::ops::Range;

device_constants! {
    PLASTICITY {
        /// The variables of a plastic projection have numbers below it.
        RULE_VARS: usize = 64,
    }
}

/// What has a value of a variable of plasticity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// Each synapse.
    Synapse,
    /// Each source, for each delay of its synapses.
    Source,
    /// Each target.
    Target,
}

impl Owner {
    /// All owners, in the order of the variables of a rule.
    pub(crate) const ALL: [Self; 3] = [Self::Synapse, Self::Source, Self::Target];
}

/// The variables of a rule: those of a synapse, the weight first, then those of a source, then those of a
/// target, and last the potential of the target, if the rule reads it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct RuleShape {
    /// Their names.
    pub(crate) names: Vec<String>,
    /// The initial values of those behind the weight, except the potential, which begins as the target's.
    pub(crate) initial: Vec<Init>,
    /// The number of variables of each owner.
    pub(crate) counts: [usize; 3],
    /// Whether the last variable is the potential of the target.
    pub(crate) reads_potential: bool,
    /// The least and the largest weight.
    pub(crate) bounds: [f64; 2],
}

impl RuleShape {
    /// The numbers of an owner's variables.
    pub(crate) fn of(&self, owner: Owner) -> Range<usize> {
        let [synapse, source, target] = self.counts;
        match owner {
            Owner::Synapse => 0..synapse,
            Owner::Source => synapse..synapse + source,
            Owner::Target => synapse + source..synapse + source + target,
        }
    }
}
