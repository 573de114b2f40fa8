//! Networks on a device: the text of their loops, what those are given, and the synapses there.

mod lanes;
pub(super) mod plastic;
mod request;
mod synapses;
mod table;
mod warps;

pub(super) use plastic::Plastic;
pub(crate) use request::{Cut, request};
pub(super) use synapses::Synapses;
pub(super) use table::{Group, Incoming, Outgoing, Plastic as PlasticTable, Poisson, Receptor};
pub(super) use warps::{Warps, share};
