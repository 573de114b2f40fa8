//! Streams as queues of work, and running that work when somebody waits. What is under way meanwhile is in `flight.rs`.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::time::Instant;

use super::code::{self, Code};
use super::flight::checksum;
use super::state::{Outcome, State};
use crate::exec::{Kernel, Launch, Limits};

/// One end of a copy.
#[derive(Clone)]
pub(crate) enum End {
    Device(u64),
    /// Pinned memory: looked at when the copy runs.
    Host(usize),
    /// Pageable memory: taken when the copy was asked for.
    Taken(Arc<Vec<u8>>),
}

pub(crate) type HostFunction = unsafe extern "C" fn(*mut c_void);

/// A piece of work.
#[derive(Clone)]
pub(crate) enum Op {
    /// `sum`: of the bytes of pinned memory when the copy was asked for; they must not change before it is done.
    Copy {
        to: End,
        from: End,
        bytes: usize,
        sum: Option<u64>,
    },
    Set {
        at: u64,
        value: Vec<u8>,
        count: usize,
    },
    Launch {
        kernel: Arc<Kernel>,
        launch: Arc<Launch>,
    },
    Free(u64),
    Record {
        event: usize,
        turn: u64,
    },
    Wait {
        event: usize,
        turn: u64,
    },
    Call {
        function: HostFunction,
        data: usize,
    },
}

#[derive(Default)]
pub(crate) struct Stream {
    /// With the place of each in the order of all that was ever queued.
    pub(crate) queue: VecDeque<(u64, Op)>,
    /// Does not wait for the legacy stream, nor that one for it.
    pub(crate) independent: bool,
    pub(crate) capture: Option<usize>,
}

#[derive(Default)]
pub(crate) struct Event {
    /// Of the last record: its stream and its number.
    pub(crate) stream: usize,
    pub(crate) turn: u64,
    /// The last record that ran, and when.
    pub(crate) done: u64,
    pub(crate) at: Option<Instant>,
    /// Recorded in a capture: which, in which stream, after how much of its work.
    pub(crate) captured: Option<(usize, usize, usize)>,
    pub(crate) untimed: bool,
}

impl State {
    pub(crate) fn stream(&mut self, handle: usize) -> Result<&mut Stream, super::Failure> {
        // 1 and 2 are names of the legacy and the thread's default stream.
        let handle = if handle <= 2 { 0 } else { handle };
        self.streams.get_mut(&handle).ok_or_else(|| Code::ERROR_INVALID_HANDLE.why(format!("no stream {handle:#x}")))
    }

    /// Queues work, or records it where the stream is being captured.
    pub(crate) fn queue(&mut self, stream: usize, op: Op) -> Outcome {
        let stream = if stream <= 2 { 0 } else { stream };
        let blocking_capture = self.streams.iter().any(|(&h, s)| h != 0 && s.capture.is_some() && !s.independent);
        if stream == 0 && blocking_capture {
            return Err(Code::ERROR_STREAM_CAPTURE_IMPLICIT.why("work in the legacy stream while a stream is captured"));
        }
        if let Some(capture) = self.stream(stream)?.capture {
            return self.record(capture, stream, op);
        }
        let op = self.remember(op);
        self.sequence += 1;
        let n = self.sequence;
        self.stream(stream)?.queue.push_back((n, op));
        Ok(())
    }

    /// Runs all of a stream's work.
    pub(crate) fn drain(&mut self, stream: usize) -> Outcome {
        self.drain_to(stream, u64::MAX)
    }

    fn drain_to(&mut self, stream: usize, before: u64) -> Outcome {
        loop {
            let Some(&(n, _)) = self.stream(stream)?.queue.front() else { return Ok(()) };
            if n >= before {
                return Ok(());
            }
            // The legacy stream waits for all that came before, and all that came after waits for it.
            if stream == 0 {
                let others: Vec<_> = self.streams.iter().filter(|(h, s)| **h != 0 && !s.independent).map(|(h, _)| *h).collect();
                for other in others {
                    self.drain_to(other, n)?;
                }
            } else if !self.stream(stream)?.independent {
                self.drain_to(0, n)?;
            }
            // Another call may have run it meanwhile.
            match self.stream(stream)?.queue.front() {
                Some((m, _)) if *m == n => {}
                _ => continue,
            }
            if let Some((n, op)) = self.stream(stream)?.queue.pop_front() {
                self.perform(op, stream, n)?;
            }
        }
    }

