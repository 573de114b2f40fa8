//! How a loop is put together.

use super::{LoopOverTime, Progress};
use crate::cuda::Context;
use crate::device::{Device, Products, Strategy};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::recording::{FirstAxis, Handle, Monitor, OutVars, Tree};
use crate::survey;
use crate::system::clock::Clock;
use crate::system::state::Layout;
use crate::system::tree;
use crate::system::{Schema, Shared, System};
use std::cell::{Cell, OnceCell};
use std::marker::PhantomData;
use std::sync::Arc;

/// Builds a [`LoopOverTime`]. Every option has a default.
pub struct Builder<T, S> {
    system: S,
    options: Options<T>,
}

/// What a loop is asked to be, whatever its system.
pub(super) struct Options<T> {
    name: Option<String>,
    device: Device,
    strategy: Strategy,
    products: Products,
    batch: Option<usize>,
    dt: f64,
    t0: f64,
    i0: u64,
    shared: Shared,
    out_vars: Option<OutVars>,
    first_axis: FirstAxis,
    no_state: bool,
    record_output: bool,
    every: u64,
    allow_non_finite: bool,
    threads: Option<usize>,
    block: Option<usize>,
    chunk: Option<u64>,
    progress: Option<Progress>,
    element: PhantomData<T>,
}

/// What has been found out of a system and its options.
pub(super) struct Checked {
    schema: Schema,
    clock: Clock,
    pool: Option<Arc<rayon::ThreadPool>>,
    handles: Vec<Handle>,
    structure: Option<Tree<usize>>,
    name: String,
    /// The nodes' own names.
    names: Vec<String>,
    /// The device's context, held so that it is not asked for again.
    context: Option<Arc<Context>>,
}

impl<T, S: std::fmt::Debug> std::fmt::Debug for Builder<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Options { batch, dt, .. } = &self.options;
        f.debug_struct("Builder").field("system", &self.system).field("batch", batch).field("dt", dt).finish_non_exhaustive()
    }
}

impl<T> Default for Options<T> {
    fn default() -> Self {
        Self {
            name: None,
            device: Device::Cpu,
            strategy: Strategy::Auto,
            products: Products::Fast,
            batch: None,
            dt: 0.1,
            t0: 0.0,
            i0: 0,
            shared: Shared::default(),
            out_vars: None,
            first_axis: FirstAxis::Time,
            no_state: false,
            record_output: true,
            every: 1,
            allow_non_finite: false,
            threads: None,
            block: None,
            chunk: None,
            progress: None,
            element: PhantomData,
        }
    }
}

impl<T: Scalar, S: System<T>> Builder<T, S> {
    pub(super) fn new(system: S) -> Self {
        Self { system, options: Options::default() }
    }

