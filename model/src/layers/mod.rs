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
    /// Its kind and options.
    pub kind: LayerKind,
}

/// The kind and the options of a layer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum LayerKind {
    /// An activation, for features of any shape.
    Function {
        /// Its name.
        activation: String,
        /// The number of features, if no layer before determines it.
        num_in: Option<u64>,
    },
    /// A recurrent cell, or Dense.
    Cell {
        /// The kind.
        kind: String,
        /// The number of features of the input.
        num_in: u64,
        /// The number of units.
        num_out: u64,
        /// The activation, if it differs from the default of the kind.
        activation: Option<String>,
        /// Whether there is a bias.
        bias: bool,
        /// The initial values of weights and state, by name.
        inits: Vec<(String, Value)>,
    },
    /// Recurrent layers.
    Recurrent {
        /// The kind.
        kind: String,
        /// The number of features of the input.
        num_in: u64,
        /// The number of units of each layer and direction.
        hidden: u64,
        /// The number of layers.
        num_layers: u64,
        /// Whether there is a second direction, backwards in time.
        bidirectional: bool,
        /// The activation, if it differs from the default of the kind.
        activation: Option<String>,
        /// Whether there are biases.
        bias: bool,
        /// The initial values of weights and state, by name.
        inits: Vec<(String, Value)>,
    },
    /// A convolution.
    Conv2d {
        /// The channels of the input and of the output.
        channels: [u64; 2],
        /// Height and width of the window.
        kernel: [u64; 2],
        /// Height and width of the input.
        input: [u64; 2],
        /// The stride of the window, down and across.
        stride: [u64; 2],
        /// The padding around the input.
        padding: Padding,
        /// The dilation: distances of the window's elements, down and across.
        dilation: [u64; 2],
        /// The number of groups of channels.
        groups: u64,
        /// Whether there is a bias.
        bias: bool,
        /// The initial values of weights, by name.
        inits: Vec<(String, Value)>,
    },
}

/// The padding around the input of a convolution.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Padding {
    /// The padding that makes the output as large as the input.
    Same,
    /// No padding.
    Valid,
    /// These numbers of zeros before and after, down and across.
    Explicit([[u64; 2]; 2]),
}

/// The kind of cell or layer of this name or alias.
///
/// # Errors
/// If the kind is unknown.
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
