//! One step of many neurons, a tile of them at a time: loops of constant length over local arrays,
//! which vectorise.

use super::equations::NeuronEquations;
use super::{TAU_REF, V_RESET, V_TH};
use crate::integrator::{Slope, Stepper};
use crate::models::neurons::block::{Block, column};
use crate::models::neurons::crossing::crossing;
use crate::numeric::math::{GROWTH, decay, divisible};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, put, take, vectorize};
use crate::system::refractory::steps_in;
use std::marker::PhantomData;
use std::ops::Range;

impl<R: Real, const N: usize, const P: usize> Block<'_, R, N, P> {
    /// Makes the step.
    #[inline(always)]
    pub(crate) fn step<E: NeuronEquations<N, P>>(self) {
        let equations = PhantomData::<E>;
        match self.method.tableau() {
            None => vectorize(Step { method: ExpAuto { dt: self.dt, soft: self.soft }, block: self, equations }),
            Some(tableau) => vectorize(Step { method: tableau.stepper(self.dt), block: self, equations }),
        }
    }

    /// The parameters of the `W` neurons from the `k`-th on.
    #[inline(always)]
    fn params<const W: usize>(&self, k: usize, resets: bool) -> [[R; W]; P] {
        let mut all = self.spread(k);
        if resets {
            for hold in &mut all[TAU_REF] {
                *hold = R::of(1.0) + steps_in(*hold, self.dt);
            }
        }
        all
    }
}

/// `W` neurons.
struct Tile<R, const N: usize, const P: usize, const W: usize, const C: usize> {
    x: [[R; W]; N],
    given: Given<R, P, W, C>,
}

/// What a step does not change. The parameters are those of `C` neurons: of each, or of one if all are
/// alike.
struct Given<R, const P: usize, const W: usize, const C: usize> {
    i: [R; W],
    /// The conductance, 0 if the neurons have none.
    g: [R; W],
    p: [[R; C]; P],
}

impl<R: Real, const P: usize, const W: usize, const C: usize> Given<R, P, W, C> {
    /// The parameters of neuron `k`.
    #[inline(always)]
    fn p(&self, k: usize) -> [R; P] {
        column(&self.p, if C == 1 { 0 } else { k })
    }

    /// dx/dt of neuron `k` at `x`, and of each variable its own derivative by itself, where a reset
    /// bounds the potential by the threshold: beyond it a neuron spikes, and its equations have no
    /// meaning (an exponential upstroke would take the stages of a method to any number).
    #[inline(always)]
    fn derivatives<E: NeuronEquations<N, P>, const N: usize>(&self, mut x: [R; N], k: usize) -> ([R; N], [R; N]) {
        let p = self.p(k);
        if E::RESETS {
            x[0] = if x[0] > p[V_TH] { p[V_TH] } else { x[0] };
        }
        E::derivatives(x, self.i[k] - self.g[k] * x[0], &E::Parameters::from(p))
    }
}

/// One step of a tile, without spikes.
trait Integrate<R> {
    fn step<E: NeuronEquations<N, P>, const N: usize, const P: usize, const W: usize, const C: usize>(
        &self,
        tile: &mut Tile<R, N, P, W, C>,
    );
}

struct ExpAuto<R> {
    dt: R,
    soft: bool,
}

impl<R: Real> Integrate<R> for ExpAuto<R> {
    #[inline(always)]
    fn step<E: NeuronEquations<N, P>, const N: usize, const P: usize, const W: usize, const C: usize>(
        &self,
        tile: &mut Tile<R, N, P, W, C>,
    ) {
        let (dt, low) = (self.dt, R::of(-GROWTH) / self.dt);
        let (mut rate, mut leak) = ([[R::of(0.0); W]; N], [[R::of(0.0); W]; N]);
        for k in 0..W {
            let (f, s) = tile.given.derivatives::<E, N>(column(&tile.x, k), k);
            for var in 0..N {
                rate[var][k] = f[var];
                leak[var][k] = -s[var];
            }
            leak[0][k] = E::input_gain(&E::Parameters::from(tile.given.p(k))).mul_add(tile.given.g[k], leak[0][k]);
        }
        // A soft reset keeps what is above the threshold: no more than the equations there make of
        // a step. (The derivative at the step's start, which an upstroke has made large, would keep
        // any number.)
        let mut most = [R::of(0.0); W];
        if E::RESETS && self.soft {
            for (k, most) in most.iter_mut().enumerate() {
                let (mut x, p) = (column(&tile.x, k), tile.given.p(k));
                x[0] = p[V_TH];
                let rate = tile.given.derivatives::<E, N>(x, k).0[0];
                let rate = if rate > R::of(0.0) { rate } else { R::of(0.0) };
                *most = rate.mul_add(dt, if tile.x[0][k] > p[V_TH] { tile.x[0][k] } else { p[V_TH] });
            }
        }
        for var in 0..N {
            for k in 0..W {
                // At a slope of 0 the limit, Euler's step, comes out.
                let leak = divisible(leak[var][k], low);
                tile.x[var][k] = rate[var][k].mul_add(decay(leak * dt) / leak, tile.x[var][k]);
            }
        }
        if E::RESETS && self.soft {
            for (v, most) in tile.x[0].iter_mut().zip(most) {
                *v = if *v > most { most } else { *v };
            }
        }
    }
}

