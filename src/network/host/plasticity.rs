//! A plastic projection's part of a step on the host. The CUDA counterpart is
//! `kernels/include/plasticity.cuh`.

use super::deliver::{Delivery, each_spike, row_of};
use super::synapse_changes::{Arrived, Events, SynapseChange, SynapseStep};
use crate::connectivity::SynapseTable;
use crate::equations::{Change, Rule};
use crate::network::plan::plastic::PlasticPlan;
use crate::network::plan::rule::Owner;
use crate::network::plan::{GroupPlan, ProjectionPlan};
use crate::numeric::scalar::Real;
use crate::system::Tick;
use crate::system::state::State;
use std::mem::take;
use std::ops::Range;

/// The number of synapses from which on threads share a change.
const SHARED: usize = 8192;

/// A step of a plastic projection for one batch row, for the targets `here`.
pub(crate) struct PlasticStep<'l, T> {
    pub(crate) projection: &'l ProjectionPlan,
    pub(crate) plastic: &'l PlasticPlan,
    pub(crate) rule: &'l Rule<T>,
    pub(crate) groups: [&'l GroupPlan; 2],
    pub(crate) at: Tick<'l>,
    pub(crate) row: usize,
    /// Neurons of the targets' group that this worker owns.
    pub(crate) here: Range<usize>,
    /// The potentials of the targets' group after this step, for all batch rows, if the rule reads them.
    pub(crate) potentials: &'l [T],
}

