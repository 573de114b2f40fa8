//! The simulated driver runs programs with known results, correct ones and faulty ones.

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
