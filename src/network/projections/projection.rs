//! Synapses from the neurons of one group to one receptor of a group.

use super::kinetics::Kinetics;
use super::plasticity::Plasticity;
use super::stdp::Stdp;
use crate::connectivity::Connect;
use crate::error::{Error, Result};
use crate::init::Init;
use std::ops::Range;

/// Synapses from a group, or a part of it, to one receptor of a group, or of a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    pub(crate) name: String,
    pub(crate) from: Subgroup,
    pub(crate) to: Subgroup,
    pub(crate) receptor: String,
    pub(crate) connect: Connect,
    pub(crate) autapses: bool,
    pub(crate) multapses: Option<bool>,
    pub(crate) procedural: bool,
    pub(crate) weight: Init,
    pub(crate) delay: Init,
    pub(crate) plasticity: Option<Plasticity>,
    pub(crate) kinetics: Option<Kinetics>,
    /// The initial values of variables of its kinetics or its plasticity, by name.
    pub(crate) initial: Vec<(String, Init)>,
}

/// A group, or a range of its neurons: `"P"` or `("P", 0..3200)`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subgroup {
    pub(crate) group: String,
    pub(crate) units: Option<Range<usize>>,
}

/// A receptor of a group or of a range of its neurons: `("P", "ge")` or `("P", 0..10, "ge")`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    part: Subgroup,
    receptor: String,
}

impl Subgroup {
    /// The name of the part within the name of a projection.
    pub(super) fn label(&self) -> String {
        match &self.units {
            Some(units) => format!("{}_{}_{}", self.group, units.start, units.end),
            None => self.group.clone(),
        }
    }
}

impl Target {
    /// The neurons.
    pub(super) fn part(&self) -> &Subgroup {
        &self.part
    }

    /// The name of the receptor.
    pub(super) fn receptor(&self) -> &str {
        &self.receptor
    }
}

impl From<&str> for Subgroup {
    fn from(group: &str) -> Self {
        Self { group: group.into(), units: None }
    }
}

impl From<String> for Subgroup {
    fn from(group: String) -> Self {
        Self { group, units: None }
    }
}

impl<S: Into<String>> From<(S, Range<usize>)> for Subgroup {
    fn from((group, units): (S, Range<usize>)) -> Self {
        Self { group: group.into(), units: Some(units) }
    }
}

impl<S: Into<String>, R: Into<String>> From<(S, R)> for Target {
    fn from((group, receptor): (S, R)) -> Self {
        Self { part: Subgroup { group: group.into(), units: None }, receptor: receptor.into() }
    }
}

impl<S: Into<String>, R: Into<String>> From<(S, Range<usize>, R)> for Target {
    fn from((group, units, receptor): (S, Range<usize>, R)) -> Self {
        Self { part: (group, units).into(), receptor: receptor.into() }
    }
}

