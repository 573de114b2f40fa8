//! The cells and layers: against brainpy's runs, against plain loops, and the bits they promise.

mod bad;
mod bits;
#[path = "../common/mod.rs"]
mod common;
mod golden;
mod layers;
mod start;
mod twin;
mod twins;
