//! A receptor: the variable to which a spike adds its weight, and its effect on the neuron.

use crate::init::Init;

/// The postsynaptic variable to which a spike adds its weight, and its effect on the neuron.
#[derive(Clone, Debug, PartialEq)]
pub struct Receptor {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) init: Init,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A variable of the receptor's own.
    Filter {
        shape: Shape,
        reversal: Option<f64>,
        block: Option<Magnesium>,
    },
    /// A variable of the model.
    Delta {
        variable: String,
    },
    Gap,
}

/// The time course of a spike's effect; all times in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Exponential {
        tau: f64,
    },
    /// A rise and a decay, with the weight as the peak.
    Dual {
        rise: f64,
        tau: f64,
    },
    Alpha {
        tau: f64,
    },
    /// A value for one step, from graded transmission.
    Graded,
}

/// The magnesium block of NMDA receptors: the open part of a conductance s is
/// `s / (1 + Mg/β·e^{−αV})` at the potential V (Jahr & Stevens 1990). The defaults are those of
/// brainpy's `MgBlock`. V is the potential at the beginning of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Magnesium {
    /// The extracellular concentration of magnesium, mM; 1.2 by default.
    pub mg: f64,
    /// The constant α, 1/mV; 0.062 by default.
    pub alpha: f64,
    /// The constant β, mM; 3.57 by default.
    pub beta: f64,
}

impl Default for Magnesium {
    fn default() -> Self {
        Self { mg: 1.2, alpha: 0.062, beta: 3.57 }
    }
}

impl Receptor {
    /// An exponential receptor. Spikes add to its variable `group.name`, which decays with the time
    /// constant `tau`, in ms: exactly, by e^{−dt/τ} a step. It is a current in the model's unit,
    /// unless [`Receptor::coba`] makes it a conductance.
    #[must_use]
    pub fn exponential(name: impl Into<String>, tau: f64) -> Self {
        Self::shaped(name, Shape::Exponential { tau })
    }

    /// A receptor that rises with the time constant `tau_rise` and decays with `tau_decay`, in ms.
    /// After a spike it is w·A·(e^{−t/τd} − e^{−t/τr}), where A makes the peak equal to the weight
    /// w: brainpy's `DualExponV2`. With equal time constants it is the limit, w·t/τ·e^{1−t/τ}.
    /// Spikes add to the variable `group.name.rise`, which is h; `group.name` is s. dh/dt = −h/τr,
    /// ds/dt = −s/τd + a·h, both solved exactly.
    #[must_use]
    pub fn dual_exponential(name: impl Into<String>, tau_rise: f64, tau_decay: f64) -> Self {
        Self::shaped(name, Shape::Dual { rise: tau_rise, tau: tau_decay })
    }

    /// An alpha function: after a spike the receptor is w·t/τ·e^{−t/τ}, with the peak w/e, as in
    /// brainpy's `Alpha`. dh/dt = −h/τ, ds/dt = (h − s)/τ, both solved exactly (brainpy's
    /// `exp_auto` keeps h constant in a step). The variables are those of
    /// [`Receptor::dual_exponential`].
    #[must_use]
    pub fn alpha(name: impl Into<String>, tau: f64) -> Self {
        Self::shaped(name, Shape::Alpha { tau })
    }

    /// A receptor of graded projections,
    /// [`Projection::kinetics`](crate::network::Projection::kinetics). Its value is the
    /// transmission of one step; it is 0 again in the next step. Projections that transmit at
    /// spikes only are refused: their effect would depend on dt.
    #[must_use]
    pub fn graded(name: impl Into<String>) -> Self {
        Self::shaped(name, Shape::Graded)
    }

    /// Gap junctions: the current Σ w·(V_source − V) of all projections onto the receptor. This is
    /// brainpy's `GapJunction`, whose `g_max` and `weights` are w. The current flows in each step,
    /// with or without spikes. Both models must have a variable `V`, and the postsynaptic model
    /// must have an input `g`. Synapses are stored, and have no delay.
    ///
    /// V_source is the potential after the source's own step, before a [`Receptor::delta`] adds to
    /// it in the same step. It is rounded to a multiple of 2⁻²¹ (5e-7) and must be within ±512,
    /// because sums of synapses are sums of integers. A source whose V exceeds this range ends the
    /// run with [`Error::OutOfRange`](crate::Error::OutOfRange). If the loop allows values that are
    /// not finite, the source's V is NaN from then on.
    ///
    /// Variables: `group.name`, which is Σ w·V_source, and `group.name.g`, which is Σ w.
    #[must_use]
    pub fn gap(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Gap, init: Init::Zeros }
    }

    fn shaped(name: impl Into<String>, shape: Shape) -> Self {
        Self { name: name.into(), kind: Kind::Filter { shape, reversal: None, block: None }, init: Init::Zeros }
    }

    /// A receptor through which spikes add to the model's own variable `variable` at once, at the
    /// end of the step in which they arrive: Brian2's `v += w`. If the variable stays constant in
    /// the next step, as `V` does in the refractory period of a neuron with a reset, the addition
    /// is dropped: Brian2's `unless refractory`, and NEST's rule. So a spike that arrives in the
    /// last step of the period counts, for the step after it.
    ///
    /// If a spike lifts a neuron over its threshold, and the neuron's spike is a crossing (`HH`,
    /// `MorrisLecar`, …), the neuron spikes in the next step. Other neurons (with a reset,
    /// `TraubMiles`) spike in the next step if V is still at the threshold or above after that
    /// step.
    ///
    /// If the group is integrated exactly ([`Method::Exact`](crate::models::Method::Exact)), spikes
    /// act on V after it has advanced and before it is compared with the threshold, in the step in
    /// which they arrive: NEST's `iaf_psc_delta`. Delays are then at least one step. The receptor has
    /// a variable `group.name`, which holds the sum of the spikes that arrive in the next step.
    ///
    /// A build refuses `spike`, `below`, `input`, `refractory`, and a variable that counts a
    /// refractory period.
    #[must_use]
    pub fn delta(name: impl Into<String>, variable: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Delta { variable: variable.into() }, init: Init::Zeros }
    }

    /// Makes the receptor a conductance g with the reversal potential `reversal`, mV: the current
    /// is g·(E − V). The conductance is an input of the model, which therefore must have an input
    /// `g`.
    #[must_use]
    pub fn coba(mut self, reversal: f64) -> Self {
        if let Kind::Filter { reversal: own, .. } = &mut self.kind {
            *own = Some(reversal);
        }
        self
    }

    /// Makes the receptor a current, which is the default.
    #[must_use]
    pub fn cuba(mut self) -> Self {
        if let Kind::Filter { reversal, .. } = &mut self.kind {
            *reversal = None;
        }
        self
    }

    /// Adds the magnesium block of NMDA receptors to the conductance. The model must have a
    /// variable `V`.
    #[must_use]
    pub fn magnesium(mut self, block: Magnesium) -> Self {
        if let Kind::Filter { block: own, .. } = &mut self.kind {
            *own = Some(block);
        }
        self
    }

    /// Sets the initial values; 0 by default. Drawn values depend on the loop's seed, as those of
    /// models do. A delta has no initial values. Those of gap junctions follow from the potentials.
    #[must_use]
    pub fn init(mut self, init: impl Into<Init>) -> Self {
        self.init = init.into();
        self
    }
}
