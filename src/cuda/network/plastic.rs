//! A plastic projection on the device: its synapses by target, and the memory through which its
//! warps exchange traces and spikes.

use super::Synapses;
use super::sum_ring::adds_ahead;
use crate::cuda::driver::context::Context;
use crate::cuda::driver::memory::Buffer;
use crate::cuda::structs::network::{PlasticProjection, PreProjection, value};
use crate::error::Result;
use crate::network::plan::rule::{Owner, RULE_VARS};
use crate::network::plan::{NetworkPlan, ProjectionPlan};
use crate::numeric::scalar::DType;
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Plastic {
    columns: Buffer,
    places: Buffer,
    kinds: Buffer,
    /// Byte offsets in the network's own memory: the variables of targets, and the lists of targets
    /// that spike.
    targets_after: usize,
    fired: usize,
}

impl Plastic {
    /// Prepares a projection; `None` if it is not plastic. `take(bytes)` reserves twice as many
    /// bytes for each batch row in the network's own memory; `size` is the size of a number.
    pub(crate) fn make(
        context: &Arc<Context>,
        projection: &ProjectionPlan,
        size: usize,
        mut take: impl FnMut(usize) -> usize,
    ) -> Result<Option<Self>> {
        let Some(plastic) = &projection.plastic else { return Ok(None) };
        let what = format!("plastic synapses of projection `{}`", projection.spec.name);
        let put = |values: &[u32]| {
            let buffer = Buffer::new(context, &what, size_of_val(values))?;
            buffer.write(0, values)?;
            Ok(buffer)
        };
        let columns = &plastic.columns;
        let targets = projection.spec.post.len();
        // Three copies of the variables, and three lists with 4 bytes an entry.
        let copies = targets.saturating_mul(size).saturating_mul(3 * plastic.shape.of(Owner::Target).len());
        let (targets_after, fired) = (take(copies.div_ceil(2)), take((targets + 1).saturating_mul(6)));
        Ok(Some(Self {
            columns: put(&columns.offsets)?,
            places: put(&columns.places)?,
            kinds: put(&columns.traces)?,
            targets_after,
            fired,
        }))
    }

    /// Returns the table that its groups read. `state` and `own` return the addresses of variables
    /// and of the network's own memory.
    pub(crate) fn table(
        &self,
        projection: &ProjectionPlan,
        to: PreProjection,
        state: impl Fn(usize) -> u64,
        own: impl Fn(usize) -> u64,
        dtype: DType,
    ) -> Option<PlasticProjection> {
        let plastic = projection.plastic.as_ref()?;
        let of = |owner| plastic.var + plastic.shape.of(owner).start;
        let [n_synapse_vars, n_source_vars, n_target_vars] = plastic.shape.counts.map(|count| count as u32);
        Some(PlasticProjection {
            to: PreProjection { weights: 0, ..to },
            synapse_vars: state(of(Owner::Synapse)),
            source_vars: state(of(Owner::Source)),
            target_vars: state(of(Owner::Target)),
            targets_after: own(self.targets_after),
            fired: own(self.fired),
            columns: self.columns.address(0),
            places: self.places.address(0),
            kinds: self.kinds.address(0),
            synapses: plastic.synapses as u64,
            inv_scale: value(dtype, 1.0 / plastic.weight_scale),
            targets: projection.spec.post.len() as u32,
            first: projection.spec.post.start as u32,
            rule: plastic.rule as u32,
            n_synapse_vars,
            n_source_vars,
            n_target_vars,
        })
    }
}

/// Returns the numbers of the plastic projections from the group, and of those to the group.
pub(crate) fn of_group(network: &NetworkPlan, group: usize) -> [Vec<usize>; 2] {
    let plastic = || network.projections.iter().enumerate().filter(|(_, p)| p.plastic.is_some());
    [
        plastic().filter(|(_, p)| p.from == group).map(|(k, _)| k).collect(),
        plastic().filter(|(_, p)| p.to == group).map(|(k, _)| k).collect(),
    ]
}

/// Returns the number of a network's variable in a group's loop, as `plasticity.cuh` numbers the
/// variables. It is a variable of the group or of a plastic projection. The presynaptic group has
/// the variables of synapses and sources, the postsynaptic group those of targets.
pub(crate) fn number(network: &NetworkPlan, group: usize, var: usize) -> Option<usize> {
    let own = &network.groups.get(group)?.all_vars();
    if own.contains(&var) {
        return Some(var - own.start);
    }
    let [sending, reaching] = of_group(network, group);
    let sends = sending.len();
    sending.into_iter().chain(reaching).enumerate().find_map(|(q, projection)| {
        let plastic = network.projections[projection].plastic.as_ref()?;
        let of = var.checked_sub(plastic.var)?;
        let is_of_target = plastic.shape.of(Owner::Target).contains(&of);
        let here = of < plastic.shape.names.len() && is_of_target != (q < sends);
        here.then_some(own.len() + RULE_VARS * q + of)
    })
}

impl PreProjection {
    /// Returns a projection's synapses, as the presynaptic group reads them. `sums` returns the
    /// address of a sum, and `state` the address of a variable. `ring`: the network has a ring of
    /// sums.
    pub(crate) fn of(
        plan: &NetworkPlan,
        projection: &ProjectionPlan,
        synapses: &Synapses,
        sums: impl Fn(usize) -> u64,
        state: impl Fn(usize) -> u64,
        dtype: DType,
        ring: bool,
    ) -> Self {
        let sum = &plan.sums[projection.sum];
        // Projections that share a sum have integer weights, so that sums have 8 bytes.
        let before = 8 * (projection.spec.post.start - sum.targets.start) as u64;
        let kinetics = projection.kinetics.and_then(|kinetics| plan.groups[projection.from].kinetics.get(kinetics));
        Self {
            offsets: synapses.offsets.address(0),
            targets: synapses.targets.address(0),
            weights: synapses.weights.address(0),
            delays: synapses.delays.address(0),
            sums: sums(projection.sum) + before,
            n_targets: sum.targets.len() as u64,
            generator: 0,
            first: projection.spec.pre.start as u32,
            sources: projection.spec.pre.len() as u32,
            min_delay: synapses.min_delay,
            max_delay: synapses.max_delay,
            wide_targets: u32::from(synapses.wide_targets),
            lane_per_source_from: synapses.lane_per_source_from(ring && adds_ahead(projection)),
            kinetics: kinetics.map_or(0, |t| state(t.vars.start)),
            constants: kinetics.map(|t| t.constants.map(|c| value(dtype, c))).unwrap_or_default(),
            release_model: kinetics.map_or(0, |t| t.model.number()),
        }
    }
}
