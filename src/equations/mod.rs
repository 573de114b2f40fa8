//! Models from equations as text: one text, from which come the CPU's program and the CUDA kernel.

mod adjoint;
mod channel;
mod cuda;
pub(crate) mod evaluate;
pub(crate) mod graph;
mod initial;
mod model;
mod plasticity;
mod print;
mod program;
#[cfg(test)]
mod properties;
mod release;
#[cfg(test)]
mod samples;
mod step;
mod step_text;
mod surrogate;
mod system;
mod tape;
#[cfg(test)]
mod tests;
mod text;
pub(crate) mod trace_text;
pub(crate) mod traced;

pub use adjoint::AdjointOptions;
pub(crate) use channel::{Membrane, wide};
pub(crate) use plasticity::{Change, InPlace, Rule};
pub(crate) use release::{Release, Step, TRANSMITTED};
pub use step_text::StepText;
pub use surrogate::Surrogate;
pub use system::Equations;
