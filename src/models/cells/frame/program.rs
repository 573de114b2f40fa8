//! The program of a cell in CUDA C.

use super::Gates;
use crate::models::Activation;
use crate::models::layers::dense;
use crate::system::program::{CellProgram, CudaSource, Program, ProgramBody};
use crate::system::scan::ScanDirection;

pub(super) fn program<K: Gates>(
    inputs: usize,
    hidden: usize,
    activation: Activation,
    way: ScanDirection,
) -> Option<Program> {
    let mut input = dense::map(inputs, hidden * K::GATES, ["Wi", "b"]);
    input.source.defines.push(("TO_WORK", "1".into()));
    // The state before and after a step, and the values that are kept within a step.
    let shared_rows = 2 * K::STATES.len() + K::KEPT;
    let (file, text) = K::SOURCE?;
    let mut source = CudaSource::new(file, text);
    let numbers = [("SHARED_ROWS", shared_rows), ("THREADS", CellProgram::THREADS)];
    source.defines = numbers.map(|(name, n)| (name, n.to_string())).to_vec();
    source.defines.push(("ACTIVATION", activation.kernel_name()));
    source.defines.extend(K::DEFINES.iter().map(|(name, value)| (*name, (*value).to_owned())));
    let (phases, states) = (K::PHASES, K::STATES.len());
    Some(Program {
        body: ProgramBody::Cell(Box::new(CellProgram {
            input,
            source,
            weights: vec!["Wh", "bh"],
            hidden,
            shared_rows,
            way,
            phases,
            states,
        })),
    })
}
