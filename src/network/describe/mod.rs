//! The description of a network by the user: projections, receptors, kinetics, plasticity.
//! ([`Group`](crate::network::Group) contains a model, and so belongs to the module above.)

pub(crate) mod kinetics;
pub(crate) mod matrix;
pub(crate) mod projection;
pub(crate) mod projections;
pub(crate) mod receptor;
pub(crate) mod stdp;
