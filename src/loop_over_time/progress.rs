//! The progress callback: set in the builder for all runs, or given for a single run.

use super::LoopOverTime;
use crate::engine::device_array::DeviceRecording;
use crate::error::{Error, Result};
use crate::input::Input;
use crate::numeric::scalar::Scalar;
use crate::recording::Recording;
use crate::system::System;
use std::any::Any;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};

/// The progress callback of a loop. The loop calls it between chunks, on the thread that called
/// `run`, with (steps done, steps in total). If it returns `false`, the run is cancelled.
pub type Progress = Box<dyn FnMut(u64, u64) -> bool + Send>;

/// The progress callback of one run, and the place of this run in a longer one.
#[derive(Default)]
pub(crate) struct Report<'p> {
    /// The callback that was given for this run; `None` if the loop's own is to be called.
    given: Option<&'p mut dyn FnMut(u64, u64) -> bool>,
    /// In a run in parts: the number of steps before this part, and the total number of steps.
    span: Option<(u64, u64)>,
    /// A panic of the callback. It goes on when the engine has ended the run in order.
    panic: Option<Box<dyn Any + Send>>,
}

impl Report<'_> {
    /// Whether a callback is to be called; `own` is the loop's.
    pub(super) fn is_wanted(&self, own: &Option<Progress>) -> bool {
        self.given.is_some() || own.is_some()
    }

    /// Says that the next run is the part of a run of `steps` steps that begins after `done` steps.
    pub(super) fn is_part(&mut self, done: u64, steps: u64) {
        self.span = Some((done, steps));
    }

    /// Calls the callback, if there is one, with the steps of this run, or of the whole run that
    /// this is a part of. Returns an error if the callback cancels a run that is not complete, or
    /// panics.
    pub(super) fn call(&mut self, own: &mut Option<Progress>, done: u64, steps: u64) -> Result<()> {
        let (done, steps) = self.span.map_or((done, steps), |(before, all)| (before + done, all));
        let callback: &mut dyn FnMut(u64, u64) -> bool = match (&mut self.given, own) {
            (Some(given), _) => given,
            (None, Some(own)) => own,
            (None, None) => return Ok(()),
        };
        match catch_unwind(AssertUnwindSafe(|| callback(done, steps))) {
            Ok(go_on) if go_on || done == steps => Ok(()),
            Ok(_) => Err(Error::Cancelled { done, steps }),
            Err(panic) => {
                self.panic = Some(panic);
                Err(Error::Cancelled { done, steps })
            }
        }
    }

    /// Continues a panic of the callback.
    pub(super) fn resume_panic(&mut self) {
        if let Some(panic) = self.panic.take() {
            resume_unwind(panic);
        }
    }
}

/// A loop, or a [`Runner`](crate::runner::Runner), together with the progress callback of its next
/// runs. [`LoopOverTime::with_progress`] makes it.
#[must_use = "this runs nothing by itself"]
pub struct WithProgress<'p, L> {
    pub(crate) target: L,
    callback: Box<dyn FnMut(u64, u64) -> bool + 'p>,
}

impl<L: std::fmt::Debug> std::fmt::Debug for WithProgress<'_, L> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("WithProgress").field("target", &self.target).finish_non_exhaustive()
    }
}

impl<'p, L> WithProgress<'p, L> {
    pub(crate) fn new(target: L, callback: impl FnMut(u64, u64) -> bool + 'p) -> Self {
        Self { target, callback: Box::new(callback) }
    }

    pub(crate) fn split(&mut self) -> (&mut L, Report<'_>) {
        (&mut self.target, Report { given: Some(&mut *self.callback), ..Report::default() })
    }
}

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Replaces the callback of [`Builder::progress`](crate::Builder::progress).
    pub fn set_progress(&mut self, progress: impl FnMut(u64, u64) -> bool + Send + 'static) {
        self.progress = Some(Box::new(progress));
    }

    /// Runs with a progress callback of their own. The loop calls it in place of the one of
    /// [`Builder::progress`](crate::Builder::progress), under the same rules, and on the calling
    /// thread. It may therefore borrow local variables, and need not be `Send`. A panic of the
    /// callback ends the run as `false` does, and then continues.
    ///
    /// ```
    /// use overtime::{Error, LoopOverTime, models::Hh};
    ///
    /// # fn main() -> overtime::Result<()> {
    /// let mut over_time = LoopOverTime::<f32, _>::new(Hh::new(100))?;
    /// let mut seen = Vec::new();
    /// over_time.with_progress(|done, all| { seen.push((done, all)); true }).run_for(100.0)?;
    /// assert_eq!(seen.last(), Some(&(1000, 1000)));
    ///
    /// let stopped = over_time.with_progress(|_, _| false).run_for(1000.0);
    /// assert!(matches!(stopped, Err(Error::Cancelled { .. })));
    /// # Ok(()) }
    /// ```
    pub fn with_progress<'p>(&mut self, callback: impl FnMut(u64, u64) -> bool + 'p) -> WithProgress<'p, &mut Self> {
        WithProgress::new(self, callback)
    }
}

impl<T: Scalar, S: System<T>> WithProgress<'_, &mut LoopOverTime<T, S>> {
    /// Does the same as [`LoopOverTime::run`].
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`].
    pub fn run<'a>(&mut self, input: impl Into<Input<'a, T>>) -> Result<Recording<T>> {
        let (over_time, mut report) = self.split();
        over_time.any_mut().run_input(input.into(), &mut report)
    }

    /// Does the same as [`LoopOverTime::run_for`].
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run_for`].
    pub fn run_for(&mut self, duration: f64) -> Result<Recording<T>> {
        self.run(Input::duration(duration))
    }

    /// Does the same as [`LoopOverTime::run_steps`].
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`].
    pub fn run_steps(&mut self, steps: u64) -> Result<Recording<T>> {
        self.run(Input::steps(steps))
    }

    /// Does the same as [`LoopOverTime::run_in_parts`]. The callback receives the step counts of
    /// the whole run.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run_in_parts`].
    pub fn run_in_parts<'a, E: From<Error>>(
        &mut self,
        input: impl Into<Input<'a, T>>,
        most: u64,
        with: impl FnMut(Recording<T>) -> std::result::Result<(), E>,
    ) -> std::result::Result<u64, E> {
        let (over_time, mut report) = self.split();
        over_time.any_mut().run_parts(input.into(), most, with, &mut report)
    }

    /// Does the same as [`LoopOverTime::run_on_device`].
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run_on_device`].
    pub fn run_on_device<'a>(&mut self, input: impl Into<Input<'a, T>>) -> Result<DeviceRecording<T>> {
        let (over_time, mut report) = self.split();
        over_time.any_mut().run_input_on_device(input.into(), &mut report)
    }
}
