//! Many steps of one block of units or rows: where their inputs come from, and where outputs and recordings go.

use super::clock::Clock;
use super::state::{Part, State};
use super::{Inputs, Shared, Tick};
use crate::numeric::scalar::Scalar;
use std::ops::Range;

/// Where the inputs of a block's steps come from.
pub(crate) trait InputSource<T> {
    fn inputs(&mut self, k: usize) -> Inputs<'_, T>;
}

/// Where the outputs of a block's steps go.
pub(crate) trait OutputSink<T> {
    fn output(&mut self, k: usize) -> &mut [T];
}

/// What is kept of the state after each step. `first_var` is the number that the system knows the state's first variable by.
pub(crate) trait StateRecorder<T> {
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
    pub(crate) source: &'a mut (dyn InputSource<T> + 'a),
    pub(crate) target: &'a mut (dyn OutputSink<T> + 'a),
    pub(crate) tape: &'a mut (dyn StateRecorder<T> + 'a),
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
    /// If `range` is not within [`Scan::steps`], or `port` not below [`MAX_PORTS`](crate::MAX_PORTS).
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
        let mut from = input.map(|rows| StageRows { width: width(rows.len()), base: steps.start, rows });
        let mut to = output.map(|rows| StageRows { width: width(rows.len()), base: steps.start, rows });
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
pub(crate) struct ScanDirection {
    /// The last step first.
    pub(crate) backwards: bool,
    /// The place of its first unit.
    pub(crate) column: usize,
    /// Elements of a row.
    pub(crate) width: usize,
}

impl ScanDirection {
    /// In the order of time, in rows of its own.
    pub(crate) fn alone(units: usize) -> Self {
        Self { backwards: false, column: 0, width: units }
    }
}

/// What passes between two stages: `[steps from base, width]`.
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
