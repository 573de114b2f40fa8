//! NVRTC, the compiler for kernels: where it is, what it is told, and what it says.

mod identity;
mod probe;
mod program;
mod usage;

pub(crate) use identity::identity;
pub(crate) use probe::probe;
pub(crate) use program::{Made, Nvrtc};
pub use usage::Usage;
pub(crate) use usage::usage;
