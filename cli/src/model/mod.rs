//! Model files: what system to run, and how.

mod build;
mod channels;
mod check;
mod equations;
pub(crate) mod kinds;
mod layers;
pub(crate) mod network;
mod raw;
mod stack;
mod values;

pub(crate) use build::{Build, Loaded};
pub(crate) use values::{Arrays, in_file};

use crate::args::{Axis, Type};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::path::{Path, PathBuf};

/// What a model file says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Model {
    pub(crate) system: System,
    pub(crate) settings: Settings,
}

/// A system, to be built with any element type.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum System {
    Neurons(Neurons),
    Sequential(Vec<Layer>),
    Network(network::Network),
}

/// A group of neurons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Neurons {
    pub(crate) kind: String,
    pub(crate) size: u64,
    pub(crate) method: Option<String>,
    pub(crate) noise: Option<f64>,
    /// A spike takes V_th − V_reset off the potential, and leaves what was above.
    #[serde(default)]
    pub(crate) soft: bool,
    pub(crate) parameters: Vec<(String, Value)>,
    pub(crate) initial: Vec<(String, Value)>,
    /// Ion channels, of a neuron that is assembled of them.
    #[serde(default)]
    pub(crate) channels: Vec<channels::Channel>,
}

/// A named layer of a Sequential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Layer {
    pub(crate) name: String,
    pub(crate) kind: LayerKind,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum LayerKind {
    /// An activation, for features of any shape.
    Function { activation: String, num_in: Option<u64> },
    /// A recurrent cell, or Dense.
    Cell { kind: String, num_in: u64, num_out: u64, activation: Option<String>, bias: bool, inits: Vec<(String, Value)> },
    /// Recurrent layers.
    Recurrent {
        kind: String,
        num_in: u64,
        hidden: u64,
        num_layers: u64,
        bidirectional: bool,
        activation: Option<String>,
        bias: bool,
        inits: Vec<(String, Value)>,
    },
    /// A convolution.
    Conv2d {
        channels: [u64; 2],
        kernel: [u64; 2],
        input: [u64; 2],
        stride: [u64; 2],
        padding: Padding,
        dilation: [u64; 2],
        groups: u64,
        bias: bool,
        inits: Vec<(String, Value)>,
    },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Padding {
    Same,
    Valid,
    Explicit([[u64; 2]; 2]),
}

/// Where values come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Value {
    Number(f64),
    Zeros,
    XavierNormal,
    Uniform(f64, f64),
    Normal(f64, f64),
    Orthogonal(f64),
    /// An array in a file, and the line that says so.
    File {
        file: PathBuf,
        array: Option<String>,
        line: usize,
    },
}

/// The input that a file asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) enum Input {
    /// Of the system; of a network, of the first group that takes one.
    One(Value),
    /// Of groups of a network by name.
    Named(Vec<(String, Value)>),
}

impl Input {
    fn values_mut(&mut self) -> Vec<&mut Value> {
        match self {
            Self::One(value) => vec![value],
            Self::Named(values) => values.iter_mut().map(|(_, value)| value).collect(),
        }
    }
}

/// How to run it, where the file says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Settings {
    pub(crate) title: Option<String>,
    pub(crate) batch: Option<u64>,
    pub(crate) duration: Option<f64>,
    pub(crate) steps: Option<u64>,
    pub(crate) input: Option<Input>,
    /// How many steps each row takes: an array in a file.
    pub(crate) lengths: Option<Value>,
    pub(crate) first_axis: Option<Axis>,
    pub(crate) dt: Option<f64>,
    pub(crate) t0: Option<f64>,
    pub(crate) dtype: Option<Type>,
    pub(crate) device: Option<String>,
    pub(crate) strategy: Option<String>,
    pub(crate) seed: Option<u64>,
    pub(crate) weights: Option<PathBuf>,
    pub(crate) state: Option<PathBuf>,
    pub(crate) out_vars: Option<String>,
    pub(crate) record_every: Option<u64>,
    /// Where the picture goes, from where the command is run.
    pub(crate) plot: Option<PathBuf>,
}

