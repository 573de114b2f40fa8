//! Splits a sequence into several launches within a stage. Each stage makes all steps of the
//! sequence before the next stage begins. It starts at the first step, or, for a layer that runs
//! backwards in time, at the last.

use super::{Stage, StageChunk, StageMemory};
use crate::cuda::schedule::chunk_length::ChunkLength;
use crate::cuda::schedule::strategy::LaunchContext;
use crate::error::Result;
use crate::system::clock::Clock;
use std::time::Instant;

impl Stage {
    /// Makes all `steps` of a sequence, in launches of at most `most` steps, and of no more steps
    /// than `chunk_length` allows for this stage. Waits for each launch.
    pub(crate) fn run_in_pieces(
        &mut self,
        chunk: &StageChunk<'_>,
        memory: &StageMemory<'_>,
        [steps, most]: [u64; 2],
        chunk_length: &mut ChunkLength,
        launch_context: &mut LaunchContext<'_>,
    ) -> Result<()> {
        let mut made = 0;
        while made < steps {
            let len = chunk_length.steps(most, false).min(steps - made);
            let first = if self.node.backwards { steps - made - len } else { made };
            let asked = Instant::now();
            let behind = |row: usize| first * (row * chunk.element) as u64 * chunk.rows;
            let address = |at: u64, row: usize| if at == 0 { 0 } else { at + behind(row) };
            let memory = StageMemory {
                from: address(memory.from, self.node.from),
                to: address(memory.to, self.node.row),
                ..*memory
            };
            self.run(&chunk.piece(first, len), &memory, launch_context)?;
            launch_context.stream.wait()?;
            chunk_length.made(len, asked, Instant::now());
            made += len;
        }
        Ok(())
    }
}

impl StageChunk<'_> {
    /// The chunk of `len` steps from step `first` of this chunk on.
    fn piece(&self, first: u64, len: u64) -> Self {
        let i = self.clock.i();
        let mut ports = self.ports;
        for port in ports.iter_mut().filter(|port| port.at != 0) {
            port.at += first * port.step * self.element as u64;
        }
        let behind = |r: &crate::cuda::schedule::plan::Recording| r.kept(i, first) * r.bytes(self.element) as u64;
        let records =
            self.records.iter().zip(self.recordings).map(|(at, r)| if *at == 0 { 0 } else { at + behind(r) }).collect();
        let clock = Clock { done: self.clock.done + first, ..self.clock };
        Self { clock, steps: u32::try_from(len).unwrap_or(u32::MAX), ports, records, ..*self }
    }
}
