//! One step of many neurons: straight-line loops that vectorise.

use super::rates::rates;
use crate::cpu::simd::Kernel;
use crate::math::decay;
use crate::models::Param;
use crate::models::method::Tableau;
use crate::scalar::Real;

/// The model's parameters, each a `P`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Constants<P> {
    pub(super) e_na: P,
    pub(super) g_na: P,
    pub(super) e_k: P,
    pub(super) g_k: P,
    pub(super) e_l: P,
    pub(super) g_l: P,
    pub(super) c: P,
    pub(super) v_th: P,
}

impl<R: Real> Constants<Param<R>> {
    pub(super) fn entries(&self) -> [(&'static str, &Param<R>); 8] {
        let Self { e_na, g_na, e_k, g_k, e_l, g_l, c, v_th } = self;
        [("ENa", e_na), ("gNa", g_na), ("EK", e_k), ("gK", g_k), ("EL", e_l), ("gL", g_l), ("C", c), ("V_th", v_th)]
    }

    pub(super) fn names(&self) -> [&'static str; 8] {
        self.entries().map(|(name, _)| name)
    }

    pub(super) fn named(&mut self, name: &str) -> Option<&mut Param<R>> {
        Some(match name {
            "ENa" => &mut self.e_na,
            "gNa" => &mut self.g_na,
            "EK" => &mut self.e_k,
            "gK" => &mut self.g_k,
            "EL" => &mut self.e_l,
            "gL" => &mut self.g_l,
            "C" => &mut self.c,
            "V_th" => &mut self.v_th,
            _ => return None,
        })
    }

    /// The values, if all are the same for all neurons.
    pub(super) fn same(&self) -> Option<Constants<R>> {
        let all = self.entries().iter().all(|(_, p)| matches!(p, Param::All(_)));
        all.then(|| self.of(0))
    }

    #[inline(always)]
    fn of(&self, unit: usize) -> Constants<R> {
        Constants {
            e_na: self.e_na.at(unit),
            g_na: self.g_na.at(unit),
            e_k: self.e_k.at(unit),
            g_k: self.g_k.at(unit),
            e_l: self.e_l.at(unit),
            g_l: self.g_l.at(unit),
            c: self.c.at(unit),
            v_th: self.v_th.at(unit),
        }
    }
}

/// Where the parameters of the `k`-th neuron of a block come from.
pub(super) trait Lookup<R> {
    fn at(&self, k: usize) -> Constants<R>;
}

/// All neurons have these.
pub(super) struct Same<R>(pub(super) Constants<R>);

impl<R: Real> Lookup<R> for Same<R> {
    #[inline(always)]
    fn at(&self, _: usize) -> Constants<R> {
        self.0
    }
}

/// Each neuron has its own.
pub(super) struct Each<'a, R> {
    pub(super) all: &'a Constants<Param<R>>,
    pub(super) first: usize,
    pub(super) units: usize,
}

impl<R: Real> Lookup<R> for Each<'_, R> {
    #[inline(always)]
    fn at(&self, k: usize) -> Constants<R> {
        self.all.of((self.first + k) % self.units.max(1))
    }
}

/// A block's variables, its current in `input`, and its output.
pub(super) struct Vars<'a, R> {
    pub(super) v: &'a mut [R],
    pub(super) m: &'a mut [R],
    pub(super) h: &'a mut [R],
    pub(super) n: &'a mut [R],
    pub(super) spike: &'a mut [R],
    pub(super) input: &'a mut [R],
    pub(super) y: &'a mut [R],
}

impl<'a, R: Real> Vars<'a, R> {
    /// All cut to one length, so that no access needs a check.
    #[inline(always)]
    fn level(self) -> (Self, usize) {
        let Self { v, m, h, n, spike, input, y } = self;
        let len = v.len().min(m.len()).min(h.len()).min(n.len()).min(spike.len()).min(input.len()).min(y.len());
        let level = Self {
            v: &mut v[..len],
            m: &mut m[..len],
            h: &mut h[..len],
            n: &mut n[..len],
            spike: &mut spike[..len],
            input: &mut input[..len],
            y: &mut y[..len],
        };
        (level, len)
    }
}

