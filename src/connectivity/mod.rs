//! Connectivity: the pairs of connected neurons, with weights and delays.
//!
//! Each synapse is a function of the network's seed, the projection's name, and the numbers of its
//! source and target within the projection's parts. It does not depend on threads, on the device,
//! or on synapses that were built before. So any row can be computed alone, and a GPU computes its
//! own. Excluding autapses changes no other synapse of [`Connect::FixedProb`]. Under every rule
//! without multapses, weights and delays belong to the pair. Parallel synapses have a number, by
//! which their weights and delays differ.

mod build;
pub(crate) mod columns;
#[cfg(feature = "cuda")]
pub(crate) mod device;
mod estimate;
mod finish_row;
mod fixed_indegree;
mod from_arrays;
mod geometric_rows;
mod joint_rows;
pub(super) mod log;
mod multapses;
mod permutation;
mod procedural_rows;
mod radix;
pub(crate) mod rng_streams;
mod rows;
pub(crate) mod spec;
pub(crate) mod synapse_table;
#[cfg(test)]
mod tests;
mod total_number;
mod uniform_partners;
mod value_rule;
mod values;

use crate::error::{Error, Result};
pub(crate) use joint_rows::{JointPiece, JointRows};
pub(crate) use procedural_rows::{GeneratedRow, RowGenerator};
pub(crate) use spec::{ConnectivitySpec, weight_scale_above};
pub(crate) use synapse_table::{Delays, SynapseTable, Targets, Weights};

/// The longest delay, in steps.
pub(crate) const MOST_STEPS: u32 = 65_535;

/// The connectivity rule of a projection. Sources and targets are numbered within the projection's
/// parts.
///
/// brainpy's classes of the same names (`brainpy.connect.FixedProb`, `FixedPreNum`, `FixedPostNum`,
/// `FixedTotalNum`, `One2One`, `All2All`) draw other synapses from a seed. Their `FixedProb`
/// excludes autapses only with `include_self=False`; here
/// [`Projection::autapses`](crate::network::Projection::autapses) excludes them for all rules.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Connect {
    /// Every pair with this probability, independently of all other pairs. (brainpy's `FixedProb`
    /// gives every source the same number of targets; this rule is Brian2's `connect(p=…)`.)
    FixedProb(f64),
    /// Every target has this number of sources: brainpy's `FixedPreNum`, NEST's `fixed_indegree`.
    /// They are all different, unless
    /// [`Projection::multapses`](crate::network::Projection::multapses) allows repetition.
    FixedNumPre(usize),
    /// Every source has this number of targets: brainpy's `FixedPostNum`, NEST's `fixed_outdegree`.
    /// They are all different, unless there are multapses.
    FixedNumPost(usize),
    /// This number N of synapses in all: NEST's `fixed_total_number`. Each synapse is one of the
    /// M pairs of a source and a target, drawn uniformly and independently of all other synapses:
    /// P(s, t) = 1/M. M is the number of sources times the number of targets, less the pairs of a
    /// neuron with itself if autapses are excluded. A pair may therefore have several synapses
    /// (multapses): their number is binomial with mean N/M. N may exceed M, and is at most 2⁴⁰.
    ///
    /// The outdegrees are multinomial. They are drawn before the targets of each source, as
    /// counts of N drawn sources. brainpy's `FixedTotalNum` is this rule with
    /// `allow_multi_conn=True`; without it N different pairs are drawn.
    FixedTotalNumber(usize),
    /// The k-th source and the k-th target; both parts have the same size.
    OneToOne,
    /// Every pair.
    AllToAll,
    /// These pairs; a pair may occur more than once. The place of a pair in the arrays is also the
    /// place of its weight and of its delay, if these are [`Init::Values`](crate::Init::Values).
    /// Drawn weights and delays of a pair's synapses are independent of each other.
    /// Autapses and repeated pairs cannot be excluded: omit them from the arrays.
    Arrays {
        /// The source of each synapse.
        pre: Vec<u32>,
        /// The target of each synapse.
        post: Vec<u32>,
    },
}

impl Connect {
    /// The rule [`Connect::FixedTotalNumber`] with the number N of synapses at which a pair has at
    /// least one synapse with probability `p`: `N = ln(1 − p) / ln(1 − 1/(pre·post))`, rounded, for
    /// numbers of sources and targets (Potjans & Diesmann, Cereb. Cortex 24, 2014, 785-806,
    /// equation 1).
    ///
    /// ```
    /// use overtime::network::Connect;
    ///
    /// assert_eq!(Connect::fixed_total_number_of_prob(0.1009, 20_683, 20_683)?, Connect::FixedTotalNumber(45_499_806));
    /// # Ok::<(), overtime::Error>(())
    /// ```
    ///
    /// # Errors
    /// If `p` is not in [0, 1), or is above 0 for fewer than two pairs.
    pub fn fixed_total_number_of_prob(p: f64, pre: usize, post: usize) -> Result<Self> {
        let pairs = pre as f64 * post as f64;
        if !(0.0..1.0).contains(&p) {
            return Err(Error::value("p", p, "is not at least 0 and below 1, as the probability of a synapse must be"));
        }
        if p > 0.0 && pairs < 2.0 {
            let reason = "cannot be the probability of a synapse in the only pair, which has either a synapse or none";
            return Err(Error::value("p", p, reason));
        }
        let number = if p == 0.0 { 0.0 } else { (-p).ln_1p() / (-1.0 / pairs).ln_1p() };
        Ok(Self::FixedTotalNumber(number.round() as usize))
    }

    /// Whether the rule makes no synapse: its probability or its number is 0.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        match self {
            Self::FixedProb(p) => *p == 0.0,
            Self::FixedNumPre(n) | Self::FixedNumPost(n) | Self::FixedTotalNumber(n) => *n == 0,
            Self::OneToOne | Self::AllToAll => false,
            Self::Arrays { pre, .. } => pre.is_empty(),
        }
    }
}
