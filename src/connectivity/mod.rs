//! Connectivity: which neurons of a part are connected to which, with what weights and delays.
//!
//! All of it is a function of the network's seed, the projection's name, and the synapse's source
//! and target (numbers within the projection's parts): not of threads, of the device, or of what
//! was made before. So any row can be made alone, and a GPU makes its own. Removing autapses
//! changes no other synapse of [`Connect::FixedProb`], and weights and delays stay with their pair
//! whatever the rule.

mod build;
pub(crate) mod columns;
#[cfg(feature = "cuda")]
pub(crate) mod device;
mod distribution;
mod estimate;
mod fixed_indegree;
mod from_arrays;
mod geometric_rows;
pub(super) mod log;
mod permutation;
mod procedural_rows;
pub(crate) mod rng_streams;
mod rows;
pub(crate) mod spec;
pub(crate) mod synapse_table;
#[cfg(test)]
mod tests;
mod values;

pub(crate) use procedural_rows::{GeneratedRow, RowGenerator};
pub(crate) use spec::{ConnectivitySpec, weight_scale_above};
pub(crate) use synapse_table::{Delays, SynapseTable, Targets, Weights};

/// Longest delay, in steps.
pub(crate) const MOST_STEPS: u32 = 65_535;

/// Who is connected to whom. Sources and targets are numbered within the projection's parts.
///
/// brainpy's classes of the same names (`brainpy.connect.FixedProb`, `FixedPreNum`, `FixedPostNum`,
/// `One2One`, `All2All`) draw other synapses from a seed, and leave autapses out of `FixedProb`
/// only where asked to (`include_self=False`), as
/// [`Projection::autapses`](crate::network::Projection::autapses) does here for all rules.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Connect {
    /// Every pair with this probability, independently of all others. (brainpy's `FixedProb` gives
    /// every source the same number of targets; this is Brian2's `connect(p=…)`.)
    FixedProb(f64),
    /// Every target has so many sources, all different: brainpy's `FixedPreNum`.
    FixedNumPre(usize),
    /// Every source has so many targets, all different: brainpy's `FixedPostNum`.
    FixedNumPost(usize),
    /// The k-th source and the k-th target, of parts of one size.
    OneToOne,
    /// Every pair.
    AllToAll,
    /// These pairs; a pair may be there more than once. Its place here is the place of its weight
    /// and of its delay, where those are [`Init::Values`](crate::Init::Values). Autapses cannot be
    /// left out: do not put them in.
    Arrays {
        /// Source of each synapse.
        pre: Vec<u32>,
        /// Target of each synapse.
        post: Vec<u32>,
    },
}
