//! The options of a layer whose kind is known by name only.

use super::Activation;
use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::scalar::Scalar;
use crate::system::System;

/// A recurrent cell, a recurrent layer or a dense layer of any kind, which [`layer`](super::layer)
/// makes from a name. The methods set by name what the builders set.
///
/// ```
/// use overtime::{Init, models};
///
/// # fn main() -> overtime::Result<()> {
/// let mut layer = models::layer::<f32>("GRU", 4, 8)?;
/// layer.set_num_layers(2)?;
/// layer.set_init("Wh", Init::Orthogonal(1.0))?;
/// # Ok(()) }
/// ```
///
/// An option that the kind does not have is [`Error::Unsupported`]. An unknown name is
/// [`Error::Unknown`].
pub trait LayerOptions<T: Scalar>: System<T> {
    /// Sets the activation function.
    ///
    /// # Errors
    /// If the layer has no activation function.
    fn set_activation(&mut self, activation: Activation) -> Result<()> {
        let _ = activation;
        Err(not_taken("activation", self.kind()))
    }

    /// Sets whether there is a bias.
    ///
    /// # Errors
    /// If layers of this kind have no bias.
    fn set_bias(&mut self, bias: bool) -> Result<()>;

    /// Sets the seed of the random weights.
    fn set_seed(&mut self, seed: u64);

    /// Sets the initialiser of the weight of this name, or of the `state`.
    ///
    /// # Errors
    /// If there is no such weight.
    fn set_init(&mut self, name: &str, init: Init) -> Result<()>;

    /// Sets the number of stacked layers.
    ///
    /// # Errors
    /// If the kind has one layer only.
    fn set_num_layers(&mut self, layers: usize) -> Result<()> {
        let _ = layers;
        Err(not_taken("num_layers", self.kind()))
    }

    /// Sets whether there is a second direction, backwards in time.
    ///
    /// # Errors
    /// If the kind has one direction only.
    fn set_bidirectional(&mut self, both: bool) -> Result<()> {
        let _ = both;
        Err(not_taken("bidirectional", self.kind()))
    }
}

fn not_taken(what: &str, kind: &str) -> Error {
    Error::Unsupported(format!("`{what}` is not for {kind}"))
}

/// The error of an initialiser for a weight or state that the layer does not have.
pub(super) fn unknown_init(name: &str, known: &[&str]) -> Error {
    Error::unknown("weight or state", name, known)
}
