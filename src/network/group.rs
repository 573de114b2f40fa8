//! A population of neurons: its model, its receptors, and its drives beside synapses.

use super::describe::receptor::{Kind, Receptor};
use crate::active_time::ActiveTime;
use crate::numeric::scalar::Real;
use crate::system::System;
use crate::system::param::Param;
use std::ops::Range;

/// A named population of neurons of one model.
pub struct Group<T> {
    pub(super) name: String,
    pub(super) model: Box<dyn System<T>>,
    pub(super) receptors: Vec<Receptor>,
    pub(super) current: Option<Param<T>>,
    pub(super) input: bool,
    pub(super) noise: Option<f64>,
    pub(super) poisson: Vec<Poisson>,
}

/// A Poisson drive: independent Poisson spikes for each neuron.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Poisson {
    pub(crate) receptor: String,
    /// The rate in Hz.
    pub(crate) rate: f64,
    pub(crate) weight: f64,
    pub(crate) active: ActiveTime,
}

impl<T> std::fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("name", &self.name).field("receptors", &self.receptors).finish_non_exhaustive()
    }
}

impl<T> Group<T> {
    /// Returns whether the receptor of this name is gap junctions.
    pub(super) fn has_gap(&self, receptor: &str) -> bool {
        self.receptors.iter().any(|r| r.name == receptor && r.kind == Kind::Gap)
    }
}

impl<T: Real> Group<T> {
    /// A group of the units of `model`. The model is any pointwise system whose output is not 0
    /// where a unit spikes. [`Equations`](crate::Equations) without spikes get a variable `spike`, which
    /// is 0. The variables of the model are variables of the network, with the names
    /// `name.variable`.
    #[must_use]
    pub fn new(name: impl Into<String>, model: impl System<T> + 'static) -> Self {
        let mut model = Box::new(model);
        model.join_network();
        Self {
            name: name.into(),
            model,
            receptors: Vec::new(),
            current: None,
            input: false,
            noise: None,
            poisson: Vec::new(),
        }
    }

    /// Adds a receptor, the target of projections and Poisson drives.
    #[must_use]
    pub fn receptor(mut self, receptor: Receptor) -> Self {
        self.receptors.push(receptor);
        self
    }

    /// Sets a constant current: one value, or one for each neuron (`[N]`), in the model's unit of
    /// current. The default is 0.
    #[must_use]
    pub fn current(mut self, current: impl Into<Param<T>>) -> Self {
        self.current = Some(current.into());
        self
    }

    /// Makes a current `[N]` an input of the network, with the name of the group. A run may omit
    /// it. At most [`MAX_PORTS`](crate::MAX_PORTS) groups have such an input.
    #[must_use]
    pub fn input(mut self) -> Self {
        self.input = true;
        self
    }

    /// Adds a white-noise current of intensity `sigma`: σ·ξ/√dt, with an independent standard
    /// normal ξ for each neuron and step. ξ is a function of the loop's seed, the group, the neuron
    /// and the step.
    #[must_use]
    pub fn noise(mut self, sigma: f64) -> Self {
        self.noise = Some(sigma);
        self
    }

    /// Adds independent Poisson spikes of `rate` Hz for each neuron. They act on a receptor with
    /// `weight`. Their number in a step is a function of the loop's seed, the group, the neuron and
    /// the step.
    #[must_use]
    pub fn poisson(self, receptor: impl Into<String>, rate: f64, weight: f64) -> Self {
        self.poisson_during(receptor, rate, weight, f64::NEG_INFINITY..f64::INFINITY)
    }

    /// Adds the spikes of [`Group::poisson`] in the steps at times t of this range, in ms, such as
    /// `700.0..710.0`. The ends may be infinite. The spikes of step k, at t = t0 + k·dt, act in the
    /// next step. A time equals that of a step if it does so within f32's rounding.
    #[must_use]
    pub fn poisson_during(mut self, receptor: impl Into<String>, rate: f64, weight: f64, time: Range<f64>) -> Self {
        self.poisson.push(Poisson { receptor: receptor.into(), rate, weight, active: ActiveTime::of(time) });
        self
    }
}
