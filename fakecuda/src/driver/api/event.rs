//! Events.

use super::put;
use crate::driver::queue::{Event, Op};
use crate::driver::{Code, Failure, State};

fn elapsed(s: &State, from: usize, to: usize) -> Result<f32, Failure> {
    let (Some(a), Some(b)) = (s.events.get(&from), s.events.get(&to)) else {
        return Err(Code::ERROR_INVALID_HANDLE.into());
    };
    if a.untimed || b.untimed || a.turn == 0 || b.turn == 0 {
        return Err(Code::ERROR_INVALID_HANDLE.why("an event that has no timing, or was not recorded"));
    }
    match (a.at, b.at) {
        (Some(x), Some(y)) if a.done == a.turn && b.done == b.turn => {
            let sign = if y >= x { 1.0 } else { -1.0 };
            Ok(sign * y.max(x).duration_since(x.min(y)).as_secs_f32() * 1e3)
        }
        _ => Err(Code::ERROR_NOT_READY.into()),
    }
}

entries! {
    Context fn cuEventCreate(s, event: *mut usize, flags: u32) {
        let handle = s.handle();
        s.events.insert(handle, Event { untimed: flags & 2 != 0, ..Event::default() });
        put(event, handle)?;
    }
    Initialised fn cuEventDestroy_v2(s, event: usize) {
        // Queued work may wait for the event, so the event's record must run first.
        let Some(e) = s.events.get(&event) else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        let turn = e.turn;
        let done = if s.lost.is_none() && e.captured.is_none() { s.reach(event, turn) } else { Ok(()) };
        s.events.remove(&event);
        return done;
    }
    Context fn cuEventRecord(s, event: usize, stream: usize) {
        let captured = s.stream(stream)?.capture.is_some();
        let Some(e) = s.events.get_mut(&event) else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        e.captured = None;
        if !captured {
            e.turn += 1;
            e.stream = if stream <= 2 { 0 } else { stream };
        }
        let turn = e.turn;
        s.queue(stream, Op::Record { event, turn })?;
    }
    Context fn cuEventQuery(s, event: usize) {
        let Some(e) = s.events.get(&event) else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        if e.captured.is_some() {
            return Err(Code::ERROR_CAPTURED_EVENT.into());
        }
        let turn = e.turn;
        if e.done < turn {
            // The program polls until the event is complete. So the work runs now, and the next
            // query returns success.
            s.reach(event, turn)?;
            return Err(Code::ERROR_NOT_READY.into());
        }
    }
    Context fn cuEventSynchronize(s, event: usize) {
        let Some(e) = s.events.get(&event) else { return Err(Code::ERROR_INVALID_HANDLE.into()) };
        if e.captured.is_some() {
            return Err(Code::ERROR_CAPTURED_EVENT.into());
        }
        let turn = e.turn;
        s.reach(event, turn)?;
    }
    Context fn cuEventElapsedTime(s, ms: *mut f32, from: usize, to: usize) {
        put(ms, elapsed(s, from, to)?)?;
    }
    Context fn cuEventElapsedTime_v2(s, ms: *mut f32, from: usize, to: usize) {
        put(ms, elapsed(s, from, to)?)?;
    }
}
