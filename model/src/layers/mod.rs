//! The layers of a Sequential.

pub(crate) mod build;
mod check;

pub(crate) use check::sequential;

use crate::Value;
use overtime::models::{self, Family, ModelInfo};
use serde::{Deserialize, Serialize};

/// A named layer of a Sequential.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Layer {
    /// The name.
    pub name: String,
    /// What it is.
    pub kind: LayerKind,
}

/// What a layer is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LayerKind {
    /// An activation, for features of any shape.
    Function {
        /// Its name.
        activation: String,
        /// Features, where no layer before says how many.
        num_in: Option<u64>,
    },
    /// A recurrent cell, or Dense.
    Cell {
        /// The kind.
        kind: String,
        /// Features of the input.
        num_in: u64,
        /// Units.
        num_out: u64,
        /// The activation, where it is not the kind's default.
        activation: Option<String>,
        /// Whether there is a bias.
        bias: bool,
        /// How weights and state start, by name.
        inits: Vec<(String, Value)>,
    },
    /// Recurrent layers.
    Recurrent {
        /// The kind.
        kind: String,
        /// Features of the input.
        num_in: u64,
        /// Units of each layer and direction.
        hidden: u64,
        /// Layers on one another.
        num_layers: u64,
        /// Whether there is a direction backwards in time.
        bidirectional: bool,
        /// The activation, where it is not the kind's default.
        activation: Option<String>,
        /// Whether there are biases.
        bias: bool,
        /// How weights and state start, by name.
        inits: Vec<(String, Value)>,
    },
    /// A convolution.
    Conv2d {
        /// Of the input, and of the output.
        channels: [u64; 2],
        /// Height and width of the window.
        kernel: [u64; 2],
        /// Height and width of the input.
        input: [u64; 2],
        /// Steps of the window, down and across.
        stride: [u64; 2],
        /// What is around the input.
        padding: Padding,
        /// Distances of the window's elements, down and across.
        dilation: [u64; 2],
        /// Groups of channels.
        groups: u64,
        /// Whether there is a bias.
        bias: bool,
        /// How weights start, by name.
        inits: Vec<(String, Value)>,
    },
}

/// What is around the input of a convolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Padding {
    /// As much as makes the output as large as the input.
    Same,
    /// Nothing.
    Valid,
    /// These numbers of zeros before and after, down and across.
    Explicit([[u64; 2]; 2]),
}

/// The kind of cell or layer of this name or alias.
///
/// # Errors
/// If there is no such kind.
pub fn kind(name: &str) -> overtime::Result<&'static ModelInfo> {
    models::find_in("kind of layer", name, &[Family::Cell, Family::Layer])
}

impl LayerKind {
    pub(crate) fn inits(&self) -> &[(String, Value)] {
        match self {
            Self::Function { .. } => &[],
            Self::Cell { inits, .. } | Self::Recurrent { inits, .. } | Self::Conv2d { inits, .. } => inits,
        }
    }

    pub(crate) fn inits_mut(&mut self) -> &mut [(String, Value)] {
        match self {
            Self::Function { .. } => &mut [],
            Self::Cell { inits, .. } | Self::Recurrent { inits, .. } | Self::Conv2d { inits, .. } => inits,
        }
    }
}
