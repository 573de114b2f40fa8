//! What every kind of stage provides, and what it is given for a chunk.

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

/// What a kind of stage does.
pub(crate) trait StageKernel: std::fmt::Debug + Send {
    /// How its steps get onto the device, and why so.
    fn chosen(&self) -> (Strategy, Cow<'static, str>);

    /// What it takes beside the memory that every stage has.
    fn needs(&self) -> MemoryNeeds {
        MemoryNeeds::default()
    }

    /// Whether it takes inputs that stretch over steps, rows or units as they are, and not with all their elements.
    fn stretches(&self) -> bool {
        false
    }

    /// Makes what it keeps of the weights in an order of its own. Called whenever weights have been written, before the next run.
    fn pack(&self, weights: &Buffer, own: &Buffer, stream: &Stream) -> Result<()> {
        let _ = (weights, own, stream);
        Ok(())
    }

    /// The kernels that it launches for a chunk, as parts of one kernel for several layers; none where it cannot be among those.
    fn parts(&self) -> &[FusedPart] {
        &[]
    }

    /// The launch arguments of its parts. A part without work has no steps.
    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        let _ = call;
        Vec::new()
    }

    /// Asks for all steps of a chunk.
    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()>;
}

/// A kernel as a part of one for several layers.
#[derive(Debug)]
pub(crate) struct FusedPart {
    /// What is compiled for it alone.
    pub(crate) request: Request,
    pub(crate) params: Vec<u8>,
    /// Multiply-adds for a row's step, or other work that is like them.
    pub(crate) products: u64,
    /// Bytes of dynamic shared memory.
    pub(crate) shared: usize,
}

/// What a stage takes, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct MemoryNeeds {
    /// For each step, of the memory for products with the input.
    pub(crate) work: usize,
    /// Of scratch memory, which the next stage may overwrite.
    pub(crate) scratch: usize,
    /// For itself, as long as the engine lives; zeros at first.
    pub(crate) own: usize,
    /// Most steps of a chunk.
    pub(crate) steps: Option<u64>,
    /// Bytes of the arguments of its launches, if they are not one `LaunchArgs`.
    pub(crate) launch_args: Option<usize>,
}

/// What all stages of a chunk have in common.
pub(crate) struct StageChunk<'c> {
    pub(crate) clock: crate::system::clock::Clock,
    pub(crate) seed: u64,
    pub(crate) rows: u64,
    pub(crate) steps: u32,
    /// Where a u64 lies for each row: it takes a step while fewer than so many are done. Null: every step.
    pub(crate) ends: u64,
    /// Bytes of an element.
    pub(crate) element: usize,
    /// The run's inputs: what the first stage reads.
    pub(crate) ports: [Port; MAX_PORTS],
    pub(crate) given: u32,
    /// Where each recording of this chunk goes.
    pub(crate) records: Vec<u64>,
    pub(crate) recordings: &'c [Recording],
    /// Which recording the last stage writes as its output, if it is a map.
    pub(crate) output: Option<usize>,
}

/// Memory that stages share.
#[derive(Clone, Copy)]
pub(crate) struct StageMemory<'m> {
    pub(crate) state: &'m Buffer,
    /// Bytes from the state's start to each variable.
    pub(crate) vars: &'m [usize],
    pub(crate) constants: &'m Buffer,
    pub(crate) weights: &'m Buffer,
    pub(crate) work: &'m Buffer,
    pub(crate) scratch: &'m Buffer,
    /// What the stage before has put out, and where this one's output goes; null at the ends.
    pub(crate) from: u64,
    pub(crate) to: u64,
}

/// What a stage is to do for a chunk.
pub(crate) struct StageCall<'c> {
    pub(crate) node: &'c Node,
    /// The launch arguments without the fields that the kind of stage sets: weights, scratch memory, constants of units.
    pub(crate) args: LaunchArgs,
    pub(crate) chunk: &'c StageChunk<'c>,
    pub(crate) memory: &'c StageMemory<'c>,
    /// The stage's own memory.
    pub(crate) own: Option<&'c Buffer>,
    /// Where among the constants the slots of its probes lie.
    pub(crate) slots: &'c [Option<usize>],
}

impl StageChunk<'_> {
    /// A stage's probe, where what it records goes.
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

    /// The launch arguments of a function with this number of threads a row. The last stage computes recorded steps only; `None` without any.
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

    /// The addresses of weights at these places.
    pub(crate) fn weights(&self, places: &[Option<usize>]) -> [u64; MAX_WEIGHTS] {
        let mut all = [0; MAX_WEIGHTS];
        for (to, place) in all.iter_mut().zip(places) {
            *to = place.map_or(0, |at| self.memory.weights.address(at));
        }
        all
    }
}
