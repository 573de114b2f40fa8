//! Steps of a network on the host.

use super::drive::{Feel, feel, mask};
use super::plan::{Acts, Link, Pool, WORD};
use super::{Network, random};
use crate::network::connect::{Delays, Targets, Weights, Wiring};
use crate::rng::Stream;
use crate::scalar::Real;
use crate::state::{State, child};
use crate::system::{Inputs, MAX_PORTS, Tick};
use std::ops::Range;

/// Neurons that are stepped together: their variables and drive stay in the first cache.
const TILE: usize = 512;

/// What steps need beside the state; made once for many of them.
pub(super) struct Run<'n, T> {
    network: &'n Network<T>,
    rows: usize,
    /// Projections, by group and receptor that they act on.
    order: Vec<usize>,
    /// Of each target of the projection at hand.
    sums: Vec<i64>,
    /// Synapses that spikes arrive over in this step.
    ranges: Vec<Range<usize>>,
}

/// Some neurons of a group.
struct Tile<'a, T> {
    pool: &'a Pool<T>,
    node: u16,
    /// The first one's number in its row, and that row.
    first: usize,
    row: usize,
    /// The model's variables, those of the receptors, and the slot's words.
    model: Vec<&'a mut [T]>,
    receptors: Vec<&'a mut [T]>,
    words: &'a mut [T],
    input: &'a [T],
    len: usize,
}

impl<'n, T: Real> Run<'n, T> {
    pub(super) fn new(network: &'n Network<T>, rows: usize) -> Self {
        let mut order: Vec<usize> = (0..network.links.len()).collect();
        order.sort_by_key(|l| (network.links[*l].to, network.links[*l].receptor));
        let most = network.pools.iter().map(|p| p.units).max().unwrap_or(0);
        Self { network, rows, order, sums: vec![0; most], ranges: Vec::new() }
    }

    pub(super) fn step(&mut self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        self.neurons(at, x, state, y);
        self.arrive(at, state);
    }

    fn neurons(&mut self, at: Tick<'_>, x: &Inputs<'_, T>, state: &mut State<'_, T>, y: &mut [T]) {
        let node = state.node();
        let groups = self.network.pools.len();
        for (g, pool) in self.network.pools.iter().enumerate() {
            let (units, words) = (pool.units, pool.words());
            let slot = (at.i % pool.slots as u64) as usize;
            for row in 0..self.rows {
                let mut spikes = 0;
                for first in (0..units).step_by(TILE) {
                    let len = TILE.min(units - first);
                    let from = row * units + first;
                    let mut vars = state.all()[pool.vars.start..=pool.flight].iter_mut();
                    let model = vars.by_ref().take(pool.vars.len()).map(|v| &mut v[from..from + len]).collect();
                    let count = pool.flight - pool.vars.end;
                    let receptors = vars.by_ref().take(count).map(|v| &mut v[from..from + len]).collect();
                    let from = (row * pool.slots + slot) * words + first / WORD;
                    let words = vars.next().map(|v| &mut v[from..from + len.div_ceil(WORD)]).unwrap_or_default();
                    let input = pool.input.map(|p| &x.port(p)[row * units + first..][..len]).unwrap_or_default();
                    spikes += Tile { pool, node: child(node, g), first, row, model, receptors, words, input, len }.step(at);
                }
                y[row * groups + g] = T::of_count(spikes as i32);
            }
        }
    }

    fn arrive(&mut self, at: Tick<'_>, state: &mut State<'_, T>) {
        let network = self.network;
        let node = state.node();
        let mut order = self.order.clone().into_iter().peekable();
        for (g, pool) in network.pools.iter().enumerate() {
            for (r, felt) in pool.receptors.iter().enumerate() {
                while let Some(l) = order.next_if(|l| (network.links[*l].to, network.links[*l].receptor) == (g, r)) {
                    let link = &network.links[l];
                    match link.wiring() {
                        Ok(wiring) => (0..self.rows).for_each(|row| self.deliver(link, wiring, at.i, row, state)),
                        // A loop finds that out before.
                        Err(_) => state.var_mut(felt.var).fill(T::of(f64::NAN)),
                    }
                }
                for (k, rain) in pool.poisson.iter().enumerate().filter(|(_, rain)| rain.receptor == r) {
                    let stream = random::stream(at.shared.seed, child(node, g), &random::rain(k));
                    let s = state.var_mut(felt.var);
                    for (unit, s) in s.iter_mut().enumerate() {
                        let words = stream.words(unit as u64 / 4, at.i);
                        let count = random::count(&rain.thresholds, words[unit % 4]);
                        if count != 0 {
                            *s = T::of_count(count as i32).mul_add(rain.weight, *s);
                        }
                    }
                }
            }
        }
    }

