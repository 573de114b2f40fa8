//! A cell as CUDA C.

use super::Kind;
use crate::models::{Activation, dense};
use crate::program::{Body, Cell, Program, Source};

pub(super) fn program<K: Kind>(inputs: usize, hidden: usize, activation: Activation) -> Program {
    let mut input = dense::map(inputs, hidden * K::GATES, ["Wi", "b"]);
    input.source.defines.push(("TO_WORK", "1".into()));
    // The state before a step and after it, and what is kept within.
    let on_chip = 2 * K::STATES.len() + K::KEPT;
    let (file, text) = K::SOURCE;
    let mut source = Source::new(file, text);
    source.defines = vec![("ON_CHIP", on_chip.to_string()), ("ACTIVATION", activation.kernel_name())];
    Program { body: Body::Cell(Cell { input, source, weights: vec!["Wh", "bh"], hidden, on_chip }) }
}
