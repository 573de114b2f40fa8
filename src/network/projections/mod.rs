//! The description of projections by the user, and of their kinetics.

pub(crate) mod kinetics;
pub(crate) mod many;
pub(crate) mod matrix;
pub(crate) mod plasticity;
pub(crate) mod projection;
pub(crate) mod stdp;
