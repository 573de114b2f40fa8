//! The description of projections by the user, and of their kinetics.

pub(crate) mod kinetics;
pub(crate) mod many;
pub(crate) mod matrix;
pub(crate) mod projection;
