//! A [`Runner`]: a loop with inputs and monitors by name, brainpy's `DSRunner`.
//!
//! ```
//! use overtime::{LoopOverTime, models::Hh, monitor, runner::{Op, fix, func, iter, series}};
//!
//! # fn main() -> overtime::Result<()> {
//! let noon = ndarray::Array1::from_shape_fn(1000, |k| if k < 500 { 0.0 } else { 2.0 });
//! let mut runner = LoopOverTime::builder(Hh::<f64>::new(10)).dt(0.1).runner()
//!     .input("input", fix(5.0)) //                                        of the neurons: their input `x`
//!     .input("x", series(&noon)) //                                      added to it
//!     .input("x", func(|at| (at.t / 10.0).sin()).op(Op::Sub))
//!     .input("V", iter(std::iter::repeat(0.999)).op(Op::Mul)) //        a variable, before each step
//!     .monitor("V")
//!     .monitor(monitor("spike").events())
//!     .monitor_fn("mean", ["V", "m"], |seen| seen.iter().map(|x| x.iter().sum::<f64>() / 10.0).collect())
//!     .build()?;
//! let run = runner.run(50.0)?;
//! assert_eq!((run["V"].shape(), run["mean"].shape(), run.ts.len()), ([500, 10].as_slice(), [500, 2].as_slice(), 500));
//! let next = runner.run(50.0)?; // goes on from there
//! assert_eq!(next.i, 1000);
//! # Ok(()) }
//! ```
//!
//! The sources are applied in brainpy's order: `fix`, then `series`, `func` and `iter`, and within
//! each kind `=`, `+`, `-`, `*`, `/`. Before that, an input of the system is 0 in every step, and a
//! variable has the value that the last step left.
//!
//! Inputs and monitors of variables run at the speed of the loop, on every device. A monitor that
//! is a function runs on the host, after each part of the run; it receives the values of its
//! variables after each step. A source for a variable acts between two steps, so that each part of
//! the run has one step. On a GPU this copies the state to the host and back in every step.

mod join;
mod source;
mod target;

pub use source::{Op, Source, fix, func, iter, series};

use crate::error::{Error, Result};
use crate::input::Input;
use crate::loop_over_time::progress::Report;
use crate::loop_over_time::{Builder, LoopOverTime, WithProgress};
use crate::numeric::scalar::Scalar;
use crate::recording::{Monitor, Recording};
use crate::system::{Coupling, System};
use join::{Joined, Watch};
use std::io::{IsTerminal, Write};
use target::{InputTarget, Place};

/// The maximum number of steps in a part of a run.
const MAX_STEPS: usize = 1024;
/// The maximum number of bytes of inputs for a part of a run.
const BYTES: usize = 8 << 20;

/// Builds a [`Runner`].
pub struct RunnerBuilder<T: Scalar, S> {
    builder: Builder<T, S>,
    inputs: Vec<(String, Source)>,
    monitors: Vec<Monitor>,
    watches: Vec<Watch<T>>,
}

/// A loop over time with inputs and monitors by name; see [`runner`](self).
pub struct Runner<T: Scalar, S: System<T>> {
    over_time: LoopOverTime<T, S>,
    targets: Vec<InputTarget>,
    watches: Vec<Watch<T>>,
}

impl<T: Scalar, S> std::fmt::Debug for RunnerBuilder<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RunnerBuilder")
            .field("inputs", &self.inputs)
            .field("monitors", &self.monitors)
            .finish_non_exhaustive()
    }
}

impl<T: Scalar, S: System<T>> std::fmt::Debug for Runner<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runner")
            .field("over_time", &self.over_time)
            .field("targets", &self.targets)
            .finish_non_exhaustive()
    }
}

impl<T: Scalar, S: System<T>> Builder<T, S> {
    /// Builds a [`Runner`] on this loop, with inputs and monitors by name.
    #[must_use]
    pub fn runner(self) -> RunnerBuilder<T, S> {
        RunnerBuilder { builder: self, inputs: Vec::new(), monitors: Vec::new(), watches: Vec::new() }
    }
}

impl<T: Scalar, S: System<T>> RunnerBuilder<T, S> {
    /// Adds a source for a target: an input of the system, or a variable of its state. Brainpy's
    /// names `input` and `E.input` select the inputs `x` and `E`. A target may have several
    /// sources.
    #[must_use]
    pub fn input(mut self, target: impl Into<String>, source: Source) -> Self {
        self.inputs.push((target.into(), source));
        self
    }

    /// Monitors a variable after each step. The argument is a name, or a
    /// [`monitor`](crate::monitor) for some units, every k-th step, events, or bits.
    #[must_use]
    pub fn monitor(mut self, variable: impl Into<Monitor>) -> Self {
        self.monitors.push(variable.into());
        self
    }

