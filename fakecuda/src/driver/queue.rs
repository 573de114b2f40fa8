//! Streams as queues of work, which runs when the program waits for it. `flight.rs` keeps track of
//! unordered work.

use std::collections::VecDeque;
use std::ffi::c_void;
use std::sync::Arc;
use std::time::Instant;

use super::code::{self, Code};
use super::flight::checksum;
use super::state::{Outcome, State};
use crate::exec::{Kernel, Launch, Limits};

/// The source or the destination of a copy.
#[derive(Clone)]
pub(crate) enum End {
    Device(u64),
    /// Pinned memory, which is accessed when the copy runs.
    Host(usize),
    /// Pageable memory, which was read when the copy was enqueued.
    Taken(Arc<Vec<u8>>),
}

pub(crate) type HostFunction = unsafe extern "C" fn(*mut c_void);

/// An operation in a stream.
#[derive(Clone)]
pub(crate) enum Op {
    /// `sum` is the checksum of the pinned memory when the copy was enqueued. These bytes must not
    /// change before the copy is complete.
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
    /// The operations, each with its number in the order of all operations ever queued.
    pub(crate) queue: VecDeque<(u64, Op)>,
    /// The stream is non-blocking: it does not wait for the legacy stream, and the legacy stream
    /// does not wait for it.
    pub(crate) independent: bool,
    pub(crate) capture: Option<usize>,
}

#[derive(Default)]
pub(crate) struct Event {
    /// The stream and the number of the last record.
    pub(crate) stream: usize,
    pub(crate) turn: u64,
    /// The number of the last record that has run, and its time.
    pub(crate) done: u64,
    pub(crate) at: Option<Instant>,
    /// For a record in a capture: the capture, the stream, and the number of that stream's
    /// operations before the record.
    pub(crate) captured: Option<(usize, usize, usize)>,
    pub(crate) untimed: bool,
}

impl State {
    pub(crate) fn stream(&mut self, handle: usize) -> Result<&mut Stream, super::Failure> {
        // Handles 1 and 2 name the legacy stream and the per-thread default stream.
        let handle = if handle <= 2 { 0 } else { handle };
        self.streams.get_mut(&handle).ok_or_else(|| Code::ERROR_INVALID_HANDLE.why(format!("no stream {handle:#x}")))
    }

    /// Queues an operation, or adds it to the graph if the stream is being captured.
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

    /// Runs all of a stream's operations.
    pub(crate) fn drain(&mut self, stream: usize) -> Outcome {
        self.drain_to(stream, u64::MAX)
    }

    fn drain_to(&mut self, stream: usize, before: u64) -> Outcome {
        loop {
            let Some(&(n, _)) = self.stream(stream)?.queue.front() else { return Ok(()) };
            if n >= before {
                return Ok(());
            }
            // The legacy stream waits for all earlier work, and all later work waits for the legacy
            // stream.
            if stream == 0 {
                let others: Vec<_> =
                    self.streams.iter().filter(|(h, s)| **h != 0 && !s.independent).map(|(h, _)| *h).collect();
                for other in others {
                    self.drain_to(other, n)?;
                }
            } else if !self.stream(stream)?.independent {
                self.drain_to(0, n)?;
            }
            // A nested call may have run this operation already.
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

    /// Runs a stream until an event's record is complete.
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
                let to =
                    self.memory.bytes_mut(at, value.len() * count).map_err(|e| Code::ERROR_ILLEGAL_ADDRESS.why(e))?;
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
                // SAFETY: the host passed the function and its argument for this call. As on a GPU,
                // the function must not call the driver.
                unsafe { function(data as *mut c_void) };
                Ok(())
            }
        }
    }

    fn copy(&mut self, to: &End, from: &End, bytes: usize, sum: Option<u64>) -> Outcome {
        let gone = |e| Code::ERROR_ILLEGAL_ADDRESS.why(e);
        let data = match from {
            End::Device(at) => self.memory.bytes(*at, bytes).map_err(gone)?.to_vec(),
            // SAFETY: the memory is pinned, and its size was checked when the copy was queued.
            End::Host(at) => unsafe { std::slice::from_raw_parts(*at as *const u8, bytes) }.to_vec(),
            End::Taken(data) => data.to_vec(),
        };
        if sum.is_some_and(|sum| sum != checksum(&data)) {
            return Err(self.race(format!(
                "the {bytes} bytes of pinned memory of a copy to the device were changed before the copy was complete"
            )));
        }
        match to {
            End::Device(at) => self.memory.bytes_mut(*at, bytes).map_err(gone)?.copy_from_slice(&data),
            // SAFETY: the memory is pinned, as above, or the caller waits for the copy and keeps
            // the memory until then.
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
                let why =
                    format!("{} took {} instructions on a device with a watchdog", kernel.name, outcome.instructions);
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
