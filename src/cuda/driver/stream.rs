//! CUDA streams and events, which order the work of the device.

use super::context::Context;
use crate::error::Result;
use cudarc::driver::result;
use cudarc::driver::sys::{CUevent, CUevent_flags, CUevent_wait_flags, CUstream};
use std::sync::Arc;

/// A CUDA stream. It is non-blocking: it does not synchronise with the legacy default stream.
#[derive(Debug)]
pub(crate) struct Stream {
    context: Arc<Context>,
    stream: CUstream,
}

// SAFETY: a CUstream is a handle that the driver accepts from any thread; nothing here is bound to
// a thread.
unsafe impl Send for Stream {}

impl Stream {
    /// Creates a stream. The context must be bound.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        let stream =
            context.check("cuStreamCreate", result::stream::create(result::stream::StreamKind::NonBlocking))?;
        Ok(Self { context: context.clone(), stream })
    }

    pub(crate) fn raw(&self) -> CUstream {
        self.stream
    }

    /// Waits on the host until all enqueued work is done.
    pub(crate) fn wait(&self) -> Result<()> {
        // SAFETY: the stream is alive.
        self.context.check("cuStreamSynchronize", unsafe { result::stream::synchronize(self.stream) })
    }

    /// Makes work that is enqueued from now on wait, on the device, for the event.
    pub(crate) fn after(&self, event: &Event) -> Result<()> {
        let flags = CUevent_wait_flags::CU_EVENT_WAIT_DEFAULT;
        // SAFETY: stream and event are alive.
        self.context.check("cuStreamWaitEvent", unsafe { result::stream::wait_event(self.stream, event.event, flags) })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: `new` created the stream, and it is destroyed once. The driver completes
            // running work first.
            let _ = unsafe { result::stream::destroy(self.stream) };
        }
    }
}

/// A CUDA event: a point in a stream.
#[derive(Debug)]
pub(crate) struct Event {
    context: Arc<Context>,
    event: CUevent,
}

// SAFETY: as for Stream.
unsafe impl Send for Event {}

impl Event {
    /// Creates an event without timing. The context must be bound.
    pub(crate) fn new(context: &Arc<Context>) -> Result<Self> {
        let event = context.check("cuEventCreate", result::event::create(CUevent_flags::CU_EVENT_DISABLE_TIMING))?;
        Ok(Self { context: context.clone(), event })
    }

    /// Records the event after the work that has been enqueued on the stream so far.
    pub(crate) fn mark(&self, stream: &Stream) -> Result<()> {
        // SAFETY: event and stream are alive.
        self.context.check("cuEventRecord", unsafe { result::event::record(self.event, stream.raw()) })
    }

    /// Waits on the host for the last recording of the event; returns at once if it was never
    /// recorded.
    pub(crate) fn wait(&self) -> Result<()> {
        // SAFETY: the event is alive.
        self.context.check("cuEventSynchronize", unsafe { result::event::synchronize(self.event) })
    }
}

impl Drop for Event {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: `new` created the event, and it is destroyed once.
            let _ = unsafe { result::event::destroy(self.event) };
        }
    }
}