impl<R: Real> Integrate<R> for Stepper<R> {
    #[inline(always)]
    fn step<E: NeuronEquations<N, P>, const N: usize, const P: usize, const W: usize, const C: usize>(
        &self,
        tile: &mut Tile<R, N, P, W, C>,
    ) {
        tile.x = self.tile(tile.x, RightHandSides { given: &tile.given, equations: PhantomData::<E> });
    }
}

/// The right-hand sides of the neurons of a tile.
struct RightHandSides<'a, R, E, const P: usize, const W: usize, const C: usize> {
    given: &'a Given<R, P, W, C>,
    equations: PhantomData<E>,
}

impl<R: Real, E: NeuronEquations<N, P>, const N: usize, const P: usize, const W: usize, const C: usize> Slope<R, N>
    for RightHandSides<'_, R, E, P, W, C>
{
    #[inline(always)]
    fn at(&self, k: usize, x: [R; N]) -> [R; N] {
        self.given.derivatives::<E, N>(x, k).0
    }
}

/// One step of a block, by whatever method.
struct Step<'a, R, E, M, const N: usize, const P: usize> {
    block: Block<'a, R, N, P>,
    method: M,
    equations: PhantomData<E>,
}

impl<R: Real, E: NeuronEquations<N, P>, M: Integrate<R>, const N: usize, const P: usize> SimdLoop
    for Step<'_, R, E, M, N, P>
{
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        // LLVM unrolls loops over fewer elements, and then makes no vectors of some of them.
        if self.block.same() { self.tiles::<16, 1>() } else { self.tiles::<16, 16>() }
    }

    #[inline(always)]
    fn run_wide(mut self) {
        if self.block.same() { self.tiles::<32, 1>() } else { self.tiles::<32, 32>() }
    }

    fn run_scalar(mut self) {
        self.tiles::<1, 1>();
    }
}

impl<R: Real, E: NeuronEquations<N, P>, M: Integrate<R>, const N: usize, const P: usize> Step<'_, R, E, M, N, P> {
    #[inline(always)]
    fn tiles<const W: usize, const C: usize>(&mut self) {
        let len = self.block.y.len();
        let same = self.block.same();
        let mut p = self.block.params::<C>(0, E::RESETS);
        let mut k = 0;
        while k < len {
            if !same && k > 0 {
                p = self.block.params(k, E::RESETS);
            }
            if k + W <= len {
                self.tile::<W, C, true>(&p, k..k + W);
            } else {
                self.tile::<W, C, false>(&p, k..len);
            }
            k += W;
        }
    }

    /// Steps these neurons, of which there are `W` if they are `WHOLE`, and fewer otherwise.
    #[inline(always)]
    fn tile<const W: usize, const C: usize, const WHOLE: bool>(&mut self, p: &[[R; C]; P], all: Range<usize>) {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let Block { soft, x, spike, memory, i, g, y, .. } = &mut self.block;
        let given = Given { i: take::<R, W, WHOLE>(i, &all), g: [zero; W], p: *p };
        let mut tile = Tile { x: [[zero; W]; N], given };
        for (local, var) in tile.x.iter_mut().zip(&*x) {
            *local = take::<R, W, WHOLE>(var, &all);
        }
        if !g.is_empty() {
            tile.given.g = take::<R, W, WHOLE>(g, &all);
        }
        let before = tile.x;
        self.method.step::<E, N, P, W, C>(&mut tile);

        let mut fired = [zero; W];
        let mut kept = take::<R, W, WHOLE>(memory, &all);
        if E::RESETS {
            for k in 0..W {
                let (p, left) = (tile.given.p(k), kept[k]);
                let held = left > one;
                let mut x = column(&tile.x, k);
                // Where a soft reset, or a reset above the threshold, leaves V there, the
                // refractory period comes first. (The comparison reads the moved potential, and not
                // the selected one: of a selection between two loaded values that nothing else reads,
                // the compiler makes one between two addresses, which is no vector.)
                let fires = !held & (x[0] >= p[V_TH]);
                x[0] = if held { before[0][k] } else { x[0] };
                let mut after = E::reset(x, &E::Parameters::from(p));
                after[0] = if *soft { x[0] - (p[V_TH] - p[V_RESET]) } else { p[V_RESET] };
                for var in 0..N {
                    tile.x[var][k] = if fires { after[var] } else { x[var] };
                }
                let rest = if held { left - one } else { zero };
                kept[k] = if fires { p[TAU_REF] } else { rest };
                fired[k] = if fires { one } else { zero };
            }
        } else {
            for k in 0..W {
                (fired[k], kept[k]) = crossing(before[0][k], tile.x[0][k], tile.given.p(k)[V_TH], kept[k]);
            }
        }
        put::<R, W, WHOLE>(memory, &all, &kept);
        for (local, var) in tile.x.iter().zip(x) {
            put::<R, W, WHOLE>(var, &all, local);
        }
        put::<R, W, WHOLE>(spike, &all, &fired);
        put::<R, W, WHOLE>(y, &all, &fired);
    }
}
