//! The models: each one's equations, parameters with units and defaults, and source stand in its own file.

mod activation;
mod hh;
mod lif;
mod method;
mod param;

pub use activation::Activation;
pub use hh::Hh;
pub use lif::Lif;
pub use method::Method;
pub use param::Param;
