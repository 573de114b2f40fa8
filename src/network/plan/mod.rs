//! A network with all names resolved, as both engines use it. It depends neither on models nor on
//! the type of elements.

pub(crate) mod exact;
pub(crate) mod joint;
pub(crate) mod plastic;
pub(crate) mod postsynaptic;
pub(crate) mod release;
pub(crate) mod rule;
pub(crate) mod sums;

use crate::active_time::ActiveTime;
use crate::connectivity::{ConnectivitySpec, RowGenerator, SynapseTable};
use crate::device::device_struct::device_constants;
use crate::error::Result;
use crate::init::Init;
use crate::memory::threads;
use crate::numeric::scalar::Real;
use exact::CurrentGains;
use joint::JointPlan;
use plastic::PlasticPlan;
use postsynaptic::SynapticFilter;
use release::KineticsPlan;
use std::ops::{Range, RangeInclusive};
use std::sync::OnceLock;
use sums::SumPlan;

/// A network. Its variables are those of its groups, one group after another, and then those of
/// plastic projections.
#[derive(Debug)]
pub(crate) struct NetworkPlan {
    /// The length of a step, ms.
    pub(crate) dt: f64,
    pub(crate) groups: Vec<GroupPlan>,
    pub(crate) projections: Vec<ProjectionPlan>,
    /// The sums of all receptors.
    pub(crate) sums: Vec<SumPlan>,
    /// The projections with joint rows.
    pub(crate) joint: Vec<JointPlan>,
}

/// A group of a network.
#[derive(Debug)]
pub(crate) struct GroupPlan {
    pub(crate) name: String,
    /// The number of neurons.
    pub(crate) units: usize,
    /// The network's variables that belong to the model.
    pub(crate) vars: Range<usize>,
    /// The receptors in the given order. Their variables follow the model's.
    pub(crate) receptors: Vec<ReceptorPlan>,
    /// The release models of projections that start here. Their variables follow the receptors'.
    pub(crate) kinetics: Vec<KineticsPlan>,
    /// The network's variable that is the group's spike ring, `group.flight`.
    pub(crate) spike_ring: usize,
    /// The number of steps that the spike ring holds.
    pub(crate) ring_len: usize,
    /// The index of the group's own input among the network's inputs.
    pub(crate) input: Option<usize>,
    /// The intensity of its noise.
    pub(crate) noise: Option<f64>,
    pub(crate) poisson: Vec<PoissonDrive>,
    /// The number of the model's inputs, and the index of the conductance among them.
    pub(crate) ports: usize,
    pub(crate) conductance: Option<usize>,
    /// The model's variable that is the membrane potential, if it has one.
    pub(crate) membrane: Option<usize>,
}

/// A receptor of a group.
#[derive(Debug)]
pub(crate) struct ReceptorPlan {
    pub(crate) name: String,
    /// The network's variable that spikes add to.
    pub(crate) var: usize,
    /// The receptor's own variables: s and, if it has a rise, h; for gap junctions Σ w·V and Σ w.
    pub(crate) own: Range<usize>,
    /// The network's variable that counts the steps in which `var` stays constant, if there is one.
    pub(crate) held_by: Option<usize>,
    pub(crate) kind: ReceptorKind,
    /// The effect of its current, if the group is integrated exactly.
    pub(crate) gains: Option<CurrentGains>,
    pub(crate) init: Init,
}

/// The effect of a receptor in each step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum ReceptorKind {
    /// A current or a conductance.
    Filter(SynapticFilter<f64>),
    /// An addition to a variable of the model; the receptor has no dynamics.
    Delta,
    /// Gap junctions: a constant conductance, and a current from the sum that arrived in the step
    /// before. The sum is then reset to 0.
    Gap,
}

/// A Poisson drive.
#[derive(Debug)]
pub(crate) struct PoissonDrive {
    /// The index of the receptor in the group.
    pub(crate) receptor: usize,
    pub(crate) weight: f64,
    /// `thresholds[k] = ⌊2³²·P(n ≤ k)⌉`: a random word `>= thresholds[k]` stands for more than k
    /// spikes.
    pub(crate) thresholds: Vec<u32>,
    /// The time in which the drive acts.
    pub(crate) active: ActiveTime,
}

/// A projection.
#[derive(Debug)]
pub(crate) struct ProjectionPlan {
    pub(crate) spec: ConnectivitySpec,
    /// The group of the sources.
    pub(crate) from: usize,
    /// The group of the targets.
    pub(crate) to: usize,
    /// The index of the receptor in the targets' group, and the network's variable that spikes add
    /// to.
    pub(crate) receptor: usize,
    pub(crate) var: usize,
    /// The shortest and the longest delay, in steps.
    pub(crate) delays: RangeInclusive<u32>,
    /// The weight that one unit of an integer sum stands for.
    pub(crate) weight_scale: f64,
    /// The index of the sum that its synapses add to.
    pub(crate) sum: usize,
    /// The index of its release model in the presynaptic group, if it has one.
    pub(crate) kinetics: Option<usize>,
    /// The synapses on the host, once they are needed there.
    pub(crate) table: OnceLock<SynapseTable>,
    /// The start of each row of procedural connectivity, once the lengths of rows are drawn.
    pub(crate) row_offsets: OnceLock<Vec<u64>>,
    /// The plasticity, if the weights are state.
    pub(crate) plastic: Option<PlasticPlan>,
}

/// The number of neurons in one element of a spike ring.
pub(crate) const WORD: usize = 16;

