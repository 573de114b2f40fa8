//! The device of a loop's state, and moves between devices.

use super::{AnyLoop, LoopOverTime};
use crate::cuda::Engine;
use crate::device::Device;
use crate::engine::boundary::EngineConfig;
use crate::error::Result;
use crate::memory::Aligned;
use crate::numeric::scalar::Scalar;
use crate::survey;
use crate::system::System;
use crate::system::state::Layout;
use std::cell::OnceCell;

impl<T: Scalar, S: System<T>> LoopOverTime<T, S> {
    /// Moves the loop and its state to another device. The next run continues there.
    ///
    /// # Errors
    /// If the device is not available, cannot run this system or the selected strategy, or has too
    /// little memory; the loop then stays where it is. If the previous device was lost, and the
    /// state with it.
    pub fn to(&mut self, device: Device) -> Result<()> {
        self.any_mut().move_to(device)
    }

    /// Describes how the loop runs. On a GPU this is the strategy of each layer, with the reason
    /// for it.
    #[must_use]
    pub fn strategy(&self) -> String {
        self.engine.as_ref().map_or_else(
            || "the CPU engine: each thread makes all steps of a chunk for one block of units or rows".to_owned(),
            |e| e.strategy(),
        )
    }

    /// Problems during the build that did not prevent it, such as a kernel cache that is not
    /// writable.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        self.engine.as_ref().map_or(&[], |e| e.warnings())
    }
}

impl<T: Scalar> AnyLoop<'_, T> {
    pub(crate) fn move_to(&mut self, device: Device) -> Result<()> {
        if device == self.device {
            return Ok(());
        }
        // This reference lasts until the engine has its own, so that the device is initialised only
        // once.
        let _context = survey::context_of(device)?;
        self.strategy.require(device)?;
        let (system, dt) = (&self.system, self.clock.dt);
        crate::memory::threads::run(|| system.prepare(dt, device))??;
        let engine = self.engine_for(device, &self.layout, self.host_state()?)?;
        (self.engine, self.device) = (engine, device);
        Ok(())
    }

    /// The engine for this device; `None` for the CPU, whose engine has no state of its own.
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

    /// The state. If the host has no copy, it is read from the device.
    pub(crate) fn host_state(&self) -> Result<&[T]> {
        if let Some(state) = self.arena.get() {
            return Ok(state);
        }
        let state = self.engine.as_ref().map_or_else(|| Ok(Vec::new()), |engine| engine.state())?;
        let state = Aligned::copied("the state", &state)?;
        Ok(self.arena.get_or_init(|| state))
    }

    /// Sets the state on the host and on the device.
    pub(crate) fn set_host_state(&mut self, state: Vec<T>) -> Result<()> {
        let state = Aligned::copied("the state", &state)?;
        if let Some(engine) = &self.engine {
            engine.set_state(&state)?;
        }
        self.arena = OnceCell::from(state);
        Ok(())
    }

    /// Copies changed weights to the device.
    pub(super) fn weights_changed(&self) -> Result<()> {
        self.engine.as_ref().map_or(Ok(()), |engine| engine.set_weights(&self.system))
    }
}
