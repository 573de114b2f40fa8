//! How a model file says that its system is to be run.

use crate::stimulus::Stimulus;
use crate::{Plot, Value};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::str::FromStr;

/// How to run a system, where the model file says so.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The title of a picture.
    pub title: Option<String>,
    /// Rows of the batch.
    pub batch: Option<u64>,
    /// How long to run, in the unit of `dt`.
    pub duration: Option<f64>,
    /// How many steps to run; not beside `duration`.
    pub steps: Option<u64>,
    /// What the system is given at each step.
    pub input: Option<Input>,
    /// How many steps each row takes: an array in a file.
    pub lengths: Option<Value>,
    /// Which axis of input and results comes first.
    pub first_axis: Option<Axis>,
    /// Length of a step.
    pub dt: Option<f64>,
    /// Time of the first step.
    pub t0: Option<f64>,
    /// Element type.
    pub dtype: Option<Type>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: Option<String>,
    /// How a GPU runs the loop.
    pub strategy: Option<String>,
    /// Seed of initial values, weights, synapses and noise.
    pub seed: Option<u64>,
    /// A file of weights.
    pub weights: Option<PathBuf>,
    /// A file of a state to start from.
    pub state: Option<PathBuf>,
    /// Variables to record, as [`out_vars`](crate::out_vars) reads them.
    pub out_vars: Option<String>,
    /// Steps whose index is a multiple of this are recorded.
    pub record_every: Option<u64>,
    /// The picture.
    pub plot: Plot,
}

/// The input that a model file asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// That of the system; of a network, that of the first group that takes one.
    One(Signal),
    /// Those of groups of a network by name.
    Named(Vec<(String, Signal)>),
}

/// An input of one port.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Signal {
    /// A number for every step, one number for each unit, or a series in a file.
    Value(Value),
    /// A stimulus that changes in time.
    Stimulus(Stimulus),
}

impl Input {
    pub(crate) fn values_mut(&mut self) -> Vec<&mut Value> {
        let signals: Vec<&mut Signal> = match self {
            Self::One(signal) => vec![signal],
            Self::Named(signals) => signals.iter_mut().map(|(_, signal)| signal).collect(),
        };
        let value = |signal| match signal {
            &mut Signal::Value(ref mut value) => Some(value),
            Signal::Stimulus(_) => None,
        };
        signals.into_iter().filter_map(value).collect()
    }
}

impl Signal {
    /// The number of units that the input has values for, if the file says so.
    #[must_use]
    pub fn units(&self) -> Option<u64> {
        match self {
            Self::Value(Value::Sequence { values, .. }) => Some(values.count()),
            Self::Value(_) => None,
            Self::Stimulus(stimulus) => stimulus.units(),
        }
    }
}

/// Which axis of input and results comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// Time: `[T, B, …]`.
    T,
    /// The batch: `[B, T, …]`.
    B,
}

impl Axis {
    /// The names, as they are written.
    pub const NAMES: [&'static str; 2] = ["T", "B"];
}

impl FromStr for Axis {
    type Err = crate::Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        match s {
            "T" => Ok(Self::T),
            "B" => Ok(Self::B),
            _ => Err(crate::error::spec(format!("an axis is one of {}, not `{s}`", Self::NAMES.join(", ")))),
        }
    }
}

/// Element type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    /// 64 bits.
    F64,
    /// 32 bits.
    F32,
    /// 16 bits, of IEEE 754.
    F16,
    /// The upper 16 bits of an `f32`.
    Bf16,
}

impl Type {
    /// The names, as they are written.
    pub const NAMES: [&'static str; 4] = ["f64", "f32", "f16", "bf16"];
}

impl Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::F64 => "f64",
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

impl FromStr for Type {
    type Err = crate::Error;
    fn from_str(s: &str) -> crate::Result<Self> {
        let all = [Self::F64, Self::F32, Self::F16, Self::Bf16];
        let found = Self::NAMES.into_iter().zip(all).find(|(name, _)| *name == s);
        found
            .map(|(_, of)| of)
            .ok_or_else(|| crate::error::spec(format!("a type is one of {}, not `{s}`", Self::NAMES.join(", "))))
    }
}
