//! The neuron as CUDA C: the text of each channel in a namespace of its own, then
//! `kernels/models/cond_neu_group.cu`.

use super::CondNeuGroup;
use crate::numeric::scalar::Real;
use crate::system::program::Program;
use std::fmt::Write;

pub(super) fn program<R: Real>(model: &CondNeuGroup<R>, dt: f64) -> Program {
    let mut text = "#include \"channel.cuh\"\n".to_owned();
    let mut list = String::new();
    let mut gate = 1;
    let kinds = model.channels.iter().filter_map(|(_, channel)| channel.kind());
    for (n, kind) in kinds.enumerate() {
        // Writing to a String never fails.
        let _ = write!(text, "namespace channel{n} {{\n#line 1 \"{kind}\"\n{}}}\n", kind.kernel());
        let _ = write!(list, " DO({n}, {gate})");
        gate += kind.gates().len();
    }
    let _ = write!(text, "#define CHANNELS(DO){list}\n#line 1 \"{FILE}\"\n");
    text.push_str(include_str!("../../../../kernels/models/cond_neu_group.cu"));
    let mut program = Program::pointwise(FILE, text);
    let others = match model.method.tableau() {
        None => vec![R::of(dt)],
        Some(tableau) => {
            let (stages, coefficients) = tableau.stepper(R::of(dt)).coefficients();
            program = program.define("STAGES", stages);
            coefficients
        }
    };
    let of_channels = model.channels.iter().flat_map(|(_, channel)| channel.params());
    program.constants(model.params.all().into_iter().chain(of_channels), &others)
}

const FILE: &str = "cond_neu_group.cu";
