//! Arrivals on a block of neurons right after its step.
//!
//! If every delay is at least one step, all spikes that arrive in a step are known before the neurons
//! advance. Sums are then added, and Poisson spikes drawn, while a block's variables are still in L1,
//! and threads share this work with that of the neurons.

use super::neuron_step::BLOCK;
use super::refractory::put_back;
use super::sum_delivery::SumPart;
use crate::network::plan::{GroupPlan, PoissonDrive};
use crate::network::poisson;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::Tick;
use std::mem::take;

/// All arrivals on a group, by variable.
#[derive(Default)]
pub(super) struct GroupArrivals<'n> {
    vars: Vec<VarArrivals<'n>>,
    /// The numbers of the sums.
    pub(super) sums: Vec<usize>,
}

/// The arrivals on one variable, in their order.
struct VarArrivals<'n> {
    /// The variable, and the counter of the steps in which it stays constant, as numbers among the
    /// group's variables.
    var: usize,
    held_by: Option<usize>,
    arrivals: Vec<BlockArrival<'n>>,
}

enum BlockArrival<'n> {
    /// A sum, as a number among those of the group.
    Sum(usize),
    Poisson(&'n PoissonDrive, Stream),
}

impl<'n> GroupArrivals<'n> {
    /// Adds the sum of this number to a receptor of the group.
    pub(super) fn add_sum(&mut self, plan: &GroupPlan, receptor: usize, number: usize) {
        let sum = BlockArrival::Sum(self.sums.len());
        self.sums.push(number);
        self.of(plan, receptor).push(sum);
    }

    /// Adds a Poisson drive.
    pub(super) fn add_drive(&mut self, plan: &GroupPlan, drive: &'n PoissonDrive, stream: Stream) {
        self.of(plan, drive.receptor).push(BlockArrival::Poisson(drive, stream));
    }

    fn of(&mut self, plan: &GroupPlan, receptor: usize) -> &mut Vec<BlockArrival<'n>> {
        let receptor = &plan.receptors[receptor];
        let (var, held_by) = (receptor.var - plan.vars.start, receptor.held_by.map(|by| by - plan.vars.start));
        let known = self.vars.iter().position(|of| of.var == var);
        let at = known.unwrap_or(self.vars.len());
        if known.is_none() {
            self.vars.push(VarArrivals { var, held_by, arrivals: Vec::new() });
        }
        &mut self.vars[at].arrivals
    }

    /// Adds everything that arrives at a block of neurons, whose first has this number, counted over
    /// the batch. `model` and `receptors` are the variables, and `sums` the parts of the sums.
    pub(super) fn add<T: Real>(
        &self,
        first: usize,
        at: Tick<'_>,
        (model, receptors): (&mut [&mut [T]], &mut [&mut [T]]),
        sums: &mut [SumPart<'_>],
    ) {
        for VarArrivals { var, held_by, arrivals } in &self.vars {
            let s = match var.checked_sub(model.len()) {
                Some(receptor) => take(&mut receptors[receptor]),
                None => take(&mut model[*var]),
            };
            let before = held_by.map(|_| {
                let mut before = [T::of(0.0); BLOCK];
                before[..s.len()].copy_from_slice(s);
                before
            });
            for arrival in arrivals {
                match arrival {
                    BlockArrival::Sum(number) => sums[*number].add_to(s),
                    BlockArrival::Poisson(drive, stream) => {
                        if drive.active.contains(at.t, at.dt) {
                            poisson::add(*stream, drive, first as u64, at.i, s);
                        }
                    }
                }
            }
            if let (Some(counter), Some(before)) = (held_by, before) {
                put_back(model[*counter], &before, s);
            }
        }
    }
}
