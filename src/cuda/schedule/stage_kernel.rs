//! The interface of every kind of stage, and what a stage receives for a chunk.

use super::plan;
use super::plan::{Node, Recording};
use super::strategy::LaunchContext;
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::memory::Buffer;
use crate::cuda::driver::stream::Stream;
use crate::cuda::structs::launch_args::{LaunchArgs, MAX_PORTS, MAX_WEIGHTS, Port};
use crate::device::Strategy;
use crate::error::Result;
use std::borrow::Cow;

/// A kind of stage.
pub(crate) trait StageKernel: std::fmt::Debug + Send {
    /// Its strategy, and the reason for it.
    fn chosen(&self) -> (Strategy, Cow<'static, str>);

    /// The memory that it needs in addition to the memory of every stage.
    fn needs(&self) -> MemoryNeeds {
        MemoryNeeds::default()
    }

    /// Whether it accepts inputs that are the same for all steps, rows or units as a single
    /// element.
    fn accepts_broadcast(&self) -> bool {
        false
    }

    /// Makes its own copy of the weights in the order in which it reads them. Called after weights
    /// were written, before the next run.
    fn pack(&self, weights: &Buffer, own: &Buffer, stream: &Stream) -> Result<()> {
        let _ = (weights, own, stream);
        Ok(())
    }

    /// The kernels that it launches for a chunk, as parts of fused layers. Empty if it cannot be
    /// fused.
    fn parts(&self) -> &[FusedPart] {
        &[]
    }

    /// The jobs of its parts for a chunk. A job without work has 0 steps.
    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        let _ = call;
        Vec::new()
    }

    /// Enqueues all steps of a chunk.
    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()>;
}

/// A kernel of one layer, as a part of fused layers.
#[derive(Debug)]
pub(crate) struct FusedPart {
    /// The request for this kernel alone.
    pub(crate) request: Request,
    pub(crate) params: Vec<u8>,
    /// Multiply-adds of one step of a row, or work of about the same cost.
    pub(crate) products: u64,
    /// Dynamic shared memory, in bytes.
    pub(crate) shared: usize,
}

/// The memory that a stage needs, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemoryNeeds {
    /// For each step, memory for products with the input.
    pub(crate) work: usize,
    /// Scratch memory, which the next stage may overwrite.
    pub(crate) scratch: usize,
    /// The stage's own memory, kept as long as the engine lives and initially 0.
    pub(crate) own: usize,
    /// Maximum steps of a chunk, if there is a limit.
    pub(crate) steps: Option<u64>,
    /// Size of the launch arguments, if not one `Job`.
    pub(crate) launch_args: Option<usize>,
}

/// Values that all stages of a chunk share.
pub(crate) struct StageChunk<'c> {
    pub(crate) clock: crate::system::clock::Clock,
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    pub(crate) steps: u32,
    /// Address of a u64 for each batch row: the row makes a step while the number of completed
    /// steps is below this value. If it is null, every row makes every step.
    pub(crate) ends: u64,
    /// Bytes of an element.
    pub(crate) element: usize,
    /// The inputs of the run, which the first stage reads.
    pub(crate) ports: [Port; MAX_PORTS],
    pub(crate) given: u32,
    /// The address of each recording of this chunk.
    pub(crate) records: Vec<u64>,
    pub(crate) recordings: &'c [Recording],
    /// The index of the recording that the last stage writes as its output if it is a function of
    /// rows or units.
    pub(crate) output: Option<usize>,
}

/// Memory that stages share.
#[derive(Clone, Copy)]
pub(crate) struct StageMemory<'m> {
    pub(crate) state: &'m Buffer,
    /// Byte offset of each variable in the state.
    pub(crate) vars: &'m [usize],
    pub(crate) constants: &'m Buffer,
    pub(crate) weights: &'m Buffer,
    pub(crate) work: &'m Buffer,
    pub(crate) scratch: &'m Buffer,
    /// The address of the output of the stage before, and that of this stage's output. `from` is
    /// null for the first stage, `to` for the last.
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// The arguments of a stage for a chunk.
pub(crate) struct StageCall<'c> {
    pub(crate) node: &'c Node,
    /// The job, except for what the kind of stage adds: weights, scratch memory, constants of
    /// units.
    pub(crate) args: LaunchArgs,
    pub(crate) chunk: &'c StageChunk<'c>,
    pub(crate) memory: &'c StageMemory<'c>,
    /// The stage's own memory.
    pub(crate) own: Option<&'c Buffer>,
    /// For each probe the offset of its slots in the constants.
    pub(crate) slots: &'c [Option<usize>],
}

impl StageChunk<'_> {
    /// Makes the kernel's struct for a probe, with the address that it writes to.
    pub(crate) fn probe(
        &self,
        probe: &plan::Probe,
        node: &Node,
        memory: &StageMemory<'_>,
        slots: Option<usize>,
    ) -> crate::cuda::structs::launch_args::Probe {
        let (Some(recording), Some(address)) =
            (self.recordings.get(probe.recording), self.records.get(probe.recording))
        else {
            return crate::cuda::structs::launch_args::Probe::default();
        };
        let is_output = probe.var >= node.vars.len();
        crate::cuda::structs::launch_args::Probe {
            to: if is_output { *address + (node.column * self.element) as u64 } else { *address },
            slot: slots.map_or(0, |at| memory.constants.address(at)),
            stride: recording.stride as u64,
            width: recording.width as u64,
            first: u32::try_from(recording.first(self.clock.i())).unwrap_or(u32::MAX),
            every: u32::try_from(recording.every).unwrap_or(u32::MAX),
            var: probe.var as u32,
            mode: probe.mode as u32,
        }
    }
}

impl StageCall<'_> {
    /// The struct for the stage's probe number `p`.
    pub(crate) fn probe(&self, p: usize) -> crate::cuda::structs::launch_args::Probe {
        let probe = self.node.probes.get(p).zip(self.slots.get(p));
        probe.map_or_else(crate::cuda::structs::launch_args::Probe::default, |(probe, slots)| {
            self.chunk.probe(probe, self.node, self.memory, *slots)
        })
    }

    /// The job of a function with `threads` threads a row. The last stage makes only the recorded
    /// steps, and returns `None` if there are none.
    pub(crate) fn of_function(&self, threads: usize) -> Option<LaunchArgs> {
        let Self { mut args, chunk, .. } = *self;
        args.units = threads as u64;
        if self.memory.to == 0 {
            let output = chunk.output?;
            let recording = chunk.recordings.get(output)?;
            let (i, steps) = (chunk.clock.i(), u64::from(chunk.steps));
            args.y = *chunk.records.get(output)?;
            args.steps = recording.kept(i, steps) as u32;
            args.first = u32::try_from(recording.first(i)).unwrap_or(u32::MAX);
            args.every = u32::try_from(recording.every).unwrap_or(u32::MAX);
        }
        (args.steps > 0).then_some(args)
    }

    /// The addresses of the weights at these offsets.
    pub(crate) fn weights(&self, places: &[Option<usize>]) -> [u64; MAX_WEIGHTS] {
        let mut all = [0; MAX_WEIGHTS];
        for (to, place) in all.iter_mut().zip(places) {
            *to = place.map_or(0, |at| self.memory.weights.address(at));
        }
        all
    }
}
