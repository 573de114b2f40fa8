//! NVRTC, NVIDIA's run-time compiler: where it is found, how it is called, and what its logs say.

mod identity;
mod probe;
mod program;
mod usage;

pub(crate) use identity::identity;
pub(crate) use probe::probe;
pub(crate) use program::{Made, Nvrtc};
pub use usage::Usage;
pub(crate) use usage::usage;
