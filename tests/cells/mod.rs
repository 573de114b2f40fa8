//! The cells and layers, compared with runs of brainpy and with plain loops, and the bits that they
//! guarantee.

mod bad;
mod bits;
mod golden;
mod layers;
mod products;
mod stacks;
mod start;
mod state_dict;
mod torch;
mod twin;
mod twins;

pub(crate) use super::device;
