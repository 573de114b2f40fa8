//! Networks: groups of neurons that send each other spikes.
//!
//! A [`Network`] is a [`System`] like any other, so that [`LoopOverTime`](crate::LoopOverTime),
//! recordings, checkpoints and splits serve it. A step i of it is
//!
//! 1. of each group: the drive, from receptors as the step before left them: current `i` and
//!    conductance `g`, from 0, by receptors in their order, `i += s` (a current) or
//!    `i += s·E, g += s` (a conductance, of which magnesium may block a part) or, of gap junctions,
//!    `i += Σ w·V, g += Σ w`; then constant current, input, noise; the model's step with that
//!    drive; and `s ← s·e^{−dt/τ}`, where less than 1e-30 is 0. Where s rises, `s += c·h` before
//!    `h` decays likewise, which together is exact; spikes then add to h,
//! 2. spikes, where the model's output is not 0, go into the group's spike ring, `flight`,
//! 3. spikes of step i − d arrive over the synapses of delay d, at d = 0 those of this step: for
//!    each target they are summed up, as integers, A projection with
//!    [kinetics](Projection::kinetics) first computes from them the amounts that its sources
//!    release in this step,
//! 4. of each receptor, projections in their order, then Poisson drives:
//!    `s ← fma(sum, weight scale, s)` wherever the sum is not 0. They are first felt in step i + 1.
//!    What a delta would add to a potential that step i + 1 holds, since its neuron is refractory,
//!    is dropped.
//!
//! ```
//! # fn main() -> overtime::Result<()> {
//! use overtime::network::{Connect, Group, Network, Projection, Receptor};
//! use overtime::{Init, LoopOverTime, models::TraubMiles, monitor};
//!
//! let cells = Group::new("P", TraubMiles::<f32>::new(400))
//!     .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::Normal(40.0, 15.0))) // nS
//!     .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::Normal(200.0, 120.0)));
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
//! `group.variable` for each of the model's, `group.receptor` for each that is not a delta,
//! `group.receptor.rise` for h, `group.receptor.g` for the Σ w of gap junctions,
//! `projection.variable` for those of kinetics, `[N]` of its sources' group, and `group.flight`:
//! the spike ring with the spikes of the last steps, `[slots, ⌈N/16⌉]`. Step i writes slot
//! `i mod slots`; an element is 16 neurons, neuron k the bit of value `2^(k mod 16)`. The output is
//! the number of spikes of each group in the step, `[groups]`. Behind them a plastic projection's
//! `projection.w`, `projection.pre` and `projection.post`: see [`Stdp`].
//!
//! # Exactness
//!
//! Sums of synapses are sums of integers, the same in any order, so that results do not depend on
//! threads, batch, chunks or device. Where all weights of a projection are the same, the sum is a
//! count and the weight scale is the weight. Where they differ, a weight is an integer times
//! `2^(e−30)`, where `2^e` is the least power of 2 above the largest magnitude that one can have (a
//! normal draw is at most 5.9 deviations from its mean): so each weight is within `2^(e−31)` of the
//! one given, a ten-digit approximation of the largest, and a weight of a thousandth of the largest
//! has seven digits. The sum of n is within `n·2^(e−31)` of the sum of those given, and exact up to
//! n = 2³²; it becomes a number of the network's type by one rounding. (`e` is at least −90, for
//! `f32` to have the weight scale.)
//!
//! The released amount under kinetics is a multiple of 2⁻³⁰, too. With one weight, the sum is the
//! sum of the amounts; with weights that differ, each synapse's integer weight times the amount is
//! rounded to an integer. Gap junctions transmit V/512 in this way.

mod builder;
pub(crate) mod describe;
mod gap_junction;
mod group;
pub(crate) mod host;
#[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "parts are read by the CUDA engine alone"))]
pub(crate) mod plan;
mod plastic_state;
pub(crate) mod poisson;
mod program;
mod synapses;
mod system;

pub use crate::connectivity::Connect;
pub use builder::Builder;
pub use describe::kinetics::{Ampa, BioNmda, Kinetics, Nmda, Stp};
pub use describe::projection::{Projection, Subgroup, Target};
pub use describe::receptor::{Magnesium, Receptor};
pub use describe::stdp::Stdp;
pub use group::Group;
pub use synapses::Synapses;

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
    /// A network without groups yet, for steps of `dt` ms: delays are counted in them, and the loop
    /// must make the same steps.
    #[must_use]
    pub fn builder(dt: f64) -> Builder<T> {
        Builder::new(dt)
    }
}
