//! The description of a network by the user: receptors.
//! ([`Group`](crate::network::Group) contains a model, and
//! [`Kinetics`](crate::network::Kinetics) may contain one, so that groups and projections belong to
//! the module above.)

pub(crate) mod receptor;
