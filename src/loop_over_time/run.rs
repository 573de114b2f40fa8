//! A run: it checks the input, allocates the recordings, makes the chunks and returns the
//! recording.

use super::{AnyLoop, LoopOverTime, Progress};
use crate::cpu::Chunk;
use crate::error::{Error, Result};
use crate::input::{Checked, Expect, Input};
use crate::numeric::scalar::Scalar;
use crate::recording::stride::Stride;
use crate::recording::{Buffer, Events, Recorded, Recording};
use crate::system::{Coupling, System};
use ndarray::{ArrayView3, s};
use std::time::{Duration, Instant};

/// The maximum number of steps in a chunk on the CPU. A block then needs little memory for the list
/// of recorded steps, compared with the recording itself.
const CHUNK: u64 = 1024;
/// The duration that a chunk should have if there is a progress callback.
const INTERVAL: Duration = Duration::from_millis(50);

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
        self.any_mut().run_input(input.into())
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
    pub(crate) fn run_input(&mut self, input: Input<'_, T>) -> Result<Recording<T>> {
        let mut input = self.prepared(input)?;
        let lengths = input.lengths.take();
        let views = input.views(self.layout.rows, &self.schema)?;
        let steps = usize::try_from(input.steps)
            .map_err(|_| Error::value("steps", input.steps, "are more than can be addressed"))?;
        self.run_views(&views, steps, lengths)
    }

    /// Checks the input for a run.
    pub(super) fn prepared<'a>(&self, input: Input<'a, T>) -> Result<Checked<'a, T>> {
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

    pub(super) fn check_input(&self, input: Input<'_, T>) -> Result<u64> {
        self.check_stateless(&input)?;
        let fitting = input.fitting(&self.expected(), |d| self.clock.steps(d))?;
        if fitting.lengths.is_some() && !self.system.takes_lengths() {
            return Err(no_lengths(&self.system));
        }
        self.check_steps(fitting.steps)?;
        Ok(fitting.steps)
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
    ) -> Result<Recording<T>> {
        let rows = self.layout.rows;
        let kept = |every: u64| Stride::new(every, self.clock.i()).count(steps);
        let mut wanted = Vec::with_capacity(1 + self.handles.len());
        wanted.push(if self.record_output { (kept(self.every), self.schema.output_len()) } else { (0, 0) });
        wanted.extend(
            self.handles.iter().map(|h| if h.events { (0, 0) } else { (kept(h.every), h.width(&self.layout)) }),
        );
        let times = if self.record_output || !self.handles.is_empty() { kept(self.every) } else { 0 };
        let (mut buffers, mut ts) = allocate::<T>(&wanted, rows, times, self.beside(steps))?;
        let mut events = vec![Events::default(); self.handles.len()];
        if times > 0 {
            let every = Stride::new(self.every, self.clock.i());
            ts.extend((0..steps).filter(|k| every.keeps(*k)).map(|k| self.clock.time(k as u64)));
        }

        let pool = self.pool.clone();
        let body = || {
            if self.engine.is_some() {
                self.on_device(views, steps, lengths.as_deref(), &mut buffers, &mut events)
            } else if self.schema.is_stateless() && !self.schema.reads_clock && self.every == 1 && steps > 0 {
                self.flattened(views, steps, &mut buffers)
            } else {
                self.chunks(views, steps, lengths.as_deref(), &mut buffers, &mut events)
            }
        };
        match pool {
            Some(pool) => pool.install(body),
            None => crate::memory::threads::run(body)?,
        }?;

        if let Some((lengths, output)) = lengths.zip(buffers.first_mut()) {
            // The output beyond the length of a row is 0, even if the last layer computes something
            // else.
            let every = Stride::new(self.every, self.clock.i() - steps as u64);
            blank(&mut output.values, &lengths, (0..steps).filter(|k| every.keeps(*k)), self.schema.output_len());
        }
        let mut buffers = buffers.into_iter();
        let output = match buffers.next() {
            Some(buffer) => buffer.into_array(self.batch, self.first_axis, None, &self.schema.output)?,
            None => ndarray::ArrayD::default(vec![0]),
        };
        let mut entries = Vec::with_capacity(self.handles.len());
        for ((handle, buffer), events) in self.handles.iter().zip(buffers).zip(events) {
            let recorded = if handle.events {
                Recorded::Events(events)
            } else {
                Recorded::Dense(buffer.into_array(self.batch, self.first_axis, Some(handle), handle.shape())?)
            };
            entries.push((handle.label.clone(), recorded));
        }
        let (i, t) = (self.clock.i(), self.clock.t());
        Ok(Recording {
            output,
            ts,
            steps: steps as u64,
            i,
            t,
            entries,
            structure: self.structure.clone(),
            clock: self.clock,
        })
    }

    /// Checks that this loop can run over the input from its present position.
    pub(super) fn checked<'a>(&self, input: Input<'a, T>) -> Result<Checked<'a, T>> {
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

    /// The number of bytes that a run needs on the CPU in addition to its recordings. For a
    /// sequence, which is not divided into chunks, these are the data between its layers. For a
    /// network this is the copy of the state from which a chunk that ends with a NaN is repeated.
    fn beside(&self, steps: usize) -> u64 {
        let product = |all: &[usize]| all.iter().fold(size_of::<T>() as u64, |all, n| all.saturating_mul(*n as u64));
        match self.schema.coupling {
            _ if self.engine.is_some() => 0,
            Coupling::Sequence => product(&[steps, self.layout.rows, widest(&self.system), 2]),
            Coupling::Network if !self.allow_non_finite => product(&[self.layout.len]),
            _ => 0,
        }
    }

    /// Makes the steps in chunks, and advances the clock and the recordings.
    fn chunks(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        lengths: Option<&[usize]>,
        buffers: &mut [Buffer<T>],
        events: &mut [Events],
    ) -> Result<()> {
        let mut places: Vec<&mut [T]> = buffers.iter_mut().map(|b| b.values.as_mut_slice()).collect();
        // A sequence is always one chunk.
        let whole = self.schema.coupling == Coupling::Sequence;
        let most = if whole { steps } else { self.chunk.map_or(CHUNK, |most| most.min(CHUNK)) as usize };
        let mut chunk = if self.progress.is_some() && !whole { most.min(16) } else { most };
        let mut done = 0;
        while done < steps {
            let started = Instant::now();
            let n = chunk.min(steps - done);
            let mut parts = Vec::with_capacity(places.len());
            for (b, place) in places.iter_mut().enumerate() {
                let (every, width) = match b.checked_sub(1) {
                    None => (self.every, self.schema.output_len()),
                    Some(h) => (self.handles[h].every, self.handles[h].width(&self.layout)),
                };
                let kept = Stride::new(every, self.clock.i()).count(n) * width * self.layout.rows;
                let (part, rest) = std::mem::take(place).split_at_mut_checked(kept).unwrap_or_default();
                *place = rest;
                parts.push(part);
            }
            let mut parts = parts.into_iter();
            let left: Option<Vec<usize>> =
                lengths.map(|all| all.iter().map(|len| len.saturating_sub(done).min(n)).collect());
            let result = Chunk {
                system: &self.system,
                schema: &self.schema,
                layout: &self.layout,
                clock: self.clock,
                shared: &self.shared,
                steps: n,
                lengths: left.as_deref(),
                inputs: views.iter().map(|v| v.map(|v| v.slice_move(s![done..done + n, .., ..]))).collect(),
                arena: self.arena.get_mut().map(Vec::as_mut_slice).unwrap_or_default(),
                output: parts.next().unwrap_or_default(),
                output_every: self.every,
                handles: &self.handles,
                buffers: parts.collect(),
                allow_non_finite: self.allow_non_finite,
                threads: rayon::current_num_threads(),
                block: self.block,
                only: None,
            }
            .run();
            self.clock.done += n as u64;
            done += n;
            for ((all, found), handle) in events.iter_mut().zip(result?).zip(&self.handles) {
                all.extend(found, self.layout.vars[handle.var].0.len())?;
            }
            if let Some(progress) = &mut self.progress {
                tell(progress, self.span, done as u64, steps as u64)?;
                // Results do not depend on where chunks end, so their length may depend on the
                // elapsed time.
                let factor = INTERVAL.as_secs_f64() / started.elapsed().as_secs_f64().max(1e-9);
                chunk = ((chunk as f64 * factor.clamp(0.25, 4.0)) as usize).clamp(1, most);
            }
        }
        Ok(())
    }

    /// Runs a stateless system: time becomes part of the batch, and the run is a single step.
    fn flattened(
        &mut self,
        views: &[Option<ArrayView3<'_, T>>],
        steps: usize,
        buffers: &mut [Buffer<T>],
    ) -> Result<()> {
        let rows = self.layout.rows;
        let all = steps
            .checked_mul(rows)
            .ok_or_else(|| Error::value("steps", steps, "times the batch are more than can be addressed"))?;
        let mut flat = Vec::with_capacity(views.len());
        for view in views {
            flat.push(match view {
                None => None,
                Some(view) => {
                    let features = view.dim().2;
                    let flat =
                        view.to_shape((1, all, features)).map_err(|e| Error::Unsupported(format!("input: {e}")))?;
                    Some(flat)
                }
            });
        }
        let layout = crate::system::state::Layout { rows: all, vars: Vec::new(), len: 0 };
        let result = Chunk {
            system: &self.system,
            schema: &self.schema,
            layout: &layout,
            clock: self.clock,
            shared: &self.shared,
            steps: 1,
            lengths: None,
            inputs: flat.iter().map(|v| v.as_ref().map(|v| v.view())).collect(),
            arena: &mut [],
            output: buffers.first_mut().map(|b| b.values.as_mut_slice()).unwrap_or_default(),
            output_every: 1,
            handles: &[],
            buffers: Vec::new(),
            allow_non_finite: self.allow_non_finite,
            threads: rayon::current_num_threads(),
            block: self.block,
            only: None,
        }
        .run();
        let first = self.clock.i();
        self.clock.done += steps as u64;
        match result {
            Err(Error::NotFinite { variable, index, value, .. }) => {
                let step = rows * self.schema.output_len().max(1);
                Err(Error::NotFinite {
                    variable,
                    step: Some(first + (index / step) as u64),
                    index: index % step,
                    value,
                })
            }
            other => other.map(|_| ()),
        }
    }
}

