//! The CPU engine, which is the reference: each block of units or rows makes all steps of a chunk
//! with its state in L1.
//!
//! Blocks are independent, and the result of a unit (or row) does not depend on its block. Results
//! are therefore bit-identical for any block size and number of threads.

mod blocks;
mod inputs;
mod recorders;

use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::Handle;
use crate::recording::stride::Stride;
use crate::system::clock::Clock;
use crate::system::scan::{InputSource, Scan, StateRecorder};
use crate::system::state::{Layout, State};
use crate::system::{Coupling, Schema, Shared, System};
use blocks::ItemBlock;
use inputs::{InputReader, InputReaders};
use ndarray::ArrayView3;
use rayon::prelude::*;
use recorders::{OutputRows, VarRecorder};

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
    /// The recording of each handle, `[kept steps, rows, width]`; empty for events.
    pub(crate) buffers: Vec<&'c mut [T]>,
    pub(crate) allow_non_finite: bool,
    /// The number of units or rows in a block; the engine chooses it if it is `None`.
    pub(crate) block: Option<usize>,
    /// If set, only these units or rows are computed, in ascending order and each in a block of its
    /// own, and nothing is recorded. This serves the search for the first value that is not finite.
    pub(crate) only: Option<&'c [usize]>,
}

/// The data of one block.
struct BlockTask<'c, T> {
    block: ItemBlock,
    lengths: Option<&'c [usize]>,
    vars: Vec<&'c mut [T]>,
    feeds: InputReaders<'c, T>,
    table: OutputRows<'c, T>,
    probes: Vec<VarRecorder<'c, T>>,
}

/// The first value that is not finite.
struct NonFinite {
    variable: String,
    k: usize,
    index: usize,
    value: f64,
}

/// The events of each handle: (step, flat element).
pub(crate) type EventLists = Vec<Vec<(u64, usize)>>;

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
            allow_non_finite: false,
            block: None,
            only: None,
        }
    }

    /// Makes the steps, in the present pool of threads. Afterwards the state is that after the last step, even if the result is an
    /// error.
    pub(crate) fn run(self) -> Result<EventLists> {
        let blocks = match self.only {
            Some(items) => blocks::single_item_blocks(self.schema, items),
            None => blocks::cut(self.schema, self.layout.rows, rayon::current_num_threads(), self.block),
        };
        let (system, clock, shared, steps) = (self.system, self.clock, self.shared, self.steps);
        let (schema, layout, allow) = (self.schema, self.layout, self.allow_non_finite);
        let handles = self.handles;
        let work = self.distribute(&blocks);
        let run = |work: BlockTask<'_, T>| work.run(system, schema, layout, (clock, shared), steps, allow);
        let done: Vec<_> = if work.len() > 1 {
            work.into_par_iter().map(run).collect()
        } else if schema.coupling == Coupling::Network {
            // A network divides each of its steps among threads. This costs little from within the
            // pool, and much from outside.
            rayon::scope(|_| work.into_iter().map(run).collect())
        } else {
            work.into_iter().map(run).collect()
        };

        let mut events: EventLists = handles.iter().map(|_| Vec::new()).collect();
        let mut first: Option<NonFinite> = None;
        for (lists, found) in done {
            for (all, list) in events.iter_mut().zip(lists) {
                all.extend(list);
            }
            if let Some(found) = found
                && first.as_ref().is_none_or(|f| found.k < f.k)
            {
                first = Some(found);
            }
        }
        match first {
            None => Ok(events),
            Some(NonFinite { variable, k, index, value }) => {
                let error = Error::NotFinite { variable, step: Some(clock.i() + k as u64), index, value };
                Err(system.explain(error))
            }
        }
    }

    /// Splits state, inputs and recordings into one part for each block.
    fn distribute(self, blocks: &[ItemBlock]) -> Vec<BlockTask<'c, T>> {
        let Self {
            schema, layout, clock, steps, lengths, inputs, arena, output, output_every, handles, buffers, ..
        } = self;
        let out = schema.output_len();
        let output_every = Stride::new(output_every, clock.i());
        let kept = if output.is_empty() { 0 } else { output_every.count(steps) };
        let mut works: Vec<BlockTask<'c, T>> = blocks
            .iter()
            .map(|block| BlockTask {
                block: block.clone(),
                // Only batch rows have lengths; units do not.
                lengths: lengths
                    .filter(|_| schema.coupling != Coupling::Pointwise)
                    .and_then(|all| all.get(block.items.clone())),
                vars: Vec::with_capacity(layout.vars.len()),
                feeds: InputReaders {
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
                table: OutputRows {
                    rows: Vec::with_capacity(kept),
                    every: output_every,
                    scratch: Vec::new(),
                    width: block.elements(out).len(),
                },
                probes: Vec::with_capacity(handles.len()),
            })
            .collect();

        for (var, (spec, _)) in layout.split(arena).into_iter().zip(&layout.vars) {
            let (mut rest, mut at) = (var, 0);
            for work in &mut works {
                let elements = work.block.elements(spec.len());
                let (part, later) = rest.split_at_mut(elements.start - at).1.split_at_mut(elements.len());
                work.vars.push(part);
                (rest, at) = (later, elements.end);
            }
        }

        let lengths: Vec<usize> = works.iter().map(|w| w.table.width).collect();
        let row = out * layout.rows;
        blocks::deal(output, row, &lengths, |b, part| works[b].table.rows.push(part));

        for (handle, buffer) in handles.iter().zip(buffers) {
            let len = layout.vars[handle.var].0.len();
            let mut lengths = Vec::with_capacity(works.len());
            for work in &mut works {
                let elements = work.block.elements(len);
                let pick = handle.pick.as_ref().map(|pick| blocks::pick(pick, len, &elements));
                lengths.push(pick.as_ref().map_or(elements.len(), Vec::len));
                let every = Stride::new(handle.every, clock.i());
                let rows = Vec::with_capacity(if handle.events { 0 } else { every.count(steps) });
                work.probes.push(VarRecorder {
                    var: handle.var,
                    every,
                    rows,
                    pick,
                    events: handle.events.then(Vec::new),
                });
            }
            let row = handle.width(layout) * layout.rows;
            blocks::deal(buffer, row, &lengths, |b, part| {
                if let Some(probe) = works[b].probes.last_mut() {
                    probe.rows.push(part);
                }
            });
        }
        works
    }
}