/// What is wrong in a model file, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParseError {
    /// The file, if it came from one.
    pub path: Option<PathBuf>,
    /// The line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub message: String,
}

impl Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.path {
            Some(path) => write!(f, "{}:{}: {}", path.display(), self.line, self.message),
            None => write!(f, "line {}: {}", self.line, self.message),
        }
    }
}

impl std::error::Error for ParseError {}

/// Reads the text of a model file. Looks at no other file: arrays are read when the system is built.
///
/// # Errors
/// What is wrong, with its line.
pub fn parse(text: &str) -> Result<Model, ParseError> {
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

/// Longer files are no model files.
const LONGEST: u64 = 16 << 20;

/// Reads a model file. Files it names are relative to its folder.
pub(crate) fn read(path: &Path) -> anyhow::Result<Model> {
    let bytes = crate::data::read_capped(path, LONGEST, "a model file")?;
    let at = |e: ParseError| ParseError { path: Some(path.to_owned()), ..e };
    let text = String::from_utf8(bytes).map_err(|e| {
        let valid = e.utf8_error().valid_up_to();
        let line = 1 + e.as_bytes().iter().take(valid).filter(|b| **b == b'\n').count();
        at(ParseError { path: None, line, message: "not UTF-8 text".to_owned() })
    })?;
    let mut model = parse(&text).map_err(at)?;
    model.rebase(path.parent().unwrap_or(Path::new("")));
    Ok(model)
}

impl Model {
    /// A group of neurons of this kind with all defaults.
    pub(crate) fn neurons(kind: &kinds::Neuron) -> Self {
        let kind = kind.kind.to_owned();
        let neurons =
            Neurons { kind, size: 1, method: None, noise: None, soft: false, parameters: vec![], initial: vec![], channels: vec![] };
        Self { system: System::Neurons(neurons), settings: Settings::default() }
    }

    fn rebase(&mut self, folder: &Path) {
        let join = |path: &mut PathBuf| *path = folder.join(&*path);
        self.system.values_mut().into_iter().for_each(|value| value.rebase(folder));
        let input = self.settings.input.iter_mut().flat_map(Input::values_mut);
        input.chain(&mut self.settings.lengths).for_each(|value| value.rebase(folder));
        [&mut self.settings.weights, &mut self.settings.state].into_iter().flatten().for_each(join);
    }
}

impl Value {
    fn rebase(&mut self, folder: &Path) {
        if let Self::File { file, .. } = self {
            *file = folder.join(&*file);
        }
    }
}

impl System {
    /// Every value in it, with the name it has in errors and checkpoints.
    pub(crate) fn values(&self) -> Vec<(String, &Value)> {
        match self {
            Self::Neurons(n) => n.values(),
            Self::Network(net) => net.values(),
            Self::Sequential(layers) => {
                layers.iter().flat_map(|l| l.kind.inits().iter().map(|(name, v)| (format!("{}.{name}", l.name), v))).collect()
            }
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

impl Neurons {
    fn values(&self) -> Vec<(String, &Value)> {
        let parameters = self.parameters.iter().map(|(name, v)| (format!("parameters.{name}"), v));
        let initial = self.initial.iter().map(|(name, v)| (format!("initial.{name}"), v));
        parameters.chain(initial).chain(channels::values(&self.channels)).collect()
    }

    fn values_mut(&mut self) -> impl Iterator<Item = &mut Value> {
        let of_channels = self.channels.iter_mut().flat_map(|channel| &mut channel.parameters);
        self.parameters.iter_mut().chain(&mut self.initial).chain(of_channels).map(|(_, v)| v)
    }
}

impl LayerKind {
    fn inits(&self) -> &[(String, Value)] {
        match self {
            Self::Function { .. } => &[],
            Self::Cell { inits, .. } | Self::Recurrent { inits, .. } | Self::Conv2d { inits, .. } => inits,
        }
    }

    fn inits_mut(&mut self) -> &mut [(String, Value)] {
        match self {
            Self::Function { .. } => &mut [],
            Self::Cell { inits, .. } | Self::Recurrent { inits, .. } | Self::Conv2d { inits, .. } => inits,
        }
    }
}
