//! [`LoopOverTime`]: a system, its state, and the loop that runs it.

mod builder;
mod device;
mod on_device;
mod parts;
mod run;
mod search;
mod states;

pub use builder::Builder;

use crate::clock::Clock;
use crate::cuda::Engine;
use crate::device::{Device, Products, Strategy};
use crate::error::{Error, Result};
use crate::input::FirstAxis;
use crate::recording::{Handle, Tree};
use crate::scalar::Scalar;
use crate::state::{Layout, State};
use crate::system::{Schema, Shared, System};
use crate::tree::Implicit;
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// Called between chunks with (steps done, steps in all); returning `false` cancels the run.
pub type Progress = Box<dyn FnMut(u64, u64) -> bool + Send>;

/// A dynamical system run over time: `brainpy.LoopOverTime`, made exact.
///
/// State, time and step index carry over from run to run, until [`LoopOverTime::reset_state`].
pub struct LoopOverTime<T: Scalar, S: System<T> + ?Sized> {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    pub(crate) layout: Layout,
    pub(crate) batch: Option<usize>,
    /// The state on the host. While the loop runs on another device, that has it, and this is read from there when it is asked for.
    pub(crate) arena: OnceCell<Vec<T>>,
    engine: Option<Box<Engine>>,
    strategy: Strategy,
    products: Products,
    pub(crate) clock: Clock,
    pub(crate) shared: Shared,
    /// The nodes' own names: the target and its parts, then what was registered, each breadth first.
    pub(crate) names: Vec<String>,
    pub(crate) implicit: Implicit<T>,
    device: Device,
    first_axis: FirstAxis,
    no_state: bool,
    handles: Vec<Handle>,
    structure: Option<Tree<usize>>,
    record_output: bool,
    every: u64,
    allow_non_finite: bool,
    pool: Option<Arc<rayon::ThreadPool>>,
    block: Option<usize>,
    chunk: Option<u64>,
    progress: Option<Progress>,
    /// Whether the system has been asked if it can start where the clock was put last.
    started: Cell<bool>,
    /// Of a run in parts: steps before this one, and in all.
    span: Option<(u64, u64)>,
    /// Last, so that a loop over any system can be seen as one.
    pub(crate) system: S,
}

/// A loop over whatever system. The work is written for it, and so is compiled once for an element type and not for every system.
pub(crate) type AnyLoop<'s, T> = LoopOverTime<T, dyn System<T> + 's>;

impl<T: Scalar, S: System<T> + ?Sized> std::fmt::Debug for LoopOverTime<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("LoopOverTime")
            .field("name", &self.name)
            .field("schema", &self.schema)
            .field("batch", &self.batch)
            .field("clock", &self.clock)
            .field("device", &self.device)
            .finish_non_exhaustive()
    }
}

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Starts building a loop over this system.
    #[must_use]
    pub fn builder(system: S) -> Builder<T, S> {
        Builder::new(system)
    }

    /// A loop over this system with every default.
    ///
    /// # Errors
    /// As [`Builder::build`].
    pub fn new(system: S) -> Result<Self> {
        Self::builder(system).build()
    }

    /// Puts state, time and step index back to their initial values, for a batch of this size (`None`: no batch axis).
    ///
    /// # Errors
    /// If the state of such a batch does not fit in memory; nothing has changed then.
    pub fn reset_state(&mut self, batch: impl Into<Option<usize>>) -> Result<()> {
        self.any_mut().reset(batch.into())
    }

    pub(crate) fn any(&self) -> &AnyLoop<'_, T> {
        self
    }

    pub(crate) fn any_mut(&mut self) -> &mut AnyLoop<'_, T> {
        self
    }

    /// The system.
    #[must_use]
    pub fn system(&self) -> &S {
        &self.system
    }

    /// What the system takes, gives and keeps.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The name of this loop.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Rows of the batch, if there is one.
    #[must_use]
    pub fn batch(&self) -> Option<usize> {
        self.batch
    }

    /// Index of the next step.
    #[must_use]
    pub fn i(&self) -> u64 {
        self.clock.i()
    }

    /// Time of the next step.
    #[must_use]
    pub fn t(&self) -> f64 {
        self.clock.t()
    }

    /// Length of a step.
    #[must_use]
    pub fn dt(&self) -> f64 {
        self.clock.dt
    }

    /// Time of the step of this index, `t0 + (i − i0)·dt`: what [`Events::step`](crate::Events::step) counts.
    #[must_use]
    pub fn time_of(&self, i: u64) -> f64 {
        self.clock.time_of(i)
    }

    /// Where the loop runs.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device
    }

    /// Steps that a duration takes: `duration/dt`, rounded where that is a whole number within 1e-6 or f32's rounding, else up.
    ///
    /// # Errors
    /// If the duration is negative, not finite, or more steps than can be counted.
    pub fn steps_of(&self, duration: f64) -> Result<u64> {
        self.clock.steps(duration)
    }

    /// Replaces the callback of [`Builder::progress`].
    pub fn set_progress(&mut self, progress: impl FnMut(u64, u64) -> bool + Send + 'static) {
        self.progress = Some(Box::new(progress));
    }

    /// Sets a value handed to every node: brainpy's `shared_arg`.
    pub fn share(&mut self, name: impl Into<String>, value: f64) {
        self.shared.set(name, value);
    }

    /// Moves the loop to the CPU.
    ///
    /// # Errors
    /// Never, so far.
    pub fn cpu(&mut self) -> Result<()> {
        self.to(Device::Cpu)
    }

    /// Moves the loop to the first CUDA device.
    ///
    /// # Errors
    /// If there is none.
    pub fn cuda(&mut self) -> Result<()> {
        self.to(Device::Cuda(0))
    }

    /// Always an error: brainpy runs on TPUs through XLA, and this crate's kernels are written for CPUs and NVIDIA GPUs.
    ///
    /// # Errors
    /// Always.
    pub fn tpu(&mut self) -> Result<()> {
        Err(Error::DeviceUnavailable {
            device: "tpu".into(),
            reason: crate::Reason::NoKernels("kernels here are CUDA C and CPU code; only XLA compiles for TPUs".into()),
        })
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    fn reset(&mut self, batch: Option<usize>) -> Result<()> {
        let layout = Layout::new(&self.schema, batch.unwrap_or(1));
        let layout = layout.ok_or_else(|| Error::OutOfMemory { what: "the state".into(), need: u64::MAX, free: crate::memory::free() })?;
        let mut arena = match self.arena.take() {
            Some(arena) if layout == self.layout => arena,
            _ => crate::memory::zeroed("the state", layout.len)?,
        };
        let mut state = State::new(layout.split(&mut arena), 0, self.schema.output_len());
        let (system, shared) = (&self.system, &self.shared);
        crate::threads::run(|| system.init(shared, &mut state))?;
        match &self.engine {
            Some(engine) if layout == self.layout => engine.set_state(&arena)?,
            _ => self.engine = self.engine_for(self.device, &layout, &arena)?,
        }
        self.arena = OnceCell::from(arena);
        self.layout = layout;
        self.batch = batch;
        self.clock.done = 0;
        self.started.set(false);
        Ok(())
    }
}
