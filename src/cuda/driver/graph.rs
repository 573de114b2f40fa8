//! A recorded sequence of launches, replayed by one call.

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

// SAFETY: a CUgraphExec is a handle that may be used from any thread, by one at a time; whoever owns this value is that one.
unsafe impl Send for Graph {}

impl Graph {
    /// Records what `ask` asks of the stream; nothing of it runs yet.
    pub(crate) fn capture(context: &Arc<Context>, stream: &Stream, ask: impl FnOnce() -> Result<()>) -> Result<Self> {
        let mode = CUstreamCaptureMode::CU_STREAM_CAPTURE_MODE_THREAD_LOCAL;
        // SAFETY: the stream is alive, and is not the default one, which cannot be captured.
        context.check("cuStreamBeginCapture", unsafe { result::stream::begin_capture(stream.raw(), mode) })?;
        let asked = ask();
        // SAFETY: the stream is being captured, by this thread. It must end also if something failed.
        let graph = context.check("cuStreamEndCapture", unsafe { result::stream::end_capture(stream.raw()) });
        asked?;
        let graph = graph?;
        // SAFETY: the graph was made just now. Once instantiated it is no longer needed.
        let exec = unsafe { result::graph::instantiate(graph, CUgraphInstantiate_flags(0)) };
        // SAFETY: as above.
        let _ = unsafe { result::graph::destroy(graph) };
        Ok(Self { context: context.clone(), graph: context.check("cuGraphInstantiate", exec)? })
    }

    /// Asks for all of it once more.
    pub(crate) fn replay(&self, stream: &Stream) -> Result<()> {
        // SAFETY: graph and stream are alive; what the launches in it point to belongs to the engine that owns this graph.
        self.context.check("cuGraphLaunch", unsafe { result::graph::launch(self.graph, stream.raw()) })
    }
}

impl Drop for Graph {
    fn drop(&mut self) {
        if self.context.bind().is_ok() {
            // SAFETY: instantiated by `capture`, and destroyed once; the driver waits for replays under way.
            let _ = unsafe { result::graph::exec_destroy(self.graph) };
        }
    }
}
