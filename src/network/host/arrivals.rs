//! The effects on receptors after the neurons' step, in their order.

use super::block_arrivals::GroupArrivals;
use super::spike_lists::SpikeLists;
use super::sum_delivery::SumDelivery;
use crate::network::plan::{GroupPlan, NetworkPlan, PoissonDrive};
use crate::network::poisson;
use crate::numeric::rng::Stream;
use crate::system::state::child;

/// All effects of a step. Those on one variable are in the order of receptors, projections and then
/// Poisson drives.
pub(super) struct Arrivals<'n> {
    /// The projections that are gap junctions. They come first: they read the potentials before
    /// arrivals change them.
    pub(super) gaps: Vec<usize>,
    /// The sums. Those that are the first effect on their variable are not in `rest`.
    pub(super) sums: SumDelivery<'n>,
    /// All other effects.
    pub(super) rest: Vec<Arrival<'n>>,
    /// The effects on each group, if blocks of neurons can add them themselves. There is then nothing
    /// else.
    pub(super) by_group: Option<Vec<GroupArrivals<'n>>>,
}

/// An effect on a receptor of a group.
pub(super) struct Arrival<'n> {
    pub(super) group: usize,
    receptor: usize,
    /// The network's variable that it adds to.
    pub(super) var: usize,
    pub(super) effect: Effect<'n>,
}

#[derive(Clone, Copy)]
pub(super) enum Effect<'n> {
    /// The spikes or amounts that arrive over the projection of this number.
    Spikes(usize),
    /// The sum of this number.
    Sum(usize),
    /// Poisson spikes.
    Poisson(&'n PoissonDrive, Stream),
}

impl<'n> Arrivals<'n> {
    /// The effects in a loop of this number of batch rows with this seed, on a network that is node
    /// `node` of the loop.
    pub(super) fn new(plan: &'n NetworkPlan, rows: usize, node: u16, seed: u64) -> Self {
        let mut sums = SumDelivery::new(plan).unwrap_or_default();
        let mut all = effects(plan, &sums, node, seed);
        if rows == 1 && sums.reads().all(|(_, shortest)| shortest > 0) {
            let by_group = by_group(plan, &all);
            if by_group.is_some() {
                return Self { gaps: Vec::new(), sums, rest: Vec::new(), by_group };
            }
        }
        let mut gaps = Vec::new();
        // Variables with an effect.
        let mut vars = Vec::new();
        all.retain(|arrival| {
            match arrival.effect {
                Effect::Sum(number) if !vars.contains(&arrival.var) => {
                    sums.set_first(number);
                    vars.push(arrival.var);
                    return false;
                }
                Effect::Spikes(number) if plan.projections[number].is_gap(&plan.groups) => {
                    gaps.push(number);
                    return false;
                }
                _ => vars.push(arrival.var),
            }
            true
        });
        Self { gaps, sums, rest: all, by_group: None }
    }

    /// For each group, the lists of spikes that the sums read.
    pub(super) fn spike_lists(&self, groups: &[GroupPlan], rows: usize) -> Vec<Option<SpikeLists>> {
        let lists = |(group, plan): (usize, &GroupPlan)| {
            let read = self.sums.reads().filter(|(from, _)| *from == group);
            read.map(|(_, shortest)| shortest).min().map(|shortest| SpikeLists::new(plan, rows, shortest))
        };
        groups.iter().enumerate().map(lists).collect()
    }
}

/// All effects in their order.
fn effects<'n>(plan: &'n NetworkPlan, sums: &SumDelivery<'n>, node: u16, seed: u64) -> Vec<Arrival<'n>> {
    let mut all = Vec::new();
    for (group, of_group) in plan.groups.iter().enumerate() {
        for (receptor, var) in of_group.receptors.iter().map(|receptor| receptor.var).enumerate() {
            let mut push = |effect| all.push(Arrival { group, receptor, var, effect });
            for sum in plan.sums.iter().filter(|sum| (sum.group, sum.receptor) == (group, receptor)) {
                match sums.number(sum) {
                    Some(number) => push(Effect::Sum(number)),
                    None => sum.projections.iter().for_each(|projection| push(Effect::Spikes(*projection))),
                }
            }
            for (k, drive) in of_group.poisson.iter().enumerate().filter(|(_, drive)| drive.receptor == receptor) {
                let stream = Stream::of_node(seed, child(node, group), &poisson::drive(k));
                push(Effect::Poisson(drive, stream));
            }
        }
    }
    all
}

/// The effects on each group; `None` if the spikes of a projection arrive without a sum.
fn by_group<'n>(plan: &'n NetworkPlan, all: &[Arrival<'n>]) -> Option<Vec<GroupArrivals<'n>>> {
    let mut groups: Vec<_> = plan.groups.iter().map(|_| GroupArrivals::default()).collect();
    for Arrival { group, receptor, effect, .. } in all {
        match effect {
            Effect::Spikes(_) => return None,
            Effect::Sum(number) => groups[*group].add_sum(&plan.groups[*group], *receptor, *number),
            Effect::Poisson(drive, stream) => groups[*group].add_drive(&plan.groups[*group], drive, *stream),
        }
    }
    Some(groups)
}