    /// Names the loop; a unique name (`LoopOverTime0`, …) otherwise.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// Where to run; the CPU by default. [`Device::auto`] takes the best there is.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.options.device = device;
        self
    }

    /// How a GPU runs the loop; [`Strategy::Auto`] by default.
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.options.strategy = strategy;
        self
    }

    /// How a GPU sums products; [`Products::Fast`] by default.
    #[must_use]
    pub fn products(mut self, products: Products) -> Self {
        self.options.products = products;
        self
    }

    /// Rows of the batch. Without it there is no batch axis: input is `[T, …]`.
    #[must_use]
    pub fn batch(mut self, batch: impl Into<Option<usize>>) -> Self {
        self.options.batch = batch.into();
        self
    }

    /// Length of a step, 0.1 by default (ms, for neurons).
    #[must_use]
    pub fn dt(mut self, dt: f64) -> Self {
        self.options.dt = dt;
        self
    }

    /// Time of the first step, 0 by default; a reset goes back to it.
    #[must_use]
    pub fn t0(mut self, t0: f64) -> Self {
        self.options.t0 = t0;
        self
    }

    /// Index of the first step, 0 by default; a reset goes back to it.
    #[must_use]
    pub fn i0(mut self, i0: u64) -> Self {
        self.options.i0 = i0;
        self
    }

    /// Seed of all random numbers: initial values and noise. 0 by default.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.shared.seed = seed;
        self
    }

    /// A value handed to every node through [`Tick`](crate::Tick): brainpy's `shared_arg`.
    #[must_use]
    pub fn shared_arg(mut self, name: impl Into<String>, value: f64) -> Self {
        self.options.shared.set(name, value);
        self
    }

    /// Variables to record after each step: a name, a list, a map, or [`monitor`](crate::monitor)s of parts of them.
    #[must_use]
    pub fn out_vars(mut self, vars: impl Into<OutVars>) -> Self {
        self.options.out_vars = Some(vars.into());
        self
    }

    /// Which axis of input and results comes first; time by default.
    #[must_use]
    pub fn first_axis(mut self, axis: FirstAxis) -> Self {
        self.options.first_axis = axis;
        self
    }

    /// Insists that the system is stateless, so that a run flattens time into the batch, `[T, B, …] → [T·B, …]`. Stateless
    /// systems are found and flattened without it.
    #[must_use]
    pub fn no_state(mut self, no_state: bool) -> Self {
        self.options.no_state = no_state;
        self
    }

    /// Whether runs keep the output; they do by default.
    #[must_use]
    pub fn record_output(mut self, record: bool) -> Self {
        self.options.record_output = record;
        self
    }

    /// Keeps output and variables of the steps whose index is a multiple of `k` only; a monitor may say otherwise for itself.options.
    #[must_use]
    pub fn record_every(mut self, k: u64) -> Self {
        self.options.every = k;
        self
    }

    /// Lets NaN and infinity pass, in inputs and in state, instead of ending the run with an error.
    #[must_use]
    pub fn allow_non_finite(mut self) -> Self {
        self.options.allow_non_finite = true;
        self
    }

    /// Threads to use; as many as the machine has by default. Results do not depend on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Units (or batch rows) that one thread runs together. Results do not depend on it; the default is right.
    #[must_use]
    pub fn block(mut self, block: usize) -> Self {
        self.options.block = Some(block);
        self
    }

    /// Most steps that are made at once, between two looks at the callback and for what is not finite; on a GPU also between two copies
    /// from and to the host. Results do not depend on it; the default is right: on a GPU the clock decides, so that a chunk takes about 100 ms,
    /// and less where the device also draws a screen. A run of a [`Coupling::Sequence`](crate::Coupling::Sequence) is one chunk, whatever is
    /// said here; on a GPU each of its layers then makes at most so many steps at once.
    #[must_use]
    pub fn chunk(mut self, steps: u64) -> Self {
        self.options.chunk = Some(steps);
        self
    }

    /// Called between chunks of steps with (steps done, steps in all); `false` cancels the run. Chunks then take about 50 ms.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(u64, u64) -> bool + Send + 'static) -> Self {
        self.options.progress = Some(Box::new(progress));
        self
    }

    /// Monitors these too.
    pub(crate) fn monitored(mut self, more: Vec<Monitor>) -> Self {
        let more = more.into_iter().map(Tree::Leaf);
        self.options.out_vars = match self.options.out_vars.take() {
            None => Some(Tree::List(more.collect())),
            Some(own) => Some(Tree::List([own].into_iter().chain(more).collect())),
        };
        self
    }

    /// Whether inputs and results begin with the batch.
    pub(crate) fn is_batch_major(&self) -> bool {
        self.options.first_axis == FirstAxis::Batch
    }

    /// Checks everything, allocates the state and initialises it.
    ///
    /// # Errors
    /// Whatever of it cannot be: an unknown variable, a parameter or `dt` that makes no sense, a device that is not there,
    /// `no_state` for a system that has state, a state that does not fit in memory.
    pub fn build(self) -> Result<LoopOverTime<T, S>> {
        let Self { system, options } = self;
        let Checked { schema, clock, pool, handles, structure, name, names, context } = options.check(&system)?;
        let Options { batch, device, strategy, products, shared, first_axis, no_state, record_output, every, .. } = options;
        let Options { allow_non_finite, block, chunk, progress, .. } = options;
        let mut over_time = LoopOverTime {
            name,
            names,
            implicit: tree::Implicit::new(),
            schema,
            layout: Layout { rows: 0, vars: Vec::new(), len: 0 },
            batch: None,
            arena: OnceCell::new(),
            engine: None,
            strategy,
            products,
            clock,
            shared,
            device,
            first_axis,
            no_state,
            handles,
            structure,
            record_output,
            every,
            allow_non_finite,
            pool,
            block,
            chunk,
            progress,
            started: Cell::new(false),
            span: None,
            system,
        };
        over_time.reset_state(batch)?;
        drop(context);
        Ok(over_time)
    }
}

impl<T: Scalar> Options<T> {
    pub(super) fn check(&self, system: &dyn System<T>) -> Result<Checked> {
        let context = survey::context_of(self.device)?;
        self.strategy.require(self.device)?;
        let schema = system.schema();
        schema.check()?;
        system.check()?;
        super::states::check_names(system, &schema)?;
        if self.no_state && !schema.is_stateless() {
            let vars: Vec<&str> = schema.state.iter().map(|v| &*v.name).collect();
            return Err(Error::Unsupported(format!("no_state: this system has state ({})", vars.join(", "))));
        }
        if self.every == 0 {
            return Err(Error::value("record_every", 0, "is not a positive number of steps"));
        }
        if self.chunk == Some(0) {
            return Err(Error::value("chunk", 0, "is not a positive number of steps"));
        }
        if self.first_axis == FirstAxis::Batch && self.batch.is_none() {
            return Err(Error::Unsupported("first_axis is Batch, but the loop has no batch: give batch(…)".into()));
        }
        let clock = Clock::new(self.i0, self.t0, self.dt)?;
        let (dt, device) = (self.dt, self.device);
        crate::memory::threads::run(|| system.prepare(dt, device))??;
        let pool = match self.threads {
            None => None,
            Some(0) => return Err(Error::value("threads", 0, "is not a positive number")),
            Some(n) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(n).build();
                Some(Arc::new(pool.map_err(|e| Error::value("threads", n, format!("could not be started: {e}")))?))
            }
        };
        let probe = Layout::new(&schema, 1).ok_or_else(|| Error::OutOfMemory {
            what: "the state".into(),
            need: u64::MAX,
            free: crate::memory::free(),
        })?;
        let (mut handles, mut structure) = (Vec::new(), None);
        if let Some(vars) = &self.out_vars {
            for monitor in vars.leaves() {
                let handle = Handle::resolve(monitor, &probe, self.every)?;
                if handles.iter().any(|h: &Handle| h.label == handle.label) {
                    let reason = "is monitored twice; give one of them a name of its own with named(…)";
                    return Err(Error::value("out_vars", format!("`{}`", handle.label), reason));
                }
                handles.push(handle);
            }
            let mut next = 0;
            structure = Some(vars.transform(&mut |_| {
                next += 1;
                next - 1
            }));
        }
        if let Some(name) = &self.name {
            tree::keep_name(name);
        }
        let name = self.name.clone().unwrap_or_else(|| tree::unique_name("LoopOverTime"));
        let names = tree::parts(system).iter().map(|(_, _, part)| tree::unique_name(part.kind())).collect();
        Ok(Checked { schema, clock, pool, handles, structure, name, names, context })
    }
}
