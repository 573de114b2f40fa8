//! One step of many neurons, a tile of them at a time.

use super::{Lif, Parameters};
use crate::integrator::{STAGES, Tableau};
use crate::models::Reset;
use crate::numeric::math::{GROWTH, decay, divisible};
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, put, take};
use crate::system::param::Param;
use crate::system::refractory::steps_in;
use std::ops::Range;

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
        // LLVM unrolls loops over fewer elements, and then makes no vectors of some of them.
        if self.model.all_alike() { self.tiles::<16, 1>() } else { self.tiles::<16, 16>() }
    }

    #[inline(always)]
    fn run_wide(self) {
        if self.model.all_alike() { self.tiles::<32, 1>() } else { self.tiles::<32, 32>() }
    }
}

/// V, `refractory` and the input of each neuron of a tile, and the conductance.
struct Neurons<R, const W: usize> {
    v: [R; W],
    refractory: [R; W],
    x: [R; W],
    g: Option<[R; W]>,
}

impl<R: Real> Step<'_, R> {
    /// Steps all neurons, `W` at a time. `C` is the number of neurons of which a tile has constants.
    #[inline(always)]
    fn tiles<const W: usize, const C: usize>(mut self) {
        let Vars { v, spike, refractory, x, y, .. } = &self.vars;
        let len = v.len().min(spike.len()).min(refractory.len()).min(x.len()).min(y.len());
        let series = self.tableau.as_ref().map(Tableau::relaxation::<R>);
        let mut known = Tile::new(self.model, self.first, self.units, self.dt, self.tableau.as_ref());
        let mut k = 0;
        while k < len {
            if C > 1 && k > 0 {
                known = Tile::new(self.model, self.first + k, self.units, self.dt, self.tableau.as_ref());
            }
            if k + W <= len {
                self.tile::<W, C, true>(&known, series.as_ref(), k..k + W);
            } else {
                self.tile::<W, C, false>(&known, series.as_ref(), k..len);
            }
            k += W;
        }
    }

    /// Steps these neurons, of which there are `W` if they are `WHOLE`, and fewer otherwise.
    #[inline(always)]
    fn tile<const W: usize, const C: usize, const WHOLE: bool>(
        &mut self,
        known: &Tile<R, C>,
        series: Option<&[R; STAGES]>,
        all: Range<usize>,
    ) {
        let Vars { v, spike, refractory, x, g, y } = &mut self.vars;
        let mut neurons = Neurons {
            v: take::<R, W, WHOLE>(v, &all),
            refractory: take::<R, W, WHOLE>(refractory, &all),
            x: take::<R, W, WHOLE>(x, &all),
            g: if g.is_empty() { None } else { Some(take::<R, W, WHOLE>(g, &all)) },
        };
        let spiked = neurons.step(known, series, self.model.reset == Reset::Soft);
        put::<R, W, WHOLE>(v, &all, &neurons.v);
        put::<R, W, WHOLE>(refractory, &all, &neurons.refractory);
        put::<R, W, WHOLE>(spike, &all, &spiked);
        put::<R, W, WHOLE>(y, &all, &spiked);
    }
}

/// The value of neuron `k`.
#[inline(always)]
fn at<R: Real, const C: usize>(values: &[R; C], k: usize) -> R {
    values[if C == 1 { 0 } else { k }]
}

impl<R: Real, const W: usize> Neurons<R, W> {
    /// Makes a step, and returns 1 for each neuron that spikes and 0 for the others.
    #[inline(always)]
    fn step<const C: usize>(&mut self, tile: &Tile<R, C>, series: Option<&[R; STAGES]>, soft: bool) -> [R; W] {
        let (zero, one) = (R::of(0.0), R::of(1.0));
        // The steady potentials, and the share of the way to them that a step makes.
        let (mut steady, mut relaxation) = ([zero; W], [zero; W]);
        match &self.g {
            Some(g) => tile.feel_conductance(&self.x, g, series, (&mut steady, &mut relaxation)),
            None => {
                for k in 0..W {
                    steady[k] = at(&tile.r, k).mul_add(self.x[k], at(&tile.v_rest, k));
                    relaxation[k] = at(&tile.relaxation, k);
                }
            }
        }
        let mut spiked = [zero; W];
        for k in 0..W {
            let (before, left, v_th) = (self.v[k], self.refractory[k], at(&tile.v_th, k));
            let moved = (steady[k] - before).mul_add(relaxation[k], before);
            let held = left > one;
            let after = if held { before } else { moved };
            // Where a soft reset, or a reset above the threshold, leaves V there, the refractory period
            // comes first.
            let spikes = !held & (after >= v_th);
            let reset = if soft { after - (v_th - at(&tile.v_reset, k)) } else { at(&tile.v_reset, k) };
            let left = if held { left - one } else { zero };
            self.v[k] = if spikes { reset } else { after };
            self.refractory[k] = if spikes { at(&tile.refractory_steps, k) } else { left };
            spiked[k] = if spikes { one } else { zero };
        }
        spiked
    }
}

impl<R: Real, const W: usize> Tile<R, W> {
    /// The effect of a conductance: the steady potential is nearer to 0, and the way there faster.
    #[inline(always)]
    fn feel_conductance<const N: usize>(
        &self,
        x: &[R; N],
        g: &[R; N],
        series: Option<&[R; STAGES]>,
        (steady, relaxation): (&mut [R; N], &mut [R; N]),
    ) {
        let one = R::of(1.0);
        let low = self.dt_over_tau.map(|ratio| R::of(-GROWTH) / ratio);
        for k in 0..N {
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
                [relaxation] =
                    tableau.stepper(dt).tile([relaxation], |k: usize, [x]: [R; 1]| [(R::of(1.0) - x) / tau[k]])
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
