//! Steps of a network on the host.

use super::deliver::Delivery;
use super::kinetics::Step;
use super::neuron_step::NeuronBlocks;
use super::partition::{SpikeExchange, SpikeMasks};
use super::procedural::Procedural;
use super::refractory::Refractory;
use super::stdp::StdpStep;
use crate::connectivity::{Delays, RowGenerator};
use crate::network::plan::PoissonDrive;
use crate::network::{Network, poisson};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::system::state::{State, child};
use crate::system::{Inputs, Tick};
use std::ops::Range;

/// The data of a run's steps beside the state.
pub(crate) struct Run<'n, T: 'static> {
    network: &'n Network<T>,
    exchange: &'n mut dyn SpikeExchange<T>,
    rows: usize,
    /// Steps between two exchanges: the network's shortest delay.
    period: u64,
    tiles: NeuronBlocks<T>,
    delivery: Delivery,
    procedural: Procedural,
    /// The row generators of projections with procedural connectivity.
    growing: Vec<Option<RowGenerator<'n>>>,
    /// The released amounts of the present projection.
    amounts: Vec<i32>,
    arrivals: Vec<Arrival<'n>>,
    /// The number of arrivals over gap junctions, which come first.
    gaps: usize,
    refractory: Refractory<T>,
}

/// An effect on receptors after the neurons' step, in order.
enum Arrival<'n> {
    /// The spikes or amounts that arrive over the projection of this number.
    Spikes(usize),
    /// Poisson spikes on a variable of a group.
    PoissonDrive { drive: &'n PoissonDrive, var: usize, group: usize, stream: Stream },
}

impl<'n, T: Real> Run<'n, T> {
    /// Prepares the steps of a loop with this seed, for a network that is node `node` of the loop.
    pub(crate) fn new(
        network: &'n Network<T>,
        exchange: &'n mut dyn SpikeExchange<T>,
        rows: usize,
        node: u16,
        seed: u64,
    ) -> Self {
        let mut arrivals = Vec::new();
        for (group, plan) in network.plan.groups.iter().enumerate() {
            for (r, receptor) in plan.receptors.iter().enumerate() {
                let projections =
                    network.plan.projections.iter().enumerate().filter(|(_, l)| (l.to, l.receptor) == (group, r));
                arrivals.extend(projections.map(|(l, _)| Arrival::Spikes(l)));
                for (k, drive) in plan.poisson.iter().enumerate().filter(|(_, drive)| drive.receptor == r) {
                    let stream = Stream::of_node(seed, child(node, group), &poisson::drive(k));
                    arrivals.push(Arrival::PoissonDrive { drive, var: receptor.var, group, stream });
                }
            }
        }
        // Gap junctions come first: they read the potentials before arrivals change them.
        let is_gap = |arrival: &Arrival<'_>| matches!(arrival, Arrival::Spikes(l) if network.plan.projections[*l].is_gap(&network.plan.groups));
        arrivals.sort_by_key(|arrival| !is_gap(arrival));
        let gaps = arrivals.iter().take_while(|arrival| is_gap(arrival)).count();
        let most = network
            .plan
            .projections
            .iter()
            .filter(|l| !l.spec.procedural)
            .map(|l| l.spec.post.len())
            .max()
            .unwrap_or(0);
        let period = network.plan.projections.iter().map(|l| u64::from(*l.delays.start())).min().unwrap_or(1).max(1);
        let tiles = NeuronBlocks::new(&network.plan.groups, node, seed, network.plan.dt);
        let (delivery, procedural) = (Delivery::new(most), Procedural::new(&network.plan.projections));
        let refractory = Refractory::new(&network.plan.groups);
        // `Builder::build` has checked the specifications, so that this cannot fail.
        let growing = network.plan.projections.iter().map(|l| l.row_generator().ok().flatten()).collect();
        Self {
            network,
            exchange,
            rows,
            period,
            tiles,
            delivery,
            procedural,
            growing,
            amounts: Vec::new(),
            arrivals,
            gaps,
            refractory,
        }
    }

    pub(crate) fn step(&mut self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let groups = &self.network.plan.groups;
        self.tiles.step(self.network, &*self.exchange, at, x, state, y);
        let next = at.i.wrapping_add(1);
        if next.is_multiple_of(self.period) {
            let steps = next.saturating_sub(self.period)..next;
            self.exchange.swap(SpikeMasks { groups, state, rows: self.rows, steps });
        }
        // Values are stored after the arrivals over gap junctions, which may set a potential to NaN
        // to end the run.
        for k in 0..self.arrivals.len() {
            if k == self.gaps {
                self.refractory.note(groups, &*self.exchange, self.rows, state);
            }
            match self.arrivals[k] {
                Arrival::Spikes(projection) => (0..self.rows).for_each(|row| self.arrive(projection, row, at.i, state)),
                Arrival::PoissonDrive { drive, var, group, stream } => {
                    let units = groups[group].units;
                    let owned = self.exchange.owned(group, units);
                    for (row, s) in state.var_mut(var).chunks_exact_mut(units).enumerate() {
                        poisson::add(stream, drive, (row * units + owned.start) as u64, at.i, &mut s[owned.clone()]);
                    }
                }
            }
        }
        self.refractory.put_back(state);
    }

    /// Delivers the spikes or amounts that arrive over a projection in step `i`.
    fn arrive(&mut self, number: usize, row: usize, i: u64, state: &mut State<'_, T>) {
        let projection = &self.network.plan.projections[number];
        let (from, to) = (&self.network.plan.groups[projection.from], &self.network.plan.groups[projection.to]);
        let here = common(&projection.spec.post, &self.exchange.owned(projection.to, to.units));
        if let Some(plastic) = &projection.plastic {
            let learning = StdpStep { projection, plastic, groups: [from, to], dt: self.network.plan.dt, row, i, here };
            return learning.step(&mut self.delivery, state);
        }
        let s = row * to.units..(row + 1) * to.units;
        let (first, weight_scale) =
            (here.start.saturating_sub(projection.spec.post.start), T::of(projection.weight_scale));
        if let Some(growing) = &self.growing[number] {
            let words = from.arriving(state.var(from.spike_ring), row, i, growing.delay);
            self.procedural.collect(words, &projection.spec.pre);
            if !here.is_empty() {
                self.procedural.add(growing, weight_scale, first, &mut state.var_mut(projection.var)[s][here]);
            }
            return;
        }
        // `System::prepare` builds the table, and returns the error if that fails.
        let Ok(table) = projection.table() else {
            state.var_mut(projection.var)[s].fill(T::of(f64::NAN));
            return;
        };
        let delays = match &table.delays {
            Delays::Same(delay) => *delay..=*delay,
            Delays::Each(_) => projection.delays.clone(),
        };
        self.delivery.begin();
        if let Some(kinetics) = projection.kinetics.map(|t| &from.kinetics[t]) {
            let delay = *projection.delays.start();
            let (before, behind) = state.all().split_at_mut(from.spike_ring);
            let words = from.arriving(behind[0], row, i, delay);
            let pre = &projection.spec.pre;
            let sources = row * from.units + pre.start..row * from.units + pre.end;
            let mut vars = before[kinetics.vars.clone()].iter_mut().map(|var| &mut var[sources.clone()]);
            let vars = std::array::from_fn(|_| vars.next().unwrap_or_default());
            self.amounts.resize(pre.len(), 0);
            Step { kinetics, words, first: pre.start, vars, amounts: &mut self.amounts }.run();
            self.delivery.collect_amounts(table, &self.amounts, delay);
        }
        for delay in delays.filter(|_| projection.kinetics.is_none()) {
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