device_constants! {
    RECEPTOR_BITS {
        /// A conductance.
        COBA: usize = 1,
        /// Spikes add to a second variable, from which the first rises.
        RISES: usize = 2,
        /// Magnesium blocks a part of the conductance.
        BLOCKED: usize = 4,
        /// Gap junctions: a current and a conductance.
        GAP_JUNCTIONS: usize = 8,
        /// The group is integrated exactly: gains multiply the receptor's variables.
        EXACT: usize = 16,
        /// The receptor is a variable of the model, whose number is added.
        DELTA: usize = 32,
    }
}

impl ReceptorKind {
    /// Whether the receptor gives the model a conductance.
    pub(crate) fn is_conductance(&self) -> bool {
        match self {
            Self::Filter(course) => course.reversal.is_some(),
            Self::Delta => false,
            Self::Gap => true,
        }
    }
}

impl ReceptorPlan {
    /// The bits of the receptor; for a delta they include the model's variable to which it adds,
    /// whose number counts from `first`.
    pub(crate) fn bits(&self, first: usize) -> usize {
        match &self.kind {
            ReceptorKind::Filter(course) => {
                let bit = |has: bool, bit: usize| if has { bit } else { 0 };
                bit(course.reversal.is_some(), COBA)
                    | bit(course.rise.is_some(), RISES)
                    | bit(course.block.is_some(), BLOCKED)
                    | bit(self.gains.is_some(), EXACT)
            }
            ReceptorKind::Gap => GAP_JUNCTIONS,
            ReceptorKind::Delta => DELTA + self.var.saturating_sub(first),
        }
    }

    /// Whether spikes act on the potential after it has advanced and before it is compared with the
    /// threshold, as NEST's `iaf_psc_delta` does: the receptor holds them for a step, and then moves
    /// the potential by their sum.
    pub(crate) fn acts_before_threshold(&self) -> bool {
        self.gains.as_ref().is_some_and(|gains| gains.jump)
    }

    /// Whether the receptor's value lasts for one step only.
    pub(crate) fn is_graded<T: Real>(&self) -> bool {
        let short = matches!(self.kind, ReceptorKind::Filter(course) if T::of(course.decay) == T::of(0.0));
        short && !self.acts_before_threshold()
    }

    /// The names of the receptor's variables.
    pub(crate) fn vars(&self, group: &str) -> impl Iterator<Item = String> {
        let name = format!("{group}.{}", self.name);
        let second = if matches!(self.kind, ReceptorKind::Gap) { "g" } else { "rise" };
        let second = format!("{name}.{second}");
        [name, second].into_iter().take(self.own.len())
    }
}

impl GroupPlan {
    /// All variables of the group: of the model, the receptors, the release models, and the spike
    /// ring.
    pub(crate) fn all_vars(&self) -> Range<usize> {
        self.vars.start..self.spike_ring + 1
    }

    /// Whether a receptor gives the model a conductance.
    pub(crate) fn has_conductance(&self) -> bool {
        self.receptors.iter().any(|receptor| receptor.kind.is_conductance())
    }

    /// The number of elements of a slot of the spike ring: a bit mask over the group's neurons.
    pub(crate) fn mask_words(&self) -> usize {
        self.units.div_ceil(WORD)
    }

    /// The offset in the spike ring of a batch row's spikes in this step.
    pub(crate) fn slot(&self, row: usize, step: u64) -> usize {
        (row * self.ring_len + (step % self.ring_len as u64) as usize) * self.mask_words()
    }

    /// The spikes that arrive in this step after this delay.
    pub(crate) fn arriving<'f, T>(&self, spike_ring: &'f [T], row: usize, step: u64, delay: u32) -> &'f [T] {
        // One turn of the ring is added, so that the slot exists before step `delay`, too. The slot
        // is still empty then.
        let ring_len = self.ring_len as u64;
        &spike_ring[self.slot(row, step % ring_len + ring_len - u64::from(delay))..][..self.mask_words()]
    }
}

impl ProjectionPlan {
    /// Whether the projection is gap junctions.
    pub(crate) fn is_gap(&self, groups: &[GroupPlan]) -> bool {
        matches!(groups[self.to].receptors[self.receptor].kind, ReceptorKind::Gap)
    }

    /// The synapses; the first call builds them.
    pub(crate) fn table(&self) -> Result<&SynapseTable> {
        if let Some(table) = self.table.get() {
            return Ok(table);
        }
        let table = self.spec.build_classes(&self.delays)?;
        Ok(self.table.get_or_init(|| table))
    }

    /// The generator of the rows of procedural connectivity. The first call draws the lengths of
    /// rows, if the rule has random lengths that do not follow from the row alone.
    pub(crate) fn row_generator(&self) -> Result<Option<RowGenerator<'_>>> {
        if !self.spec.procedural {
            return Ok(None);
        }
        let offsets = match self.row_offsets.get() {
            Some(offsets) => offsets,
            None => {
                let offsets = threads::run(|| self.spec.drawn_offsets())??;
                self.row_offsets.get_or_init(|| offsets)
            }
        };
        self.spec.row_generator(offsets).map(Some)
    }
}

impl NetworkPlan {
    /// Whether the weights of synapses from or to a group change.
    pub(crate) fn is_plastic(&self, group: usize) -> bool {
        self.projections
            .iter()
            .any(|projection| projection.plastic.is_some() && (projection.from == group || projection.to == group))
    }
}
