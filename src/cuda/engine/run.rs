//! A run: a sequence of chunks. The inputs of the next chunk are uploaded, and the recordings of
//! the previous one downloaded, while a chunk is computed.

use super::Engine;
use super::transfer::{ChunkTransfer, IoLayout};
use crate::cuda::driver::memory::{Buffer, Pinned};
use crate::cuda::schedule::strategy::LaunchContext;
use crate::cuda::stage::{StageChunk, StageMemory};
use crate::engine::boundary::{ChunkResult, NonFinite, RunIo, RunRequest};
use crate::error::{Error, Result};
use crate::system::clock::Clock;
use std::time::Instant;

/// Called after each chunk.
type ChunkCallback<'t> = dyn FnMut(&Engine, &ChunkResult) -> Result<()> + 't;

/// A chunk that has been enqueued.
struct ChunkInFlight {
    set: usize,
    clock: Clock,
    steps: u64,
    asked: Instant,
    transfer: ChunkTransfer,
    /// Whether copies are on a stream of their own.
    overlap: bool,
}

impl Engine {
    /// Makes the steps of a run. `clock` advances by each completed chunk. `done` is called after
    /// each chunk with its result, and ends the run if it returns an error. State and clock are
    /// then those at the end of the last chunk for which `done` returned `Ok`.
    pub(crate) fn run(
        &mut self,
        mut run: RunRequest<'_>,
        clock: &mut Clock,
        done: &mut ChunkCallback<'_>,
    ) -> Result<()> {
        self.context.bind()?;
        let result = self.make_room(&run, *clock).and_then(|()| self.chunks(&mut run, clock, done));
        if result.is_err() {
            self.settle();
        }
        result
    }

    fn chunks(&mut self, run: &mut RunRequest<'_>, clock: &mut Clock, done: &mut ChunkCallback<'_>) -> Result<()> {
        let mut next = *clock;
        let (mut made, mut asked, mut set) = (0, 0, 0);
        let most = self.most(&run.feed, run.steps);
        // With a single chunk there is no computation to overlap copies with.
        let overlap = run.steps > self.next(most, run.reports) && !run.reports;
        let mut under_way: Option<ChunkInFlight> = None;
        while made < run.steps {
            if asked < run.steps && (under_way.is_none() || overlap) {
                let steps = self.next(most, run.reports).min(run.steps - asked);
                self.back_up(set).map_err(|e| at_steps(e, next.i(), steps))?;
                let sent = match self.send(run, next, set, asked, steps, overlap) {
                    Ok(sent) => sent,
                    Err(error) => {
                        self.restore(set);
                        // The chunk before this one must still be received: its error came first,
                        // and its recordings are complete.
                        if let Some(before) = under_way.take() {
                            made += before.steps;
                            self.receive(run, before, made, clock, done)?;
                        }
                        return Err(at_steps(error, next.i(), steps));
                    }
                };
                asked += steps;
                next.done += steps;
                set = 1 - set;
                if let Some(before) = under_way.replace(sent) {
                    made += before.steps;
                    if let Err(error) = self.receive(run, before, made, clock, done) {
                        // Undo the chunk that has been enqueued since.
                        self.restore(1 - set);
                        return Err(error);
                    }
                }
                if overlap {
                    continue;
                }
            }
            if let Some(last) = under_way.take() {
                made += last.steps;
                self.receive(run, last, made, clock, done)?;
            }
        }
        Ok(())
    }

    /// Returns the number of steps of the next chunk, at most `most`. A sequence is one chunk.
    fn next(&self, most: u64, reports: bool) -> u64 {
        if self.limits.whole { most } else { self.chunk_length.steps(most, reports) }
    }

