//! TODO head

pub(crate) mod builder;
pub(crate) mod group;
pub(crate) mod kinetics;
pub(crate) mod projection;
pub(crate) mod receptor;
