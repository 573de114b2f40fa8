//! What a user says of a network: projections, receptors, kinetics, plasticity.
//! ([`Group`](crate::network::Group) holds a model, and stands above.)

pub(crate) mod kinetics;
pub(crate) mod projection;
pub(crate) mod receptor;
pub(crate) mod stdp;
