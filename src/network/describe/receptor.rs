//! What a spike that arrives adds its weight to, and what becomes of it.

use crate::init::Init;

/// What a spike that arrives adds its weight to.
#[derive(Clone, Debug, PartialEq)]
pub struct Receptor {
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) init: Init,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// A variable of its own.
    Filter {
        shape: Shape,
        reversal: Option<f64>,
        block: Option<Magnesium>,
    },
    /// The model's variable.
    Delta {
        variable: String,
    },
    Gap,
}

/// What a spike's effect is over time; all in ms.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    Exponential {
        tau: f64,
    },
    /// Of this much at its peak.
    Dual {
        rise: f64,
        tau: f64,
    },
    Alpha {
        tau: f64,
    },
    /// Of one step: what is transmitted all the time.
    Graded,
}

/// The block of NMDA receptors by magnesium: of a conductance s, `s / (1 + Mg/β·e^{−αV})` is open
/// at the potential V (Jahr & Stevens 1990). The defaults are those of brainpy's `MgBlock`. V is
/// that at the beginning of a step.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Magnesium {
    /// Concentration outside, mM; 1.2 by default.
    pub mg: f64,
    /// 1/mV; 0.062 by default.
    pub alpha: f64,
    /// mM; 3.57 by default.
    pub beta: f64,
}

impl Default for Magnesium {
    fn default() -> Self {
        Self { mg: 1.2, alpha: 0.062, beta: 3.57 }
    }
}

impl Receptor {
    /// A variable of the network, `group.name`, that spikes add to and that decays with time
    /// constant `tau`, ms: exactly, by e^{−dt/τ} a step. It is a current of the model's unit,
    /// unless [`Receptor::coba`] makes it a conductance.
    #[must_use]
    pub fn exponential(name: impl Into<String>, tau: f64) -> Self {
        Self::shaped(name, Shape::Exponential { tau })
    }

    /// Rises with time constant `tau_rise` and decays with `tau_decay`, ms, and is the weight at
    /// the peak: after a spike w·A·(e^{−t/τd} − e^{−t/τr}), brainpy's `DualExponV2`. With equal
    /// time constants it is the limit, w·t/τ·e^{1−t/τ}. Spikes add to the variable
    /// `group.name.rise`, h, and `group.name` is s: dh/dt = −h/τr, ds/dt = −s/τd + a·h, both solved
    /// exactly.
    #[must_use]
    pub fn dual_exponential(name: impl Into<String>, tau_rise: f64, tau_decay: f64) -> Self {
        Self::shaped(name, Shape::Dual { rise: tau_rise, tau: tau_decay })
    }

    /// After a spike w·t/τ·e^{−t/τ}, which is w/e at the peak, as in brainpy's `Alpha`: dh/dt =
    /// −h/τ, ds/dt = (h − s)/τ, both solved exactly (brainpy's `exp_auto` holds h for a step).
    /// Variables as those of [`Receptor::dual_exponential`].
    #[must_use]
    pub fn alpha(name: impl Into<String>, tau: f64) -> Self {
        Self::shaped(name, Shape::Alpha { tau })
    }

    /// What a graded projection, [`Projection::kinetics`](crate::network::Projection::kinetics),
    /// has transmitted in a step: nothing is left of it in the next. Spikes alone, whose effect
    /// would go by dt, are refused.
    #[must_use]
    pub fn graded(name: impl Into<String>) -> Self {
        Self::shaped(name, Shape::Graded)
    }

    /// Gap junctions: the current Σ w·(V_source − V) from all that is projected onto it, brainpy's
    /// `GapJunction`, whose `g_max` and `weights` are w. It is there in each step, whether anybody
    /// spikes or not. Both models must have a variable `V`, and this one an input `g`; synapses are
    /// stored, and have no delay.
    ///
    /// V_source is as the source's own step has left it, before what [`Receptor::delta`] may add to
    /// it in the same step. It counts in steps of 2⁻²¹ (5e-7), up to 512 either way: sums of
    /// synapses are sums of integers. A source whose V goes beyond that ends the run with
    /// [`Error::OutOfRange`](crate::Error::OutOfRange); where a loop allows what is not finite, its
    /// V is NaN from then on.
    ///
    /// Variables: `group.name`, which is Σ w·V_source, and `group.name.g`, which is Σ w.
    #[must_use]
    pub fn gap(name: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Gap, init: Init::Zeros }
    }

    fn shaped(name: impl Into<String>, shape: Shape) -> Self {
        Self { name: name.into(), kind: Kind::Filter { shape, reversal: None, block: None }, init: Init::Zeros }
    }

    /// Spikes add to the model's own variable `variable` at once, at the end of the step in which
    /// they arrive: Brian2's `v += w`. Where that variable stays as it is in the next step, as `V`
    /// does in the refractory period of a neuron that is reset, the addition is dropped: Brian2's
    /// `unless refractory`, NEST's rule. So a spike counts that arrives in the last step of the
    /// period, for the step after.
    ///
    /// A neuron whose spike is a crossing (`HH`, `MorrisLecar`, …) and that a spike lifts over its
    /// threshold spikes in the next step. Others (with a reset, `TraubMiles`) do so if their own
    /// flow leaves them at the threshold.
    ///
    /// `spike`, `below`, and what counts a refractory period are no such variable: a build says so.
    #[must_use]
    pub fn delta(name: impl Into<String>, variable: impl Into<String>) -> Self {
        Self { name: name.into(), kind: Kind::Delta { variable: variable.into() }, init: Init::Zeros }
    }

    /// A conductance g towards the potential `reversal`, mV: the current is g·(E − V). It enters
    /// the model's own conductance, which therefore must have an input `g`.
    #[must_use]
    pub fn coba(mut self, reversal: f64) -> Self {
        if let Kind::Filter { reversal: own, .. } = &mut self.kind {
            *own = Some(reversal);
        }
        self
    }

    /// A current, as it is by default.
    #[must_use]
    pub fn cuba(mut self) -> Self {
        if let Kind::Filter { reversal, .. } = &mut self.kind {
            *reversal = None;
        }
        self
    }

    /// The conductance is blocked by magnesium, as NMDA receptors are. The model must have a
    /// variable `V`.
    #[must_use]
    pub fn magnesium(mut self, block: Magnesium) -> Self {
        if let Kind::Filter { block: own, .. } = &mut self.kind {
            *own = Some(block);
        }
        self
    }

    /// Initial values; 0 by default. They depend on the loop's seed, as those of models do. A delta
    /// has none, and those of gap junctions are what the potentials make them.
    #[must_use]
    pub fn init(mut self, init: impl Into<Init>) -> Self {
        self.init = init.into();
        self
    }
}
