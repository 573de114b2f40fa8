//! Streams and events: what happens in which order.

use super::context::Context;
use crate::error::Result;
use cudarc::driver::result;
use cudarc::driver::sys::{CUevent, CUevent_flags, CUevent_wait_flags, CUstream};
use std::sync::Arc;

/// A queue of work for the device. It does not wait for the default stream, nor that for it.
#[derive(Debug)]
pub(crate) struct Stream {
    context: Arc<Context>,
    stream: CUstream,
}

// SAFETY: a CUstream is a handle that the driver takes from any thread; nothing here is tied to one.
unsafe impl Send for Stream {}

impl Stream {
    /// The context must be bound.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        let stream = context.check("cuStreamCreate", result::stream::create(result::stream::StreamKind::NonBlocking))?;
        Ok(Self { context: context.clone(), stream })
    }

    pub(crate) fn raw(&self) -> CUstream {
        self.stream
    }

    /// Waits, on the host, for all that was asked for.
    pub(crate) fn wait(&self) -> Result<()> {
        // SAFETY: the stream is alive, as in all that follows.
        self.context.check("cuStreamSynchronize", unsafe { result::stream::synchronize(self.stream) })
    }

    /// What is asked for from now on waits, on the device, for the event.
    pub(crate) fn after(&self, event: &Event) -> Result<()> {
        let flags = CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
        // SAFETY: stream and event are alive.
        self.context.check("cuStreamWaitEvent", unsafe { result::stream::wait_event(self.stream, event.event, flags) })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: made by `new`, and destroyed once. The driver completes what is under way first.
            let _ = unsafe { result::stream::destroy(self.stream) };
        }
    }
}

/// A mark in a stream.
#[derive(Debug)]
pub(crate) struct Event {
    context: Arc<Context>,
    event: CUevent,
}

// SAFETY: as for Stream.
unsafe impl Send for Event {}

impl Event {
    /// The context must be bound.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        let event = context.check("cuEventCreate", result::event::create(CUevent_flags::CU_EVENT_DISABLE_TIMING))?;
        Ok(Self { context: context.clone(), event })
    }

    /// Marks what was asked of the stream so far.
    pub(crate) fn mark(&self, stream: &Stream) -> Result<()> {
        // SAFETY: event and stream are alive.
        self.context.check("cuEventRecord", unsafe { result::event::record(self.event, stream.raw()) })
    }

    /// Waits, on the host, for what was marked last; at once if nothing was.
    pub(crate) fn wait(&self) -> Result<()> {
        // SAFETY: the event is alive.
        self.context.check("cuEventSynchronize", unsafe { result::event::synchronize(self.event) })
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: made by `new`, and destroyed once.
            let _ = unsafe { result::event::destroy(self.event) };
        }
    }
}
