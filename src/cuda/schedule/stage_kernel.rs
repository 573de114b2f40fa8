//! The interface of every kind of stage, and its arguments for a chunk.

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
    /// Its strategy, and the reason.
    fn chosen(&self) -> (Strategy, Cow<'static, str>);

    /// Its memory beyond that of every stage.
    fn needs(&self) -> MemoryNeeds {
        MemoryNeeds::default()
    }

    /// Whether it reads inputs that are constant over steps, rows or units without a copy of all
    /// elements.
    fn stretches(&self) -> bool {
        false
    }

    /// Packs its copy of the weights. The engine calls this before the next run after weights were
    /// written.
    fn pack(&self, weights: &Buffer, own: &Buffer, stream: &Stream) -> Result<()> {
        let _ = (weights, own, stream);
        Ok(())
    }

    /// Its kernels as parts of fused layers; empty if it cannot be one of the layers.
    fn parts(&self) -> &[FusedPart] {
        &[]
    }

    /// The launch arguments of its parts. A part without work has no steps.
    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        let _ = call;
        Vec::new()
    }

    /// Enqueues all steps of a chunk.
    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()>;
}

/// A kernel as a part of fused layers.
#[derive(Debug)]
pub(crate) struct FusedPart {
    /// The compile request of the part as a kernel of its own.
    pub(crate) request: Request,
    pub(crate) params: Vec<u8>,
    /// Multiply-adds of a row's step, or comparable operations.
    pub(crate) products: u64,
    /// Bytes of dynamic shared memory.
    pub(crate) shared: usize,
}

/// The memory of a stage, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemoryNeeds {
    /// For each step, in the memory for products with the input.
    pub(crate) work: usize,
    /// Scratch memory, which the next stage may overwrite.
    pub(crate) scratch: usize,
    /// Its own memory, for the life of the engine; zeros at first.
    pub(crate) own: usize,
    /// The most steps of a chunk.
    pub(crate) steps: Option<u64>,
    /// Bytes of the arguments of its launches, if they are not one `LaunchArgs`.
    pub(crate) launch_args: Option<usize>,
}

/// The facts that all stages of a chunk share.
pub(crate) struct StageChunk<'c> {
    pub(crate) clock: crate::system::clock::Clock,
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    pub(crate) steps: u32,
    /// The address of a u64 for each row: the row makes a step while fewer steps are done. Null:
    /// every step.
    pub(crate) ends: u64,
    /// Bytes of an element.
    pub(crate) element: usize,
    /// The run's inputs, which the first stage reads.
    pub(crate) ports: [Port; MAX_PORTS],
    pub(crate) given: u32,
    /// The address of each recording of this chunk.
    pub(crate) records: Vec<u64>,
    pub(crate) recordings: &'c [Recording],
    /// The recording that the last stage writes as its output, if it is a map.
    pub(crate) output: Option<usize>,
}

/// Memory that stages share.
#[derive(Clone, Copy)]
pub(crate) struct StageMemory<'m> {
    pub(crate) state: &'m Buffer,
    /// The byte offset of each variable in the state.
    pub(crate) vars: &'m [usize],
    pub(crate) constants: &'m Buffer,
    pub(crate) weights: &'m Buffer,
    pub(crate) work: &'m Buffer,
    pub(crate) scratch: &'m Buffer,
    /// The addresses of the output of the stage before and of this stage's output; null at the
    /// ends.
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// The arguments of a stage for a chunk.
pub(crate) struct StageCall<'c> {
    pub(crate) node: &'c Node,
    /// The launch arguments without the fields that the kind of stage sets: weights, scratch
    /// memory, constants of units.
    pub(crate) args: LaunchArgs,
    pub(crate) chunk: &'c StageChunk<'c>,
    pub(crate) memory: &'c StageMemory<'c>,
    /// The stage's own memory.
    pub(crate) own: Option<&'c Buffer>,
    /// The offsets of its probes' slots among the constants.
    pub(crate) slots: &'c [Option<usize>],
}

impl StageChunk<'_> {
    /// The argument for a stage's probe.
    pub(crate) fn probe(
        &self,
        probe: &plan::Probe,
        node: &Node,
        memory: &StageMemory<'_>,
        slots: Option<usize>,
    ) -> crate::cuda::structs::launch_args::Probe {
        let (Some(recording), Some(address)) = (self.recordings.get(probe.recording), self.records.get(probe.recording)) else {
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
    /// The stage's probe of this number.
    pub(crate) fn probe(&self, p: usize) -> crate::cuda::structs::launch_args::Probe {
        let probe = self.node.probes.get(p).zip(self.slots.get(p));
        probe.map_or_else(crate::cuda::structs::launch_args::Probe::default, |(probe, slots)| {
            self.chunk.probe(probe, self.node, self.memory, *slots)
        })
    }

    /// The launch arguments of a function with this number of threads a row. The last stage
    /// computes recorded steps only; `None` without any.
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

    /// The addresses of weights at these offsets.
    pub(crate) fn weights(&self, places: &[Option<usize>]) -> [u64; MAX_WEIGHTS] {
        let mut all = [0; MAX_WEIGHTS];
        for (to, place) in all.iter_mut().zip(places) {
            *to = place.map_or(0, |at| self.memory.weights.address(at));
        }
        all
    }
}
