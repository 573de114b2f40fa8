//! The program of a step for the CPU: a list of operations, each of which is a loop over the units of a
//! block.

mod code;
mod compile;
mod load;
mod run;

use super::graph::Leaf;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::numeric::simd::vectorize;
use crate::system::{Inputs, Tick};
pub(crate) use compile::{Tape, compile, compile_all};
use load::Load;
use run::{Run, W, groups_of_block};
use std::cell::{Cell, RefCell};

/// The bytes of a cache line, where the registers of a block begin.
const LINE: usize = 64;

thread_local! {
    /// The registers of blocks.
    static REGISTERS: RefCell<Vec<f64>> = const { RefCell::new(Vec::new()) };
}

/// The purpose of random numbers: normal or uniform ones, by their number in the text.
pub(crate) fn purpose(leaf: Leaf) -> Option<String> {
    match leaf {
        Leaf::Normal(k) => Some(format!("equations.normal.{k}")),
        Leaf::Uniform(k) => Some(format!("equations.uniform.{k}")),
        _ => None,
    }
}

/// The units of a step: the first one over the batch, their number in a batch row, and the number of
/// their random streams.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Units {
    pub(crate) first: usize,
    pub(crate) row: usize,
    pub(crate) node: u16,
}

impl<R: Real> Tape<R> {
    /// The names of the operations, and how often each occurs.
    pub(crate) fn operations(&self) -> Vec<(String, usize)> {
        let mut all: Vec<(String, usize)> = Vec::new();
        for op in &self.ops {
            // The last capitals of a name say which operands are constants.
            let name = format!("{:?}", op.code).trim_end_matches(['R', 'K']).to_lowercase();
            match all.iter_mut().find(|(known, _)| *known == name) {
                Some((_, count)) => *count += 1,
                None => all.push((name, 1)),
            }
        }
        all.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        all
    }

    /// The number of registers of a block.
    pub(crate) fn registers(&self) -> usize {
        self.temporaries
    }

    /// Makes a step of these units. `each` has the parameters that differ between units.
    pub(crate) fn step(
        &self,
        at: Tick<'_>,
        units: Units,
        x: &Inputs<'_, R>,
        each: &[Vec<R>],
        state: &mut [&mut [R]],
        y: &mut [R],
    ) {
        self.step_with_results(at, units, &x.ports, each, state, &mut [y]);
    }

    /// Makes a step of these units for any number of inputs and results.
    pub(crate) fn step_with_results(
        &self,
        at: Tick<'_>,
        units: Units,
        inputs: &[&[R]],
        each: &[Vec<R>],
        state: &mut [&mut [R]],
        results: &mut [&mut [R]],
    ) {
        let loads: Vec<Load<'_, R>> = self.loads.iter().map(|leaf| load(*leaf, at, units, inputs, each)).collect();
        let length = results.first().or(state.first()).map_or(0, |array| array.len());
        let registers = self.temporaries + self.arrays;
        let capacity = groups_of_block(registers, R::DTYPE.size());
        // Fewer units than a group are in registers of a block of their own.
        let (whole, rest) = (length / W, length % W);
        let bytes = registers * capacity * W * R::DTYPE.size() + LINE;
        REGISTERS.with(|buffer| {
            let mut buffer = buffer.take();
            if buffer.len() * size_of::<f64>() < bytes {
                buffer.resize(bytes.div_ceil(size_of::<f64>()), 0.0);
            }
            let values: &mut [R] = bytemuck::cast_slice_mut(&mut buffer);
            let skipped = values.as_ptr().align_offset(LINE).min(LINE / R::DTYPE.size());
            let (groups, _) = values[skipped..].as_chunks_mut::<W>();
            let block = Cell::from_mut(groups).as_slice_of_cells();
            if whole > 0 {
                let memory = state.iter_mut().map(|var| cells(var));
                let memory: Vec<&[Cell<[R; W]>]> = memory.chain(results.iter_mut().map(|y| cells(y))).collect();
                let run =
                    Run { ops: &self.ops, memory: &memory, block, capacity, loads: &loads, first: 0, groups: whole };
                vectorize(run);
            }
            if rest > 0 {
                let first = whole * W;
                let (block, own) = block.split_at(self.temporaries * capacity);
                let memory: Vec<&[Cell<[R; W]>]> = own.chunks(capacity).take(self.arrays).collect();
                for (var, to) in state.iter().zip(&memory) {
                    let mut group = [R::of(0.0); W];
                    group[..rest].copy_from_slice(&var[first..]);
                    to[0].set(group);
                }
                vectorize(Run { ops: &self.ops, memory: &memory, block, capacity, loads: &loads, first, groups: 1 });
                let vars = state.iter_mut().map(|var| &mut var[first..]);
                for (var, from) in vars.chain(results.iter_mut().map(|y| &mut y[first..])).zip(&memory) {
                    var.copy_from_slice(&from[0].get()[..rest]);
                }
            }
            // The next step uses the same memory.
            REGISTERS.set(buffer);
        });
    }
}

/// The whole groups of a variable.
fn cells<R>(values: &mut [R]) -> &[Cell<[R; W]>] {
    let (groups, _) = values.as_chunks_mut::<W>();
    Cell::from_mut(groups).as_slice_of_cells()
}

/// The source of a leaf.
fn load<'r, R: Real>(
    (leaf, stream): (Leaf, Stream),
    at: Tick<'_>,
    units: Units,
    inputs: &[&'r [R]],
    each: &'r [Vec<R>],
) -> Load<'r, R> {
    let stream = || stream.at_node(at.shared.seed, units.node);
    let (first, step) = (units.first as u64, at.i);
    match leaf {
        Leaf::Param(k) => {
            let values = each.get(usize::from(k)).map(Vec::as_slice).unwrap_or_default();
            Load::Each { values, first: units.first % units.row.max(1) }
        }
        Leaf::Input(k) => Load::Input(inputs.get(usize::from(k)).copied().unwrap_or_default()),
        Leaf::Time => Load::All(R::of(at.t)),
        Leaf::Dt => Load::All(R::of(at.dt)),
        Leaf::Normal(_) => Load::Normal { stream: stream(), first, step },
        Leaf::Uniform(_) => Load::Uniform { stream: stream(), first, step },
        Leaf::State(_) => Load::All(R::of(0.0)),
    }
}
