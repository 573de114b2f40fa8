//! Networks on a device: the text of their loops, what those are given, and the synapses there.

mod lanes;
mod request;
mod synapses;
mod table;
mod warps;

pub(crate) use request::{Cut, request};
pub(super) use synapses::Synapses;
pub(super) use table::{Group, Incoming, Outgoing, Poisson, Receptor};
pub(super) use warps::{Warps, share};
