//! Synapses from one group's neurons to one receptor of another's.

use super::kinetics::Kinetics;
use super::stdp::Stdp;
use crate::connectivity::Connect;
use crate::error::{Error, Result};
use crate::init::Init;
use std::ops::Range;

/// Synapses from a group, or a part of it, to one receptor of a group or of a part of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Projection {
    pub(crate) name: String,
    pub(crate) from: Subgroup,
    pub(crate) to: Subgroup,
    pub(crate) receptor: String,
    pub(crate) connect: Connect,
    pub(crate) autapses: bool,
    pub(crate) procedural: bool,
    pub(crate) weight: Init,
    pub(crate) delay: Init,
    pub(crate) stdp: Option<Stdp>,
    pub(crate) kinetics: Option<Kinetics>,
    /// What variables of its kinetics begin with, by name.
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
    /// Synapses between all pairs, autapses included, of weight 1, without delay.
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
            procedural: false,
            weight: Init::Constant(1.0),
            delay: Init::Constant(0.0),
            stdp: None,
            kinetics: None,
            initial: Vec::new(),
        }
    }

    /// Who is connected to whom; all pairs by default.
    #[must_use]
    pub fn connect(mut self, connect: Connect) -> Self {
        self.connect = connect;
        self
    }

    /// Whether a neuron may be connected to itself; it may by default.
    #[must_use]
    pub fn autapses(mut self, autapses: bool) -> Self {
        self.autapses = autapses;
        self
    }

    /// Stores no synapse: whenever a neuron spikes, its row is made again from the seed, added to
    /// what arrives, and forgotten. The synapses are those that would be stored, so that results
    /// are the same to the bit; memory is that of the neurons, and a spike takes longer. For
    /// [`Connect::FixedProb`], [`Connect::FixedNumPost`], [`Connect::OneToOne`] and
    /// [`Connect::AllToAll`], with weights that are one value or drawn, and one delay;
    /// [`Builder::build`](crate::network::Builder::build) refuses others. (Knight & Nowotny 2021,
    /// Nat. Comput. Sci. 1, 136-142, who made them so on GPUs.)
    #[must_use]
    pub fn procedural(mut self) -> Self {
        self.procedural = true;
        self
    }

    /// What a spike adds to its targets' receptor: one value, values drawn by the network's seed,
    /// or, with [`Connect::Arrays`], one for each synapse. 1 by default.
    #[must_use]
    pub fn weight(mut self, weight: impl Into<Init>) -> Self {
        self.weight = weight.into();
        self
    }

    /// Time from a spike to its arrival, ms, rounded to steps; one value, or as
    /// [`Projection::weight`]. 0 by default: a spike is added at the end of the step that it is in,
    /// and felt in the next. A delay of d steps makes that d steps later. Delays are not negative:
    /// what a normal distribution draws below 0 is 0, and its mean must not be below 0.
    #[must_use]
    pub fn delay(mut self, delay: impl Into<Init>) -> Self {
        self.delay = delay.into();
        self
    }

    /// Makes weights plastic: variables of the network, that change with the spikes on both sides.
    /// Synapses are then made when the network is built, and take 8 bytes each beside their
    /// weights.
    #[must_use]
    pub fn stdp(mut self, rule: Stdp) -> Self {
        self.stdp = Some(rule);
        self
    }

    /// Makes it transmit potentials if it goes to gap junctions.
    pub(crate) fn join(&mut self, gap: bool) -> Result<()> {
        let name = &self.name;
        match (gap, self.kinetics) {
            (true, None) => self.kinetics = Some(Kinetics::Gap),
            (false, Some(Kinetics::Gap)) => {
                return Err(Error::Unsupported(format!(
                    "projection `{name}` transmits potentials, and goes to no gap junctions"
                )));
            }
            (true, Some(Kinetics::Gap)) | (false, _) => {}
            (true, Some(_)) => {
                return Err(Error::Unsupported(format!(
                    "projection `{name}` has kinetics, and goes to gap junctions, which take no spikes"
                )));
            }
        }
        Ok(())
    }

    /// What becomes of a source's spikes before its synapses, for each source its own:
    /// [`Stp`](crate::network::Stp), by which each spike has an amount of its own; or, to a
    /// [`Receptor::graded`](crate::network::Receptor::graded), [`Ampa`](crate::network::Ampa),
    /// [`Nmda`](crate::network::Nmda) or [`BioNmda`](crate::network::BioNmda), whose g is passed on
    /// in each step, times the weights. All synapses must have one delay: spikes are late by it,
    /// and what they do is at once. The amounts that are passed on are whole numbers of 2⁻³⁰.
    /// Variables, `[N]` of the sources' group: `projection.u` and so on.
    #[must_use]
    pub fn kinetics(mut self, kinetics: impl Into<Kinetics>) -> Self {
        self.kinetics = Some(kinetics.into());
        self
    }

    /// What a variable of its kinetics begins with, such as `u` and `x` of
    /// [`Stp`](crate::network::Stp); rest by default, which is 1 for its x and 0 for all others.
    /// One value, one for each neuron of the sources' group, or drawn, by the loop's seed; between
    /// 0 and 1, but for the x of [`Nmda`](crate::network::Nmda) and `left`, which have no such
    /// upper bound.
    #[must_use]
    pub fn init(mut self, variable: impl Into<String>, init: impl Into<Init>) -> Self {
        self.initial.push((variable.into(), init.into()));
        self
    }
}
