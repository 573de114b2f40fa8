//! The effects on receptors after the neurons' step, in their order.

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
}

/// An effect.
pub(super) enum Arrival<'n> {
    /// The spikes or amounts that arrive over the projection of this number.
    Spikes(usize),
    /// The sum of this number, which adds to this variable of a group.
    Sum { number: usize, var: usize, group: usize },
    /// Poisson spikes on a variable of a group.
    PoissonDrive { drive: &'n PoissonDrive, var: usize, group: usize, stream: Stream },
}

impl<'n> Arrivals<'n> {
    /// The effects in a loop with this seed, on a network that is node `node` of the loop.
    pub(super) fn new(plan: &'n NetworkPlan, node: u16, seed: u64) -> Self {
        let sums = SumDelivery::new(plan).unwrap_or_default();
        let mut all = Self { gaps: Vec::new(), sums, rest: Vec::new() };
        // Variables with an effect.
        let mut vars = Vec::new();
        for (group, of_group) in plan.groups.iter().enumerate() {
            for (r, receptor) in of_group.receptors.iter().enumerate() {
                let var = receptor.var;
                for sum in plan.sums.iter().filter(|sum| (sum.group, sum.receptor) == (group, r)) {
                    match all.sums.number(sum) {
                        Some(number) if vars.contains(&var) => all.rest.push(Arrival::Sum { number, var, group }),
                        Some(number) => all.sums.set_first(number),
                        None => sum.projections.iter().for_each(|p| {
                            if plan.projections[*p].is_gap(&plan.groups) {
                                all.gaps.push(*p);
                            } else {
                                all.rest.push(Arrival::Spikes(*p));
                            }
                        }),
                    }
                    vars.push(var);
                }
                for (k, drive) in of_group.poisson.iter().enumerate().filter(|(_, drive)| drive.receptor == r) {
                    let stream = Stream::of_node(seed, child(node, group), &poisson::drive(k));
                    all.rest.push(Arrival::PoissonDrive { drive, var: receptor.var, group, stream });
                    vars.push(receptor.var);
                }
            }
        }
        all
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
