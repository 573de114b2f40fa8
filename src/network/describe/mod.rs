//! What a user says of a network: groups, projections, receptors, kinetics, and the builder that checks them.

pub(crate) mod builder;
pub(crate) mod group;
pub(crate) mod kinetics;
pub(crate) mod projection;
pub(crate) mod receptor;
