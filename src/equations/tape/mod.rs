//! The program of a step for the CPU: a list of operations, each of which is a loop over the units of a
//! block.

mod code;
mod compile;
mod join;
mod load;
mod operation;
mod run;
#[cfg(test)]
mod tests;

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
    /// The number of operations, each of which is a loop.
    pub(crate) fn loops(&self) -> usize {
        self.ops.len()
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
        let loads = self.loads.iter().map(|leaf| load(*leaf, at, units, inputs, each));
        few(loads, Load::All(R::of(0.0)), |loads| self.step_with_loads(loads, state, results));
    }

    fn step_with_loads(&self, loads: &[Load<'_, R>], state: &mut [&mut [R]], results: &mut [&mut [R]]) {
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
                let memory = state.iter_mut().map(|array| cells(array)).chain(results.iter_mut().map(|y| cells(y)));
                few(memory, &[], |memory| {
                    vectorize(Run { ops: &self.ops, memory, block, capacity, loads, first: 0, groups: whole });
                });
            }
            if rest > 0 {
                let first = whole * W;
                let (block, own) = block.split_at(self.temporaries * capacity);
                let own = own.chunks(capacity).take(self.arrays);
                for (var, to) in state.iter().zip(own.clone()) {
                    let mut group = [R::of(0.0); W];
                    group[..rest].copy_from_slice(&var[first..]);
                    to[0].set(group);
                }
                few(own.clone(), &[], |memory| {
                    vectorize(Run { ops: &self.ops, memory, block, capacity, loads, first, groups: 1 });
                });
                let arrays = state.iter_mut().map(|array| &mut array[first..]);
                for (array, from) in arrays.chain(results.iter_mut().map(|y| &mut y[first..])).zip(own) {
                    array.copy_from_slice(&from[0].get()[..rest]);
                }
            }
            // The next step uses the same memory.
            REGISTERS.set(buffer);
        });
    }
}

/// The most values of which [`few`] allocates no memory.
const FEW: usize = 8;

/// Calls a function with these values. A step that allocates no memory is faster for few units.
fn few<V: Copy, O>(values: impl Iterator<Item = V>, empty: V, then: impl FnOnce(&[V]) -> O) -> O {
    let (mut some, mut count) = ([empty; FEW], 0);
    let mut values = values.fuse();
    for (to, value) in some.iter_mut().zip(&mut values) {
        *to = value;
        count += 1;
    }
    match values.next() {
        None => then(&some[..count]),
        Some(next) => {
            let all: Vec<V> = some.into_iter().chain([next]).chain(values).collect();
            then(&all)
        }
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
