//! The capture of streams into graphs.

use std::collections::HashMap;

use super::code::Code;
use super::queue::Op;
use super::state::{Graph, Outcome, State};

/// A capture in progress.
pub(crate) struct Capture {
    origin: usize,
    /// The thread that started the capture. `mode` says which threads it restricts: 0 all threads,
    /// 1 this thread, 2 none.
    thread: std::thread::ThreadId,
    mode: u32,
    graph: Graph,
    /// For each stream that takes part: the number of its operations, and the number for which the
    /// origin stream has waited.
    streams: HashMap<usize, (usize, usize)>,
    broken: bool,
}

impl State {
    /// Refuses an operation that is not allowed during a capture: by the capturing thread unless
    /// the capture is relaxed, and by any thread if the capture is global.
    pub(crate) fn not_capturing(&mut self, what: &str) -> Outcome {
        let me = std::thread::current().id();
        let mut hindered = false;
        for c in self.captures.values_mut().filter(|c| c.mode == 0 || c.mode == 1 && c.thread == me) {
            (c.broken, hindered) = (true, true);
        }
        if hindered {
            Err(Code::ERROR_STREAM_CAPTURE_UNSUPPORTED.why(format!("{what} while a stream is captured")))
        } else {
            Ok(())
        }
    }

    pub(crate) fn break_capture(&mut self, id: usize) {
        if let Some(c) = self.captures.get_mut(&id) {
            c.broken = true;
        }
    }

    pub(crate) fn begin_capture(&mut self, stream: usize, mode: u32) -> Outcome {
        if stream <= 2 {
            return Err(Code::ERROR_STREAM_CAPTURE_UNSUPPORTED.why("the legacy stream cannot be captured"));
        }
        if self.stream(stream)?.capture.is_some() {
            return Err(Code::ERROR_ILLEGAL_STATE.why("the stream is already captured"));
        }
        let id = self.handle();
        let capture = Capture {
            origin: stream,
            thread: std::thread::current().id(),
            mode,
            graph: Graph::default(),
            streams: HashMap::from([(stream, (0, 0))]),
            broken: false,
        };
        self.captures.insert(id, capture);
        self.stream(stream)?.capture = Some(id);
        Ok(())
    }

    /// Adds work in a captured stream to the graph.
    pub(super) fn record(&mut self, id: usize, stream: usize, op: Op) -> Outcome {
        let events = &mut self.events;
        let Some(c) = self.captures.get_mut(&id) else { return Err(Code::ERROR_STREAM_CAPTURE_INVALIDATED.into()) };
        if c.broken {
            return Err(Code::ERROR_STREAM_CAPTURE_INVALIDATED.into());
        }
        let work = c.streams.entry(stream).or_default();
        work.0 += 1;
        match op {
            Op::Record { event, .. } => {
                if let Some(e) = events.get_mut(&event) {
                    e.captured = Some((id, stream, work.0));
                }
            }
            op => c.graph.ops.push(op),
        }
        Ok(())
    }

    /// Lets a stream wait for an event that was recorded in a capture. The stream joins the
    /// capture.
    pub(crate) fn join(&mut self, stream: usize, (id, from, count): (usize, usize, usize)) -> Outcome {
        match self.stream(stream)?.capture {
            Some(other) if other != id => return Err(Code::ERROR_STREAM_CAPTURE_MERGE.into()),
            _ => {}
        }
        self.stream(stream)?.capture = Some(id);
        if let Some(c) = self.captures.get_mut(&id) {
            c.streams.entry(stream).or_default().0 += 1;
            if let Some(s) = c.streams.get_mut(&from) {
                s.1 = s.1.max(count);
            }
        }
        Ok(())
    }

    pub(crate) fn end_capture(&mut self, stream: usize) -> Result<Graph, super::Failure> {
        let Some(id) = self.stream(stream)?.capture else {
            return Err(Code::ERROR_ILLEGAL_STATE.why("the stream is not captured"));
        };
        if self.captures.get(&id).is_some_and(|c| c.origin != stream) {
            return Err(Code::ERROR_STREAM_CAPTURE_UNMATCHED.into());
        }
        self.streams.values_mut().filter(|s| s.capture == Some(id)).for_each(|s| s.capture = None);
        for e in self.events.values_mut().filter(|e| e.captured.is_some_and(|c| c.0 == id)) {
            e.captured = None;
        }
        match self.captures.remove(&id) {
            Some(c) if c.broken => Err(Code::ERROR_STREAM_CAPTURE_INVALIDATED.into()),
            Some(c) if c.streams.iter().any(|(s, n)| *s != stream && n.1 < n.0) => {
                Err(Code::ERROR_STREAM_CAPTURE_UNJOINED
                    .why("the origin stream did not wait for all work of another captured stream"))
            }
            Some(c) => Ok(c.graph),
            None => Err(Code::ERROR_STREAM_CAPTURE_INVALIDATED.into()),
        }
    }
}