impl<T: Scalar> BlockTask<'_, T> {
    fn run(
        mut self,
        system: &dyn System<T>,
        schema: &Schema,
        layout: &Layout,
        (clock, shared): (Clock, &Shared),
        steps: usize,
        allow_non_finite: bool,
    ) -> (EventLists, Option<NonFinite>) {
        let (first, units) = (self.block.items.start, schema.output_len());
        let before: Vec<Vec<T>> =
            if allow_non_finite { Vec::new() } else { self.vars.iter().map(|v| v.to_vec()).collect() };
        system.scan(&mut Scan {
            clock,
            shared,
            steps: 0..steps,
            lengths: self.lengths,
            source: &mut self.feeds,
            target: &mut self.table,
            tape: &mut self.probes,
            state: State::new(self.vars.iter_mut().map(|v| &mut **v).collect(), first, units),
            first_var: 0,
        });
        let events = self.events(layout);
        if allow_non_finite {
            return (events, None);
        }
        let found = if schema.is_stateless() {
            self.search_output(schema, steps)
        } else if self.vars.iter().any(|v| !all_finite(v)) {
            let whole = schema.coupling == Coupling::Sequence;
            if whole || self.lengths.is_some() {
                self.watch(system, layout, (clock, shared), steps, before, units, whole)
            } else {
                self.replay(system, layout, (clock, shared), steps, before, units)
            }
        } else {
            None
        };
        (events, found)
    }

    /// The events of the block, with indices into the whole variable.
    fn events(&mut self, layout: &Layout) -> EventLists {
        let starts: Vec<usize> =
            self.probes.iter().map(|p| self.block.elements(layout.vars[p.var].0.len()).start).collect();
        (self.probes.iter_mut().zip(starts))
            .map(|(probe, start)| {
                let mut list = probe.events.take().unwrap_or_default();
                list.iter_mut().for_each(|(_, element)| *element += start);
                list
            })
            .collect()
    }

    /// Searches the output: a stateless system has values that are not finite only there.
    fn search_output(&self, schema: &Schema, steps: usize) -> Option<NonFinite> {
        let kept =
            self.table.rows.iter().enumerate().map(|(row, values)| (self.table.every.step(row) as usize, &**values));
        // If no step is recorded, the scratch buffer holds the output of the last step.
        let last = self.table.rows.is_empty().then_some((steps.saturating_sub(1), self.table.scratch.as_slice()));
        for (k, row) in kept.chain(last) {
            if let Some(j) = row.iter().position(|v| !v.is_finite()) {
                let index = self.block.elements(schema.output_len()).start + j;
                return Some(NonFinite { variable: "output".into(), k, index, value: row[j].to_f64() });
            }
        }
        None
    }

    /// Repeats the chunk through `scan`, from the state `before`. This serves systems whose result
    /// depends on the whole sequence, and runs with lengths, for which single steps would give
    /// other results.
    #[allow(clippy::too_many_arguments)]
    fn watch(
        &mut self,
        system: &dyn System<T>,
        layout: &Layout,
        (clock, shared): (Clock, &Shared),
        steps: usize,
        mut before: Vec<Vec<T>>,
        units: usize,
        whole: bool,
    ) -> Option<NonFinite> {
        let mut watch = NonFiniteWatch { found: None, whole };
        let mut nowhere =
            OutputRows { rows: Vec::new(), every: Stride::new(1, 0), scratch: Vec::new(), width: self.table.width };
        system.scan(&mut Scan {
            clock,
            shared,
            steps: 0..steps,
            lengths: self.lengths,
            source: &mut self.feeds,
            target: &mut nowhere,
            tape: &mut watch,
            state: State::new(before.iter_mut().map(Vec::as_mut_slice).collect(), self.block.items.start, units),
            first_var: 0,
        });
        let (var, k, j, value) = watch.found?;
        let (spec, _) = layout.vars.get(var)?;
        Some(NonFinite { variable: spec.name.to_string(), k, index: self.block.elements(spec.len()).start + j, value })
    }

    /// Repeats the steps one by one, from the state `before`, to find the first value that is not
    /// finite.
    fn replay(
        &mut self,
        system: &dyn System<T>,
        layout: &Layout,
        (clock, shared): (Clock, &Shared),
        steps: usize,
        mut before: Vec<Vec<T>>,
        units: usize,
    ) -> Option<NonFinite> {
        let mut scratch = bytemuck::zeroed_vec(self.table.width);
        let first = self.block.items.start;
        for k in 0..steps {
            let mut state = State::new(before.iter_mut().map(Vec::as_mut_slice).collect(), first, units);
            let inputs = self.feeds.inputs(k);
            system.step(clock.tick(k as u64, shared), &inputs, &mut state, &mut scratch);
            for (values, (spec, _)) in before.iter().zip(&layout.vars) {
                if let Some(j) = values.iter().position(|v| !v.is_finite()) {
                    let index = self.block.elements(spec.len()).start + j;
                    return Some(NonFinite { variable: spec.name.to_string(), k, index, value: values[j].to_f64() });
                }
            }
        }
        None
    }
}

/// Checks the variables after each step, and keeps the first value that is not finite.
struct NonFiniteWatch {
    /// The variable, the step, the element within the block, and the value.
    found: Option<(usize, usize, usize, f64)>,
    /// Whether the steps are not in the order of time. The first variable then counts, not the
    /// first step, because later variables are computed from earlier ones.
    whole: bool,
}

impl<T: Scalar> StateRecorder<T> for NonFiniteWatch {
    fn record(&mut self, k: usize, _: u64, first_var: usize, state: &State<'_, T>) {
        for v in 0..state.len() {
            let var = first_var + v;
            let is_first = |f: &(usize, usize, usize, f64)| if self.whole { var < f.0 } else { (k, var) < (f.1, f.0) };
            if self.found.as_ref().is_none_or(is_first)
                && let Some(j) = state.var(v).iter().position(|x| !x.is_finite())
            {
                self.found = Some((var, k, j, state.var(v)[j].to_f64()));
            }
        }
    }
}

fn all_finite<T: Scalar>(values: &[T]) -> bool {
    values.iter().fold(true, |all, v| all & v.is_finite())
}
