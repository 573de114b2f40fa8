//! Models for tests: the cell of Brian2's COBAHH in plain Rust, and a unit with prescribed spikes.

use overtime::{Inputs, Real, Schema, Shared, State, System, Tick};
use std::collections::BTreeSet;

/// The cell of Brian2's COBAHH, written from the equations in tests/golden/README.md with the
/// system's own mathematical library. Its inputs are the current `x` in pA and the conductance `g`
/// in nS.
pub(crate) struct Cobahh {
    pub(crate) v: Vec<f64>,
}

fn exprel(x: f64) -> f64 {
    if x.abs() < 1e-16 { 1.0 } else { x.exp_m1() / x }
}

/// The value after `dt` of the solution of x' = a·x + b.
fn relax(x: f64, a: f64, b: f64, dt: f64) -> f64 {
    (x + b / a) * (a * dt).exp() - b / a
}

impl<R: Real> System<R> for Cobahh {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.v.len()).drive("x").drive("g").vars(["V", "m", "h", "n", "spike", "refractory"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let [v, rest @ ..] = state.vars::<6>();
        v.iter_mut().enumerate().for_each(|(k, v)| *v = R::of(self.v[k % self.v.len()]));
        rest.into_iter().for_each(|var| var.fill(R::of(0.0)));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let [vs, ms, hs, ns, spike, refractory] = state.vars();
        for k in 0..y.len() {
            let [v, m, h, n] = [vs[k], ms[k], hs[k], ns[k]].map(R::to_f64);
            let (i, g) = (x.port(0)[k].to_f64(), x.port(1)[k].to_f64());
            let (c, u) = (200.0, v + 63.0);
            let (g_na, g_k) = (20_000.0 * m * m * m * h, 6_000.0 * n * n * n * n);
            let a = -(10.0 + g + g_na + g_k) / c;
            let b = (10.0 * -60.0 + i + g_na * 50.0 + g_k * -90.0) / c;
            let gate = |x: f64, alpha: f64, beta: f64| relax(x, -(alpha + beta), alpha, at.dt);
            let after = relax(v, a, b, at.dt);
            ms[k] = R::of(gate(m, 1.28 / exprel((13.0 - u) / 4.0), 1.4 / exprel((u - 40.0) / 5.0)));
            hs[k] = R::of(gate(h, 0.128 * ((17.0 - u) / 18.0).exp(), 4.0 / (1.0 + ((40.0 - u) / 5.0).exp())));
            ns[k] = R::of(gate(n, 0.16 / exprel((15.0 - u) / 5.0), 0.5 * ((10.0 - u) / 40.0).exp()));
            let left = refractory[k].to_f64();
            let fired = after > -20.0 && left <= 0.0;
            vs[k] = R::of(after);
            // A cell may spike again 30 steps after its last spike.
            refractory[k] = R::of(if fired { 29.0 } else { (left - 1.0).max(0.0) });
            spike[k] = R::of(f64::from(fired));
            y[k] = spike[k];
        }
    }
}

/// A unit that spikes in the steps of its list. It stores its inputs: `x` is the drive of the last
/// step.
pub(crate) struct ScriptedCells {
    pub(crate) units: usize,
    /// The spikes as (step, unit).
    pub(crate) spikes: Vec<(u64, usize)>,
}

impl<R: Real> System<R> for ScriptedCells {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.units).drive("x").vars(["x", "kicked"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        state.vars::<2>().into_iter().for_each(|var| var.fill(R::of(0.0)));
    }

    fn step(&self, at: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let units: Vec<usize> = (0..y.len()).map(|k| state.unit(k)).collect();
        let now: BTreeSet<usize> = self.spikes.iter().filter(|(i, _)| *i == at.i).map(|(_, unit)| *unit).collect();
        let [kept, _] = state.vars();
        kept.copy_from_slice(x.port(0));
        for (y, unit) in y.iter_mut().zip(units) {
            *y = R::of(f64::from(now.contains(&unit)));
        }
    }
}
