//! The simulated driver against programs of which it is known what they do, right and wrong.

mod bulk;
mod clusters;
mod common;
mod contract;
mod copies;
mod driver;
mod kernels;
mod mbarriers;
mod mistakes;
mod scalar;
mod tensor;
mod wgmma;