    /// Allocates memory whose size was not known when the loop was built: for the whole of a
    /// sequence, and for lengths.
    fn make_room(&mut self, run: &RunRequest<'_>, clock: Clock) -> Result<()> {
        if let Some(lengths) = run.lengths {
            let mut ends: Vec<u64> = crate::memory::room("lengths", lengths.len())?;
            ends.extend(lengths.iter().map(|len| clock.done.saturating_add(*len as u64)));
            if self.ends.len() < size_of_val(&ends[..]) {
                self.ends = Buffer::new(&self.context, "lengths", size_of_val(&ends[..]))?;
            }
            self.ends.write(0, &ends)?;
        }
        if !self.limits.whole {
            return Ok(());
        }
        let host = matches!(run.feed, RunIo::HostIo(_));
        let (input, record) = if host { (run.feed.bytes(self.form()), self.record_bytes(run.steps)) } else { (0, 0) };
        let free = self.context.free()?;
        let limits = self.limits.extended(run.steps, input, record, free);
        let need = limits.bytes().saturating_sub(self.limits.bytes());
        if need > free {
            let what = format!(
                "a sequence of {} steps, all of which are stored between layers, on {}",
                run.steps,
                self.context.name()
            );
            return Err(Error::OutOfMemory { what, need, free });
        }
        // A sequence is one chunk, which uses the first set of buffers.
        let Self { context, work, between: [even, odd], chunk_buffers: [first, _], .. } = self;
        let places = [
            (&mut first.input, "inputs", limits.input),
            (&mut first.record, "recordings", limits.record),
            (even, "between layers", limits.between[0]),
            (odd, "between layers", limits.between[1]),
            (work, "products with the input", limits.work),
        ];
        for (place, what, len) in places.into_iter().filter(|(place, _, len)| place.len() < *len) {
            // The old buffer is freed first, since there may be no memory for both. If the
            // allocation then fails, the next run tries it again.
            *place = Buffer::new(context, what, 0)?;
            *place = Buffer::new(context, what, len)?;
        }
        for (place, what, len) in
            [(&mut first.host_input, "inputs", limits.input), (&mut first.host_record, "recordings", limits.record)]
        {
            if place.len() < len {
                *place = Pinned::new(context, what, len)?;
            }
        }
        self.limits = limits;
        Ok(())
    }

    /// Returns the maximum number of steps of a chunk of this run.
    fn most(&self, feed: &RunIo<'_>, steps: u64) -> u64 {
        if self.limits.whole {
            return steps;
        }
        let mut most = self.limits.steps.min(feed.most(self.limits.input, self.form())).min(steps).max(1);
        while most > 1 && !feed.is_recorded_on_device() && self.record_bytes(most) > self.limits.record {
            most = most.div_ceil(2);
        }
        most
    }

    /// Returns the maximum bytes of the recordings of `steps` steps, whichever step is the first.
    fn record_bytes(&self, steps: u64) -> usize {
        let bytes = |r: &crate::cuda::schedule::plan::Recording| {
            let kept = usize::try_from(steps.div_ceil(r.every)).unwrap_or(usize::MAX);
            crate::cuda::driver::memory::aligned(kept.saturating_mul(r.bytes(self.dtype.size())))
        };
        self.recordings.iter().map(bytes).fold(0, usize::saturating_add)
    }

