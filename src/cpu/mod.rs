//! The CPU engine, which is the reference: each block of units or rows makes all steps of a chunk
//! with its state in L1.
//!
//! Blocks are independent, and the result of a unit (or row) does not depend on its block. Results
//! are therefore bit-identical for any block size and number of threads.

mod block_bits;
mod block_task;
mod blocks;
mod inputs;
mod non_finite;
mod recorders;

use crate::error::{Error, Result};
use crate::memory;
use crate::memory::threads;
use crate::numeric::scalar::Scalar;
use crate::numeric::team::Team;
use crate::recording::bits::bytes_of;
use crate::recording::stride::Stride;
use crate::recording::{Form, Handle};
use crate::system::clock::Clock;
use crate::system::state::Layout;
use crate::system::{Coupling, Schema, Shared, System};
use block_bits::{BitRange, BlockBits, SharedBits};
use block_task::BlockTask;
use blocks::ItemBlock;
use inputs::{InputReader, InputReaders};
use ndarray::ArrayView3;
use non_finite::NonFinite;
use rayon::prelude::*;
use recorders::{Kept, OutputRows, VarRecorder};

/// A chunk of steps to make.
pub(crate) struct Chunk<'c, T> {
    pub(crate) system: &'c dyn System<T>,
    pub(crate) schema: &'c Schema,
    pub(crate) layout: &'c Layout,
    pub(crate) clock: Clock,
    pub(crate) shared: &'c Shared,
    pub(crate) steps: usize,
    /// The number of steps that each row makes; `None` if all rows make all steps.
    pub(crate) lengths: Option<&'c [usize]>,
    /// The input of each port, `[steps, rows, features]`; `None` for a port without input.
    pub(crate) inputs: Vec<Option<ArrayView3<'c, T>>>,
    /// The state: all variables.
    pub(crate) arena: &'c mut [T],
    /// The output, `[kept steps, rows, outputs]`; empty if it is not recorded.
    pub(crate) output: &'c mut [T],
    pub(crate) output_every: u64,
    pub(crate) handles: &'c [Handle],
    /// The recording of each handle, `[kept steps, rows, width]`; empty for events and bits.
    pub(crate) buffers: Vec<&'c mut [T]>,
    /// The bits of each handle, `[kept steps, rows, ⌈width/8⌉]`, all 0; empty for other forms.
    pub(crate) bits: Vec<&'c mut [u8]>,
    pub(crate) allow_non_finite: bool,
    /// The number of units or rows in a block; the engine chooses it if it is `None`.
    pub(crate) block: Option<usize>,
    /// Whether no other parallel work uses the threads, so that a block may use all of them.
    pub(crate) alone: bool,
    /// If set, only these units or rows are computed, in ascending order and each in a block of its
    /// own, and nothing is recorded. This serves the search for the first value that is not finite.
    pub(crate) only: Option<&'c [usize]>,
}

/// The recordings of a chunk or of a block that are not in their place yet.
pub(crate) struct BlockRecords {
    /// The events of each handle: (step, flat element).
    pub(crate) events: Vec<Vec<(u64, usize)>>,
    /// Bits to add to bytes, with the number of the handle.
    pub(crate) bits: Vec<(usize, SharedBits)>,
}

impl<'c, T: Scalar> Chunk<'c, T> {
    /// A chunk without steps, inputs, state and recordings, which the caller adds.
    pub(crate) fn new(
        system: &'c dyn System<T>,
        schema: &'c Schema,
        layout: &'c Layout,
        clock: Clock,
        shared: &'c Shared,
    ) -> Self {
        Self {
            system,
            schema,
            layout,
            clock,
            shared,
            steps: 0,
            lengths: None,
            inputs: Vec::new(),
            arena: &mut [],
            output: &mut [],
            output_every: 1,
            handles: &[],
            buffers: Vec::new(),
            bits: Vec::new(),
            allow_non_finite: false,
            block: None,
            alone: false,
            only: None,
        }
    }

    /// Makes the steps, in the present pool of threads. Afterwards the state is that after the last
    /// step, even if the result is an error.
    pub(crate) fn run(self) -> Result<BlockRecords> {
        let blocks = match self.only {
            Some(items) => blocks::single_item_blocks(self.schema, items),
            None => blocks::cut(self.schema, self.layout.rows, rayon::current_num_threads(), self.block),
        };
        let (system, clock, shared, steps) = (self.system, self.clock, self.shared, self.steps);
        let (schema, layout, allow) = (self.schema, self.layout, self.allow_non_finite);
        let (handles, alone) = (self.handles, self.alone);
        let tasks = self.distribute(&blocks);
        let sharing = if alone && tasks.len() == 1 { threads::active() } else { 1 };
        let run = |task: BlockTask<'_, T>| {
            let team = Team::new(sharing, threads::fits_another);
            task.run(system, schema, layout, (clock, shared), steps, allow, &team)
        };
        let done: Vec<_> = if tasks.len() > 1 {
            tasks.into_par_iter().map(run).collect()
        } else if schema.coupling == Coupling::Network {
            // A network divides each of its steps among threads. This costs little from within the
            // pool, and much from outside.
            rayon::scope(|_| tasks.into_iter().map(run).collect())
        } else {
            tasks.into_iter().map(run).collect()
        };

