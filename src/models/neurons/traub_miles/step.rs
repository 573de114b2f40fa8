//! One step of many neurons, a tile of them at a time: loops of constant length over local arrays,
//! which vectorise.

use super::constants::{At, Each, Lookup, P, Parameters as Constants, Same, same};
use super::rates::rates;
use crate::models::Method;
use crate::models::integrator::{GROWTH, Stepper, relaxed};
use crate::numeric::math::divisible;
use crate::numeric::scalar::{DType, Real};
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::param::Param;
use bytemuck::{cast_slice, cast_slice_mut};
use std::any::Any;

/// A block's variables, its current and conductance (or none), and its output.
pub(super) struct Vars<'a, R> {
    pub(super) v: &'a mut [R],
    pub(super) m: &'a mut [R],
    pub(super) h: &'a mut [R],
    pub(super) n: &'a mut [R],
    pub(super) spike: &'a mut [R],
    pub(super) refractory: &'a mut [R],
    pub(super) i: &'a [R],
    pub(super) g: &'a [R],
    pub(super) y: &'a mut [R],
}

/// One step of a block whose first neuron is number `first`, counted over a batch of rows of
/// `units`.
pub(super) struct Block<'a, R> {
    pub(super) constants: &'a Constants<Param<R>>,
    pub(super) first: usize,
    pub(super) units: usize,
    pub(super) method: Method,
    pub(super) dt: R,
    pub(super) vars: Vars<'a, R>,
}

/// Makes the step. The loops are compiled here, once for each type, and not in every crate that has
/// a `TraubMiles` of that type.
pub(super) fn step<R: Real>(block: Block<'_, R>) {
    match R::DTYPE {
        DType::F64 => block.of_type().map_or((), step_f64),
        _ => block.of_type().map_or((), step_f32),
    }
}

fn step_f64(block: Block<'_, f64>) {
    block.step();
}

fn step_f32(block: Block<'_, f32>) {
    block.step();
}

impl<'a, R: Real> Block<'a, R> {
    /// The block itself, if `S` is `R`.
    fn of_type<S: Real>(self) -> Option<Block<'a, S>> {
        let Vars { v, m, h, n, spike, refractory, i, g, y } = self.vars;
        Some(Block {
            constants: (self.constants as &dyn Any).downcast_ref()?,
            first: self.first,
            units: self.units,
            method: self.method,
            dt: *(&self.dt as &dyn Any).downcast_ref()?,
            vars: Vars {
                v: cast_slice_mut(v),
                m: cast_slice_mut(m),
                h: cast_slice_mut(h),
                n: cast_slice_mut(n),
                spike: cast_slice_mut(spike),
                refractory: cast_slice_mut(refractory),
                i: cast_slice(i),
                g: cast_slice(g),
                y: cast_slice_mut(y),
            },
        })
    }

    #[inline(always)]
    fn step(self) {
        let Self { constants, first, units, method, dt, vars } = self;
        let each = Each { all: constants, first, units, dt };
        match (method.tableau(), same(constants, dt)) {
            (None, Some(same)) => vectorize(Step { constants: Same(same), method: ExpAuto { dt }, vars }),
            (None, None) => vectorize(Step { constants: each, method: ExpAuto { dt }, vars }),
            (Some(tableau), Some(same)) => vectorize(Step { constants: Same(same), method: tableau.stepper(dt), vars }),
            (Some(tableau), None) => vectorize(Step { constants: each, method: tableau.stepper(dt), vars }),
        }
    }
}

/// `W` neurons: (V, m, h, n), current and conductance.
struct Tile<R, const W: usize> {
    x: [[R; W]; 4],
    i: [R; W],
    g: [R; W],
}

/// One step of a tile.
trait Integrate<R> {
    fn step<const W: usize>(&self, tile: &mut Tile<R, W>, constants: &impl At<R>);
}

/// One step of a block, by whatever method.
struct Step<'a, R, L, M> {
    constants: L,
    method: M,
    vars: Vars<'a, R>,
}