/// Calls the progress callback with the steps of this run, or of the whole run that this is a part
/// of. Returns an error if the callback cancels a run that is not complete.
pub(super) fn tell(progress: &mut Progress, span: Option<(u64, u64)>, done: u64, steps: u64) -> Result<()> {
    let (done, steps) = span.map_or((done, steps), |(before, all)| (before + done, all));
    if progress(done, steps) || done == steps { Ok(()) } else { Err(Error::Cancelled { done, steps }) }
}

/// Allocates the recordings and `times` times. If they and the `beside` other bytes of the run do
/// not fit in memory, this returns an error before it allocates anything.
fn allocate<T: Scalar>(
    wanted: &[(usize, usize)],
    rows: usize,
    times: usize,
    beside: u64,
) -> Result<(Vec<Buffer<T>>, Vec<f64>)> {
    let what = if beside > 0 { "a run with its recording" } else { "recording" };
    let too_much = |need: u64| Error::OutOfMemory { what: what.into(), need, free: crate::memory::free() };
    let lengths: Option<Vec<usize>> =
        wanted.iter().map(|(kept, width)| kept.checked_mul(rows)?.checked_mul(*width)).collect();
    let lengths = lengths.ok_or_else(|| too_much(u64::MAX))?;
    let of_times = (times as u64).saturating_mul(size_of::<f64>() as u64);
    let bytes = lengths.iter().fold(of_times.saturating_add(beside), |sum, n| {
        sum.saturating_add((*n as u64).saturating_mul(size_of::<T>() as u64))
    });
    crate::memory::require(what, bytes)?;
    let take = |((kept, _), len): (&(usize, usize), usize)| {
        Ok(Buffer { values: crate::memory::zeroed(what, len)?, kept: *kept })
    };
    let buffers = wanted.iter().zip(lengths).map(take).collect::<Result<_>>()?;
    Ok((buffers, crate::memory::room(what, times)?))
}

/// Sets the output of each row to 0 beyond the length of the row. `output` is
/// `[kept steps, rows, len]`, and `kept` lists the recorded steps.
fn blank<T: Scalar>(output: &mut [T], lengths: &[usize], kept: impl Iterator<Item = usize>, len: usize) {
    let rows = output.chunks_exact_mut((lengths.len() * len).max(1));
    for (k, step) in kept.zip(rows) {
        for (row, _) in step.chunks_exact_mut(len.max(1)).zip(lengths).filter(|(_, length)| k >= **length) {
            row.fill(T::zeroed());
        }
    }
}

/// The number of elements of the widest output that one part of a system passes to another; 0 if it
/// has no parts.
fn widest<T: Scalar>(system: &dyn System<T>) -> usize {
    let of = |(_, part): &(&str, &dyn System<T>)| widest(*part).max(part.schema().output_len());
    system.nodes().iter().map(of).max().unwrap_or(0)
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
