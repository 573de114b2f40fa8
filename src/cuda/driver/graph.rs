//! A CUDA graph: a captured sequence of launches that one call replays.

use super::context::Context;
use super::stream::Stream;
use crate::error::Result;
use cudarc::driver::result;
use cudarc::driver::sys::{CUgraphExec, CUgraphInstantiate_flags, CUstreamCaptureMode};
use std::sync::Arc;

#[derive(Debug)]
pub(crate) struct Graph {
    context: Arc<Context>,
    graph: CUgraphExec,
}

// SAFETY: a CUgraphExec is a handle that any thread may use, one thread at a time; the owner of
// this value is that thread.
unsafe impl Send for Graph {}

impl Graph {
    /// Captures the work that `ask` enqueues on the stream. Nothing runs yet.
    pub(crate) fn capture(context: &Arc<Context>, stream: &Stream, ask: impl FnOnce() -> Result<()>) -> Result<Self> {
        let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream is alive, and is not the default stream, which cannot be captured.
        context.check("cuStreamBeginCapture", unsafe { result::stream::begin_capture(stream.raw(), mode) })?;
        let asked = ask();
        // SAFETY: this thread is capturing the stream. Capture must end even if something failed.
        let graph = context.check("cuStreamEndCapture", unsafe { result::stream::end_capture(stream.raw()) });
        asked?;
        let graph = graph?;
        // SAFETY: the graph has just been created. After instantiation it is no longer needed.
        let exec = unsafe { result::graph::instantiate(graph, CUgraphInstantiate_flags(0)) };
        // SAFETY: as above.
        let _ = unsafe { result::graph::destroy(graph) };
        Ok(Self { context: context.clone(), graph: context.check("cuGraphInstantiate", exec)? })
    }

    /// Enqueues all captured work once more.
    pub(crate) fn replay(&self, stream: &Stream) -> Result<()> {
        // SAFETY: graph and stream are alive; the memory that the captured launches point to
        // belongs to the engine that owns this graph.
        self.context.check("cuGraphLaunch", unsafe { result::graph::launch(self.graph, stream.raw()) })
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: `capture` instantiated the graph, and it is destroyed once; the driver waits
            // for replays that are running.
            let _ = unsafe { result::graph::exec_destroy(self.graph) };
        }
    }
}
