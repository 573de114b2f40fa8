//! Steps of a network on the host.

use super::arrivals::{Arrival, Arrivals, Effect};
use super::deliver::Delivery;
use super::kinetics::Step;
use super::neuron_step::NeuronBlocks;
use super::partition::{SpikeExchange, SpikeMasks};
use super::plasticity::PlasticStep;
use super::refractory::Refractory;
use super::release::{Sources, TextSteps};
use super::spike_lists::SpikeLists;
use crate::network::{Network, poisson};
use crate::numeric::scalar::Real;
use crate::numeric::team::Team;
use crate::system::state::State;
use crate::system::{Inputs, Tick};
use std::mem::take;
use std::ops::Range;

/// The data of a run's steps beside the state.
pub(crate) struct Run<'n, T: 'static> {
    network: &'n Network<T>,
    exchange: &'n mut dyn SpikeExchange<T>,
    /// The threads that share a step of a network that is not large. Pools serve large ones.
    team: &'n Team,
    rows: usize,
    /// Steps between two exchanges: the network's shortest delay.
    period: u64,
    tiles: NeuronBlocks<T>,
    delivery: Delivery,
    /// The released amounts of the present projection.
    amounts: Vec<i32>,
    arrivals: Arrivals<'n>,
    /// For each group, the spikes that sums read.
    lists: Vec<Option<SpikeLists>>,
    /// The neurons of each group that this worker owns.
    owned: Vec<Range<usize>>,
    refractory: Refractory<T>,
    texts: TextSteps<T>,
}

impl<'n, T: Real> Run<'n, T> {
    /// Prepares the steps of a loop with this seed, for a network that is node `node` of the loop.
    pub(crate) fn new(
        network: &'n Network<T>,
        exchange: &'n mut dyn SpikeExchange<T>,
        team: &'n Team,
        rows: usize,
        node: u16,
        seed: u64,
    ) -> Self {
        let plan = &*network.plan;
        let arrivals = Arrivals::new(plan, rows, node, seed);
        let lists = arrivals.spike_lists(&plan.groups, rows);
        let owned = plan.groups.iter().enumerate().map(|(g, plan)| exchange.owned(g, plan.units)).collect();
        let most = plan.projections.iter().filter(|l| !l.spec.procedural).map(|l| l.spec.post.len()).max().unwrap_or(0);
        let period = plan.projections.iter().map(|l| u64::from(*l.delays.start())).min().unwrap_or(1).max(1);
        let tiles = NeuronBlocks::new(&plan.groups, node, seed, plan.dt);
        let delivery = Delivery::new(most);
        let refractory = Refractory::new(&plan.groups);
        let texts = TextSteps::new(plan);
        Self {
            network,
            exchange,
            team,
            rows,
            period,
            tiles,
            delivery,
            amounts: Vec::new(),
            arrivals,
            lists,
            owned,
            refractory,
            texts,
        }
    }

    pub(crate) fn step(&mut self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        if let Some(by_group) = self.arrivals.by_group.take() {
            self.list_spikes(at.i, state);
            self.arrivals.sums.collect(&self.lists, (0, at.i), false, self.team);
            let arrivals = Some((&by_group[..], &mut self.arrivals.sums));
            self.tiles.step(self.network, &*self.exchange, (at, x), state, y, arrivals, self.team);
            self.swap(at.i, state);
            self.arrivals.by_group = Some(by_group);
        } else {
            self.tiles.step(self.network, &*self.exchange, (at, x), state, y, None, self.team);
            self.swap(at.i, state);
            self.list_spikes(at.i, state);
            self.arrive_after_all_neurons(at, state);
        }
    }

    /// Exchanges spikes with the other workers after step `i`, if it is time.
    fn swap(&mut self, i: u64, state: &mut State<'_, T>) {
        let next = i.wrapping_add(1);
        if next.is_multiple_of(self.period) {
            let steps = next.saturating_sub(self.period)..next;
            self.exchange.swap(SpikeMasks { groups: &self.network.plan.groups, state, rows: self.rows, steps });
        }
    }

    /// Lists the spikes that may arrive in step `i`.
    fn list_spikes(&mut self, i: u64, state: &State<'_, T>) {
        for (plan, lists) in self.network.plan.groups.iter().zip(&mut self.lists) {
            if let Some(lists) = lists {
                lists.update(plan, state.var(plan.spike_ring), i);
            }
        }
    }

