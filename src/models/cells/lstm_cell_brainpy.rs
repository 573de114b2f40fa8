//! Long short-term memory as brainpy has it: 1 is added to the forget gate.

use super::frame::{CellStep, Defaults, Gates};
use super::lstm_cell::{Lstm, Update};
use crate::init::Init;
use crate::models::Activation;
use crate::numeric::arithmetic::Arithmetic;
use crate::numeric::scalar::Scalar;
use crate::numeric::simd::vectorize;

/// The gates of [`brainpy::LstmCell`](crate::models::brainpy::LstmCell).
#[derive(Clone, Copy, Debug)]
pub struct LstmBrainpy;

impl Gates for LstmBrainpy {
    const NAME: &'static str = "LSTMCellBrainpy";
    const ALIASES: &'static [&'static str] = &["brainpy.LSTMCell"];
    const ABOUT: &'static str =
        "long short-term memory as brainpy has it, 1 added to the forget gate; gates i, g, f, o";
    const REFERENCE: Option<&'static str> = Lstm::REFERENCE;
    const GATES: usize = 4;
    const GROUPS: &'static [usize] = &[4];
    const STATES: &'static [&'static str] = &["h", "c"];
    const SOURCE: Option<(&'static str, &'static str)> = Lstm::SOURCE;
    const TORCH: Option<&'static [usize]> = Lstm::TORCH;
    const SHIFT: Option<(usize, f64)> = Some((2, 1.0));

    fn defaults(_: usize) -> Defaults {
        Defaults { activation: Activation::Tanh, wi: Init::XavierNormal, wh: Init::XavierNormal, b: Init::Zeros }
    }

    fn step<T: Scalar>(step: &mut CellStep<'_, T>) {
        step.add_h(0);
        vectorize(Update(step, T::Acc::of(1.0)));
    }
}