        let mut records = BlockRecords { events: handles.iter().map(|_| Vec::new()).collect(), bits: Vec::new() };
        let mut first: Option<NonFinite> = None;
        for (own, found) in done {
            let own = own?;
            records.bits.extend(own.bits);
            for (all, list) in records.events.iter_mut().zip(own.events) {
                if all.is_empty() {
                    *all = list;
                } else {
                    memory::extend("recording of events", all, &list)?;
                }
            }
            if let Some(found) = found
                && first.as_ref().is_none_or(|f| found.k < f.k)
            {
                first = Some(found);
            }
        }
        match first {
            None => Ok(records),
            Some(NonFinite { variable, k, index, value }) => {
                let error = Error::NotFinite { variable, step: Some(clock.i() + k as u64), index, value };
                Err(system.explain(error))
            }
        }
    }

    /// Splits state, inputs and recordings into one part for each block.
    fn distribute(self, blocks: &[ItemBlock]) -> Vec<BlockTask<'c, T>> {
        let Self {
            schema,
            layout,
            clock,
            steps,
            lengths,
            inputs,
            arena,
            output,
            output_every,
            handles,
            buffers,
            bits,
            ..
        } = self;
        let out = schema.output_len();
        let output_every = Stride::new(output_every, clock.i());
        let kept = if output.is_empty() { 0 } else { output_every.count(steps) };
        let mut tasks: Vec<BlockTask<'c, T>> = blocks
            .iter()
            .map(|block| BlockTask {
                block: block.clone(),
                // Only batch rows have lengths; units do not.
                lengths: lengths
                    .filter(|_| schema.coupling != Coupling::Pointwise)
                    .and_then(|all| all.get(block.items.clone())),
                vars: Vec::with_capacity(layout.vars.len()),
                inputs: InputReaders {
                    ports: (inputs.iter().enumerate())
                        .map(|(port, view)| {
                            let elements = block.elements(schema.input_len(port));
                            match view {
                                Some(view) => InputReader::series(*view, elements),
                                None => InputReader::Zeros(Vec::new(), elements.len()),
                            }
                        })
                        .collect(),
                },
                output: OutputRows {
                    rows: Vec::with_capacity(kept),
                    every: output_every,
                    scratch: Vec::new(),
                    width: block.elements(out).len(),
                },
                recorders: Vec::with_capacity(handles.len()),
            })
            .collect();

        for (var, (spec, _)) in layout.split(arena).into_iter().zip(&layout.vars) {
            let (mut rest, mut at) = (var, 0);
            for task in &mut tasks {
                let elements = task.block.elements(spec.len());
                let (part, later) = rest.split_at_mut(elements.start - at).1.split_at_mut(elements.len());
                task.vars.push(part);
                (rest, at) = (later, elements.end);
            }
        }

        let lengths: Vec<usize> = tasks.iter().map(|task| task.output.width).collect();
        let row = out * layout.rows;
        blocks::deal(output, row, &lengths, |b, part| tasks[b].output.rows.push(part));

        for ((handle, buffer), bits) in handles.iter().zip(buffers).zip(bits) {
            let len = layout.vars[handle.var].0.len();
            let (every, width) = (Stride::new(handle.every, clock.i()), handle.width(layout));
            // The elements, or the bytes of bits, that each block records at a step.
            let mut lengths = Vec::with_capacity(tasks.len());
            for task in &mut tasks {
                let elements = task.block.elements(len);
                let pick = handle.pick.as_ref().map(|pick| blocks::pick(pick, len, &elements));
                let kept = match handle.form {
                    Form::Events => Kept::Events(Ok(Vec::new())),
                    Form::Values => {
                        lengths.push(pick.as_ref().map_or(elements.len(), Vec::len));
                        Kept::Values(Vec::with_capacity(every.count(steps)))
                    }
                    Form::Bits => {
                        let range = BitRange::new(&task.block, len, handle.pick.as_deref());
                        lengths.push(range.own_bytes());
                        Kept::Bits(BlockBits::new(range, every.count(steps)))
                    }
                };
                task.recorders.push(VarRecorder { var: handle.var, every, pick, kept });
            }
            blocks::deal(buffer, width * layout.rows, &lengths, |b, part| {
                if let Some(Kept::Values(rows)) = tasks[b].recorders.last_mut().map(|own| &mut own.kept) {
                    rows.push(part);
                }
            });
            blocks::deal(bits, bytes_of(width) * layout.rows, &lengths, |b, part| {
                if let Some(Kept::Bits(bits)) = tasks[b].recorders.last_mut().map(|own| &mut own.kept) {
                    bits.rows.push(part);
                }
            });
        }
        tasks
    }
}
