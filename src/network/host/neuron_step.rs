//! The neurons' part of a step, in blocks of neurons that share no data.

use super::block_arrivals::GroupArrivals;
use super::partition::SpikeExchange;
use super::receptor_step::{GapStep, ReceptorStep, feel, join, mask};
use super::sum_delivery::{SumCursor, SumDelivery, SumPart};
use crate::network::Network;
use crate::network::plan::postsynaptic::SynapticFilter;
use crate::network::plan::{GroupPlan, ReceptorKind, ReceptorPlan, WORD};
use crate::numeric::scalar::Real;
use crate::numeric::team::Team;
use crate::numeric::white_noise::WhiteNoise;
use crate::system::param::Param;
use crate::system::state::{State, child};
use crate::system::{Inputs, MAX_PORTS, Tick};
use std::mem::take;

/// The number of neurons that are stepped together: their variables and drive stay in L1.
pub(super) const BLOCK: usize = 512;
/// The number of neurons from which on threads share a step.
const SHARED: usize = 2048;
/// The same for the threads of a team, which start sooner.
const TEAM_SHARED: usize = 1024;

/// Some neurons of one batch row of a group.
struct NeuronBlock<'a, T> {
    group: usize,
    row: usize,
    /// The number of the first neuron in its row.
    first: usize,
    len: usize,
    /// The model's variables.
    vars: Vec<&'a mut [T]>,
    /// The receptors' variables, then all others.
    receptors: Vec<&'a mut [T]>,
    /// The sums that arrive at these neurons.
    sums: Vec<SumPart<'a>>,
    /// The words of these neurons in the spike ring's slot.
    words: &'a mut [T],
    input: &'a [T],
    /// The number of neurons that spiked.
    spikes: u32,
}

/// The constants of a group that its plan does not contain.
struct GroupConstants<T> {
    node: u16,
    /// The constants of the receptors that have variables of their own.
    kind: Vec<ReceptorConstants<T>>,
    coba: bool,
    noise: Option<WhiteNoise<T>>,
}

/// A receptor that has variables of its own, in the type of the network.
enum ReceptorConstants<T> {
    /// The equations, and the gains of s and h if the group is integrated exactly.
    Filter(SynapticFilter<T>, Option<[Param<T>; 2]>),
    Gap,
}

impl<T: Real> ReceptorConstants<T> {
    /// The constants of a receptor that has variables of its own.
    fn of(receptor: &ReceptorPlan) -> Option<Self> {
        let typed = |gains: &Vec<f64>| match gains[..] {
            [gain] => Param::All(T::of(gain)),
            _ => Param::Each(gains.iter().map(|gain| T::of(*gain)).collect()),
        };
        match &receptor.kind {
            ReceptorKind::Filter(course) => {
                let gains = receptor.gains.as_ref();
                let gains =
                    gains.map(|gains| [typed(&gains.s), gains.h.as_ref().map_or(Param::All(T::of(0.0)), typed)]);
                Some(Self::Filter(course.to(), gains))
            }
            ReceptorKind::Delta => None,
            ReceptorKind::Gap => Some(Self::Gap),
        }
    }
}

/// The memory of lists, for use in all steps: references in an empty list may have any lifetime.
pub(super) struct NeuronBlocks<T: 'static> {
    known: Vec<GroupConstants<T>>,
    tiles: Vec<NeuronBlock<'static, T>>,
    lists: Vec<Vec<&'static mut [T]>>,
    parts: Vec<Vec<SumPart<'static>>>,
    rests: Vec<&'static mut [T]>,
    /// Zeros, as many as a block has neurons.
    zeros: Vec<T>,
}

/// Returns the list, emptied, with its memory. (Collecting from a list's own iterator reuses its
/// memory.)
fn again<'b, T>(mut list: Vec<&mut [T]>) -> Vec<&'b mut [T]> {
    list.clear();
    list.into_iter().map(|_| <&mut [T]>::default()).collect()
}

fn parts_again<'b>(mut list: Vec<SumPart<'_>>) -> Vec<SumPart<'b>> {
    list.clear();
    list.into_iter().map(|_| SumPart::default()).collect()
}

fn tiles_again<'b, T>(mut list: Vec<NeuronBlock<'_, T>>) -> Vec<NeuronBlock<'b, T>> {
    list.clear();
    list.into_iter().map(|tile| NeuronBlock::of(tile.group)).collect()
}