    /// Enqueues a chunk: upload, all stages, the check for values that are not finite, download.
    fn send(
        &mut self,
        run: &mut RunRequest<'_>,
        clock: Clock,
        set: usize,
        before: u64,
        steps: u64,
        overlap: bool,
    ) -> Result<ChunkInFlight> {
        let form = IoLayout {
            recordings: &self.recordings,
            element: self.dtype.size(),
            whole: self.takes_whole(),
            keeps_output: self.keeps_output,
        };
        // The launches of a long sequence are split within each stage.
        let in_pieces = self.limits.whole && steps > self.chunk_length.steps(self.limits.steps, false);
        let most = self.limits.steps;
        let Self {
            compute,
            copies,
            stages,
            paces,
            chunk_buffers,
            state,
            work,
            scratch,
            between,
            constants,
            weights,
            launch_args,
            cursor,
            ..
        } = self;
        let asked = Instant::now();
        let own = chunk_buffers.get_mut(set).ok_or_else(|| Error::Internal("a chunk has no buffers".into()))?;
        let copies = if overlap { &*copies } else { &*compute };
        let transfer = run.feed.enqueue_upload(own, copies, clock, before, steps, form)?;
        if overlap {
            own.uploaded.mark(copies)?;
            compute.after(&own.uploaded)?;
        }
        let chunk = StageChunk {
            clock,
            seed: run.shared.seed,
            rows: self.rows as u64,
            steps: u32::try_from(steps).unwrap_or(u32::MAX),
            ends: run.lengths.map_or(0, |_| self.ends.address(0)),
            element: form.element,
            ports: transfer.ports,
            given: transfer.given,
            records: transfer.records.clone(),
            recordings: &self.recordings,
            output: self.keeps_output.then_some(0),
        };
        let last = stages.iter().rposition(|s| !s.node.is_beside()).unwrap_or(0);
        let advance = self.advance.as_ref();
        let stack = self.stack.as_ref().filter(|stack| steps <= stack.steps && !in_pieces);
        if let Some(stack) = stack {
            let memory = StageMemory { state, vars: &self.vars, constants, weights, work, scratch, from: 0, to: 0 };
            let mut launch_context = LaunchContext {
                context: &self.context,
                stream: compute,
                cursor,
                advance,
                launch_args,
                host_args: &mut own.host_args,
                at: 0,
            };
            stack.run(stages, &chunk, memory, &mut launch_context)?;
        }
        let (mut from, mut to, mut level, mut at) = (0, 0, 0, 0);
        // Run the stages one by one, unless they are fused.
        let stages = if stack.is_some() { &mut [] } else { &mut stages[..] };
        for (s, ready) in stages.iter_mut().enumerate() {
            // A parallel branch reads and writes where the stage before it does.
            if !ready.node.is_beside() {
                (from, to) = (to, if s == last { 0 } else { between[level % 2].address(0) });
                level += 1;
            }
            let memory = StageMemory { state, vars: &self.vars, constants, weights, work, scratch, from, to };
            let mut launch_context = LaunchContext {
                context: &self.context,
                stream: compute,
                cursor,
                advance,
                launch_args,
                host_args: &mut own.host_args,
                at,
            };
            match paces.get_mut(s) {
                Some(chunk_length) if in_pieces => {
                    ready.run_in_pieces(&chunk, &memory, [steps, most], chunk_length, &mut launch_context)?
                }
                _ => ready.run(&chunk, &memory, &mut launch_context)?,
            }
            at += ready.job_bytes();
        }
        if run.check {
            own.found.fill(0, 0xff, 8, compute)?;
            let (at, len) = if state.len() > 0 {
                (state.address(0), state.len() / form.element)
            } else {
                transfer.output(form.recordings)
            };
            if len > 0 {
                self.check.check(compute, at, len as u64, own.found.address(0))?;
            }
        }
        if overlap {
            own.computed.mark(compute)?;
            copies.after(&own.computed)?;
        }
        run.feed.enqueue_download(own, copies, &transfer)?;
        if run.check {
            own.found.download(0, &mut own.host_found, 0, 8, copies)?;
        }
        if overlap {
            own.downloaded.mark(copies)?;
        }
        Ok(ChunkInFlight { set, clock, steps, asked, transfer, overlap })
    }

    /// Waits for a chunk and passes on its recordings and its result.
    fn receive(
        &mut self,
        run: &mut RunRequest<'_>,
        sent: ChunkInFlight,
        made: u64,
        clock: &mut Clock,
        done: &mut ChunkCallback<'_>,
    ) -> Result<()> {
        let ChunkInFlight { set, clock: at, steps, asked, transfer, overlap } = sent;
        let waited = if overlap { self.chunk_buffers[set].downloaded.wait() } else { self.compute.wait() };
        waited.map_err(|e| at_steps(e, at.i(), steps))?;
        self.chunk_length.made(steps, asked, Instant::now());
        run.feed.unpack(&self.chunk_buffers[set], at, &transfer, self.form())?;
        let found = if run.check { self.found(&run.feed, set, &transfer)? } else { None };
        *clock = Clock { done: at.done + steps, ..*clock };
        done(self, &ChunkResult { steps: made, clock: at, len: steps, set, found })
    }

    /// Returns the first value of a chunk that is not finite, if there is one.
    fn found(&self, feed: &RunIo<'_>, set: usize, transfer: &ChunkTransfer) -> Result<Option<NonFinite>> {
        let own = &self.chunk_buffers[set];
        let first = own.host_found.slice::<u64>(0, 1)?[0];
        if first == u64::MAX {
            return Ok(None);
        }
        let index = usize::try_from(first).unwrap_or(usize::MAX);
        let value = if self.state.len() > 0 { None } else { Some(feed.element(own, transfer, index, self.form())?) };
        Ok(Some(NonFinite { index, value }))
    }

    fn form(&self) -> IoLayout<'_> {
        IoLayout {
            recordings: &self.recordings,
            element: self.dtype.size(),
            whole: self.takes_whole(),
            keeps_output: self.keeps_output,
        }
    }
}

/// Adds to a driver error the range of steps in which it occurred: `steps` steps from `first` on.
fn at_steps(error: Error, first: u64, steps: u64) -> Error {
    match error {
        Error::Cuda { call, code, reason, .. } => {
            Error::Cuda { call, code, reason, steps: Some(first..first.saturating_add(steps)) }
        }
        other => other,
    }
}
