//! Networks: groups of neurons that send each other spikes.
//!
//! A [`Network`] is a [`System`] like any other, so that [`LoopOverTime`](crate::LoopOverTime) runs
//! it, with recordings, checkpoints and splits. Step i has four parts:
//!
//! 1. Each group computes its drive, a current `i` and a conductance `g`, which start from 0.
//!    Receptors, in their order, add the values that the step before left: `i += s` (a current),
//!    `i += s·E, g += s` (a conductance, a part of which magnesium may block), or
//!    `i += Σ w·V, g += Σ w` (gap junctions). If the model is integrated exactly
//!    ([`System::linear_membrane`]), a receptor adds the constant current that moves the potential as
//!    far as its decaying current does. The constant current, the input and the noise follow.
//!    The model makes its step with this drive. Receptors then decay: `s ← s·e^{−dt/τ}`, and a
//!    value below 1e-30 becomes 0. A receptor with a rise also adds `c·h` to s, and then `h`
//!    decays in the same way; both together are exact. Spikes add to its `h`.
//! 2. The neurons whose model's output is not 0 spike. Their spikes are stored in the group's spike
//!    ring, `flight`.
//! 3. The spikes of step i − d arrive over the synapses of delay d; at d = 0 they are the spikes of
//!    this step. Each target sums them as integers. A projection with
//!    [kinetics](Projection::kinetics) first computes from them the amounts that its sources
//!    release in this step.
//! 4. Each receptor adds its sums, in the order of their first projections, and then its Poisson
//!    drives:
//!    `s ← fma(sum, weight scale, s)` if the sum is not 0. They act on the model from step i + 1
//!    on. If step i + 1 keeps a potential constant because its neuron is refractory, the addition
//!    of a delta to this potential is dropped. (A group that is integrated exactly adds the delta
//!    itself in step i + 1, after the potential has advanced.)
//!
//! ```
//! # fn main() -> overtime::Result<()> {
//! use overtime::network::{Connect, Group, Network, Projection, Receptor};
//! use overtime::{Init, LoopOverTime, models::TraubMiles, monitor};
//!
//! let cells = Group::new("P", TraubMiles::<f32>::new(400))
//!     .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::normal(40.0, 15.0))) // nS
//!     .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::normal(200.0, 120.0)));
//! let net = Network::builder(0.1)
//!     .seed(7)
//!     .group(cells)
//!     .project(Projection::new("Ce", ("P", 0..320), ("P", "ge")).connect(Connect::FixedProb(0.1)).weight(6.0))
//!     .project(Projection::new("Ci", ("P", 320..400), ("P", "gi")).connect(Connect::FixedProb(0.1)).weight(67.0).delay(1.5))
//!     .build()?;
//! let mut over_time = LoopOverTime::builder(net).dt(0.1).out_vars([monitor("P.spike").events()]).build()?;
//! let run = over_time.run_for(50.0)?;
//! println!("{} spikes, the first of neuron {:?}", run.output.sum(), run.events("P.spike")?.unit.first());
//! # Ok(()) }
//! ```
//!
//! # Variables
//!
//! A network has these variables, in this order for each group:
//!
//! - `group.variable`: each variable of the model;
//! - `group.receptor`: each receptor that is not a delta, and a delta of a group that is integrated
//!   exactly; `group.receptor.rise` is its h, and `group.receptor.g` is the Σ w of gap junctions;
//! - `projection.variable`: each variable of the kinetics of a projection that starts in this
//!   group, `[N]`;
//! - `group.flight`: the spike ring with the spikes of the last steps, `[slots, ⌈N/16⌉]`. Step i
//!   writes slot `i mod slots`. An element is 16 neurons; neuron k has the bit of value
//!   `2^(k mod 16)`.
//!
//! After all groups follow the variables of each plastic projection: the weight, the other variables of
//! synapses, those of sources, and those of targets. They are `projection.w`, `projection.pre` and
//! `projection.post` with [`Stdp`]. The output is the number of spikes of each group in the
//! step, `[groups]`.
//!
//! # Exactness
//!
//! Sums of synapses are sums of integers. They are the same in any order, so that results do not
//! depend on threads, batch, chunks or device. If all weights of a projection are the same, the sum
//! is a count and the weight scale is the weight. If they differ, a weight is an integer times
//! `2^(e−30)`, where `2^e` is the least power of 2 above the largest possible magnitude of a weight
//! (a normal draw is at most 5.9 deviations from its mean). So each weight is within `2^(e−31)` of
//! the given weight: the largest weight has about ten digits, and a weight of a thousandth of the
//! largest has seven. The sum of n weights is within `n·2^(e−31)` of the sum of the given weights.
//! The projections onto one receptor whose weights differ share one sum, and therefore the largest
//! of their weight scales. These have sums of their own: a projection whose own scale is less than
//! 1/256 of the largest, or less than the largest if its weights are log-normal or given one by one;
//! a projection with kinetics; and one with plastic weights.
//! The integer sum is exact up to n = 2³², and one rounding converts it to the network's type. (`e`
//! is at least −90, so that an `f32` can represent the weight scale.)
//!
//! The released amount under kinetics is a multiple of 2⁻³⁰, too. If the projection has one weight,
//! the sum is the sum of the amounts. If weights differ, each synapse's integer weight times the
//! amount is rounded to an integer. Gap junctions transmit V/512 in this way.

mod builder;
pub(crate) mod describe;
mod gap_junction;
mod group;
pub(crate) mod host;
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine reads some parts"))]
pub(crate) mod plan;
mod plastic_state;
pub(crate) mod poisson;
mod program;
pub(crate) mod projections;
mod release;
mod synapses;
mod system;

pub use crate::connectivity::Connect;
pub use builder::Builder;
pub use describe::receptor::{Magnesium, Receptor};
pub use group::Group;
pub use projections::kinetics::{Ampa, BioNmda, Kinetics, Nmda, Stp};
pub use projections::many::Projections;
pub use projections::matrix::Matrix;
pub use projections::plasticity::Plasticity;
pub use projections::projection::{Projection, Subgroup, Target};
pub use projections::stdp::Stdp;
pub use synapses::Synapses;

use crate::equations::{Release, Rule};
use crate::numeric::scalar::Real;
use crate::system::System;
use crate::system::param::Param;
use plan::NetworkPlan;
use std::sync::Arc;

/// Groups of neurons and the projections between them. See the [module](self).
pub struct Network<T> {
    pub(crate) plan: Arc<NetworkPlan>,
    /// The model of each group, and its constant current.
    pub(crate) models: Vec<Box<dyn System<T>>>,
    pub(crate) currents: Vec<Option<Param<T>>>,
    /// The kinetics that are texts of equations, by their numbers in the plan.
    pub(crate) releases: Vec<Release<T>>,
    /// The rules of plasticity, by their numbers in the plan.
    pub(crate) rules: Vec<Rule<T>>,
}

impl<T> std::fmt::Debug for Network<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let groups: Vec<&str> = self.plan.groups.iter().map(|group| group.name.as_str()).collect();
        let links: Vec<&str> = self.plan.projections.iter().map(|link| link.spec.name.as_str()).collect();
        f.debug_struct("Network")
            .field("dt", &self.plan.dt)
            .field("groups", &groups)
            .field("projections", &links)
            .finish_non_exhaustive()
    }
}

impl<T: Real> Network<T> {
    /// Returns a builder without groups, for steps of `dt` ms. Delays are counted in these steps,
    /// and the loop must have the same `dt`.
    #[must_use]
    pub fn builder(dt: f64) -> Builder<T> {
        Builder::new(dt)
    }
}
