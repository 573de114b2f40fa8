//! Systems by name and from model files: a specification in, a [`System`] out.
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
//! A [`ModelFile`] is what a file says: a [`SystemSpec`], which says what to run, and [`Settings`],
//! which say how. Both are values that serde reads and writes. [`SystemSpec::build`] makes the
//! system, of any element type; it reads the arrays that the specification names. [`neurons()`]
//! makes a group of neurons by name alone.
#![deny(missing_docs)]

mod arrays;
mod check;
mod error;
pub mod files;
pub mod layers;
pub mod network;
pub mod neurons;
pub mod out_vars;
mod plot;
mod raw;
mod settings;

pub use arrays::Arrays;
pub use error::{Error, ParseError, Result};
pub use layers::Layer;
pub use network::Network;
pub use neurons::Neurons;
pub use plot::Plot;
pub use settings::{Axis, Input, Settings, Type};

use overtime::{Real, Scalar, System};
use serde::{Deserialize, Serialize};
use std::any::Any;
use std::path::{Path, PathBuf};

/// A system of any kind.
pub type Loaded<T> = Box<dyn System<T>>;

/// What a model file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// What to run.
    pub system: SystemSpec,
    /// How to run it.
    pub settings: Settings,
}

/// A system, to be built with any element type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum SystemSpec {
    /// A group of neurons.
    Neurons(Neurons),
    /// Layers, one after the other.
    Sequential(Vec<Layer>),
    /// Groups of neurons and projections between them.
    Network(Network),
}

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A number for all.
    Number(f64),
    /// Zeros.
    Zeros,
    /// Normal numbers of Xavier's variance.
    XavierNormal,
    /// Uniform between a low end and a high one.
    Uniform(f64, f64),
    /// Normal, of a mean and a deviation.
    Normal(f64, f64),
    /// Orthonormal rows or columns times a gain.
    Orthogonal(f64),
    /// An array in a file.
    File {
        /// The file.
        file: PathBuf,
        /// The array in it; the only one if there is no name.
        array: Option<String>,
        /// The line of the model file that says so.
        line: usize,
    },
}

/// Longer files are no model files.
const LONGEST: u64 = 16 << 20;

impl ModelFile {
    /// Reads a model file. Files that it names are relative to its folder.
    ///
    /// # Errors
    /// If the file cannot be read, or breaks a rule.
    pub fn read(path: &Path) -> Result<Self> {
        let bytes = files::read_capped(path, LONGEST, "a model file")?;
        let at = |e: ParseError| ParseError { path: Some(path.to_owned()), ..e };
        let text = String::from_utf8(bytes).map_err(|e| {
            let valid = e.utf8_error().valid_up_to();
            let line = 1 + e.as_bytes().iter().take(valid).filter(|b| **b == b'\n').count();
            at(ParseError { path: None, line, message: "not UTF-8 text".to_owned() })
        })?;
        let mut model = Self::parse(&text).map_err(at)?;
        model.rebase(path.parent().unwrap_or(Path::new("")));
        model.path = Some(path.to_owned());
        Ok(model)
    }

    /// Reads the text of a model file. It looks at no other file: arrays are read when the system
    /// is built.
    ///
    /// # Errors
    /// What is wrong, with its line.
    pub fn parse(text: &str) -> std::result::Result<Self, ParseError> {
        // Asked for by every value that is a file, so that counting each time would be quadratic.
        let ends: Vec<usize> = text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(at, _)| at).collect();
        let line = |at: usize| 1 + ends.partition_point(|end| *end < at);
        let file: raw::File = toml::from_str(text).map_err(|e| ParseError {
            path: None,
            line: line(e.span().map_or(0, |s| s.start)),
            message: e.message().to_owned(),
        })?;
        check::model(file, &line)
    }

    /// A group of one neuron of this kind, with all defaults.
    ///
    /// # Errors
    /// If there is no such kind.
    pub fn neurons(kind: &str) -> Result<Self> {
        Ok(Self { path: None, system: SystemSpec::Neurons(Neurons::new(kind, 1)?), settings: Settings::default() })
    }

    /// The system, for the seed and the step of the settings, 0 and 0.1 ms by default.
    ///
    /// # Errors
    /// If an array cannot be read, or the library refuses the system.
    pub fn build<T: Scalar>(&self) -> Result<Loaded<T>> {
        let arrays = Arrays::read(&self.system, self.path.as_deref())?;
        let (seed, dt) = (self.settings.seed.unwrap_or(0), self.settings.dt.unwrap_or(0.1));
        self.system.build_with(&arrays, seed, dt).map_err(|e| e.in_file(self.path.as_deref()))
    }

    fn rebase(&mut self, folder: &Path) {
        let join = |path: &mut PathBuf| *path = folder.join(&*path);
        self.system.values_mut().into_iter().for_each(|value| value.rebase(folder));
        let input = self.settings.input.iter_mut().flat_map(Input::values_mut);
        input.chain(&mut self.settings.lengths).for_each(|value| value.rebase(folder));
        [&mut self.settings.weights, &mut self.settings.state].into_iter().flatten().for_each(join);
    }
}

