//! The cells and layers: against brainpy's runs, against plain loops, and the bits they promise.

mod bad;
mod bits;
mod twin;
mod twins;