impl<T> NeuronBlock<'_, T> {
    fn of(group: usize) -> Self {
        let (vars, receptors, sums) = (Vec::new(), Vec::new(), Vec::new());
        Self { group, row: 0, first: 0, len: 0, vars, receptors, sums, words: &mut [], input: &[], spikes: 0 }
    }
}

impl<T: Real> NeuronBlocks<T> {
    pub(super) fn new(groups: &[GroupPlan], node: u16, seed: u64, dt: f64) -> Self {
        let known = groups.iter().enumerate().map(|(g, plan)| {
            let node = child(node, g);
            let kind = plan.receptors.iter().filter_map(ReceptorConstants::of).collect();
            let coba = plan.has_conductance();
            let noise = plan.noise.map(|sigma| WhiteNoise::new(seed, node, sigma, dt));
            GroupConstants { node, kind, coba, noise }
        });
        Self {
            known: known.collect(),
            tiles: Vec::new(),
            lists: Vec::new(),
            parts: Vec::new(),
            rests: Vec::new(),
            zeros: vec![T::of(0.0); BLOCK],
        }
    }

    /// Steps all neurons that this worker owns, and then adds their arrivals, if these are given.
    /// Writes their spikes into the slot of the step, and the numbers of spikes into `y`.
    #[allow(clippy::too_many_arguments)]
    pub(super) fn step(
        &mut self,
        network: &Network<T>,
        exchange: &dyn SpikeExchange<T>,
        (at, x): (Tick<'_>, &Inputs<'_, T>),
        state: &mut State<'_, T>,
        y: &mut [T],
        arrivals: Option<(&[GroupArrivals<'_>], &mut SumDelivery<'_>)>,
        team: &Team,
    ) {
        let (arrivals, sums) = arrivals.unzip();
        let mut sums: Vec<SumCursor<'_>> = sums.into_iter().flat_map(SumDelivery::cursors).collect();
        let groups = &network.plan.groups;
        let rows = y.len() / groups.len();
        let mut tiles = tiles_again(take(&mut self.tiles));
        let mut rests = again(take(&mut self.rests));
        let mut vars = state.all().iter_mut();
        let mut neurons = 0;
        for (group, plan) in groups.iter().enumerate() {
            let owned = exchange.owned(group, plan.units);
            rests.extend(vars.by_ref().take(plan.spike_ring - plan.vars.start).map(|v| &mut **v));
            let mut spike_ring = vars.next().map(|v| &mut **v).unwrap_or_default();
            for row in 0..rows {
                let words = spike_ring.split_off_mut(..plan.ring_len * plan.mask_words()).unwrap_or_default();
                let mut words = &mut words[plan.slot(0, at.i)..][..plan.mask_words()];
                words = &mut words[owned.start / WORD..];
                rests.iter_mut().for_each(|rest| *rest = &mut take(rest)[owned.start..]);
                for first in owned.clone().step_by(BLOCK) {
                    let len = BLOCK.min(owned.end - first);
                    let mut vars = again(self.lists.pop().unwrap_or_default());
                    let mut receptors = again(self.lists.pop().unwrap_or_default());
                    let mut own = rests.iter_mut().filter_map(|rest| rest.split_off_mut(..len));
                    vars.extend(own.by_ref().take(plan.vars.len()));
                    receptors.extend(own);
                    let mut parts = parts_again(self.parts.pop().unwrap_or_default());
                    let of_group = arrivals.iter().flat_map(|arrivals| &arrivals[group].sums);
                    parts.extend(of_group.map(|sum| sums[*sum].part(first..first + len)));
                    let words = words.split_off_mut(..len.div_ceil(WORD)).unwrap_or_default();
                    let input = plan.input.map(|p| &x.port(p)[row * plan.units + first..][..len]).unwrap_or_default();
                    let sums = parts;
                    tiles.push(NeuronBlock { group, row, first, len, vars, receptors, sums, words, input, spikes: 0 });
                }
                rests.iter_mut().for_each(|rest| *rest = &mut take(rest)[plan.units - owned.end..]);
                neurons += owned.len();
            }
            rests.clear();
        }
        self.rests = again(rests);
        sums.iter_mut().for_each(SumCursor::finish);

        let (known, zeros) = (&self.known, &self.zeros);
        let step = |tile: &mut NeuronBlock<'_, T>| {
            tile.step(network, &known[tile.group], zeros, at);
            if let Some(arrivals) = arrivals {
                tile.add(&arrivals[tile.group], network.plan.groups[tile.group].units, at);
            }
        };
        if team.threads() > 1 && neurons >= TEAM_SHARED {
            team.for_each(&mut tiles, |tile| tile.len, step);
        } else if neurons >= SHARED {
            share(&mut tiles, &step)
        } else {
            tiles.iter_mut().for_each(step)
        }

        y.fill(T::of(0.0));
        for tile in &mut tiles {
            y[tile.row * groups.len() + tile.group] += T::of_count(tile.spikes as i32);
            self.lists.push(again(take(&mut tile.vars)));
            self.lists.push(again(take(&mut tile.receptors)));
            self.parts.push(parts_again(take(&mut tile.sums)));
        }
        self.tiles = tiles_again(tiles);
    }
}

