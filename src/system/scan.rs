//! Many steps of one block of units or rows: where their inputs come from, and where outputs and recordings go.

use super::clock::Clock;
use super::state::{Part, State};
use super::{Inputs, MAX_PORTS, Shared, Tick};
use crate::numeric::scalar::Scalar;
use ndarray::{ArrayView2, ArrayView3, Axis, s};
use std::ops::Range;

/// Where the inputs of a block's steps come from.
pub(crate) trait Source<T> {
    fn inputs(&mut self, k: usize) -> Inputs<'_, T>;
}

/// Where the outputs of a block's steps go.
pub(crate) trait Target<T> {
    fn output(&mut self, k: usize) -> &mut [T];
}

/// What is kept of the state after each step. `first_var` is the number that the system knows the state's first variable by.
pub(crate) trait Tape<T> {
    fn record(&mut self, k: usize, step: u64, first_var: usize, state: &State<'_, T>);
}

/// A run of steps of one block of a system: what [`System::scan`](crate::System::scan) is given.
///
/// Steps are numbered by [`Scan::steps`] and must be taken in that order (but by a system of
/// [`Coupling::Sequence`](crate::Coupling::Sequence), in any), each once: [`Scan::at`], then [`Scan::record`].
pub struct Scan<'a, T> {
    pub(crate) clock: Clock,
    pub(crate) shared: &'a Shared,
    pub(crate) steps: Range<usize>,
    pub(crate) lengths: Option<&'a [usize]>,
    pub(crate) source: &'a mut (dyn Source<T> + 'a),
    pub(crate) target: &'a mut (dyn Target<T> + 'a),
    pub(crate) tape: &'a mut (dyn Tape<T> + 'a),
    pub(crate) state: State<'a, T>,
    pub(crate) first_var: usize,
}

impl<'a, T: Scalar> Scan<'a, T> {
    /// The steps to make.
    #[must_use]
    pub fn steps(&self) -> Range<usize> {
        self.steps.clone()
    }

    /// For each row of this scan how many steps it takes: those before its length, as [`Scan::steps`] numbers them. In the others its
    /// state stays as it is, and its output is 0. None: every row takes all steps.
    #[must_use]
    pub fn lengths(&self) -> Option<&'a [usize]> {
        self.lengths
    }

    /// All that step `k` needs: its tick, its inputs, the state, and the output to be written.
    #[inline]
    pub fn at(&mut self, k: usize) -> (Tick<'_>, Inputs<'_, T>, &mut State<'a, T>, &mut [T]) {
        let at = self.clock.tick(k as u64, self.shared);
        (at, self.source.inputs(k), &mut self.state, self.target.output(k))
    }

    /// Records the monitored variables as they stand after step `k`.
    #[inline]
    pub fn record(&mut self, k: usize) {
        let step = self.clock.i().wrapping_add(k as u64);
        self.tape.record(k, step, self.first_var, &self.state);
    }

    /// Appends input `port` of the steps `range` to `out`: `[steps, rows, features]`.
    ///
    /// # Panics
    /// If `range` is not within [`Scan::steps`], or `port` not below [`MAX_PORTS`].
    pub fn gather(&mut self, port: usize, range: Range<usize>, out: &mut Vec<T>) {
        for k in range {
            out.extend_from_slice(self.source.inputs(k).port(port));
        }
    }

    /// Input `port` of step `k`, which need not be the next one.
    pub(crate) fn input(&mut self, port: usize, k: usize) -> &[T] {
        self.source.inputs(k).port(port)
    }

    /// The state as the last step left it.
    pub fn state(&mut self) -> &mut State<'a, T> {
        &mut self.state
    }

    /// The steps `steps` of this scan for one part of a composed system. It reads from `input`, and writes to `output`,
    /// `[steps, width]`, or, where there is none, from and to where this scan does.
    pub(crate) fn part(
        &mut self,
        part: &Part,
        steps: Range<usize>,
        input: Option<&[T]>,
        output: Option<&mut [T]>,
        run: impl FnOnce(&mut Scan<'_, T>),
    ) {
        let width = |len: usize| len / steps.len().max(1);
        let mut from = input.map(|rows| Rows { width: width(rows.len()), base: steps.start, rows });
        let mut to = output.map(|rows| Rows { width: width(rows.len()), base: steps.start, rows });
        run(&mut Scan {
            clock: self.clock,
            shared: self.shared,
            lengths: self.lengths,
            source: match &mut from {
                Some(rows) => rows,
                None => &mut *self.source,
            },
            target: match &mut to {
                Some(rows) => rows,
                None => &mut *self.target,
            },
            tape: &mut *self.tape,
            first_var: self.first_var + part.vars.start,
            state: self.state.part(part),
            steps,
        });
    }
}

