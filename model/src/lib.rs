//! Builds a [`System`](overtime::System) from a name, a specification or a model file.
//!
//! ```
//! use overtime::{Input, LoopOverTime};
//! use overtime_model::ModelFile;
//!
//! # fn main() -> overtime_model::Result<()> {
//! let file = ModelFile::parse("kind = 'AdExIF'\nsize = 10\nparameters = { tau_w = 100.0 }\ninitial = { V = -65.0 }\n")?;
//! let mut over_time = LoopOverTime::builder(file.build::<f64>()?).out_vars("V").build()?;
//! let run = over_time.run(Input::steps(100).constant(1.0))?;
//! assert_eq!(run["V"].shape(), [100, 10]);
//! # Ok(()) }
//! ```
//!
//! A [`ModelFile`] is the content of a file: a [`SystemSpec`], which describes the system, and
//! [`Settings`], which describe the run. serde reads and writes both. [`SystemSpec::build`] makes
//! the system, of any element type; it reads the arrays that the specification names. [`neurons()`]
//! makes a group of neurons from a name alone.
#![deny(missing_docs)]

mod arrays;
pub mod catalog;
mod check;
mod error;
pub mod files;
pub mod layers;
mod lines;
mod loaded;
mod misplaced;
mod model_file;
mod nested;
pub mod network;
pub mod neurons;
pub mod out_vars;
mod plot;
mod rules;
mod sequence;
mod settings;
pub mod stimulus;
mod strict;
mod system_spec;
mod toml_errors;
mod toml_file;
mod toml_inputs;
mod toml_values;
mod value;

pub use arrays::Arrays;
pub use error::{Error, ParseError, Result};
pub use layers::Layer;
pub use loaded::Loaded;
pub use model_file::ModelFile;
pub use network::Network;
pub use neurons::Neurons;
pub use plot::Plot;
pub use sequence::Sequence;
pub use settings::{Axis, Input, Settings, Signal, Type};
pub use stimulus::Stimulus;
pub use system_spec::SystemSpec;
pub use value::Value;

use overtime::Real;

/// Builds a group of `n` neurons or sources of spikes from a name or alias, with default
/// parameters.
///
/// ```
/// let system = overtime_model::neurons::<f32>("adex", 100)?;
/// assert_eq!(system.schema().output, [100]);
/// # Ok::<(), overtime_model::Error>(())
/// ```
///
/// # Errors
/// If the name is unknown.
pub fn neurons<T: Real>(name: &str, n: u64) -> Result<Loaded<T>> {
    SystemSpec::Neurons(Neurons::new(name, n)?).build(0, 0.1)
}