/// φ = (1 − e^{−s·dt})/s for two relaxations x' = f − s·(x − x₀), which x + f·φ solves after dt; they share one division.
/// Both s > 0.
#[inline(always)]
fn relaxed<R: Real>(s: R, t: R, dt: R) -> (R, R) {
    let r = R::of(1.0) / (s * t);
    (decay(s * dt) * (t * r), decay(t * dt) * (s * r))
}

pub(super) struct ExpAuto<'a, R, L> {
    pub(super) constants: L,
    pub(super) dt: R,
    pub(super) vars: Vars<'a, R>,
}

impl<R: Real, L: Lookup<R>> Kernel for ExpAuto<'_, R, L> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (dt, constants) = (self.dt, self.constants);
        let (Vars { v, m, h, n, spike, input, y }, len) = self.vars.level();
        for k in 0..len {
            let p = constants.at(k);
            let (v0, m0, h0, n0) = (v[k], m[k], h[k], n[k]);
            let [(am, bm), (ah, bh), (an, bn)] = rates(v0);
            let per_c = R::of(1.0) / p.c;
            let (g_na, g_k) = (p.g_na * m0 * m0 * m0 * h0, p.g_k * (n0 * n0) * (n0 * n0));
            let g = (g_na + g_k + p.g_l) * per_c;
            let drive = (g_na.mul_add(p.e_na, g_k.mul_add(p.e_k, p.g_l.mul_add(p.e_l, input[k])))) * per_c;
            // At g = 0 the limit φ = dt comes out, since 1 − e^{−z} = z to the last bit for such a small z.
            let g = R::of(1e-30).max(g);
            let (sm, sh, sn) = (am + bm, ah + bh, an + bn);
            let (phi_v, phi_m) = relaxed(g, sm, dt);
            let (phi_h, phi_n) = relaxed(sh, sn, dt);
            let v1 = g.mul_add(-v0, drive).mul_add(phi_v, v0);
            v[k] = v1;
            m[k] = sm.mul_add(-m0, am).mul_add(phi_m, m0);
            h[k] = sh.mul_add(-h0, ah).mul_add(phi_h, h0);
            n[k] = sn.mul_add(-n0, an).mul_add(phi_n, n0);
            let crossed = if (v0 < p.v_th) & (v1 >= p.v_th) { R::of(1.0) } else { R::of(0.0) };
            spike[k] = crossed;
            y[k] = crossed;
        }
    }
}

pub(super) struct RungeKutta<'a, R, L> {
    pub(super) constants: L,
    pub(super) tableau: Tableau,
    pub(super) dt: R,
    pub(super) vars: Vars<'a, R>,
}

impl<R: Real, L: Lookup<R>> Kernel for RungeKutta<'_, R, L> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let (stepper, constants) = (self.tableau.stepper(self.dt), self.constants);
        let (Vars { v, m, h, n, spike, input, y }, len) = self.vars.level();
        for k in 0..len {
            let p = constants.at(k);
            let x0 = [v[k], m[k], h[k], n[k]];
            let x = stepper.step(x0, |x| derivative(x, input[k], &p));
            [v[k], m[k], h[k], n[k]] = x;
            let crossed = if (x0[0] < p.v_th) & (x[0] >= p.v_th) { R::of(1.0) } else { R::of(0.0) };
            spike[k] = crossed;
            y[k] = crossed;
        }
    }
}

#[inline(always)]
fn derivative<R: Real>([v, m, h, n]: [R; 4], i: R, p: &Constants<R>) -> [R; 4] {
    let rates = rates(v);
    let (g_na, g_k) = (p.g_na * m * m * m * h, p.g_k * (n * n) * (n * n));
    let current = i - g_na * (v - p.e_na) - g_k * (v - p.e_k) - p.g_l * (v - p.e_l);
    let gate = |x: R, (a, b): (R, R)| (a + b).mul_add(-x, a);
    [current / p.c, gate(m, rates[0]), gate(h, rates[1]), gate(n, rates[2])]
}
