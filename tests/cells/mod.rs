//! The cells and layers, compared with runs of brainpy and with plain loops, and the bits that they
//! guarantee.

mod against_reference;
mod bad;
mod bits;
mod golden;
mod layers;
mod products;
mod reference;
mod stacks;
mod start;
mod state_dict;
mod torch;

pub(crate) use super::device;
