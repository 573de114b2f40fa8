//! One step of many neurons, a tile of them at a time: loops of constant length over local arrays,
//! which vectorise.

use super::equations::{HodgkinHuxleyEquations, N};
use crate::integrator::{Stepper, relaxed};
use crate::models::neurons::block::{Block, column};
use crate::numeric::math::{GROWTH, divisible};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, load, store, vectorize};
use std::marker::PhantomData;

/// Makes the step.
#[inline(always)]
pub(in crate::models::neurons) fn step<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize>(
    block: Block<'_, R, N, P>,
) {
    let dt = block.dt;
    if block.same() {
        // All parameters are spread to one neuron, whose values stand for all.
        let same = Same(E::for_steps(E::Parameters::from(column(&block.spread::<1>(0), 0)), dt));
        of_method::<R, E, _, P>(block, same);
    } else {
        of_method::<R, E, _, P>(block, Each);
    }
}

#[inline(always)]
fn of_method<R: Real, E: HodgkinHuxleyEquations<P>, L: Lookup<R, E, P>, const P: usize>(
    block: Block<'_, R, N, P>,
    lookup: L,
) {
    let equations = PhantomData::<E>;
    match block.method.tableau() {
        None => vectorize(Step { lookup, method: ExpAuto { dt: block.dt }, block, equations }),
        Some(tableau) => vectorize(Step { lookup, method: tableau.stepper(block.dt), block, equations }),
    }
}

