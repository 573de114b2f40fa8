//! The neuron as CUDA C: what `kernels/models/hh.cu` is given.

use super::Hh;
use crate::numeric::scalar::Real;
use crate::system::program::Program;

pub(super) fn program<R: Real>(model: &Hh<R>, dt: f64) -> Program {
    let mut program = Program::pointwise("hh.cu", include_str!("../../../../kernels/models/hh.cu"));
    let mut others = match model.method.tableau() {
        None => vec![R::of(dt)],
        Some(tableau) => {
            let (stages, coefficients) = tableau.stepper(R::of(dt)).coefficients();
            program = program.define("STAGES", stages);
            coefficients
        }
    };
    if model.noise.is_some() {
        program = program.define("NOISE", 1);
        others.push(model.noise_scale(dt));
    }
    program.constants(model.constants.all(), &others)
}
