//! What one channel does in a step of many neurons: it adds to what flows, and moves its gates.

use crate::integrator::relaxed;
use crate::models::channels::Channel;
use crate::models::channels::kinetics::{E, G_MAX, Kinetics, WithKinetics};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::param::Param;
use std::marker::PhantomData;

/// What flows into each neuron: drive − g·V.
pub(super) struct Flow<'a, R> {
    pub(super) g: &'a mut [R],
    pub(super) drive: &'a mut [R],
}

/// Neurons whose first is number `first`, counted over a batch of rows of `units`: their potentials
/// before the step.
#[derive(Clone, Copy)]
pub(super) struct Neurons<'a, R> {
    pub(super) first: usize,
    pub(super) units: usize,
    pub(super) dt: R,
    pub(super) v: &'a [R],
}

/// Sets the gates to where they are steady at these potentials.
pub(super) fn steady<R: Real>(channel: &Channel<R>, v: &[R], gates: Vec<&mut [R]>, first: usize, units: usize) {
    let Some((kind, _)) = channel.of_kind() else { return };
    kind.with(Steady { channel, v, gates, first, units });
}

struct Steady<'a, 'g, R> {
    channel: &'a Channel<R>,
    v: &'a [R],
    gates: Vec<&'g mut [R]>,
    first: usize,
    units: usize,
}

impl<R: Real> WithKinetics for Steady<'_, '_, R> {
    fn call<K: Kinetics<G, P>, const G: usize, const P: usize>(self) {
        let Self { channel, v, mut gates, first, units } = self;
        for (k, v) in v.iter().enumerate() {
            let mut p = [R::of(0.0); P];
            p.iter_mut().zip(channel.params()).for_each(|(p, param)| *p = param.at((first + k) % units.max(1)));
            for ((a, s), gate) in K::rates(*v, &p.into()).into_iter().zip(&mut gates) {
                gate[k] = a / s;
            }
        }
    }
}

/// Adds what the channel lets flow, and moves its gates by exponential Euler; or, with `SLOPES`,
/// puts their slopes in their place.
pub(super) fn conduct<R: Real, const SLOPES: bool>(
    channel: &Channel<R>,
    neurons: Neurons<'_, R>,
    gates: &mut [&mut [R]],
    flow: Flow<'_, R>,
) {
    let Some((kind, params)) = channel.of_kind() else { return };
    kind.with(ConductAll::<R, SLOPES> { params, neurons, gates, flow });
}

struct ConductAll<'a, 'g, R, const SLOPES: bool> {
    params: &'a [Param<R>],
    neurons: Neurons<'a, R>,
    gates: &'a mut [&'g mut [R]],
    flow: Flow<'a, R>,
}

impl<R: Real, const SLOPES: bool> WithKinetics for ConductAll<'_, '_, R, SLOPES> {
    fn call<K: Kinetics<G, P>, const G: usize, const P: usize>(self) {
        let Self { params, neurons, gates, flow } = self;
        vectorize(Conduct::<R, K, G, P, SLOPES> { params, neurons, gates, flow, kinetics: PhantomData });
    }
}

struct Conduct<'a, 'g, R, K, const G: usize, const P: usize, const SLOPES: bool> {
    params: &'a [Param<R>],
    neurons: Neurons<'a, R>,
    gates: &'a mut [&'g mut [R]],
    flow: Flow<'a, R>,
    kinetics: PhantomData<K>,
}

/// Neurons that are stepped together.
const TILE: usize = 32;

impl<R: Real, K: Kinetics<G, P>, const G: usize, const P: usize, const SLOPES: bool> SimdLoop
    for Conduct<'_, '_, R, K, G, P, SLOPES>
{
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        let len = self.neurons.v.len();
        let mut k = 0;
        while k + 2 < len {
            let count = TILE.min(len - k);
            self.tile::<TILE>(k, count);
            k += count;
        }
        while k < len {
            self.tile::<1>(k, 1);
            k += 1;
        }
    }

    fn run_scalar(mut self) {
        for k in 0..self.neurons.v.len() {
            self.tile::<1>(k, 1);
        }
    }
}

impl<R: Real, K: Kinetics<G, P>, const G: usize, const P: usize, const SLOPES: bool>
    Conduct<'_, '_, R, K, G, P, SLOPES>
{
    /// The `count` neurons from `from` on; what is missing to `W` is filled with neurons at rest,
    /// whose results are dropped.
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize, count: usize) {
        let (zero, rest) = (R::of(0.0), R::of(-65.0));
        let Neurons { first, units, dt, v } = self.neurons;
        let all = from..from + count;
        let mut p = [[zero; W]; P];
        for (values, param) in p.iter_mut().zip(self.params) {
            *values = param.spread(first + from, units);
        }
        let (mut g, mut drive, mut flowing, mut at) = ([zero; W], [zero; W], [zero; W], [rest; W]);
        at[..count].copy_from_slice(&v[all.clone()]);
        flowing[..count].copy_from_slice(&self.flow.g[all.clone()]);
        drive[..count].copy_from_slice(&self.flow.drive[all.clone()]);
        let mut x = [[zero; W]; G];
        for (local, gate) in x.iter_mut().zip(self.gates.iter()) {
            local[..count].copy_from_slice(&gate[all.clone()]);
        }
        // No closures here: one that is not inlined would be compiled for the narrowest vectors.
        for k in 0..W {
            let mut here = [zero; G];
            for (here, x) in here.iter_mut().zip(&x) {
                *here = x[k];
            }
            g[k] = p[G_MAX][k] * K::open(here);
        }
        for k in 0..W {
            flowing[k] += g[k];
            drive[k] = g[k].mul_add(p[E][k], drive[k]);
        }
        let (mut a, mut s) = ([[zero; W]; G], [[zero; W]; G]);
        for k in 0..W {
            let mut own = [zero; P];
            for (own, values) in own.iter_mut().zip(&p) {
                *own = values[k];
            }
            for ((of_gate, a), s) in K::rates(at[k], &own.into()).into_iter().zip(&mut a).zip(&mut s) {
                (a[k], s[k]) = of_gate;
            }
        }
        for k in 0..W {
            let mut phi = [dt; G];
            if !SLOPES && G == 2 {
                let (first, second) = relaxed(s[0][k], s[G - 1][k], dt);
                (phi[0], phi[G - 1]) = (first, second);
            } else if !SLOPES {
                for (phi, s) in phi.iter_mut().zip(&s) {
                    *phi = crate::numeric::math::decay(s[k] * dt) / s[k];
                }
            }
            for (((x, a), s), phi) in x.iter_mut().zip(&a).zip(&s).zip(phi) {
                let slope = s[k].mul_add(-x[k], a[k]);
                x[k] = if SLOPES { slope } else { slope.mul_add(phi, x[k]) };
            }
        }
        self.flow.g[all.clone()].copy_from_slice(&flowing[..count]);
        self.flow.drive[all.clone()].copy_from_slice(&drive[..count]);
        for (local, gate) in x.iter().zip(self.gates.iter_mut()) {
            gate[all.clone()].copy_from_slice(&local[..count]);
        }
    }
}