    /// Monitors a function of variables after each step. The function receives the variables in
    /// this order, each `[B, …]` row-major. It must return the same number of values in every step;
    /// they are recorded as `[T, values]`.
    #[must_use]
    pub fn monitor_fn<V: Into<String>>(
        mut self,
        name: impl Into<String>,
        variables: impl IntoIterator<Item = V>,
        function: impl FnMut(&[&[T]]) -> Vec<T> + Send + 'static,
    ) -> Self {
        let variables = variables.into_iter().map(Into::into).collect();
        self.watches.push(Watch { name: name.into(), variables, function: Box::new(function) });
        self
    }

    /// Shows the progress of a run on stderr if that is a terminal. This replaces
    /// [`Builder::progress`].
    #[must_use]
    pub fn progress_bar(mut self) -> Self {
        if std::io::stderr().is_terminal() {
            let mut shown = None;
            self.builder = self.builder.progress(move |done, all| {
                let percent = done.saturating_mul(100) / all.max(1);
                if shown.replace(percent) != Some(percent) {
                    let end = if done == all { "\n" } else { "" };
                    // A closed terminal must not end the run.
                    let _ = write!(std::io::stderr(), "\r{percent:3} % of {all} steps{end}");
                }
                true
            });
        }
        self
    }

    /// Builds the loop and resolves all names.
    ///
    /// # Errors
    /// The same as for [`Builder::build`]. In addition: if a target or variable does not exist, a
    /// source has a wrong number of values, or the loop is batch-major.
    pub fn build(self) -> Result<Runner<T, S>> {
        let Self { builder, inputs, mut monitors, watches } = self;
        if builder.is_batch_major() {
            return Err(Error::Unsupported("a runner needs a time-major loop, but this loop is batch-major".into()));
        }
        for watch in &watches {
            if watch.variables.is_empty() {
                return Err(Error::value("monitor", format!("`{}`", watch.name), "is a function without variables"));
            }
            if monitors.iter().any(|m| m.label() == watch.name)
                || watches.iter().filter(|w| w.name == watch.name).count() > 1
            {
                let reason = "is monitored twice; give one of them another name";
                return Err(Error::value("monitor", format!("`{}`", watch.name), reason));
            }
        }
        monitors.extend(watches.iter().flat_map(Watch::monitors));
        let over_time = builder.monitored(monitors).build()?;
        let mut targets: Vec<InputTarget> = Vec::new();
        for (name, source) in inputs {
            let found = InputTarget::find(&name, &over_time.schema, &over_time.layout)?;
            match targets.iter_mut().find(|t| t.same_place(&found)) {
                Some(target) => target.sources.push(source),
                None => targets.push(InputTarget { sources: vec![source], ..found }),
            }
        }
        if over_time.schema.coupling == Coupling::Sequence && targets.iter().any(InputTarget::is_variable) {
            return Err(Error::Unsupported(
                "a sequence makes all steps at once, so that a variable cannot have an input between its steps".into(),
            ));
        }
        for target in &mut targets {
            // The sort is stable: sources of the same kind and operation stay in the order of their
            // calls.
            target.sources.sort_by_key(|source| (source.kind.place(), source.op));
            target.check(target.extent(&over_time.schema), over_time.layout.rows, 0, 0)?;
        }
        Ok(Runner { over_time, targets, watches })
    }
}

impl<T: Scalar, S: System<T>> Runner<T, S> {
    /// The loop.
    pub fn over_time(&self) -> &LoopOverTime<T, S> {
        &self.over_time
    }

    /// The loop, writable: to save and load its state, or to move it to a device.
    pub fn over_time_mut(&mut self) -> &mut LoopOverTime<T, S> {
        &mut self.over_time
    }

    /// Resets state, time and step index to their initial values. Series start again at their
    /// beginning.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::reset_state`].
    pub fn reset_state(&mut self, batch: impl Into<Option<usize>>) -> Result<()> {
        self.over_time.reset_state(batch)
    }

    /// Runs for a duration, in the unit of `dt`, like brainpy's `runner.run(100.)`. The recording
    /// contains the monitors by name, and the times `ts`.
    ///
    /// # Errors
    /// The same as for [`Runner::run_steps`]. In addition: if the duration is negative or not
    /// finite.
    pub fn run(&mut self, duration: f64) -> Result<Recording<T>> {
        self.run_steps(self.over_time.steps_of(duration)?)
    }

    /// Runs a number of steps.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::run`]. In addition: if a series or an iterator ends too
    /// early, or if a source or function returns a wrong number of values. If this occurs during
    /// the run, state and clock are those at the end of the previous part.
    pub fn run_steps(&mut self, steps: u64) -> Result<Recording<T>> {
        self.run_reporting(steps, &mut Report::default())
    }