/// How a recurrent cell goes over the steps, and where its units stand in a row of the output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Way {
    /// The last step first.
    pub(crate) backwards: bool,
    /// The place of its first unit.
    pub(crate) column: usize,
    /// Elements of a row.
    pub(crate) width: usize,
}

impl Way {
    /// In the order of time, in rows of its own.
    pub(crate) fn alone(units: usize) -> Self {
        Self { backwards: false, column: 0, width: units }
    }
}

/// What passes between two stages: `[steps from base, width]`.
struct Rows<R> {
    rows: R,
    width: usize,
    base: usize,
}

impl<T> Source<T> for Rows<&[T]> {
    #[inline]
    fn inputs(&mut self, k: usize) -> Inputs<'_, T> {
        let k = k - self.base;
        Inputs::new(&[&self.rows[k * self.width..(k + 1) * self.width]])
    }
}

impl<T> Target<T> for Rows<&mut [T]> {
    #[inline]
    fn output(&mut self, k: usize) -> &mut [T] {
        let k = k - self.base;
        &mut self.rows[k * self.width..(k + 1) * self.width]
    }
}

/// The inputs of one block as the caller gave them.
pub(crate) struct Feeds<'a, T> {
    pub(crate) ports: Vec<Feed<'a, T>>,
}

impl<T: Scalar> Source<T> for Feeds<'_, T> {
    #[inline]
    fn inputs(&mut self, k: usize) -> Inputs<'_, T> {
        let mut inputs = Inputs { ports: [&[]; MAX_PORTS], given: [false; MAX_PORTS] };
        for (port, feed) in self.ports.iter_mut().enumerate() {
            inputs.given[port] = !matches!(feed, Feed::Zeros(..));
            inputs.ports[port] = feed.at(k);
        }
        inputs
    }
}

/// One input port over the steps of a chunk, for one block.
pub(crate) enum Feed<'a, T> {
    /// Nothing was given: so many zeros, which are made when they are first asked for, that is, while the block runs.
    Zeros(Vec<T>, usize),
    /// A series `[steps, rows, features]` of any strides (0 where it broadcasts), of which this block sees the flat `cells` of
    /// `[rows, features]`. `scratch` holds a step that does not lie in memory as the block wants it.
    Series { view: ArrayView3<'a, T>, cells: Range<usize>, scratch: Vec<T>, constant: bool },
}

impl<'a, T: Scalar> Feed<'a, T> {
    pub(crate) fn series(view: ArrayView3<'a, T>, cells: Range<usize>) -> Self {
        let constant = view.strides()[0] == 0;
        Self::Series { view, cells, scratch: Vec::new(), constant }
    }

    #[inline]
    fn at(&mut self, k: usize) -> &[T] {
        match self {
            Self::Zeros(zeros, len) => {
                zeros.resize(*len, T::zeroed());
                zeros
            }
            Self::Series { view, cells, scratch, constant } => {
                if *constant && !scratch.is_empty() {
                    return scratch;
                }
                let moment = view.index_axis_move(Axis(0), k);
                if let Some(all) = moment.to_slice() {
                    return &all[cells.clone()];
                }
                scratch.resize(cells.len(), T::zeroed());
                gather(moment, cells, scratch);
                scratch
            }
        }
    }
}

/// Copies the flat `cells` of `[rows, features]` to `out`.
fn gather<T: Scalar>(moment: ArrayView2<'_, T>, cells: &Range<usize>, out: &mut [T]) {
    let features = moment.ncols().max(1);
    let (mut cell, mut rest) = (cells.start, out);
    while cell < cells.end {
        let (row, from) = (cell / features, cell % features);
        let to = features.min(from + cells.end - cell);
        let (part, later) = rest.split_at_mut(to - from);
        let given = moment.slice_move(s![row, from..to]);
        match (given.to_slice(), given.first()) {
            (Some(given), _) => part.copy_from_slice(given),
            (None, Some(same)) if given.strides() == [0] => part.fill(*same),
            _ => part.iter_mut().zip(given).for_each(|(o, x)| *o = *x),
        }
        cell += to - from;
        rest = later;
    }
}

