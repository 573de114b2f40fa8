//! One step of many neurons: channel by channel over a tile of them, then the potential.

use super::conduct::{Flow, Neurons, conduct};
use super::{CondNeuGroup, MAX_GATES, Parameters};
use crate::integrator::{STAGES, Stepper};
use crate::models::neurons::crossing::crossing;
use crate::numeric::math::{GROWTH, decay, divisible};
use crate::numeric::scalar::{DType, Real};
use crate::numeric::simd::{SimdLoop, vectorize};
use crate::system::param::Param;
use bytemuck::{cast_slice, cast_slice_mut};
use std::any::Any;

/// Neurons that each channel takes at once: their gates stay in L1.
const TILE: usize = 64;

/// V and the gates.
const MOVING: usize = MAX_GATES + 1;

/// One step of a block whose first neuron is number `first`, counted over a batch of rows of
/// `units`.
pub(super) struct Block<'a, R> {
    pub(super) first: usize,
    pub(super) units: usize,
    pub(super) dt: R,
    pub(super) x: &'a [R],
    /// The conductance, or none.
    pub(super) g: &'a [R],
    pub(super) y: &'a mut [R],
}

/// Makes the step of all variables. The loops are compiled here, once for each type, and not in
/// every crate that has neurons of that type.
pub(super) fn step<R: Real>(model: &CondNeuGroup<R>, block: Block<'_, R>, vars: &mut [&mut [R]]) {
    match R::DTYPE {
        DType::F64 => of_type(model, block, vars, step_f64),
        _ => of_type(model, block, vars, step_f32),
    }
}

fn step_f64(model: &CondNeuGroup<f64>, block: Block<'_, f64>, vars: &mut [&mut [f64]]) {
    all(model, block, vars);
}

fn step_f32(model: &CondNeuGroup<f32>, block: Block<'_, f32>, vars: &mut [&mut [f32]]) {
    all(model, block, vars);
}

/// Calls `step`, if `S` is `R`.
fn of_type<R: Real, S: Real>(
    model: &CondNeuGroup<R>,
    block: Block<'_, R>,
    vars: &mut [&mut [R]],
    step: fn(&CondNeuGroup<S>, Block<'_, S>, &mut [&mut [S]]),
) {
    let Some(model) = (model as &dyn Any).downcast_ref() else { return };
    let Block { first, units, dt, x, g, y } = block;
    let count = vars.len();
    let mut vars = vars.iter_mut();
    let mut own: [&mut [S]; MOVING + 2] =
        std::array::from_fn(|_| vars.next().map(|var| cast_slice_mut(var)).unwrap_or_default());
    let block =
        Block { first, units, dt: S::of(dt.to_f64()), x: cast_slice(x), g: cast_slice(g), y: cast_slice_mut(y) };
    step(model, block, own.get_mut(..count).unwrap_or_default());
}

fn all<R: Real>(model: &CondNeuGroup<R>, block: Block<'_, R>, vars: &mut [&mut [R]]) {
    let [v, gates @ .., spike, below] = vars else { return };
    let mut stages = model.method.tableau().map(|tableau| Stages::new(tableau.stepper(block.dt)));
    for from in (0..v.len()).step_by(TILE) {
        let to = v.len().min(from + TILE);
        let mut gates: [&mut [R]; MAX_GATES] = {
            let mut gates = gates.iter_mut();
            std::array::from_fn(|_| gates.next().map(|gate| &mut gate[from..to]).unwrap_or_default())
        };
        let v = &mut v[from..to];
        let mut before = [R::of(0.0); TILE];
        before[..v.len()].copy_from_slice(v);
        match &mut stages {
            None => flow::<R, false>(model, &block, from, &before[..v.len()], &mut gates, v),
            Some(stages) => stages.step(model, &block, from, v, &mut gates),
        }
        for (k, (v, before)) in v.iter().zip(before).enumerate() {
            let v_th = model.params.v_th.at((block.first + from + k) % block.units.max(1));
            let crossed;
            (crossed, below[from + k]) = crossing(before, *v, v_th, below[from + k]);
            spike[from + k] = crossed;
            block.y[from + k] = crossed;
        }
    }
}

/// What channels do at these potentials; puts the potentials after the step, or with `SLOPES` their
/// slopes, into `after`, and as [`conduct`] what becomes of the gates into theirs.
fn flow<R: Real, const SLOPES: bool>(
    model: &CondNeuGroup<R>,
    block: &Block<'_, R>,
    from: usize,
    v: &[R],
    mut gates: &mut [&mut [R]],
    after: &mut [R],
) {
    let (first, units, dt) = (block.first + from, block.units, block.dt);
    let (mut g, mut drive) = ([R::of(0.0); TILE], [R::of(0.0); TILE]);
    let (g, drive) = (&mut g[..v.len()], &mut drive[..v.len()]);
    let Parameters { c, area, .. } = &model.params;
    for (k, drive) in drive.iter_mut().enumerate() {
        let scale = R::of(1e-3) / area.at((first + k) % units.max(1));
        *drive = block.x[from + k] * scale;
        if let Some(given) = block.g.get(from + k) {
            g[k] = *given * scale;
        }
    }
    for (_, channel) in &model.channels {
        let (own, others) = std::mem::take(&mut gates).split_at_mut(channel.gates().len());
        conduct::<R, SLOPES>(channel, Neurons { first, units, dt, v }, own, Flow { g: &mut *g, drive: &mut *drive });
        gates = others;
    }
    vectorize(Membrane::<R, SLOPES> { c, first, units, dt, v, g, drive, after });
}

/// The potential's own step, or slope.
struct Membrane<'a, R, const SLOPES: bool> {
    c: &'a Param<R>,
    first: usize,
    units: usize,
    dt: R,
    v: &'a [R],
    g: &'a [R],
    drive: &'a [R],
    after: &'a mut [R],
}

