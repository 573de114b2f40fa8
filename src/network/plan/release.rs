//! The presynaptic release model of a projection, as both engines use it.

use crate::device::device_struct::device_constants;
use crate::init::Init;
use std::ops::Range;

/// The potential that gap junctions transmit as an amount of 1.
pub(crate) const MAX_POTENTIAL: f64 = 512.0;
/// The number of constants of a release model.
pub(crate) const CONSTANTS: usize = 7;

device_constants! {
    RELEASE_MODELS {
        /// Short-term plasticity.
        STP: u32 = 0,
        /// A receptor that a pulse of transmitter opens.
        AMPA: u32 = 1,
        /// A receptor of second order.
        NMDA: u32 = 2,
        /// A receptor of second order that a pulse of transmitter opens.
        BIO_NMDA: u32 = 3,
        /// The source's potential.
        GAP: u32 = 4,
        /// The first text of equations. Those of a network have numbers from this one on.
        EQUATIONS: u32 = 5,
    }
}

/// A release model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ReleaseModel {
    Stp,
    Ampa,
    Nmda,
    BioNmda,
    Gap,
    /// The text of equations of this number in the network.
    Equations(usize),
}

impl ReleaseModel {
    /// The number of the release model in kernels.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine reads it"))]
    pub(crate) fn number(self) -> u64 {
        match self {
            Self::Stp => STP.into(),
            Self::Ampa => AMPA.into(),
            Self::Nmda => NMDA.into(),
            Self::BioNmda => BIO_NMDA.into(),
            Self::Gap => GAP.into(),
            Self::Equations(number) => u64::from(EQUATIONS) + number as u64,
        }
    }
}

/// The kinetics of a projection.
#[derive(Debug)]
pub(crate) struct KineticsPlan {
    /// The projection's name.
    pub(crate) name: String,
    pub(crate) model: ReleaseModel,
    /// The constants of its release model.
    pub(crate) constants: [f64; CONSTANTS],
    /// Whether the release model reads the potential of the source. (That of gap junctions is it.)
    pub(crate) reads_potential: bool,
    /// The names of the variables.
    pub(crate) names: Vec<String>,
    /// The network's variables `[N]` of the presynaptic group. Elements of neurons that are not
    /// sources do not change. For gap junctions this is the model's potential.
    pub(crate) vars: Range<usize>,
    /// The initial values of the variables, except those of a text of equations.
    pub(crate) init: Vec<Init>,
}