/// Which steps are kept: those whose index is a multiple of `every`, counted from the chunk's first step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Every {
    every: u64,
    i: u64,
}

impl Every {
    /// `i`: index of the chunk's first step.
    pub(crate) fn new(every: u64, i: u64) -> Self {
        Self { every: every.max(1), i }
    }

    /// Kept steps among the first `steps`.
    pub(crate) fn count(self, steps: usize) -> usize {
        (self.before(self.i.saturating_add(steps as u64)) - self.before(self.i)) as usize
    }

    /// Whether step `k` is kept.
    pub(crate) fn keeps(self, k: usize) -> bool {
        self.row(k).is_some()
    }

    /// Which step kept row `row` is of.
    pub(crate) fn step(self, row: usize) -> u64 {
        (self.before(self.i) + row as u64).saturating_mul(self.every) - self.i
    }

    /// Kept indices below `i`.
    fn before(self, i: u64) -> u64 {
        i.div_ceil(self.every)
    }

    /// Which kept row step `k` is, if it is one.
    #[inline]
    fn row(self, k: usize) -> Option<usize> {
        if self.every == 1 {
            return Some(k);
        }
        let i = self.i + k as u64;
        i.is_multiple_of(self.every).then(|| (self.before(i) - self.before(self.i)) as usize)
    }
}

/// Where a block's output is kept: rows of the recording, or nowhere.
pub(crate) struct Table<'a, T> {
    pub(crate) rows: Vec<&'a mut [T]>,
    pub(crate) every: Every,
    /// Steps that are not kept are written here; made when first needed, that is, while the block runs.
    pub(crate) scratch: Vec<T>,
    /// Elements of the block's output.
    pub(crate) width: usize,
}

impl<T: Scalar> Target<T> for Table<'_, T> {
    #[inline]
    fn output(&mut self, k: usize) -> &mut [T] {
        match self.every.row(k).and_then(|row| self.rows.get_mut(row)) {
            Some(row) => row,
            None => {
                self.scratch.resize(self.width, T::zeroed());
                &mut self.scratch
            }
        }
    }
}

/// One monitored variable: what is kept of it after each step.
pub(crate) struct Probe<'a, T> {
    pub(crate) var: usize,
    pub(crate) every: Every,
    /// The block's rows of the recording.
    pub(crate) rows: Vec<&'a mut [T]>,
    /// Which of the block's elements are kept (all if none is named).
    pub(crate) pick: Option<Vec<usize>>,
    /// Instead of rows: (step, block element) wherever the variable is not zero.
    pub(crate) events: Option<Vec<(u64, usize)>>,
}

impl<T: Scalar> Probe<'_, T> {
    #[inline]
    fn record(&mut self, k: usize, step: u64, value: &[T]) {
        if let Some(events) = &mut self.events {
            let zero = T::zeroed();
            match &self.pick {
                None => {
                    // Spikes are rare: look at sixteen at a time.
                    for (chunk, part) in value.chunks(16).enumerate() {
                        if part.iter().fold(false, |any, v| any | (*v != zero)) {
                            events.extend((0..part.len()).filter(|&j| part[j] != zero).map(|j| (step, chunk * 16 + j)));
                        }
                    }
                }
                Some(pick) => events.extend(pick.iter().filter(|&&j| value[j] != zero).map(|&j| (step, j))),
            }
            return;
        }
        let Some(row) = self.every.row(k).and_then(|row| self.rows.get_mut(row)) else { return };
        match &self.pick {
            None => row.copy_from_slice(value),
            Some(pick) => {
                for (kept, &j) in row.iter_mut().zip(pick) {
                    *kept = value[j];
                }
            }
        }
    }
}

impl<T: Scalar> Tape<T> for Vec<Probe<'_, T>> {
    #[inline]
    fn record(&mut self, k: usize, step: u64, first_var: usize, state: &State<'_, T>) {
        for probe in self {
            if let Some(var) = probe.var.checked_sub(first_var).filter(|v| *v < state.len()) {
                probe.record(k, step, state.var(var));
            }
        }
    }
}