impl<R: Real, const SLOPES: bool> SimdLoop for Membrane<'_, R, SLOPES> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (one, low) = (R::of(1.0), R::of(-GROWTH) / self.dt);
        let c: [R; TILE] = self.c.spread(self.first, self.units);
        let len = self.v.len().min(self.g.len()).min(self.drive.len()).min(self.after.len()).min(TILE);
        let (v, g, drive, after) = (&self.v[..len], &self.g[..len], &self.drive[..len], &mut self.after[..len]);
        for k in 0..len {
            let per_c = one / c[k];
            if SLOPES {
                after[k] = g[k].mul_add(-v[k], drive[k]) * per_c;
            } else {
                // At g = 0 the limit φ = dt comes out. Synapses may make it negative.
                let g = divisible(g[k] * per_c, low);
                let f = g.mul_add(-v[k], drive[k] * per_c);
                after[k] = f.mul_add(decay(g * self.dt) / g, v[k]);
            }
        }
    }
}

/// A Runge-Kutta method, and room for its stages.
struct Stages<R> {
    stepper: Stepper<R>,
    slopes: [[[R; TILE]; MOVING]; STAGES],
}

impl<R: Real> Stages<R> {
    fn new(stepper: Stepper<R>) -> Self {
        Self { stepper, slopes: [[[R::of(0.0); TILE]; MOVING]; STAGES] }
    }

    fn step(
        &mut self,
        model: &CondNeuGroup<R>,
        block: &Block<'_, R>,
        from: usize,
        v: &mut [R],
        gates: &mut [&mut [R]],
    ) {
        let (count, len) = (1 + model.gates(), v.len());
        let (a, b) = self.stepper.weights();
        for (stage, a) in a.iter().enumerate() {
            let (before, now) = self.slopes.split_at_mut(stage);
            let Some(now) = now.first_mut() else { return };
            let vars = [&*v].into_iter().chain(gates.iter().map(|gate| &**gate)).take(count);
            for (var, x) in vars.enumerate() {
                vectorize(Sum { x, slopes: before, var, weights: a, to: &mut now[var] });
            }
            let (at, mut own) = (now[0], now[1..].iter_mut());
            let mut own: [&mut [R]; MAX_GATES] =
                std::array::from_fn(|_| own.next().map(|var| &mut var[..len]).unwrap_or_default());
            let mut slope = [R::of(0.0); TILE];
            flow::<R, true>(model, block, from, &at[..len], &mut own, &mut slope[..len]);
            now[0] = slope;
        }
        let slopes = &self.slopes[..b.len()];
        let vars = [v].into_iter().chain(gates.iter_mut().map(|gate| &mut **gate)).take(count);
        for (var, x) in vars.enumerate() {
            let mut after = [R::of(0.0); TILE];
            vectorize(Sum { x, slopes, var, weights: b, to: &mut after });
            x.copy_from_slice(&after[..len]);
        }
    }
}

/// A variable and the weighted slopes of it, first to last.
struct Sum<'a, R> {
    x: &'a [R],
    slopes: &'a [[[R; TILE]; MOVING]],
    var: usize,
    weights: &'a [R],
    to: &'a mut [R; TILE],
}

impl<R: Real> SimdLoop for Sum<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        self.to[..self.x.len()].copy_from_slice(self.x);
        for (slopes, weight) in self.slopes.iter().zip(self.weights) {
            for (to, slope) in self.to.iter_mut().zip(&slopes[self.var]) {
                *to = weight.mul_add(*slope, *to);
            }
        }
    }
}