    /// What arrives over one projection in step `i`.
    fn deliver(&mut self, link: &Link, wiring: &Wiring, i: u64, row: usize, state: &mut State<'_, T>) {
        let pool = &self.network.pools[link.from];
        self.ranges.clear();
        let delays = match &wiring.delays {
            Delays::Same(d) => *d..=*d,
            Delays::Each(_) => link.delays.clone(),
        };
        for d in delays {
            let slot = ((i % pool.slots as u64) as usize + pool.slots - d as usize) % pool.slots;
            let words = &state.var(pool.flight)[(row * pool.slots + slot) * pool.words()..][..pool.words()];
            for k in spikes(words, &link.recipe.pre) {
                let all = wiring.offsets[k] as usize..wiring.offsets[k + 1] as usize;
                let some = match &wiring.delays {
                    Delays::Same(_) => all,
                    Delays::Each(delays) => {
                        let own = &delays[all.clone()];
                        let from = own.partition_point(|x| u32::from(*x) < d);
                        let to = own.partition_point(|x| u32::from(*x) <= d);
                        all.start + from..all.start + to
                    }
                };
                self.ranges.push(some);
            }
        }
        for synapse in self.ranges.iter().cloned().flatten() {
            let target = match &wiring.targets {
                Targets::U16(targets) => usize::from(targets[synapse]),
                Targets::U32(targets) => targets[synapse] as usize,
            };
            self.sums[target] += match &wiring.weights {
                Weights::Same => 1,
                Weights::Each(weights) => i64::from(weights[synapse]),
            };
        }
        let post = &link.recipe.post;
        let quantum = T::of(link.quantum);
        let to = &self.network.pools[link.to];
        let s = &mut state.var_mut(link.var)[row * to.units..][post.clone()];
        for (s, sum) in s.iter_mut().zip(&mut self.sums) {
            if *sum != 0 {
                *s = T::of_whole(*sum).mul_add(quantum, *s);
                *sum = 0;
            }
        }
    }
}

/// Which neurons of `part` have a spike in the slot, counted from its start.
fn spikes<'a, T: Real>(words: &'a [T], part: &'a Range<usize>) -> impl Iterator<Item = usize> + 'a {
    let first = part.start / WORD;
    let words = &words[first..part.end.div_ceil(WORD)];
    words.iter().enumerate().filter(|(_, word)| **word != T::of(0.0)).flat_map(move |(w, word)| {
        let bits = word.to_f64() as u32;
        let all = (0..WORD).filter(move |k| bits >> k & 1 != 0).map(move |k| (first + w) * WORD + k);
        all.filter(|k| part.contains(k)).map(|k| k - part.start)
    })
}

impl<T: Real> Tile<'_, T> {
    /// Makes the step and returns how many spike.
    fn step(self, at: Tick<'_>) -> u32 {
        let Self { pool, node, first, row, model, receptors, words, input, len } = self;
        let zero = T::of(0.0);
        let (mut i, mut g, mut y) = ([zero; TILE], [zero; TILE], [zero; TILE]);
        let (i, g, y) = (&mut i[..len], &mut g[..len], &mut y[..len]);
        let acts = pool.receptors.iter().map(|r| r.acts).filter(|a| *a != Acts::Delta);
        for (acts, s) in acts.zip(receptors) {
            feel(Feel { acts, s, i, g });
        }
        if let Some(current) = &pool.current {
            i.iter_mut().enumerate().for_each(|(k, i)| *i += current.at(first + k));
        }
        i.iter_mut().zip(input).for_each(|(i, x)| *i += *x);
        if let Some(sigma) = pool.noise {
            let stream: Stream = random::stream(at.shared.seed, node, random::NOISE);
            let scale = T::of(sigma / at.dt.sqrt());
            let from = row * pool.units + first;
            for (k, i) in i.iter_mut().enumerate() {
                *i = T::of(f64::from(stream.normal((from + k) as u64, at.i))).mul_add(scale, *i);
            }
        }
        let zeros = [zero; TILE];
        let mut inputs = Inputs { ports: [&zeros[..len]; MAX_PORTS], given: [false; MAX_PORTS] };
        let coba = pool.receptors.iter().any(|r| matches!(r.acts, Acts::Conductance { .. }));
        if let Some(port) = pool.conductance.filter(|_| coba) {
            (inputs.ports[port], inputs.given[port]) = (g, true);
        }
        if pool.conductance != Some(0) && pool.ports > 0 {
            (inputs.ports[0], inputs.given[0]) = (i, true);
        }
        let mut state = State::of_node(model, row * pool.units + first, pool.units, node);
        pool.model.step(at, &inputs, &mut state, y);
        mask(y, words)
    }
}