impl<R: Real, L: Lookup<R>, M: Integrate<R>> SimdLoop for Step<'_, R, L, M> {
    type Output = ();
    #[inline(always)]
    fn run(mut self) {
        // Two vectors at a time, so that both are under way at once; what is left over goes by the
        // single vector.
        let len = self.vars.v.len();
        let mut k = 0;
        while k + 32 <= len {
            self.tile::<32>(k, 32);
            k += 32;
        }
        while k + 2 < len {
            self.tile::<16>(k, 16.min(len - k));
            k += 16;
        }
        while k < len {
            self.tile::<1>(k, 1);
            k += 1;
        }
    }

    fn run_scalar(mut self) {
        for k in 0..self.vars.v.len() {
            self.tile::<1>(k, 1);
        }
    }
}

impl<R: Real, L: Lookup<R>, M: Integrate<R>> Step<'_, R, L, M> {
    /// The `count` neurons from `from` on; what is missing to `W` is filled with neurons at rest,
    /// whose results are dropped.
    #[inline(always)]
    fn tile<const W: usize>(&mut self, from: usize, count: usize) {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let rest = [-65.0, 0.02, 1.0, 0.03].map(R::of);
        let mut tile = Tile { x: [[rest[0]; W], [rest[1]; W], [rest[2]; W], [rest[3]; W]], i: [zero; W], g: [zero; W] };
        let Vars { v, m, h, n, spike, refractory, i, g, y } = &mut self.vars;
        let all = from..from + count;
        for (local, var) in tile.x.iter_mut().zip([&**v, &**m, &**h, &**n]) {
            local[..count].copy_from_slice(&var[all.clone()]);
        }
        tile.i[..count].copy_from_slice(&i[all.clone()]);
        if !g.is_empty() {
            tile.g[..count].copy_from_slice(&g[all.clone()]);
        }
        let mut left = [zero; W];
        left[..count].copy_from_slice(&refractory[all.clone()]);

        let constants = self.constants.tile::<W>(from);
        self.method.step(&mut tile, &constants);

        let mut fired = [zero; W];
        for k in 0..W {
            let p = constants.at(k);
            let rest = if left[k] > one { left[k] - one } else { zero };
            let fires = (tile.x[0][k] > p.v_th) & (rest == zero);
            fired[k] = if fires { one } else { zero };
            left[k] = if fires { p.tau_ref } else { rest };
        }
        for (local, var) in tile.x.iter().chain([&fired, &left, &fired]).zip([v, m, h, n, spike, refractory, y]) {
            var[all.clone()].copy_from_slice(&local[..count]);
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
    fn step<const W: usize>(&self, tile: &mut Tile<R, W>, constants: &impl At<R>) {
        let (dt, low) = (self.dt, R::of(-GROWTH) / self.dt);
        let [v, m, h, n] = &mut tile.x;
        let mut alpha = [[R::of(0.0); W]; 3];
        let mut sum = [[R::of(0.0); W]; 3];
        let (mut g, mut f) = ([R::of(0.0); W], [R::of(0.0); W]);
        for k in 0..W {
            for (gate, (a, b)) in rates(v[k] - constants.at(k).v_t).into_iter().enumerate() {
                alpha[gate][k] = a;
                sum[gate][k] = a + b;
            }
        }
        for k in 0..W {
            let p = constants.at(k);
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
    fn step<const W: usize>(&self, tile: &mut Tile<R, W>, constants: &impl At<R>) {
        tile.x = self.tile(tile.x, |k, x| derivative(x, tile.i[k], tile.g[k], &constants.at(k)));
    }
}

#[inline(always)]
fn derivative<R: Real>([v, m, h, n]: [R; 4], i: R, g: R, p: &P<R>) -> [R; 4] {
    let rates = rates(v - p.v_t);
    let (g_na, g_k) = (p.g_na * m * m * m * h, p.g_k * (n * n) * (n * n));
    let current = i - g_na * (v - p.e_na) - g_k * (v - p.e_k) - p.g_l * (v - p.e_l) - g * v;
    let gate = |x: R, (a, b): (R, R)| (a + b).mul_add(-x, a);
    [current / p.c, gate(m, rates[0]), gate(h, rates[1]), gate(n, rates[2])]
}
