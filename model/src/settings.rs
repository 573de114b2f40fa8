//! The settings of a run in a model file.

use crate::stimulus::Stimulus;
use crate::{Plot, Value};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display};
use std::path::PathBuf;
use std::str::FromStr;

/// The settings of a run. What the file does not set is `None`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// The title of a picture.
    pub title: Option<String>,
    /// Rows of the batch.
    pub batch: Option<u64>,
    /// The duration, in the unit of `dt`.
    pub duration: Option<f64>,
    /// The number of steps; not beside `duration`.
    pub steps: Option<u64>,
    /// The input.
    pub input: Option<Input>,
    /// The number of steps of each batch row: an array in a file.
    pub lengths: Option<Value>,
    /// The first axis of input and results.
    pub first_axis: Option<Axis>,
    /// The length of a step, ms.
    pub dt: Option<f64>,
    /// The time of the first step, ms.
    pub t0: Option<f64>,
    /// The element type.
    pub dtype: Option<Type>,
    /// `auto`, `cpu`, `cuda` or `cuda:N`.
    pub device: Option<String>,
    /// The strategy of a GPU.
    pub strategy: Option<String>,
    /// The seed of initial values, weights, synapses and noise.
    pub seed: Option<u64>,
    /// The file of weights.
    pub weights: Option<PathBuf>,
    /// The file of the initial state.
    pub state: Option<PathBuf>,
    /// The variables to record, as [`out_vars`](crate::out_vars) reads them.
    pub out_vars: Option<String>,
    /// The interval of recorded steps: a step is recorded if its index is a multiple of it.
    pub record_every: Option<u64>,
    /// The time from which spikes count in the statistics of populations, ms.
    pub statistics_from: Option<f64>,
    /// The picture.
    pub plot: Plot,
}

/// The input in a model file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Input {
    /// The input of the system, or of the first group with an input in a network.
    One(Signal),
    /// The inputs of groups of a network by name.
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
    /// The number of units for which the input has values, if the file determines it.
    #[must_use]
    pub fn units(&self) -> Option<u64> {
        match self {
            Self::Value(Value::Sequence { values, .. }) => Some(values.count()),
            Self::Value(_) => None,
            Self::Stimulus(stimulus) => stimulus.units(),
        }
    }
}

/// The first axis of input and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Axis {
    /// Time: `[T, B, …]`.
    T,
    /// The batch: `[B, T, …]`.
    B,
}

impl Axis {
    /// The names, as users write them.
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

/// The element type.
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
    /// The names, as users write them.
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
