//! A population of neurons: its model, what its synapses act on, and what drives it beside them.

use crate::init::Init;
use crate::models::Param;
use crate::scalar::Real;
use crate::system::System;

/// Neurons of one model, under a name.
pub struct Group<T> {
    pub(super) name: String,
    pub(super) model: Box<dyn System<T>>,
    pub(super) receptors: Vec<Receptor>,
    pub(super) current: Option<Param<T>>,
    pub(super) input: bool,
    pub(super) noise: Option<f64>,
    pub(super) poisson: Vec<Poisson>,
}

/// Independent Poisson spikes, for each neuron its own.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Poisson {
    pub(crate) receptor: String,
    /// Hz.
    pub(crate) rate: f64,
    pub(crate) weight: f64,
}

impl<T> std::fmt::Debug for Group<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Group").field("name", &self.name).field("receptors", &self.receptors).finish_non_exhaustive()
    }
}

impl<T: Real> Group<T> {
    /// The units of `model`, any pointwise system whose output is not 0 where a unit spikes. Its variables are those of the network
    /// under `name.variable`.
    #[must_use]
    pub fn new(name: impl Into<String>, model: impl System<T> + 'static) -> Self {
        let model = Box::new(model);
        Self { name: name.into(), model, receptors: Vec::new(), current: None, input: false, noise: None, poisson: Vec::new() }
    }

    /// Adds what projections can act on.
    #[must_use]
    pub fn receptor(mut self, receptor: Receptor) -> Self {
        self.receptors.push(receptor);
        self
    }

    /// A constant current, one value or one for each neuron (`[N]`), in the model's unit of current; 0 by default.
    #[must_use]
    pub fn current(mut self, current: impl Into<Param<T>>) -> Self {
        self.current = Some(current.into());
        self
    }

    /// Makes a current `[N]` an input of the network, named as the group. A run may do without. At most
    /// [`MAX_PORTS`](crate::MAX_PORTS) groups have one.
    #[must_use]
    pub fn input(mut self) -> Self {
        self.input = true;
        self
    }

    /// White noise current of intensity `sigma`: σ·ξ/√dt, a fresh standard normal ξ for each neuron and step, a function of the loop's
    /// seed, group, neuron and step.
    #[must_use]
    pub fn noise(mut self, sigma: f64) -> Self {
        self.noise = Some(sigma);
        self
    }

    /// Poisson spikes of `rate` Hz, of their own for each neuron, that act on a receptor with `weight`: their number in a step is a
    /// function of the loop's seed, group, neuron and step.
    #[must_use]
    pub fn poisson(mut self, receptor: impl Into<String>, rate: f64, weight: f64) -> Self {
        self.poisson.push(Poisson { receptor: receptor.into(), rate, weight });
        self
    }
}

/// What a spike that arrives adds its weight to.
#[derive(Clone, Debug, PartialEq)]
pub struct Receptor {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) init: Init,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) enum Kind {
    /// τ in ms, and the reversal potential where it is a conductance.
    Exponential { tau: f64, reversal: Option<f64> },
    /// The model's variable.
    Delta { variable: String },
}

impl Receptor {
    /// A variable of the network, `group.name`, that spikes add to and that decays with time constant `tau`, ms: exactly, by e^{−dt/τ} a
    /// step. It is a current of the model's unit, unless [`Receptor::coba`] makes it a conductance.
    #[must_use]
    pub fn exponential(name: impl Into<String>, tau: f64) -> Self {
        Self { name: name.into(), kind: Kind::Exponential { tau, reversal: None }, init: Init::Zeros }
    }

    /// Spikes add to the model's own variable `variable` at once: Brian2's `v += w`.
    #[must_use]
    pub fn delta(name: impl Into<String>, variable: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Delta { variable: variable.into() }, init: Init::Zeros }
    }

    /// A conductance g towards the potential `reversal`, mV: the current is g·(E − V). It enters the model's own conductance, which
    /// therefore must have an input `g`.
    #[must_use]
    pub fn coba(mut self, reversal: f64) -> Self {
        if let Kind::Exponential { reversal: own, .. } = &mut self.kind {
            *own = Some(reversal);
        }
        self
    }

    /// A current, as it is by default.
    #[must_use]
    pub fn cuba(mut self) -> Self {
        if let Kind::Exponential { reversal, .. } = &mut self.kind {
            *reversal = None;
        }
        self
    }

    /// Initial values; 0 by default. They depend on the loop's seed, as those of models do. A delta has none.
    #[must_use]
    pub fn init(mut self, init: impl Into<Init>) -> Self {
        self.init = init.into();
        self
    }
}
