//! A run: it checks the input, makes the steps on the loop's device and returns the recording.

use super::progress::Report;
use super::run_records::RunRecords;
use super::{AnyLoop, LoopOverTime};
use crate::error::{Error, Result};
use crate::input::{Expect, Input, InputByPort};
use crate::memory::threads;
use crate::numeric::scalar::Scalar;
use crate::recording::Recording;
use crate::system::System;
use ndarray::ArrayView3;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Runs the system over an input. The input is an array `[T, B, in]` (`[B, T, in]` if
    /// batch-major, `[T, in]` without a batch), or an [`Input`] with a length, constants, or
    /// several named series.
    ///
    /// # Errors
    /// If the input does not fit the system (this is checked before anything runs, and the state
    /// does not change), if memory is short, if a value becomes infinite or NaN, or if the progress
    /// callback cancels the run. In the last two cases, state and clock are those at the end of the
    /// last chunk.
    pub fn run<'a>(&mut self, input: impl Into<Input<'a, T>>) -> Result<Recording<T>> {
        self.any_mut().run_input(input.into(), &mut Report::default())
    }

    /// The number of steps that a run over this input would make. The method makes the same checks
    /// as [`LoopOverTime::run`], except that it does not look for values that are not finite.
    ///
    /// ```
    /// # use overtime::{LoopOverTime, models::Hh};
    /// # fn main() -> overtime::Result<()> {
    /// let over_time = LoopOverTime::new(Hh::<f64>::new(3))?;
    /// assert_eq!(over_time.check(&ndarray::Array2::zeros((500, 3)))?, 500);
    /// assert!(over_time.check(&ndarray::Array2::zeros((500, 4))).is_err());
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// If the input does not fit the system.
    pub fn check<'a>(&self, input: impl Into<Input<'a, T>>) -> Result<u64> {
        self.any().check_input(input.into())
    }

    /// Runs for a duration, in the unit of `dt`, without input, like brainpy's `over_time(100.)`.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`]. In addition: if the duration is negative or not
    /// finite.
    pub fn run_for(&mut self, duration: f64) -> Result<Recording<T>> {
        self.run(Input::duration(duration))
    }

    /// Runs a number of steps without input.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`].
    pub fn run_steps(&mut self, steps: u64) -> Result<Recording<T>> {
        self.run(Input::steps(steps))
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    pub(crate) fn run_input(&mut self, input: Input<'_, T>, report: &mut Report<'_>) -> Result<Recording<T>> {
        let mut input = self.prepared(input)?;
        let lengths = input.lengths.take();
        let views = input.views(self.layout.rows, &self.schema)?;
        let steps = usize::try_from(input.steps)
            .map_err(|_| Error::value("steps", input.steps, "are more than can be addressed"))?;
        self.run_views(&views, steps, lengths, report)
    }

    /// Checks the input for a run.
    pub(super) fn prepared<'a>(&self, input: Input<'a, T>) -> Result<InputByPort<'a, T>> {
        self.check_stateless(&input)?;
        self.checked(input)
    }

    fn check_stateless(&self, input: &Input<'_, T>) -> Result<()> {
        if self.no_state && !input.has_series() {
            return Err(Error::Unsupported(
                "no_state: a stateless system needs a time series as input, not a duration".into(),
            ));
        }
        Ok(())
    }

    pub(crate) fn check_input(&self, input: Input<'_, T>) -> Result<u64> {
        self.check_stateless(&input)?;
        let valid = input.validated(&self.expected(), |d| self.clock.steps(d))?;
        if valid.lengths.is_some() && !self.system.takes_lengths() {
            return Err(no_lengths(&self.system));
        }
        self.check_steps(valid.steps)?;
        Ok(valid.steps)
    }

    fn expected(&self) -> Expect<'_> {
        Expect { schema: &self.schema, batch: self.batch, first_axis: self.first_axis }
    }

    /// Checks that the loop can make this number of steps from its present position.
    fn check_steps(&self, steps: u64) -> Result<()> {
        if !self.started.get() {
            self.system.check_start(&self.clock.start())?;
            self.started.set(true);
        }
        match self.clock.i().checked_add(steps) {
            Some(_) => Ok(()),
            None => Err(Error::value("steps", steps, "exceed the largest step index")),
        }
    }

    /// Runs over inputs that were checked.
    pub(super) fn run_views(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        lengths: Option<Vec<usize>>,
        report: &mut Report<'_>,
    ) -> Result<Recording<T>> {
        let mut records = RunRecords::new(self, steps, self.extra_bytes(steps))?;
        let made = self.make(views, steps, lengths.as_deref(), &mut records, report);
        report.resume_panic();
        made?;
        records.finish(self, steps, lengths.as_deref())
    }

    /// Makes the steps. The progress callback is called on the present thread, the CPU engine works
    /// in the loop's pool of threads.
    fn make(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        lengths: Option<&[usize]>,
        records: &mut RunRecords<T>,
        report: &mut Report<'_>,
    ) -> Result<()> {
        if self.engine.is_some() {
            return self.on_device(views, steps, lengths, records, report);
        }
        if self.schema.is_stateless() && !self.schema.reads_clock && self.every == 1 && steps > 0 {
            self.flattened(views, steps, &mut records.buffers)?;
            return report.call(&mut self.progress, steps as u64, steps as u64);
        }
        let alone = !threads::in_parallel_work();
        if report.is_wanted(&self.progress) {
            return self.chunks(views, steps, lengths, records, report, alone);
        }
        // Without a callback the whole run enters the pool at once.
        let pool = self.pool.clone();
        let run = || self.chunks(views, steps, lengths, records, &mut Report::default(), alone);
        threads::run_in(pool.as_deref(), run)?
    }

    /// Checks that this loop can run over the input from its present position.
    pub(super) fn checked<'a>(&self, input: Input<'a, T>) -> Result<InputByPort<'a, T>> {
        let mut input = input.check(&self.expected(), |d| self.clock.steps(d))?;
        if let Some(lengths) = input.lengths.take() {
            if !self.system.takes_lengths() {
                return Err(no_lengths(&self.system));
            }
            input.pad(&lengths)?;
            input.lengths = Some(lengths);
        }
        self.check_steps(input.steps)?;
        if !self.allow_non_finite {
            input.check_finite(&self.schema, self.clock.i())?;
        }
        Ok(input)
    }
}

/// The error for a system that does not support rows of different lengths. It names the parts that
/// do not support them.
pub(super) fn no_lengths<T: Scalar>(system: &dyn System<T>) -> Error {
    let parts: Vec<String> = system
        .nodes()
        .iter()
        .filter(|(_, s)| !s.takes_lengths())
        .map(|(n, s)| format!("`{n}` ({})", s.kind()))
        .collect();
    let names = if parts.is_empty() { system.kind().to_owned() } else { parts.join(", ") };
    Error::Unsupported(format!(
        "lengths: {names} does not support rows of different lengths; recurrent cells and layers, and functions of rows, do"
    ))
}