impl<T: Real> PlasticStep<'_, T> {
    /// Delivers the spikes that arrive, and changes the variables of the rule.
    pub(crate) fn step(&self, delivery: &mut Delivery, state: &mut State<'_, T>) {
        let (plastic, row) = (self.plastic, self.row);
        // The synapses of a plastic projection were built together with it.
        let Some(table) = self.projection.table.get() else { return };
        let count = plastic.shape.names.len();
        let mut all: Vec<&mut [T]> = (0..count).map(|k| take(&mut state.all()[plastic.var + k])).collect();
        let lengths =
            Owner::ALL.into_iter().flat_map(|owner| plastic.shape.of(owner).map(move |_| plastic.len_of(owner)));
        let mut vars: Vec<&mut [T]> =
            all.iter_mut().zip(lengths).map(|(var, len)| &mut var[row * len..(row + 1) * len]).collect();
        self.advance(table, &mut vars);
        let arrived = self.deliver(table, delivery, &vars, state);
        self.on_pre(table, &arrived, &mut vars);
        self.on_post(&mut vars, state);
        if let (true, Some(potential)) = (plastic.shape.reads_potential, vars.last_mut()) {
            let first = row * self.groups[1].units;
            let post = &self.projection.spec.post;
            potential.copy_from_slice(&self.potentials[first + post.start..first + post.end]);
        }
        for (k, var) in all.into_iter().enumerate() {
            state.all()[plastic.var + k] = var;
        }
    }

    /// The equations and the assignments of each step.
    fn advance(&self, table: &SynapseTable, vars: &mut [&mut [T]]) {
        let shape = &self.plastic.shape;
        let [of_synapse, of_source, of_target] = &self.rule.steps;
        if let Some(step) = of_synapse {
            // The steps of all variables begin with the values at the end of the step before.
            let (synapse, others) = vars.split_at_mut(shape.counts[0]);
            let others: Vec<&[T]> = others.iter().map(|var| &**var).collect();
            let synapse = synapse.iter_mut().map(|var| &mut **var).collect();
            let shared = shares(self.plastic.synapses);
            SynapseStep { step, at: self.at, plastic: self.plastic, table, others: &others, base: 0, synapse }
                .share(shared);
        }
        if let Some(step) = of_source {
            step.run(self.at, &[], &mut vars[shape.of(Owner::Source)]);
        }
        if let Some(step) = of_target {
            step.run(self.at, &[], &mut vars[shape.of(Owner::Target)]);
        }
    }

    /// Delivers the spikes that arrive with the present weights. Returns their synapses.
    fn deliver(
        &self,
        table: &SynapseTable,
        delivery: &mut Delivery,
        vars: &[&mut [T]],
        state: &mut State<'_, T>,
    ) -> Vec<Arrived> {
        let (projection, plastic, [from, to]) = (self.projection, self.plastic, self.groups);
        let mut arrived = Vec::new();
        delivery.begin();
        for class in 0..plastic.classes {
            let delay = projection.delays.start() + class as u32;
            let words = from.arriving(state.var(from.spike_ring), self.row, self.at.i, delay);
            delivery.collect(table, words, &projection.spec.pre, delay);
            each_spike(words, &projection.spec.pre, |source| {
                let synapses = row_of(table, source, delay);
                arrived.push(Arrived { synapses, source: class * plastic.sources + source });
            });
        }
        if !self.here.is_empty() {
            let first = self.here.start - projection.spec.post.start;
            let all = self.here.len() == plastic.targets;
            let s =
                &mut state.var_mut(projection.var)[self.row * to.units..(self.row + 1) * to.units][self.here.clone()];
            let scale = (T::of(projection.weight_scale), 1.0 / plastic.weight_scale);
            delivery.add_now(table, (&*vars[0], scale.1), scale.0, first, all, s);
        }
        // A source may have no synapse of a delay. Its empty range stands before a range that starts there.
        arrived.sort_unstable_by_key(|arrived| (arrived.synapses.start, arrived.synapses.end));
        arrived
    }

    /// Changes the variables of synapses, and then those of the sources, whose spikes have arrived.
    fn on_pre(&self, table: &SynapseTable, arrived: &[Arrived], vars: &mut [&mut [T]]) {
        if let Some(change) = &self.rule.synapse_on_pre {
            let count = arrived.iter().map(|arrived| arrived.synapses.len()).sum();
            self.change(change, Events::Arrivals { arrived, targets: &table.targets }, count, vars);
        }
        if let Some(change) = &self.rule.source_on_pre {
            let sources: Vec<usize> = arrived.iter().map(|arrived| arrived.source).collect();
            gathered(change, self.at, &sources, vars);
        }
    }

    /// Changes the variables of synapses, and then those of their targets, that spike in this step.
    fn on_post(&self, vars: &mut [&mut [T]], state: &State<'_, T>) {
        let (to, part) = (self.groups[1], &self.projection.spec.post);
        let words = to.arriving(state.var(to.spike_ring), self.row, self.at.i, 0);
        let mut spiking = Vec::new();
        each_spike(words, part, |target| {
            if self.here.contains(&(part.start + target)) {
                spiking.push(target);
            }
        });
        let columns = &self.plastic.columns;
        if let Some(change) = &self.rule.synapse_on_post {
            let count = spiking.iter().map(|target| columns.column(*target).len()).sum();
            self.change(change, Events::Spikes { spiking: &spiking, columns }, count, vars);
        }
        if let Some(change) = &self.rule.target_on_post {
            gathered(change, self.at, &spiking, vars);
        }
    }

    /// Changes the variables of `count` synapses.
    fn change(&self, change: &Change<T>, events: Events<'_>, count: usize, vars: &mut [&mut [T]]) {
        if count == 0 {
            return;
        }
        let (synapse, others) = vars.split_at_mut(self.plastic.shape.counts[0]);
        let others: Vec<&[T]> = others.iter().map(|var| &**var).collect();
        let synapse = synapse.iter_mut().map(|var| &mut **var).collect();
        let shape = &self.plastic.shape;
        SynapseChange { change, at: self.at, events, shape, others: &others, base: 0, synapse }.share(shares(count));
    }
}

fn shares(synapses: usize) -> usize {
    if synapses >= SHARED { rayon::current_num_threads().max(1) } else { 1 }
}

/// Changes the variables of some sources or of some targets, which all have these indices.
fn gathered<T: Real>(change: &Change<T>, at: Tick<'_>, indices: &[usize], vars: &mut [&mut [T]]) {
    if indices.is_empty() {
        return;
    }
    let mut read: Vec<Vec<T>> = vec![Vec::new(); vars.len()];
    for k in &change.reads {
        read[*k].extend(indices.iter().map(|index| vars[*k][*index]));
    }
    let mut results = vec![vec![T::of(0.0); indices.len()]; change.writes.len()];
    let inputs: Vec<&[T]> = read.iter().map(Vec::as_slice).collect();
    change.run(at, &inputs, &mut results.iter_mut().map(Vec::as_mut_slice).collect::<Vec<_>>());
    for (k, result) in change.writes.iter().zip(&results) {
        for (index, value) in indices.iter().zip(result) {
            vars[*k][*index] = *value;
        }
    }
}
