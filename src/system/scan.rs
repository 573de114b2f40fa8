//! Many steps of one block of units or batch rows: the sources of their inputs, and the
//! destinations of outputs and recordings.

use super::clock::Clock;
use super::state::{State, StatePart};
use super::{Inputs, Shared, Tick};
use crate::numeric::scalar::Scalar;
use crate::numeric::team::Team;
use std::ops::Range;

/// The source of the inputs of a block's steps.
pub(crate) trait InputSource<T> {
    fn inputs(&mut self, k: usize) -> Inputs<'_, T>;
}

/// The destination of the outputs of a block's steps.
pub(crate) trait OutputSink<T> {
    fn output(&mut self, k: usize) -> &mut [T];
}

/// Records the monitored variables after each step. `first_var` is the index, within the whole
/// system, of the first variable of `state`.
pub(crate) trait StateRecorder<T> {
    fn record(&mut self, k: usize, step: u64, first_var: usize, state: &State<'_, T>);
}

/// A range of steps of one block of a system: the argument of
/// [`System::scan`](crate::System::scan).
///
/// [`Scan::steps`] numbers the steps. `scan` makes each step once, in this order: it calls
/// [`Scan::at`], and then [`Scan::record`]. A system of
/// [`Coupling::Sequence`](crate::Coupling::Sequence) may make the steps in any order.
pub struct Scan<'a, T> {
    pub(crate) clock: Clock,
    pub(crate) shared: &'a Shared,
    pub(crate) steps: Range<usize>,
    pub(crate) lengths: Option<&'a [usize]>,
    pub(crate) inputs: &'a mut (dyn InputSource<T> + 'a),
    pub(crate) output: &'a mut (dyn OutputSink<T> + 'a),
    pub(crate) recorder: &'a mut (dyn StateRecorder<T> + 'a),
    pub(crate) state: State<'a, T>,
    pub(crate) first_var: usize,
    /// The threads that can share a step.
    pub(crate) team: &'a Team,
}

impl<'a, T: Scalar> Scan<'a, T> {
    /// The numbers of the steps to make.
    #[must_use]
    pub fn steps(&self) -> Range<usize> {
        self.steps.clone()
    }

    /// The number of steps that each row of this scan makes. A row makes the steps whose number, as
    /// in [`Scan::steps`], is below its length. In all later steps the state of the row does not
    /// change and its output is 0. With `None` every row makes all steps.
    #[must_use]
    pub fn lengths(&self) -> Option<&'a [usize]> {
        self.lengths
    }

    /// The tick, inputs, state and writable output of step `k`.
    #[inline]
    pub fn at(&mut self, k: usize) -> (Tick<'_>, Inputs<'_, T>, &mut State<'a, T>, &mut [T]) {
        let at = self.clock.tick(k as u64, self.shared);
        (at, self.inputs.inputs(k), &mut self.state, self.output.output(k))
    }

    /// Records the monitored variables with their values after step `k`.
    #[inline]
    pub fn record(&mut self, k: usize) {
        let step = self.clock.i().wrapping_add(k as u64);
        self.recorder.record(k, step, self.first_var, &self.state);
    }

    /// Appends input `port` of the steps `range` to `out`: `[steps, rows, features]`.
    ///
    /// # Panics
    /// If `range` is not within [`Scan::steps`], or `port` not below
    /// [`MAX_PORTS`](crate::MAX_PORTS).
    pub fn gather(&mut self, port: usize, range: Range<usize>, out: &mut Vec<T>) {
        for k in range {
            out.extend_from_slice(self.inputs.inputs(k).port(port));
        }
    }

    /// Input `port` of step `k`. The steps may be read in any order.
    pub(crate) fn input(&mut self, port: usize, k: usize) -> &[T] {
        self.inputs.inputs(k).port(port)
    }

    /// The state after the last step.
    pub fn state(&mut self) -> &mut State<'a, T> {
        &mut self.state
    }

    /// The threads that can share a step.
    pub(crate) fn team(&self) -> &'a Team {
        self.team
    }

    /// Calls `run` with a scan over `steps` for one part of a composed system. That scan reads from
    /// `input` and writes to `output`, both `[steps, width]`. Without `input` or `output` it reads
    /// from, or writes to, the same place as this scan.
    pub(crate) fn part(
        &mut self,
        part: &StatePart,
        steps: Range<usize>,
        input: Option<&[T]>,
        output: Option<&mut [T]>,
        run: impl FnOnce(&mut Scan<'_, T>),
    ) {
        let width = |len: usize| len / steps.len().max(1);
        let mut from = input.map(|rows| StageRows { width: width(rows.len()), base: steps.start, rows });
        let mut to = output.map(|rows| StageRows { width: width(rows.len()), base: steps.start, rows });
        run(&mut Scan {
            clock: self.clock,
            shared: self.shared,
            lengths: self.lengths,
            inputs: match &mut from {
                Some(rows) => rows,
                None => &mut *self.inputs,
            },
            output: match &mut to {
                Some(rows) => rows,
                None => &mut *self.output,
            },
            recorder: &mut *self.recorder,
            first_var: self.first_var + part.vars.start,
            state: self.state.part(part),
            steps,
            team: self.team,
        });
    }
}

/// The direction in which a recurrent cell processes the steps, and the columns of its units in an
/// output row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ScanDirection {
    /// Whether the cell processes the last step first.
    pub(crate) backwards: bool,
    /// The column of the cell's first unit.
    pub(crate) column: usize,
    /// The number of elements in an output row.
    pub(crate) width: usize,
}

impl ScanDirection {
    /// Forward in time, in an output row that the cell does not share.
    pub(crate) fn alone(units: usize) -> Self {
        Self { backwards: false, column: 0, width: units }
    }
}

/// The data between two stages, `[steps from base, width]`.
struct StageRows<R> {
    rows: R,
    width: usize,
    base: usize,
}

impl<T> InputSource<T> for StageRows<&[T]> {
    #[inline]
    fn inputs(&mut self, k: usize) -> Inputs<'_, T> {
        let k = k - self.base;
        Inputs::new(&[&self.rows[k * self.width..(k + 1) * self.width]])
    }
}

impl<T> OutputSink<T> for StageRows<&mut [T]> {
    #[inline]
    fn output(&mut self, k: usize) -> &mut [T] {
        let k = k - self.base;
        &mut self.rows[k * self.width..(k + 1) * self.width]
    }
}