/// A group of `n` neurons or sources of the kind of this name or alias, with all defaults.
///
/// ```
/// let system = overtime_model::neurons::<f32>("adex", 100)?;
/// assert_eq!(system.schema().output, [100]);
/// # Ok::<(), overtime_model::Error>(())
/// ```
///
/// # Errors
/// If there is no such kind.
pub fn neurons<T: Real>(name: &str, n: u64) -> Result<Loaded<T>> {
    SystemSpec::Neurons(Neurons::new(name, n)?).build(0, 0.1)
}

impl Value {
    fn rebase(&mut self, folder: &Path) {
        if let Self::File { file, .. } = self {
            *file = folder.join(&*file);
        }
    }
}

impl SystemSpec {
    /// The system of this element type, for steps of `dt`. The seed is that of weights and
    /// synapses. Arrays are read from their files.
    ///
    /// # Errors
    /// If an array cannot be read, or the library refuses the system.
    pub fn build<T: Scalar>(&self, seed: u64, dt: f64) -> Result<Loaded<T>> {
        self.build_with(&Arrays::read(self, None)?, seed, dt)
    }

    /// The same with arrays that have been read.
    ///
    /// # Errors
    /// If an array is missing, or the library refuses the system.
    pub fn build_with<T: Scalar>(&self, arrays: &Arrays, seed: u64, dt: f64) -> Result<Loaded<T>> {
        match self {
            Self::Sequential(layers) => layers::build::sequential(layers, arrays, seed),
            Self::Neurons(group) => {
                let double = || neurons::build::neurons::<f64>(group, arrays);
                of_reals(double, || neurons::build::neurons::<f32>(group, arrays), &group.kind)
            }
            Self::Network(net) => {
                let double = || network::build::network::<f64>(net, arrays, seed, dt);
                of_reals(double, || network::build::network::<f32>(net, arrays, seed, dt), "a network")
            }
        }
    }

    /// Every value in it, with the name that it has in errors and in [`Arrays`].
    #[must_use]
    pub fn values(&self) -> Vec<(String, &Value)> {
        match self {
            Self::Neurons(n) => n.values(),
            Self::Network(net) => net.values(),
            Self::Sequential(layers) => layers
                .iter()
                .flat_map(|l| l.kind.inits().iter().map(|(name, v)| (format!("{}.{name}", l.name), v)))
                .collect(),
        }
    }

    fn values_mut(&mut self) -> Vec<&mut Value> {
        match self {
            Self::Neurons(n) => n.values_mut().collect(),
            Self::Network(net) => net.values_mut(),
            Self::Sequential(layers) => layers.iter_mut().flat_map(|l| l.kind.inits_mut()).map(|(_, v)| v).collect(),
        }
    }
}

/// What one of the two makes, if `T` is its type. Integrators do not take halves.
fn of_reals<T: Scalar>(
    double: impl FnOnce() -> Result<Loaded<f64>>,
    single: impl FnOnce() -> Result<Loaded<f32>>,
    kind: &str,
) -> Result<Loaded<T>> {
    let made: Box<dyn Any> = match T::DTYPE {
        overtime::DType::F64 => Box::new(double()?),
        overtime::DType::F32 => Box::new(single()?),
        _ => Box::new(()),
    };
    match made.downcast::<Loaded<T>>() {
        Ok(system) => Ok(*system),
        Err(_) => Err(error::spec(format!(
            "{kind} cannot run in {}: a step changes V by less than a half's rounding; use f32 or f64 (halves are for cells and layers)",
            T::DTYPE
        ))),
    }
}
