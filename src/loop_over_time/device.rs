//! Where a loop's state is, and moving it.

use super::{AnyLoop, LoopOverTime};
use crate::cuda::Engine;
use crate::device::Device;
use crate::engine::boundary::EngineConfig;
use crate::error::Result;
use crate::numeric::scalar::Scalar;
use crate::survey;
use crate::system::System;
use crate::system::state::Layout;
use std::cell::OnceCell;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Moves the loop, its state included, to another device. The next run goes on there from where the last one ended here.
    ///
    /// # Errors
    /// If the device is not available, cannot run this system or the strategy that was asked for, or has too little memory; the loop then
    /// stays where it is. If the device that it comes from was lost, and its state with it.
    pub fn to(&mut self, device: Device) -> Result<()> {
        self.any_mut().move_to(device)
    }

    /// How the loop runs: on a GPU each layer's strategy, and why that one.
    #[must_use]
    pub fn strategy(&self) -> String {
        self.engine.as_ref().map_or_else(|| "the CPU runs all steps of a block of units or rows at once".to_owned(), |e| e.strategy())
    }

    /// What went wrong while the loop was built that could be done without, such as a cache of kernels that cannot be written to.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.engine.as_ref().map_or(&[], |e| e.warnings())
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    pub(super) fn move_to(&mut self, device: Device) -> Result<()> {
        if device == self.device {
            return Ok(());
        }
        // Held until the engine holds it, so that the device is looked for once.
        let _context = survey::context_of(device)?;
        self.strategy.require(device)?;
        let (system, dt) = (&self.system, self.clock.dt);
        crate::memory::threads::run(|| system.prepare(dt, device))??;
        let engine = self.engine_for(device, &self.layout, self.host_state()?)?;
        (self.engine, self.device) = (engine, device);
        Ok(())
    }

    /// What runs the loop on this device: nothing for the CPU, whose engine has no state of its own.
    pub(super) fn engine_for(&self, device: Device, layout: &Layout, state: &[T]) -> Result<Option<Box<Engine>>> {
        let Device::Cuda(ordinal) = device else { return Ok(None) };
        let wanted = EngineConfig {
            schema: &self.schema,
            layout,
            handles: &self.handles,
            output_every: self.record_output.then_some(self.every),
            chunk: self.chunk,
            strategy: self.strategy,
            products: self.products,
            dt: self.clock.dt,
        };
        let engine = Engine::new(survey::context(ordinal)?, &self.system, wanted, state)?;
        Ok(Some(Box::new(engine)))
    }

    /// The state, read from the device that has it if it is not here.
    pub(crate) fn host_state(&self) -> Result<&[T]> {
        if let Some(state) = self.arena.get() {
            return Ok(state);
        }
        let state = self.engine.as_ref().map_or_else(|| Ok(Vec::new()), |engine| engine.state())?;
        Ok(self.arena.get_or_init(|| state))
    }

    /// Makes this the state, on whatever device has it.
    pub(crate) fn set_host_state(&mut self, state: Vec<T>) -> Result<()> {
        if let Some(engine) = &self.engine {
            engine.set_state(&state)?;
        }
        self.arena = OnceCell::from(state);
        Ok(())
    }

    /// Lets the device know of weights that have changed.
    pub(super) fn weights_changed(&self) -> Result<()> {
        self.engine.as_ref().map_or(Ok(()), |engine| engine.set_weights(&self.system))
    }
}
