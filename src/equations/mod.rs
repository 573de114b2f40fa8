//! Models from equations as text: one text, from which come the CPU's program and the CUDA kernel.

mod adjoint;
mod cuda;
mod evaluate;
mod graph;
mod model;
mod print;
mod program;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod samples;
mod step;
mod surrogate;
mod system;
mod tape;
#[cfg(test)]
mod tests;
mod text;

pub use adjoint::AdjointOptions;
pub use surrogate::Surrogate;
pub use system::{Equations, StepText};
