//! [`LoopOverTime`]: a system with its state, and the loop that runs it.

mod builder;
mod chunk_length;
mod device;
mod for_loop;
mod locate_non_finite;
pub(crate) mod nodes;
mod on_cpu;
mod on_device;
mod options;
mod parts;
pub(crate) mod progress;
mod run;
mod run_records;
mod states;

pub use builder::Builder;
pub use for_loop::for_loop;
pub use progress::{Progress, WithProgress};

use crate::cuda::Engine;
use crate::device::{Device, Products, Strategy};
use crate::error::{Error, Result};
use crate::memory::Aligned;
use crate::numeric::scalar::Scalar;
use crate::recording::{FirstAxis, Handle, Structure};
use crate::system::clock::Clock;
use crate::system::state::{Layout, State};
use crate::system::tree::Implicit;
use crate::system::{Schema, Shared, System};
use std::cell::{Cell, OnceCell};
use std::sync::Arc;

/// A dynamical system that runs over time, like `brainpy.LoopOverTime`. Results are bit-identical
/// for any number of threads. They do not depend on how a run is split, except for systems of
/// [`Coupling::Sequence`](crate::Coupling::Sequence).
///
/// State, time and step index continue from run to run, until [`LoopOverTime::reset_state`].
pub struct LoopOverTime<T: Scalar, S: System<T> + ?Sized> {
    pub(crate) name: String,
    pub(crate) schema: Schema,
    pub(crate) layout: Layout,
    pub(crate) batch: Option<usize>,
    /// The state on the host. It is empty while another device holds the newest state; the loop
    /// then reads it back on demand.
    pub(crate) arena: OnceCell<Aligned<T>>,
    engine: Option<Box<Engine>>,
    strategy: Strategy,
    products: Products,
    pub(crate) clock: Clock,
    pub(crate) shared: Shared,
    /// The absolute names of the nodes: first the target and its parts, then the registered nodes,
    /// each in breadth-first order.
    pub(crate) names: Vec<String>,
    pub(crate) implicit: Implicit<T>,
    device: Device,
    first_axis: FirstAxis,
    no_state: bool,
    handles: Vec<Handle>,
    structure: Option<Structure<usize>>,
    record_output: bool,
    every: u64,
    allow_non_finite: bool,
    pool: Option<Arc<rayon::ThreadPool>>,
    block: Option<usize>,
    chunk: Option<u64>,
    progress: Option<Progress>,
    /// Whether `System::check_start` accepted the present position of the clock.
    started: Cell<bool>,
    /// The last field, so that a loop over `S` can be coerced to a loop over `dyn System`.
    pub(crate) system: S,
}

/// A loop over a system of any type. The run methods are implemented for this type and are
/// therefore compiled once for each element type, not once for each system.
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

    /// Creates a loop over this system with all options at their defaults.
    ///
    /// # Errors
    /// The same as for [`Builder::build`].
    pub fn new(system: S) -> Result<Self> {
        Self::builder(system).build()
    }

    /// Resets state, time and step index to their initial values, for a batch of this size (`None`:
    /// no batch axis).
    ///
    /// # Errors
    /// If memory for the state of this batch is short; nothing has changed then.
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

    /// The inputs, output, state and coupling of the system.
    #[must_use]
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The name of this loop.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The number of batch rows, or `None` without a batch axis.
    #[must_use]
    pub fn batch(&self) -> Option<usize> {
        self.batch
    }

    /// The index of the next step.
    #[must_use]
    pub fn i(&self) -> u64 {
        self.clock.i()
    }

    /// The time of the next step, in the unit of `dt`.
    #[must_use]
    pub fn t(&self) -> f64 {
        self.clock.t()
    }

    /// The length of a step.
    #[must_use]
    pub fn dt(&self) -> f64 {
        self.clock.dt
    }

    /// The time of the step with this index, `t0 + (i − i0)·dt`.
    /// [`Events::step`](crate::Events::step) contains such indices.
    #[must_use]
    pub fn time_of(&self, i: u64) -> f64 {
        self.clock.time_of(i)
    }

    /// The device that the loop runs on.
    #[must_use]
    pub fn device(&self) -> Device {
        self.device
    }

    /// The number of steps in a duration. `duration/dt` is rounded to the nearest whole number if
    /// the two differ by at most 1e-6 or by the rounding of an f32, and is rounded up otherwise.
    ///
    /// # Errors
    /// If the duration is negative, not finite, or has more steps than can be counted.
    pub fn steps_of(&self, duration: f64) -> Result<u64> {
        self.clock.steps(duration)
    }

    /// Sets a shared value, which every node can read (brainpy's `shared_arg`).
    pub fn share(&mut self, name: impl Into<String>, value: f64) {
        self.shared.set(name, value);
    }

    /// Moves the loop to the CPU.
    ///
    /// # Errors
    /// If the device that holds the state was lost.
    pub fn cpu(&mut self) -> Result<()> {
        self.to(Device::Cpu)
    }

    /// Moves the loop to the first CUDA device.
    ///
    /// # Errors
    /// The same as for [`LoopOverTime::to`].
    pub fn cuda(&mut self) -> Result<()> {
        self.to(Device::Cuda(0))
    }

    /// Always returns an error. Brainpy runs on TPUs through XLA; the kernels of this crate are
    /// written for CPUs and NVIDIA GPUs.
    ///
    /// # Errors
    /// Always.
    pub fn tpu(&mut self) -> Result<()> {
        Err(Error::DeviceUnavailable {
            device: "tpu".into(),
            reason: crate::error::Reason::NoKernels(
                "the kernels are CUDA C and CPU code; only XLA compiles for TPUs".into(),
            ),
        })
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    pub(crate) fn reset(&mut self, batch: Option<usize>) -> Result<()> {
        let layout = Layout::new(&self.schema, batch.unwrap_or(1));
        let layout = layout.ok_or_else(|| Error::OutOfMemory {
            what: "the state".into(),
            need: u64::MAX,
            free: crate::memory::free(),
        })?;
        let mut arena = match self.arena.take() {
            Some(arena) if layout == self.layout => arena,
            _ => Aligned::zeroed("the state", layout.len)?,
        };
        let mut state = State::new(layout.split(&mut arena), 0, self.schema.output_len());
        let (system, shared) = (&self.system, &self.shared);
        crate::memory::threads::run(|| system.init(shared, &mut state))?;
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
