//! The plain recurrent cell with brainpy's defaults.

use super::frame::{CellStep, Defaults, Gates};
use super::rnn_cell::Rnn;
use crate::init::Init;
use crate::models::Activation;
use crate::numeric::scalar::Scalar;

/// The gates of [`brainpy::RnnCell`](crate::models::brainpy::RnnCell).
#[derive(Clone, Copy, Debug)]
pub struct RnnBrainpy;

impl Gates for RnnBrainpy {
    const NAME: &'static str = "RNNCellBrainpy";
    const ALIASES: &'static [&'static str] = &["brainpy.RNNCell"];
    const ABOUT: &'static str = "h ← f(x Wi + h Wh + b), relu by default, as in brainpy";
    const REFERENCE: Option<&'static str> = Rnn::REFERENCE;
    const GATES: usize = 1;
    const GROUPS: &'static [usize] = &[1];
    const STATES: &'static [&'static str] = &["h"];
    const SOURCE: Option<(&'static str, &'static str)> = Rnn::SOURCE;
    const TORCH: Option<&'static [usize]> = Rnn::TORCH;

    fn defaults(_: usize) -> Defaults {
        Defaults { activation: Activation::Relu, wi: Init::XavierNormal, wh: Init::XavierNormal, b: Init::Zeros }
    }

    fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
        Rnn::step(step);
    }
}
