//! The cells and layers: against brainpy's runs, against plain loops, and the bits they promise.

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
