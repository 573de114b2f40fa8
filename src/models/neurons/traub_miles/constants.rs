//! The model's parameters, and where those of a tile of neurons come from.

use crate::models::neurons::refractory::steps_in;
use crate::numeric::scalar::Real;
use crate::system::param::Param;

crate::parameters! {
    /// The parameters of a [`TraubMiles`](super::TraubMiles), in the kernel's order.
    pub(super) struct Parameters {
        e_na: "ENa" = 50.0, "mV", Finite, "sodium reversal potential";
        g_na: "gNa" = 20_000.0, "nS", NonNegative, "sodium conductance";
        e_k: "EK" = -90.0, "mV", Finite, "potassium reversal potential";
        g_k: "gK" = 6000.0, "nS", NonNegative, "potassium conductance";
        e_l: "EL" = -60.0, "mV", Finite, "leak reversal potential";
        g_l: "gL" = 10.0, "nS", NonNegative, "leak conductance";
        c: "C" = 200.0, "pF", Positive, "membrane capacitance";
        v_th: "V_th" = -20.0, "mV", Finite, "threshold of a spike";
        v_t: "V_T" = -63.0, "mV", Finite, "moves all rates";
        tau_ref: "tau_ref" = 3.0, "ms", NonNegative, "refractory period of spikes";
    }
}

/// How many parameters there are.
const COUNT: usize = Parameters::COUNT;

/// The values for a step of `dt`, if all are the same for all neurons.
pub(super) fn same<R: Real>(all: &Parameters<Param<R>>, dt: R) -> Option<P<R>> {
    let all = all.all();
    all.iter().all(|p| matches!(p, Param::All(_))).then(|| of(all.map(|p| p.at(0)), dt))
}

/// The parameters as a step of `dt` has them: in the place of the refractory period its number of
/// steps.
pub(super) fn derived<R: Real>(all: &Parameters<Param<R>>, dt: R) -> Parameters<Param<R>> {
    let mut all = all.clone();
    all.tau_ref = match &all.tau_ref {
        Param::All(tau) => Param::All(steps_in(*tau, dt)),
        Param::Each(taus) => Param::Each(taus.iter().map(|tau| steps_in(*tau, dt)).collect()),
    };
    all
}

/// One neuron's parameters; `tau_ref` is in steps.
pub(super) type P<R> = Parameters<R>;

#[inline(always)]
fn of<R: Real>(all: [R; COUNT], dt: R) -> P<R> {
    let mut p = P::from(all);
    p.tau_ref = steps_in(p.tau_ref, dt);
    p
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
    pub(super) all: &'a Parameters<Param<R>>,
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
        for (values, param) in tile.iter_mut().zip(self.all.all()) {
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
