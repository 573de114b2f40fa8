//! The cells and layers: against brainpy's runs, against plain loops, and the bits they promise.

mod bad;
mod bits;
#[path = "../common/mod.rs"]
mod common;
mod golden;
mod layers;
mod products;
mod stacks;
mod start;
mod state_dict;
mod torch;
mod twin;
mod twins;

/// Where the reference runs are made. The tests of CUDA have another function of this name.
pub(crate) fn device() -> Option<overtime::Device> {
    Some(overtime::Device::Cpu)
}
