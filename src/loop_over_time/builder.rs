//! The builder of a loop.

use super::LoopOverTime;
use super::options::{Checked, Options};
use crate::device::{Device, Products, Strategy};
use crate::error::Result;
use crate::numeric::scalar::Scalar;
use crate::recording::{FirstAxis, Monitor, OutVars, Structure};
use crate::system::System;
use crate::system::state::Layout;
use crate::system::tree;
use std::cell::{Cell, OnceCell};

/// Builds a [`LoopOverTime`]. Every option has a default.
pub struct Builder<T, S> {
    system: S,
    options: Options<T>,
}

impl<T, S: std::fmt::Debug> std::fmt::Debug for Builder<T, S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Options { batch, dt, .. } = &self.options;
        f.debug_struct("Builder")
            .field("system", &self.system)
            .field("batch", batch)
            .field("dt", dt)
            .finish_non_exhaustive()
    }
}

impl<T: Scalar, S: System<T>> Builder<T, S> {
    pub(super) fn new(system: S) -> Self {
        Self { system, options: Options::default() }
    }

    /// Sets the name of the loop. The default is a unique name (`LoopOverTime0`, …).
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.options.name = Some(name.into());
        self
    }

    /// Sets the device; the default is the CPU. [`Device::auto`] selects the best available device.
    #[must_use]
    pub fn device(mut self, device: Device) -> Self {
        self.options.device = device;
        self
    }

    /// Sets how a GPU makes the steps; the default is [`Strategy::Auto`].
    #[must_use]
    pub fn strategy(mut self, strategy: Strategy) -> Self {
        self.options.strategy = strategy;
        self
    }

    /// Sets the order in which a GPU sums products; the default is [`Products::Fast`].
    #[must_use]
    pub fn products(mut self, products: Products) -> Self {
        self.options.products = products;
        self
    }

    /// Sets the number of batch rows. Without it there is no batch axis, and the input is `[T, …]`.
    #[must_use]
    pub fn batch(mut self, batch: impl Into<Option<usize>>) -> Self {
        self.options.batch = batch.into();
        self
    }

    /// Sets the length of a step; the default is 0.1 (ms, for neurons).
    #[must_use]
    pub fn dt(mut self, dt: f64) -> Self {
        self.options.dt = dt;
        self
    }

    /// Sets the time of the first step; the default is 0. A reset returns to it.
    #[must_use]
    pub fn t0(mut self, t0: f64) -> Self {
        self.options.t0 = t0;
        self
    }

    /// Sets the index of the first step; the default is 0. A reset returns to it.
    #[must_use]
    pub fn i0(mut self, i0: u64) -> Self {
        self.options.i0 = i0;
        self
    }

    /// Sets the seed of all random numbers, both of initial values and of noise. The default is 0.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.options.shared.seed = seed;
        self
    }

    /// Sets a shared value, which every node can read through [`Tick`](crate::Tick): brainpy's
    /// `shared_arg`.
    #[must_use]
    pub fn shared_arg(mut self, name: impl Into<String>, value: f64) -> Self {
        self.options.shared.set(name, value);
        self
    }

    /// Sets the variables to record after each step: a name, a list, a map, or
    /// [`monitor`](crate::monitor)s for parts of variables.
    #[must_use]
    pub fn out_vars(mut self, vars: impl Into<OutVars>) -> Self {
        self.options.out_vars = Some(vars.into());
        self
    }

    /// Sets which axis of input and results comes first; the default is time.
    #[must_use]
    pub fn first_axis(mut self, axis: FirstAxis) -> Self {
        self.options.first_axis = axis;
        self
    }

    /// Requires the system to be stateless, so that a run flattens time into the batch,
    /// `[T, B, …] → [T·B, …]`. The loop also detects and flattens stateless systems without this
    /// option.
    #[must_use]
    pub fn no_state(mut self, no_state: bool) -> Self {
        self.options.no_state = no_state;
        self
    }

    /// Sets whether runs record the output; the default is `true`.
    #[must_use]
    pub fn record_output(mut self, record: bool) -> Self {
        self.options.record_output = record;
        self
    }

    /// Records output and variables only at steps whose index is a multiple of `k`. A monitor can
    /// have its own interval. The default is 1.
    #[must_use]
    pub fn record_every(mut self, k: u64) -> Self {
        self.options.every = k;
        self
    }

    /// Allows NaN and infinity in inputs and in the state. By default they end the run with an
    /// error.
    #[must_use]
    pub fn allow_non_finite(mut self) -> Self {
        self.options.allow_non_finite = true;
        self
    }

    /// Sets the number of threads. The default is the number of CPU cores. Results do not depend on
    /// it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.options.threads = Some(threads);
        self
    }

    /// Sets the number of units (or batch rows) that one thread computes together. Results do not
    /// depend on it. The default is suitable for all systems.
    #[must_use]
    pub fn block(mut self, block: usize) -> Self {
        self.options.block = Some(block);
        self
    }

    /// Sets the maximum number of steps in a chunk. Between two chunks the loop calls the progress
    /// callback and looks for values that are not finite. A GPU also copies from and to the host
    /// once a chunk. Results do not depend on it, and the default is suitable for all systems. On a
    /// GPU the default follows the clock: a chunk takes about 100 ms, and less if the device also
    /// drives a display.
    ///
    /// A run of a [`Coupling::Sequence`](crate::Coupling::Sequence) is always one chunk. On a GPU
    /// each of its layers then makes at most this number of steps in one launch.
    #[must_use]
    pub fn chunk(mut self, steps: u64) -> Self {
        self.options.chunk = Some(steps);
        self
    }

    /// Sets the progress callback. The loop calls it between chunks, on the thread that called
    /// `run`, with (steps done, steps in total). If it returns `false`, the run is cancelled. With
    /// a callback, a chunk takes about 50 ms on the CPU. [`LoopOverTime::with_progress`] sets a
    /// callback for a single run.
    #[must_use]
    pub fn progress(mut self, progress: impl FnMut(u64, u64) -> bool + Send + 'static) -> Self {
        self.options.progress = Some(Box::new(progress));
        self
    }

    /// Adds monitors.
    pub(crate) fn monitored(mut self, more: Vec<Monitor>) -> Self {
        let more = more.into_iter().map(Structure::Leaf);
        self.options.out_vars = match self.options.out_vars.take() {
            None => Some(Structure::List(more.collect())),
            Some(own) => Some(Structure::List([own].into_iter().chain(more).collect())),
        };
        self
    }

    /// Whether inputs and results begin with the batch axis.
    pub(crate) fn is_batch_major(&self) -> bool {
        self.options.first_axis == FirstAxis::Batch
    }

    /// Checks the system and the options, allocates the state and initialises it.
    ///
    /// # Errors
    /// If a variable is unknown, a parameter or `dt` is invalid, the device is not available,
    /// `no_state` is set for a system with state, or memory for the state is short.
    pub fn build(self) -> Result<LoopOverTime<T, S>> {
        let Self { system, options } = self;
        let Checked { schema, clock, pool, handles, structure, name, names, context } = options.check(&system)?;
        let Options { batch, device, strategy, products, shared, first_axis, no_state, record_output, every, .. } =
            options;
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
            system,
        };
        over_time.reset_state(batch)?;
        drop(context);
        Ok(over_time)
    }
}