    /// Runs with a progress callback of their own, as [`LoopOverTime::with_progress`] does.
    pub fn with_progress<'p>(&mut self, callback: impl FnMut(u64, u64) -> bool + 'p) -> WithProgress<'p, &mut Self> {
        WithProgress::new(self, callback)
    }

    fn run_reporting(&mut self, steps: u64, report: &mut Report<'_>) -> Result<Recording<T>> {
        let Self { over_time, targets, watches } = self;
        let (rows, from) = (over_time.layout.rows, over_time.clock.done);
        targets.iter().try_for_each(|target| target.check(target.extent(&over_time.schema), rows, from, steps))?;
        let most = steps_between_calls(over_time.any(), targets, watches.is_empty());
        let mut joined = Joined::new(steps);
        over_time.any_mut().cut(steps, most, report, &mut |this, report, _, n| {
            let (clock, shared, done) = (this.clock, this.shared.clone(), this.clock.done);
            for target in targets.iter_mut() {
                let extent = target.extent(&this.schema);
                let Place::Variable { at, len, pick } = &target.place else { continue };
                if n == 0 {
                    continue;
                }
                // Variables have sources only in parts of one step.
                let (at, len, pick) = (*at, *len, pick.clone());
                let place = |n: usize| at + n / pick.len().max(1) * len + pick[n % pick.len().max(1)];
                let mut state = crate::memory::collect("the state", this.host_state()?.iter().copied())?;
                let mut values: Vec<T> =
                    crate::memory::collect("an input", (0..rows * extent).map(|n| state[place(n)]))?;
                target.apply(&mut values, (rows, extent), clock.tick(0, &shared), done)?;
                values.iter().enumerate().for_each(|(n, x)| state[place(n)] = *x);
                this.set_host_state(state)?;
            }
            let mut given = Vec::new();
            for target in targets.iter_mut() {
                let Place::Port(port) = target.place else { continue };
                let spec = this.schema.inputs[port].clone();
                let one = spec.broadcasts && target.is_uniform();
                let (rows, extent) = if one { (1, 1) } else { (rows, target.extent(&this.schema)) };
                let rounds = if target.is_fixed() && one { 1 } else { n };
                let mut values: Vec<T> = crate::memory::zeroed("an input", rounds * rows * extent)?;
                for (k, values) in values.chunks_exact_mut((rows * extent).max(1)).enumerate() {
                    target.apply(values, (rows, extent), clock.tick(k as u64, &shared), done + k as u64)?;
                }
                given.push((spec.name.into_owned(), target.is_fixed() && one, one, values, spec.shape));
            }
            let mut arrays = Vec::new();
            let mut input = Input::steps(n as u64);
            for (name, constant, one, values, shape) in given {
                match values.first() {
                    Some(value) if constant => input = input.named_constant(name, *value),
                    _ => {
                        let shape: &[usize] = if one { &[] } else { &shape };
                        arrays.push((name, target::series(values, n, this.batch.filter(|_| !one), shape)?));
                    }
                }
            }
            for (name, array) in &arrays {
                input = input.named(name.as_str(), array);
            }
            joined.push(this.run_input(input, report)?, watches)?;
            Ok(true)
        })?;
        joined.finish(over_time.clock, watches)
    }
}

impl<T: Scalar, S: System<T>> WithProgress<'_, &mut Runner<T, S>> {
    /// Does the same as [`Runner::run`].
    ///
    /// # Errors
    /// The same as for [`Runner::run`].
    pub fn run(&mut self, duration: f64) -> Result<Recording<T>> {
        self.run_steps(self.target.over_time.steps_of(duration)?)
    }

    /// Does the same as [`Runner::run_steps`].
    ///
    /// # Errors
    /// The same as for [`Runner::run_steps`].
    pub fn run_steps(&mut self, steps: u64) -> Result<Recording<T>> {
        let (runner, mut report) = self.split();
        runner.run_reporting(steps, &mut report)
    }
}

/// The maximum number of steps in a part of the run, between two calls of sources and functions.
fn steps_between_calls<T: Scalar>(
    over_time: &crate::loop_over_time::AnyLoop<'_, T>,
    targets: &[InputTarget],
    unwatched: bool,
) -> usize {
    if targets.iter().any(InputTarget::is_variable) {
        return 1;
    }
    let widths =
        targets.iter().map(|t| if t.is_uniform() { 1 } else { t.extent(&over_time.schema) * over_time.layout.rows });
    if over_time.schema.coupling == Coupling::Sequence
        || unwatched && targets.iter().all(|t| t.is_fixed() && t.is_uniform())
    {
        return usize::MAX;
    }
    (BYTES / (widths.sum::<usize>().max(1) * size_of::<T>())).clamp(1, MAX_STEPS)
}
