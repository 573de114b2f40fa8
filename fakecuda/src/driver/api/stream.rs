//! Streams and their capture.

use super::put;
use crate::driver::queue::{HostFunction, Op, Stream};
use crate::driver::{Code, State};

fn create(s: &mut State, flags: u32) -> usize {
    let handle = s.handle();
    s.streams.insert(handle, Stream { independent: flags & 1 == 1, ..Stream::default() });
    handle
}

entries! {
    Context fn cuStreamCreate(s, stream: *mut usize, flags: u32) {
        put(stream, create(s, flags))?;
    }
    Context fn cuStreamCreateWithPriority(s, stream: *mut usize, flags: u32, priority: i32) {
        put(stream, create(s, flags))?;
    }
    Initialised fn cuStreamDestroy_v2(s, stream: usize) {
        s.stream(stream)?;
        if stream <= 2 {
            return Err(Code::ERROR_INVALID_HANDLE.into());
        }
        let done = if s.lost.is_none() { s.drain(stream) } else { Ok(()) };
        s.streams.remove(&stream);
        return done;
    }
    Context fn cuStreamSynchronize(s, stream: usize) {
        if let Some(id) = s.stream(stream)?.capture {
            s.break_capture(id);
            return Err(Code::ERROR_STREAM_CAPTURE_UNSUPPORTED.why("synchronising a stream that is captured"));
        }
        s.drain(stream)?;
    }
    Context fn cuStreamQuery(s, stream: usize) {
        if !s.stream(stream)?.queue.is_empty() {
            // The program polls until the stream is complete. So the work runs now, and the next
            // query returns success.
            s.drain(stream)?;
            return Err(Code::ERROR_NOT_READY.into());
        }
    }
    Context fn cuStreamWaitEvent(s, stream: usize, event: usize, flags: u32) {
        let Some(e) = s.events.get(&event) else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        let (turn, captured) = (e.turn, e.captured);
        if let Some(c) = captured {
            return s.join(stream, c);
        }
        if s.stream(stream)?.capture.is_some() {
            return Err(Code::ERROR_STREAM_CAPTURE_ISOLATION.why("a captured stream waits for an event from outside"));
        }
        if turn > 0 {
            s.queue(stream, Op::Wait { event, turn })?;
        }
    }
    Context fn cuLaunchHostFunc(s, stream: usize, function: HostFunction, data: usize) {
        s.queue(stream, Op::Call { function, data })?;
    }
    Context fn cuStreamBeginCapture_v2(s, stream: usize, mode: u32) {
        s.begin_capture(stream, mode)?;
    }
    Context fn cuStreamEndCapture(s, stream: usize, graph: *mut usize) {
        let made = s.end_capture(stream);
        if made.is_err() {
            put(graph, 0)?;
        }
        let (made, handle) = (made?, s.handle());
        s.graphs.insert(handle, made);
        put(graph, handle)?;
    }
    Context fn cuStreamIsCapturing(s, stream: usize, status: *mut u32) {
        put(status, s.stream(stream)?.capture.is_some() as u32)?;
    }
    Context fn cuThreadExchangeStreamCaptureMode(s, mode: *mut u32) {}
    Context fn cuStreamGetFlags(s, stream: usize, flags: *mut u32) {
        put(flags, s.stream(stream)?.independent as u32)?;
    }
    Context fn cuStreamGetPriority(s, stream: usize, priority: *mut i32) {
        put(priority, 0)?;
    }
}