impl Projection {
    /// Creates synapses between all pairs, including autapses, with weight 1 and without delay.
    #[must_use]
    pub fn new(name: impl Into<String>, from: impl Into<Subgroup>, to: impl Into<Target>) -> Self {
        let Target { part, receptor } = to.into();
        Self {
            name: name.into(),
            from: from.into(),
            to: part,
            receptor,
            connect: Connect::AllToAll,
            autapses: true,
            multapses: None,
            procedural: false,
            weight: Init::Constant(1.0),
            delay: Init::Constant(0.0),
            plasticity: None,
            kinetics: None,
            initial: Vec::new(),
        }
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sets the connectivity rule; all pairs by default.
    #[must_use]
    pub fn connect(mut self, connect: Connect) -> Self {
        self.connect = connect;
        self
    }

    /// Sets whether a neuron may be connected to itself; it may by default.
    #[must_use]
    pub fn autapses(mut self, autapses: bool) -> Self {
        self.autapses = autapses;
        self
    }

    /// Sets whether a pair of neurons may have several synapses, for [`Connect::FixedNumPre`] and
    /// [`Connect::FixedNumPost`]. By default all sources of a target (targets of a source) are
    /// different. With multapses each is drawn uniformly and independently of the others, which
    /// is NEST's `allow_multapses=True`; their number may exceed the number of neurons.
    /// Each synapse of a pair has a weight and a delay of its own.
    ///
    /// [`Connect::FixedTotalNumber`] always has multapses. The other rules have none, so that
    /// [`Builder::build`](crate::network::Builder::build) refuses `multapses(true)` for them.
    #[must_use]
    pub fn multapses(mut self, multapses: bool) -> Self {
        self.multapses = Some(multapses);
        self
    }

    /// Makes the connectivity procedural, so that no synapse is stored. Whenever a neuron spikes,
    /// its synapse row is computed again from the seed, added to the sums, and dropped. The
    /// synapses are the same as stored ones, so that results are the same bit for bit. Memory is
    /// needed only for the neurons, and a spike takes longer. The rule must be
    /// [`Connect::FixedProb`], [`Connect::FixedNumPost`], [`Connect::FixedTotalNumber`],
    /// [`Connect::OneToOne`] or [`Connect::AllToAll`]. Weights must be one value or drawn, and all synapses must have one
    /// delay; [`Builder::build`](crate::network::Builder::build) refuses other projections. (Knight
    /// & Nowotny 2021, Nat. Comput. Sci. 1, 136-142, introduced the method on GPUs.)
    #[must_use]
    pub fn procedural(mut self) -> Self {
        self.procedural = true;
        self
    }

    /// Sets the weights, which a spike adds to its targets' receptor: one value, values drawn with
    /// the network's seed, or, with [`Connect::Arrays`], one value for each synapse. The default is
    /// 1.
    #[must_use]
    pub fn weight(mut self, weight: impl Into<Init>) -> Self {
        self.weight = weight.into();
        self
    }

    /// Sets the delays: the times from a spike to its arrival, in ms, rounded to steps. They are
    /// one value, or values as for [`Projection::weight`]. The default is 0: a spike is added at
    /// the end of its own step, and acts on the model in the next step. With a delay of d steps,
    /// this happens d steps later. Delays are not negative: a value below 0 that a normal
    /// distribution draws becomes 0, and its mean must not be below 0.
    ///
    /// Delays with a least value, such as `Distribution::Normal(1.5, 0.75).redrawn(0.1..)`, are not
    /// shorter than it. A least value halfway between two steps counts as the later step: half a
    /// step gives delays of at least one step.
    #[must_use]
    pub fn delay(mut self, delay: impl Into<Init>) -> Self {
        self.delay = delay.into();
        self
    }

    /// Makes the weights plastic by pairs of spikes: the same as [`Projection::plasticity`] with this
    /// rule.
    #[must_use]
    pub fn stdp(self, rule: Stdp) -> Self {
        self.plasticity(rule)
    }

    /// Makes the weights plastic: they are variables of the network, and change with the spikes on
    /// both sides, as [`Stdp`] or a text of [`Equations`](crate::Equations) says. The synapses are
    /// then built together with the network, and each takes 8 bytes beside its variables.
    #[must_use]
    pub fn plasticity(mut self, rule: impl Into<Plasticity>) -> Self {
        self.plasticity = Some(rule.into());
        self
    }

    /// Sets the release model of gap junctions if the receptor is gap junctions (`gap`).
    pub(crate) fn join(&mut self, gap: bool) -> Result<()> {
        let name = &self.name;
        match (gap, &self.kinetics) {
            (true, None) => self.kinetics = Some(Kinetics::Gap),
            (false, Some(Kinetics::Gap)) => {
                return Err(Error::Unsupported(format!(
                    "projection `{name}` transmits potentials, but its receptor is not gap junctions"
                )));
            }
            (true, Some(Kinetics::Gap)) | (false, _) => {}
            (true, Some(_)) => {
                return Err(Error::Unsupported(format!(
                    "projection `{name}` has kinetics, but its receptor is gap junctions, which take no spikes"
                )));
            }
        }
        Ok(())
    }

    /// Sets the presynaptic release model. Each source has its own variables. With
    /// [`Stp`](crate::network::Stp), each spike transmits an amount.
    /// [`Ampa`](crate::network::Ampa), [`Nmda`](crate::network::Nmda) and
    /// [`BioNmda`](crate::network::BioNmda) transmit g times the weights in each step, to a
    /// [`Receptor::graded`](crate::network::Receptor::graded). A text of
    /// [`Equations`](crate::Equations) transmits at spikes or in each step, as it says. All synapses
    /// must have one delay: a spike reaches the release model after this delay, and the released
    /// amount acts at once. Amounts are multiples of 2⁻³⁰. The variables are `[N]` of the sources'
    /// group: `projection.u` and so on.
    #[must_use]
    pub fn kinetics(mut self, kinetics: impl Into<Kinetics>) -> Self {
        self.kinetics = Some(kinetics.into());
        self
    }

    /// Sets the initial values of a variable of the kinetics, such as `u` and `x` of
    /// [`Stp`](crate::network::Stp). The default is rest: 1 for the x of `Stp`, and 0 for all other
    /// variables. The values are one value, one for each neuron of the sources' group, or drawn
    /// with the loop's seed. They are between 0 and 1; only the x of [`Nmda`](crate::network::Nmda)
    /// and `left` have no such upper bound. A text has initial values of its own, and no bounds.
    ///
    /// Or it sets those of a variable of a text of plasticity, which has the shape that the variable
    /// has in the network: `[synapses]`, `[sources]` or `[delays, sources]`, or `[targets]`.
    #[must_use]
    pub fn init(mut self, variable: impl Into<String>, init: impl Into<Init>) -> Self {
        self.initial.push((variable.into(), init.into()));
        self
    }
}
