//! The neuron as CUDA C: what `kernels/models/traub_miles.cu` is given.

use super::TraubMiles;
use super::constants::derived;
use crate::numeric::scalar::Real;
use crate::system::program::Program;

pub(super) fn program<R: Real>(model: &TraubMiles<R>, dt: f64) -> Program {
    let mut program = Program::pointwise("traub_miles.cu", include_str!("../../../../kernels/models/traub_miles.cu"));
    let dt = R::of(dt);
    let others = match model.method.tableau() {
        None => vec![dt],
        Some(tableau) => {
            let (stages, coefficients) = tableau.stepper(dt).coefficients();
            program = program.define("STAGES", stages);
            coefficients
        }
    };
    program.constants(derived(&model.constants, dt).all(), &others)
}