/// Calls `step` for each item, by repeated halving.
fn share<I: Send>(items: &mut [I], step: &(impl Fn(&mut I) + Sync)) {
    match items {
        [] => {}
        [one] => step(one),
        more => {
            let (a, b) = more.split_at_mut(more.len() / 2);
            rayon::join(|| share(a, step), || share(b, step));
        }
    }
}

impl<T: Real> NeuronBlock<'_, T> {
    fn step(&mut self, network: &Network<T>, known: &GroupConstants<T>, zeros: &[T], at: Tick<'_>) {
        let plan = &network.plan.groups[self.group];
        let zero = T::of(0.0);
        let (mut i, mut g, mut y) = ([zero; BLOCK], [zero; BLOCK], [zero; BLOCK]);
        let (i, g, y) = (&mut i[..self.len], &mut g[..self.len], &mut y[..self.len]);
        let model = &self.vars;
        let mut others = self.receptors.iter_mut().map(|var| &mut **var);
        for kind in &known.kind {
            let s = others.next().unwrap_or_default();
            let ReceptorConstants::Filter(course, gains) = kind else {
                join(GapStep { s, w: others.next().unwrap_or_default(), i, g });
                continue;
            };
            let h = course.rise.and_then(|_| others.next()).unwrap_or_default();
            let v = course.block.map_or(&[][..], |block| &*model[block.var]);
            let own = self.first..self.first + self.len;
            let gains = gains.as_ref().map(|gains| gains.each_ref().map(|gain| gain.part(own.clone())));
            feel(ReceptorStep { course: *course, s, h, v, gains, i, g });
        }
        // The first unit, counted over the batch.
        let first = self.row * plan.units + self.first;
        if let Some(current) = &network.currents[self.group] {
            match current.part(self.first..self.first + self.len) {
                [one] => i.iter_mut().for_each(|i| *i += *one),
                each => i.iter_mut().zip(each).for_each(|(i, current)| *i += *current),
            }
        }
        i.iter_mut().zip(self.input).for_each(|(i, x)| *i += *x);
        if let Some(noise) = known.noise {
            noise.add(first as u64, at.i, i);
        }
        // An input that is not given reads as zeros. This holds for all further inputs of a model,
        // and for `g` if no receptor is a conductance.
        let mut inputs = Inputs { ports: [&zeros[..self.len]; MAX_PORTS], given: [false; MAX_PORTS] };
        if plan.ports > 0 && plan.conductance != Some(0) {
            (inputs.ports[0], inputs.given[0]) = (i, true);
        }
        if let Some(port) = plan.conductance.filter(|_| known.coba) {
            (inputs.ports[port], inputs.given[port]) = (g, true);
        }
        let mut state = State::of_node(take(&mut self.vars), first, plan.units, known.node);
        network.models[self.group].step(at, &inputs, &mut state, y);
        self.vars = state.into_vars();
        self.spikes = mask(y, self.words);
    }

    /// Adds the arrivals at the neurons, of a group of `units` neurons.
    fn add(&mut self, arrivals: &GroupArrivals<'_>, units: usize, at: Tick<'_>) {
        let first = self.row * units + self.first;
        arrivals.add(first, at, (&mut self.vars, &mut self.receptors), &mut self.sums);
    }
}
