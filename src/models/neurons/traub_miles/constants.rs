//! The model's parameters, and where those of a tile of neurons come from.

use crate::error::{Error, Result};
use crate::models::neurons::refractory::steps_in;
use crate::numeric::scalar::Real;
use crate::system::param::Param;

/// How many parameters there are.
pub(super) const COUNT: usize = 10;

/// Their names, in the order that everything here, and the kernel, has them in.
pub(super) const NAMES: [&str; COUNT] = ["ENa", "gNa", "EK", "gK", "EL", "gL", "C", "V_th", "V_T", "tau_ref"];

const V_T: usize = 8;
const TAU_REF: usize = 9;

/// The parameters in the order of [`NAMES`].
#[derive(Clone, Debug)]
pub(super) struct Constants<R>(pub(super) [Param<R>; COUNT]);

impl<R: Real> Constants<R> {
    /// The defaults.
    pub(super) fn new() -> Self {
        Self([50.0, 20_000.0, -90.0, 6000.0, -60.0, 10.0, 200.0, -20.0, -63.0, 3.0].map(Param::from))
    }

    pub(super) fn named(&mut self, name: &str) -> Result<&mut Param<R>> {
        let found = NAMES.into_iter().zip(&mut self.0).find(|(known, _)| *known == name);
        found.map(|(_, param)| param).ok_or_else(|| Error::unknown("parameter", name, NAMES))
    }

    pub(super) fn v_t(&self) -> &Param<R> {
        &self.0[V_T]
    }

    pub(super) fn tau_ref(&self) -> &Param<R> {
        &self.0[TAU_REF]
    }

    /// The values for a step of `dt`, if all are the same for all neurons.
    pub(super) fn same(&self, dt: R) -> Option<P<R>> {
        let all = self.0.iter().all(|p| matches!(p, Param::All(_)));
        all.then(|| of(std::array::from_fn(|k| self.0[k].at(0)), dt))
    }

    /// The parameters as a step of `dt` has them: the last is how many steps the refractory period has.
    pub(super) fn derived(&self, dt: R) -> [Param<R>; COUNT] {
        let mut all = self.0.clone();
        all[TAU_REF] = match &all[TAU_REF] {
            Param::All(tau) => Param::All(steps_in(*tau, dt)),
            Param::Each(taus) => Param::Each(taus.iter().map(|tau| steps_in(*tau, dt)).collect()),
        };
        all
    }
}

/// One neuron's parameters.
#[derive(Clone, Copy)]
pub(super) struct P<R> {
    pub(super) e_na: R,
    pub(super) g_na: R,
    pub(super) e_k: R,
    pub(super) g_k: R,
    pub(super) e_l: R,
    pub(super) g_l: R,
    pub(super) c: R,
    pub(super) v_th: R,
    pub(super) v_t: R,
    /// Steps of the refractory period.
    pub(super) hold: R,
}

#[inline(always)]
fn of<R: Real>([e_na, g_na, e_k, g_k, e_l, g_l, c, v_th, v_t, tau_ref]: [R; COUNT], dt: R) -> P<R> {
    P { e_na, g_na, e_k, g_k, e_l, g_l, c, v_th, v_t, hold: steps_in(tau_ref, dt) }
}

/// Where the parameters of a block's neurons come from.
pub(super) trait Lookup<R> {
    /// Those of `W` neurons.
    type Tile<const W: usize>: At<R>;
    /// Those of the neurons from the `k`-th of the block on.
    fn tile<const W: usize>(&self, k: usize) -> Self::Tile<W>;
}

/// Parameters of the neurons of one tile.
pub(super) trait At<R> {
    fn at(&self, k: usize) -> P<R>;
}

/// All neurons have these.
pub(super) struct Same<R>(pub(super) P<R>);

impl<R: Real> Lookup<R> for Same<R> {
    type Tile<const W: usize> = P<R>;
    #[inline(always)]
    fn tile<const W: usize>(&self, _: usize) -> P<R> {
        self.0
    }
}

impl<R: Real> At<R> for P<R> {
    #[inline(always)]
    fn at(&self, _: usize) -> P<R> {
        *self
    }
}

/// Each neuron has its own.
pub(super) struct Each<'a, R> {
    pub(super) all: &'a Constants<R>,
    pub(super) first: usize,
    pub(super) units: usize,
    pub(super) dt: R,
}

/// Those of a tile, and dt.
pub(super) struct Spread<R, const W: usize>([[R; W]; COUNT], R);

impl<R: Real> Lookup<R> for Each<'_, R> {
    type Tile<const W: usize> = Spread<R, W>;
    #[inline(always)]
    fn tile<const W: usize>(&self, k: usize) -> Spread<R, W> {
        // No closures here: one that is not inlined would be compiled for the narrowest vectors.
        let mut tile = [[R::of(0.0); W]; COUNT];
        for (values, param) in tile.iter_mut().zip(&self.all.0) {
            *values = param.spread(self.first + k, self.units);
        }
        Spread(tile, self.dt)
    }
}

impl<R: Real, const W: usize> At<R> for Spread<R, W> {
    #[inline(always)]
    fn at(&self, k: usize) -> P<R> {
        let mut all = [R::of(0.0); COUNT];
        for (value, values) in all.iter_mut().zip(&self.0) {
            *value = values[k];
        }
        of(all, self.1)
    }
}