/// The origin of the parameters of a block's neurons.
trait Lookup<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> {
    /// The parameters of `W` neurons.
    type Tile<const W: usize>: At<R, E, P>;
    /// The parameters of the neurons from the `k`-th of the block on.
    fn tile<const W: usize>(&self, block: &Block<'_, R, N, P>, k: usize) -> Self::Tile<W>;
}

/// The parameters of the neurons of one tile.
trait At<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> {
    fn at(&self, k: usize) -> E::Parameters<R>;
}

/// All neurons have these parameters.
#[derive(Clone, Copy)]
struct Same<Q>(Q);

impl<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> Lookup<R, E, P> for Same<E::Parameters<R>> {
    type Tile<const W: usize> = Self;
    #[inline(always)]
    fn tile<const W: usize>(&self, _: &Block<'_, R, N, P>, _: usize) -> Self {
        *self
    }
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> At<R, E, P> for Same<E::Parameters<R>> {
    #[inline(always)]
    fn at(&self, _: usize) -> E::Parameters<R> {
        self.0
    }
}

/// Each neuron has its own parameters.
struct Each;

/// The parameters of a tile, and dt.
struct Spread<R, const W: usize, const P: usize>([[R; W]; P], R);

impl<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize> Lookup<R, E, P> for Each {
    type Tile<const W: usize> = Spread<R, W, P>;
    #[inline(always)]
    fn tile<const W: usize>(&self, block: &Block<'_, R, N, P>, k: usize) -> Spread<R, W, P> {
        Spread(block.spread(k), block.dt)
    }
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, const W: usize, const P: usize> At<R, E, P> for Spread<R, W, P> {
    #[inline(always)]
    fn at(&self, k: usize) -> E::Parameters<R> {
        E::for_steps(E::Parameters::from(column(&self.0, k)), self.1)
    }
}

/// `W` neurons: (V, m, h, n), current and conductance.
struct Tile<R, const W: usize> {
    x: [[R; W]; N],
    i: [R; W],
    g: [R; W],
}

/// One step of a tile, without spikes.
trait Integrate<R: Real> {
    fn step<E: HodgkinHuxleyEquations<P>, const P: usize, const W: usize>(
        &self,
        tile: &mut Tile<R, W>,
        params: &impl At<R, E, P>,
    );
}

/// One step of a block, with any method.
struct Step<'a, R, E, L, M, const P: usize> {
    lookup: L,
    method: M,
    block: Block<'a, R, N, P>,
    equations: PhantomData<E>,
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, L: Lookup<R, E, P>, M: Integrate<R>, const P: usize> SimdLoop
    for Step<'_, R, E, L, M, P>
{
    type Output = ();
    #[inline(always)]
    fn run(self) {
        if size_of::<R>() == 4 { self.tiles::<16, 8>() } else { self.tiles::<8, 4>() }
    }

    #[inline(always)]
    fn run_wide(self) {
        if size_of::<R>() == 4 { self.tiles::<32, 16>() } else { self.tiles::<16, 8>() }
    }

    fn run_scalar(mut self) {
        for k in 0..self.block.y.len() {
            self.tile::<1>(k, 1);
        }
    }
}

impl<R: Real, E: HodgkinHuxleyEquations<P>, L: Lookup<R, E, P>, M: Integrate<R>, const P: usize>
    Step<'_, R, E, L, M, P>
{
    /// Steps all neurons. A tile has two vectors, so that a core works on both at once. The rest of the
    /// neurons are in tiles of one vector.
    #[inline(always)]
    fn tiles<const TWO: usize, const ONE: usize>(mut self) {
        let len = self.block.y.len();
        let mut k = 0;
        while k + TWO <= len {
            self.tile::<TWO>(k, TWO);
            k += TWO;
        }
        while k + 2 < len {
            self.tile::<ONE>(k, ONE.min(len - k));
            k += ONE;
        }
        while k < len {
            self.tile::<1>(k, 1);
            k += 1;
        }
    }

    /// The `count` neurons from number `from` on. Neurons at rest fill the tile up to `W`; their
    /// results are dropped.
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize, count: usize) {
        let zero = R::of(0.0);
        let mut tile = Tile { x: [[zero; W]; N], i: [zero; W], g: [zero; W] };
        for (local, rest) in tile.x.iter_mut().zip(E::REST) {
            *local = [R::of(rest); W];
        }
        let all = from..from + count;
        let Block { x, memory, i, g, .. } = &self.block;
        // With `take` and `put` this step is slower.
        for (local, var) in tile.x.iter_mut().zip(x) {
            load(local, &var[all.clone()]);
        }
        load(&mut tile.i, &i[all.clone()]);
        if !g.is_empty() {
            load(&mut tile.g, &g[all.clone()]);
        }
        let before = tile.x[0];
        let mut kept = [zero; W];
        load(&mut kept, &memory[all.clone()]);

        let params = self.lookup.tile::<W>(&self.block, from);
        self.method.step::<E, P, W>(&mut tile, &params);

        let mut spiked = [zero; W];
        for k in 0..W {
            (spiked[k], kept[k]) = E::spike(before[k], tile.x[0][k], kept[k], &params.at(k));
        }
        let Block { x, spike, memory, y, .. } = &mut self.block;
        for (local, var) in tile.x.iter().zip(x) {
            store(&mut var[all.clone()], local);
        }
        for (local, var) in [&spiked, &kept, &spiked].into_iter().zip([spike, memory, y]) {
            store(&mut var[all.clone()], local);
        }
    }
}

/// Exponential Euler. Its chain of dependent operations is longer than a core can look ahead, so it
/// is cut into loops.
struct ExpAuto<R> {
    dt: R,
}

impl<R: Real> Integrate<R> for ExpAuto<R> {
    #[inline(always)]
    fn step<E: HodgkinHuxleyEquations<P>, const P: usize, const W: usize>(
        &self,
        tile: &mut Tile<R, W>,
        params: &impl At<R, E, P>,
    ) {
        let (dt, low) = (self.dt, R::of(-GROWTH) / self.dt);
        let [v, m, h, n] = &mut tile.x;
        let mut alpha = [[R::of(0.0); W]; 3];
        let mut sum = [[R::of(0.0); W]; 3];
        let (mut g, mut f) = ([R::of(0.0); W], [R::of(0.0); W]);
        for k in 0..W {
            for (gate, (a, b)) in E::rates(v[k], &params.at(k)).into_iter().enumerate() {
                alpha[gate][k] = a;
                sum[gate][k] = a + b;
            }
        }
        for k in 0..W {
            let p = E::membrane(&params.at(k));
            let per_c = R::of(1.0) / p.c;
            let (g_na, g_k) = (p.g_na * m[k] * m[k] * m[k] * h[k], p.g_k * (n[k] * n[k]) * (n[k] * n[k]));
            let drive = g_na.mul_add(p.e_na, g_k.mul_add(p.e_k, p.g_l.mul_add(p.e_l, tile.i[k])));
            // At g = 0 the limit φ = dt comes out. Synapses may make it negative.
            g[k] = divisible((g_na + g_k + p.g_l + tile.g[k]) * per_c, low);
            f[k] = g[k].mul_add(-v[k], drive * per_c);
        }
        let [am, ah, an] = &alpha;
        let [sm, sh, sn] = &sum;
        for k in 0..W {
            let (phi_h, phi_n) = relaxed(sh[k], sn[k], dt);
            h[k] = sh[k].mul_add(-h[k], ah[k]).mul_add(phi_h, h[k]);
            n[k] = sn[k].mul_add(-n[k], an[k]).mul_add(phi_n, n[k]);
        }
        for k in 0..W {
            let (phi_v, phi_m) = relaxed(g[k], sm[k], dt);
            v[k] = f[k].mul_add(phi_v, v[k]);
            m[k] = sm[k].mul_add(-m[k], am[k]).mul_add(phi_m, m[k]);
        }
    }
}

impl<R: Real> Integrate<R> for Stepper<R> {
    #[inline(always)]
    fn step<E: HodgkinHuxleyEquations<P>, const P: usize, const W: usize>(
        &self,
        tile: &mut Tile<R, W>,
        params: &impl At<R, E, P>,
    ) {
        tile.x = self.tile(tile.x, |k: usize, x: [R; N]| derivative::<R, E, P>(x, tile.i[k], tile.g[k], &params.at(k)));
    }
}

#[inline(always)]
fn derivative<R: Real, E: HodgkinHuxleyEquations<P>, const P: usize>(
    [v, m, h, n]: [R; N],
    i: R,
    g: R,
    p: &E::Parameters<R>,
) -> [R; N] {
    let (rates, p) = (E::rates(v, p), E::membrane(p));
    let (g_na, g_k) = (p.g_na * m * m * m * h, p.g_k * (n * n) * (n * n));
    let current = i - g_na * (v - p.e_na) - g_k * (v - p.e_k) - p.g_l * (v - p.e_l) - g * v;
    let gate = |x: R, (a, b): (R, R)| (a + b).mul_add(-x, a);
    [current / p.c, gate(m, rates[0]), gate(h, rates[1]), gate(n, rates[2])]
}