    /// Adds everything that arrives in a step, after the step of all neurons.
    fn arrive_after_all_neurons(&mut self, at: Tick<'_>, state: &mut State<'_, T>) {
        let groups = &self.network.plan.groups;
        self.texts.note(groups, state);
        for k in 0..self.arrivals.gaps.len() {
            let projection = self.arrivals.gaps[k];
            (0..self.rows).for_each(|row| self.arrive(projection, row, at, state));
        }
        // Values are stored after the arrivals over gap junctions, which may set a potential to NaN
        // to end the run.
        self.refractory.note(groups, &self.owned, self.rows, state);
        let rest = take(&mut self.arrivals.rest);
        for row in 0..self.rows {
            self.arrivals.sums.collect(&self.lists, (row, at.i), true, self.team);
            self.arrivals.sums.add_first(groups, &self.owned, row, state);
            for Arrival { group, var, effect, .. } in &rest {
                let (first, owned) = (row * groups[*group].units, self.owned[*group].clone());
                match *effect {
                    Effect::Spikes(projection) => self.arrive(projection, row, at, state),
                    Effect::Sum(number) => {
                        let s = &mut state.var_mut(*var)[first..][owned.clone()];
                        self.arrivals.sums.add(number, owned, s);
                    }
                    Effect::Poisson(drive, stream) => {
                        if drive.active.contains(at.t, at.dt) {
                            let neuron = (first + owned.start) as u64;
                            poisson::add_shared(stream, drive, neuron, at.i, &mut state.var_mut(*var)[first..][owned]);
                        }
                    }
                }
            }
        }
        self.arrivals.rest = rest;
        self.refractory.put_back(state);
    }

    /// Delivers the spikes or amounts that arrive over a projection in a step.
    fn arrive(&mut self, number: usize, row: usize, at: Tick<'_>, state: &mut State<'_, T>) {
        let i = at.i;
        let projection = &self.network.plan.projections[number];
        let (from, to) = (&self.network.plan.groups[projection.from], &self.network.plan.groups[projection.to]);
        let here = common(&projection.spec.post, &self.owned[projection.to]);
        if let Some(plastic) = &projection.plastic {
            let Some(rule) = self.network.rules.get(plastic.rule) else { return };
            let potentials = self.texts.potentials(projection.to);
            let step = PlasticStep { projection, plastic, rule, groups: [from, to], at, row, here, potentials };
            return step.step(&mut self.delivery, state);
        }
        let s = row * to.units..(row + 1) * to.units;
        let (first, weight_scale) =
            (here.start.saturating_sub(projection.spec.post.start), T::of(projection.weight_scale));
        // `System::prepare` builds the table, and returns the error if that fails.
        let Ok(table) = projection.table() else {
            state.var_mut(projection.var)[s].fill(T::of(f64::NAN));
            return;
        };
        self.delivery.begin();
        if let Some(kinetics) = projection.kinetics.map(|t| &from.kinetics[t]) {
            let delay = *projection.delays.start();
            let (before, behind) = state.all().split_at_mut(from.spike_ring);
            let words = from.arriving(behind[0], row, i, delay);
            let pre = &projection.spec.pre;
            let sources = row * from.units + pre.start..row * from.units + pre.end;
            let mut vars = before[kinetics.vars.clone()].iter_mut().map(|var| &mut var[sources.clone()]);
            self.amounts.resize(pre.len(), 0);
            if let Some(release) = self.network.release(kinetics) {
                let sources = Sources { group: projection.from, first: pre.start, first_of_all: sources.start, words };
                let mut vars: Vec<&mut [T]> = vars.collect();
                self.texts.step(release, at, sources, &mut vars, &mut self.amounts);
            } else {
                let vars = std::array::from_fn(|_| vars.next().unwrap_or_default());
                Step { kinetics, words, first: pre.start, vars, amounts: &mut self.amounts }.run();
            }
            self.delivery.collect_amounts(table, &self.amounts, delay);
        } else {
            let delay = *projection.delays.start();
            let words = from.arriving(state.var(from.spike_ring), row, i, delay);
            self.delivery.collect(table, words, &projection.spec.pre, delay);
        }
        if !here.is_empty() {
            let all = here.len() == projection.spec.post.len();
            self.delivery.add(table, weight_scale, first, all, &mut state.var_mut(projection.var)[s][here]);
        }
    }
}

fn common(a: &Range<usize>, b: &Range<usize>) -> Range<usize> {
    a.start.max(b.start)..a.end.min(b.end)
}
