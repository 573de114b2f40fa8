//! Layers: dense, convolution, activations, and layers of recurrent cells.

pub(crate) mod activation;
pub(crate) mod conv2d;
pub(crate) mod dense;
pub(crate) mod recurrent;
