//! One step of many neurons, a tile of them at a time.

use super::{Lif, Parameters};
use crate::models::Reset;
use crate::models::integrator::{GROWTH, STAGES, Tableau};
use crate::models::neurons::refractory::steps_in;
use crate::numeric::math::{decay, divisible};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, store};
use crate::system::param::Param;

pub(super) struct Vars<'a, R> {
    pub(super) v: &'a mut [R],
    pub(super) spike: &'a mut [R],
    pub(super) refractory: &'a mut [R],
    pub(super) x: &'a [R],
    /// The conductance, or none.
    pub(super) g: &'a [R],
    pub(super) y: &'a mut [R],
}

pub(super) struct Step<'a, R> {
    pub(super) model: &'a Lif<R>,
    pub(super) dt: R,
    /// None: exponential Euler.
    pub(super) tableau: Option<Tableau>,
    pub(super) first: usize,
    pub(super) units: usize,
    pub(super) vars: Vars<'a, R>,
}

/// Neurons that are stepped together.
pub(super) const TILE: usize = 64;

/// What a step needs to know of each of `W` neurons. If `W` is 1, all neurons are like this one.
pub(super) struct Tile<R, const W: usize> {
    pub(super) v_rest: [R; W],
    pub(super) v_reset: [R; W],
    pub(super) v_th: [R; W],
    pub(super) r: [R; W],
    /// How much of the way to V_rest + R I a step makes. The equation is linear, so that this is
    /// all that a method decides.
    pub(super) relaxation: [R; W],
    /// dt/τ, where a conductance makes the relaxation differ from step to step.
    pub(super) dt_over_tau: [R; W],
    /// What `refractory` is after a spike.
    pub(super) refractory_steps: [R; W],
}

impl<R: Real> SimdLoop for Step<'_, R> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        if self.model.constants.all().iter().all(|p| matches!(p, Param::All(_))) {
            self.tiles::<1>();
        } else {
            self.tiles::<TILE>();
        }
    }
}

/// The value of neuron `k`.
#[inline(always)]
fn at<R: Real, const W: usize>(values: &[R; W], k: usize) -> R {
    values[if W == 1 { 0 } else { k }]
}

impl<R: Real> Step<'_, R> {
    #[inline(always)]
    fn tiles<const W: usize>(self) {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        let Vars { v, spike, refractory, x, g, y } = self.vars;
        let series = self.tableau.as_ref().map(Tableau::relaxation::<R>);
        let soft = self.model.reset == Reset::Soft;
        let mut tile = Tile::<R, W>::new(self.model, self.first, self.units, self.dt, self.tableau.as_ref());
        let all = v.len().min(spike.len()).min(refractory.len()).min(x.len()).min(y.len());
        for start in (0..all).step_by(TILE) {
            if W > 1 && start > 0 {
                tile = Tile::new(self.model, self.first + start, self.units, self.dt, self.tableau.as_ref());
            }
            let len = TILE.min(all - start);
            let (v, refractory, x) = (&mut v[start..][..len], &mut refractory[start..][..len], &x[start..][..len]);
            // The steady potentials, and the share of the way to them that a step makes.
            let (mut steady, mut relaxation) = ([zero; TILE], [zero; TILE]);
            match g.get(start..start + len) {
                Some(g) => tile.feel_conductance(x, g, series.as_ref(), (&mut steady, &mut relaxation)),
                _ => {
                    for k in 0..len {
                        steady[k] = at(&tile.r, k).mul_add(x[k], at(&tile.v_rest, k));
                        relaxation[k] = at(&tile.relaxation, k);
                    }
                }
            }
            // Each selection has a value that was computed just before, and the results are written to
            // arrays of their own. Otherwise the compiler selects between addresses, one by one.
            let (mut after, mut rest, mut spiked) = ([zero; TILE], [zero; TILE], [zero; TILE]);
            for k in 0..len {
                let (before, left, v_th) = (v[k], refractory[k], at(&tile.v_th, k));
                let moved = (steady[k] - before).mul_add(relaxation[k], before);
                let held = left > one;
                let v = if held { before } else { moved };
                after[k] = v;
                let left = left - one;
                rest[k] = if held { left } else { zero };
                // Where a soft reset, or a reset above the threshold, leaves V there, the
                // refractory period comes first.
                spiked[k] = if !held & (v >= v_th) { one } else { zero };
            }
            for k in 0..len {
                let (after, v_th, v_reset) = (after[k], at(&tile.v_th, k), at(&tile.v_reset, k));
                let reset = if soft { after - (v_th - v_reset) } else { v_reset };
                v[k] = if spiked[k] != zero { reset } else { after };
            }
            for k in 0..len {
                let (rest, steps) = (rest[k], at(&tile.refractory_steps, k));
                refractory[k] = if spiked[k] != zero { steps } else { rest };
            }
            store(&mut spike[start..][..len], &spiked);
            store(&mut y[start..][..len], &spiked);
        }
    }
}

impl<R: Real, const W: usize> Tile<R, W> {
    /// The effect of a conductance: the steady potential is nearer to 0, and the way there faster.
    #[inline(always)]
    fn feel_conductance(
        &self,
        x: &[R],
        g: &[R],
        series: Option<&[R; STAGES]>,
        (steady, relaxation): (&mut [R; TILE], &mut [R; TILE]),
    ) {
        let one = R::of(1.0);
        relaxation.fill(one);
        let low = self.dt_over_tau.map(|ratio| R::of(-GROWTH) / ratio);
        for k in 0..g.len() {
            // At 0 the limit comes out: the smaller the relaxation, the farther the steady potential.
            let rate = divisible(at(&self.r, k).mul_add(g[k], one), at(&low, k));
            steady[k] = at(&self.r, k).mul_add(x[k], at(&self.v_rest, k)) / rate;
            relaxation[k] = at(&self.dt_over_tau, k) * rate;
        }
        match series {
            None => {
                for relaxation in relaxation {
                    *relaxation = decay(*relaxation);
                }
            }
            Some([c1, c2, c3, c4]) => {
                for relaxation in relaxation {
                    let z = *relaxation;
                    *relaxation = z.mul_add(z.mul_add(z.mul_add(*c4, *c3), *c2), *c1) * z;
                }
            }
        }
    }

    /// Of the neurons from number `first` on, counted over the batch.
    #[inline(always)]
    pub(super) fn new(model: &Lif<R>, first: usize, units: usize, dt: R, tableau: Option<&Tableau>) -> Self {
        let of = |param: &Param<R>| param.spread::<W>(first, units);
        let Parameters { v_rest, v_reset, v_th, r, tau, tau_ref } = &model.constants;
        let tau = of(tau);
        let mut dt_over_tau = tau;
        dt_over_tau.iter_mut().for_each(|p| *p = dt / *p);
        let mut relaxation = [R::of(0.0); W];
        match tableau {
            None => relaxation.iter_mut().zip(&tau).for_each(|(s, tau)| *s = decay(dt / *tau)),
            // From 0 towards 1.
            Some(tableau) => {
                [relaxation] = tableau.stepper(dt).tile([relaxation], |k, [x]| [(R::of(1.0) - x) / tau[k]])
            }
        }
        let mut refractory_steps = of(tau_ref);
        refractory_steps.iter_mut().for_each(|h| *h = R::of(1.0) + steps_in(*h, dt));
        Self {
            v_rest: of(v_rest),
            v_reset: of(v_reset),
            v_th: of(v_th),
            r: of(r),
            relaxation,
            dt_over_tau,
            refractory_steps,
        }
    }
}
