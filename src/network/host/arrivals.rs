//! The effects on receptors after the neurons' step, in their order.

use super::spike_lists::SpikeLists;
use super::sum_delivery::SumDelivery;
use crate::network::plan::{GroupPlan, NetworkPlan, PoissonDrive};
use crate::network::poisson;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::state::{State, child};
use std::ops::Range;

/// The number of synapses from which on threads share the sums of a step.
const SHARED: usize = 8192;

/// All effects of a step. Those on one variable are in the order of receptors, projections and then
/// Poisson drives.
pub(super) struct Arrivals<'n> {
    /// The projections that are gap junctions. They come first: they read the potentials before
    /// arrivals change them.
    pub(super) gaps: Vec<usize>,
    /// Sums that are the first effect on their variable, ascending by variable. Threads share them.
    pub(super) together: Vec<SumDelivery<'n>>,
    /// All other effects.
    pub(super) rest: Vec<Arrival<'n>>,
}

/// An effect.
pub(super) enum Arrival<'n> {
    /// The spikes or amounts that arrive over the projection of this number.
    Spikes(usize),
    /// A sum.
    Sum(SumDelivery<'n>),
    /// Poisson spikes on a variable of a group.
    PoissonDrive { drive: &'n PoissonDrive, var: usize, group: usize, stream: Stream },
}

impl<'n> Arrivals<'n> {
    /// The effects in a loop with this seed, on a network that is node `node` of the loop.
    pub(super) fn new(plan: &'n NetworkPlan, node: u16, seed: u64) -> Self {
        let mut all = Self { gaps: Vec::new(), together: Vec::new(), rest: Vec::new() };
        // Variables with an effect.
        let mut vars = Vec::new();
        for (group, of_group) in plan.groups.iter().enumerate() {
            for (r, receptor) in of_group.receptors.iter().enumerate() {
                for sum in plan.sums.iter().filter(|sum| (sum.group, sum.receptor) == (group, r)) {
                    let by_lists = plan.is_delivered_by_lists(sum);
                    match by_lists.then(|| SumDelivery::new(plan, sum)).flatten() {
                        Some(sum) if vars.contains(&receptor.var) => all.rest.push(Arrival::Sum(sum)),
                        Some(sum) => all.together.push(sum),
                        None => sum.projections.iter().for_each(|p| {
                            if plan.projections[*p].is_gap(&plan.groups) {
                                all.gaps.push(*p);
                            } else {
                                all.rest.push(Arrival::Spikes(*p));
                            }
                        }),
                    }
                    vars.push(receptor.var);
                }
                for (k, drive) in of_group.poisson.iter().enumerate().filter(|(_, drive)| drive.receptor == r) {
                    let stream = Stream::of_node(seed, child(node, group), &poisson::drive(k));
                    all.rest.push(Arrival::PoissonDrive { drive, var: receptor.var, group, stream });
                    vars.push(receptor.var);
                }
            }
        }
        all.together.sort_by_key(SumDelivery::var);
        all
    }

    fn sums(&self) -> impl Iterator<Item = &SumDelivery<'n>> {
        let of_rest = self.rest.iter().filter_map(|arrival| match arrival {
            Arrival::Sum(sum) => Some(sum),
            _ => None,
        });
        self.together.iter().chain(of_rest)
    }

    /// For each group, the lists of spikes that the sums read.
    pub(super) fn spike_lists(&self, groups: &[GroupPlan], rows: usize) -> Vec<Option<SpikeLists>> {
        let lists = |(group, plan): (usize, &GroupPlan)| {
            let read = self.sums().flat_map(SumDelivery::reads).filter(|(from, _)| *from == group);
            read.map(|(_, shortest)| shortest).min().map(|shortest| SpikeLists::new(plan, rows, shortest))
        };
        groups.iter().enumerate().map(lists).collect()
    }
}

/// What the delivery into a sum needs to know of a step.
pub(super) struct SumStep<'r> {
    pub(super) groups: &'r [GroupPlan],
    pub(super) lists: &'r [Option<SpikeLists>],
    /// The neurons of each group that this worker owns.
    pub(super) owned: &'r [Range<usize>],
    pub(super) rows: usize,
    pub(super) i: u64,
}

impl SumStep<'_> {
    /// Delivers into one sum. A thread takes at least `share` synapses. `s` is the whole variable.
    pub(super) fn deliver<T: Real>(&self, sum: &mut SumDelivery<'_>, share: usize, s: &mut [T]) {
        let (units, here) = (self.groups[sum.group()].units, &self.owned[sum.group()]);
        for (row, s) in s.chunks_exact_mut(units).enumerate().take(self.rows) {
            sum.step(self.lists, (row, self.i), share, here.clone(), &mut s[here.clone()]);
        }
    }

    /// Delivers into sums with different variables, ascending.
    pub(super) fn deliver_all<T: Real>(&self, sums: &mut [SumDelivery<'_>], state: &mut State<'_, T>) {
        let events =
            |sum: &SumDelivery<'_>| (0..self.rows).map(|row| sum.estimate(self.lists, row, self.i)).sum::<usize>();
        let total: usize = sums.iter().map(events).sum();
        if total < SHARED {
            for sum in sums {
                let s = state.var_mut(sum.var());
                self.deliver(sum, usize::MAX, s);
            }
            return;
        }
        // Several shares for each thread, so that threads end at nearly the same time.
        let share = total / (2 * rayon::current_num_threads().max(1));
        self.share(sums, state.all(), 0, share);
    }

    /// Halves the sums repeatedly. `vars` are the variables from number `base` on.
    fn share<T: Real>(&self, sums: &mut [SumDelivery<'_>], vars: &mut [&mut [T]], base: usize, share: usize) {
        match sums {
            [] => {}
            [one] => self.deliver(one, share, vars[one.var() - base]),
            more => {
                let (a, b) = more.split_at_mut(more.len() / 2);
                let middle = b[0].var();
                let (of_a, of_b) = vars.split_at_mut(middle - base);
                rayon::join(|| self.share(a, of_a, base, share), || self.share(b, of_b, middle, share));
            }
        }
    }
}