    pub(crate) fn drain_all(&mut self) -> Outcome {
        let all: Vec<_> = self.streams.keys().copied().collect();
        all.into_iter().try_for_each(|s| self.drain(s))
    }

    /// Runs a stream until an event's record is done.
    pub(crate) fn reach(&mut self, event: usize, turn: u64) -> Outcome {
        loop {
            let Some(e) = self.events.get(&event) else { return Ok(()) };
            if e.done >= turn {
                return Ok(());
            }
            let stream = e.stream;
            let Some(&(n, _)) = self.stream(stream)?.queue.front() else { return Ok(()) };
            self.drain_to(stream, n + 1)?;
        }
    }

    fn perform(&mut self, op: Op, stream: usize, n: u64) -> Outcome {
        if let Some(code) = self.lost {
            return Err(code.into());
        }
        self.meet(&op, stream, n)?;
        match op {
            Op::Copy { to, from, bytes, sum } => self.copy(&to, &from, bytes, sum),
            Op::Set { at, value, count } => {
                let to = self.memory.bytes_mut(at, value.len() * count).map_err(|e| Code::ERROR_ILLEGAL_ADDRESS.why(e))?;
                to.chunks_exact_mut(value.len()).for_each(|c| c.copy_from_slice(&value));
                Ok(())
            }
            Op::Launch { kernel, launch } => self.run(&kernel, &launch, stream, n),
            Op::Free(at) => {
                self.dying.retain(|d| *d != at);
                self.memory.free(at);
                Ok(())
            }
            Op::Record { event, turn } => {
                if let Some(e) = self.events.get_mut(&event) {
                    e.done = e.done.max(turn);
                    e.at = Some(Instant::now());
                }
                Ok(())
            }
            Op::Wait { event, turn } => {
                self.waiting.push(stream);
                let reached = self.reach(event, turn);
                self.waiting.pop();
                reached
            }
            Op::Call { function, data } => {
                // SAFETY: the host gave the function and its argument for this; it must not call the driver, as on a GPU.
                unsafe { function(data as *mut c_void) };
                Ok(())
            }
        }
    }

    fn copy(&mut self, to: &End, from: &End, bytes: usize, sum: Option<u64>) -> Outcome {
        let gone = |e| Code::ERROR_ILLEGAL_ADDRESS.why(e);
        let data = match from {
            End::Device(at) => self.memory.bytes(*at, bytes).map_err(gone)?.to_vec(),
            // SAFETY: pinned memory, whose size was checked when the copy was queued.
            End::Host(at) => unsafe { std::slice::from_raw_parts(*at as *const u8, bytes) }.to_vec(),
            End::Taken(data) => data.to_vec(),
        };
        if sum.is_some_and(|sum| sum != checksum(&data)) {
            return Err(self.race(format!("the {bytes} bytes of pinned memory of a copy to the device were changed before it was done")));
        }
        match to {
            End::Device(at) => self.memory.bytes_mut(*at, bytes).map_err(gone)?.copy_from_slice(&data),
            // SAFETY: as above, or memory that the caller waits over.
            End::Host(at) => unsafe { std::ptr::copy_nonoverlapping(data.as_ptr(), *at as *mut u8, bytes) },
            End::Taken(_) => return Err(Code::ERROR_INVALID_VALUE.into()),
        }
        Ok(())
    }

    fn run(&mut self, kernel: &Kernel, launch: &Launch, stream: usize, n: u64) -> Outcome {
        self.ran += 1;
        let limits = Limits { instructions: self.config.instructions, races: self.config.races };
        let flown = self.take_off(stream, n);
        let ran = crate::exec::run(kernel, &mut self.memory, launch, &limits, self.ran);
        self.memory.land(&flown);
        match ran {
            Ok(outcome) if self.config.watchdog.is_some_and(|most| outcome.instructions > most) => {
                self.lost = Some(Code::ERROR_LAUNCH_TIMEOUT);
                let why = format!("{} took {} instructions on a device with a watchdog", kernel.name, outcome.instructions);
                Err(Code::ERROR_LAUNCH_TIMEOUT.why(why))
            }
            Ok(outcome) => {
                self.kernels.entry(kernel.name.clone()).or_default().1 += outcome.instructions;
                Ok(())
            }
            Err(fault) => {
                let code = code::of_fault(fault.kind);
                self.lost = Some(code);
                Err(code.why(fault.to_string()))
            }
        }
    }
}
