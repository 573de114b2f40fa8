//! A stage that is ready to run: its kernels loaded, its constants on the device.

use super::context::Context;
use super::graph::Graph;
use super::job::{Job, MAX_PORTS, Port};
use super::launch::Shape;
use super::memory::Buffer;
use super::module::Kernel;
use super::plan::{Kind, Recording, Stage};
use super::strategy::{self, Desk};
use crate::device::Strategy;
use crate::error::Result;

/// Where the parts of a stage's constants and weights begin, in bytes.
#[derive(Debug, Default)]
pub(super) struct Places {
    /// Fields of `Params` that differ between units.
    pub(super) each: Vec<(usize, usize)>,
    /// Slots, for each probe that has some.
    pub(super) slots: Vec<Option<usize>>,
    /// Weights, of the stage and of the product with its input.
    pub(super) weights: Vec<Option<usize>>,
    pub(super) input_weights: Vec<Option<usize>>,
}

#[derive(Debug)]
pub(super) struct Ready {
    pub(super) stage: Stage,
    pub(super) places: Places,
    /// The loop over steps: `…_scan` where all steps go into one launch, else `…_step`; or the map.
    pub(super) kernel: Kernel,
    /// A cell's product with the input.
    pub(super) input: Option<Kernel>,
    pub(super) strategy: Strategy,
    /// Bytes of dynamic shared memory of a block, and of scratch memory of the whole, one of which a cell needs.
    pub(super) shared: usize,
    pub(super) scratch: usize,
    /// Steps captured in a graph, once they are.
    pub(super) graph: Option<Graph>,
}

/// What all stages of a chunk have in common.
pub(super) struct Chunk<'c> {
    pub(super) clock: crate::clock::Clock,
    pub(super) seed: u64,
    pub(super) rows: u64,
    pub(super) steps: u32,
    /// The run's inputs: what the first stage reads.
    pub(super) ports: [Port; MAX_PORTS],
    pub(super) given: u32,
    /// Where each recording of this chunk goes.
    pub(super) records: &'c [u64],
    pub(super) recordings: &'c [Recording],
    /// Which recording the last stage writes as its output, if it is a map.
    pub(super) output: Option<usize>,
}

/// Memory that stages share.
pub(super) struct Memory<'m> {
    pub(super) state: &'m Buffer,
    /// Bytes from the state's start to each variable.
    pub(super) vars: &'m [usize],
    pub(super) constants: &'m Buffer,
    pub(super) weights: &'m Buffer,
    pub(super) work: &'m Buffer,
    pub(super) scratch: &'m Buffer,
    /// What the stage before has put out, and where this one's output goes; null at the ends.
    pub(super) from: u64,
    pub(super) to: u64,
}

impl Ready {
    /// Asks for all steps of a chunk.
    pub(super) fn run(
        &mut self,
        context: &std::sync::Arc<Context>,
        chunk: &Chunk<'_>,
        memory: &Memory<'_>,
        desk: &mut Desk<'_>,
    ) -> Result<()> {
        let job = self.job(chunk, memory);
        let steps = u64::from(chunk.steps);
        let Stage { kind, from, to, .. } = &self.stage;
        match kind {
            Kind::Map(map) => {
                let last = memory.to == 0;
                let Some(job) = self.map_job(job, map.threads, chunk, last) else { return Ok(()) };
                let shape = Shape::of(u64::from(job.steps) * job.rows * job.units, 256);
                self.kernel.run(shape, desk.stream, &job, &map.source.params)
            }
            Kind::MapUnits(source) => {
                // Time becomes part of the batch, and there is one step.
                let last = memory.to == 0;
                let Some(mut job) = self.map_job(job, *to, chunk, last) else { return Ok(()) };
                job.rows *= steps;
                job.steps = 1;
                job.ports[0].row = *from as u64;
                job.ports[0].step = 0;
                self.kernel.run(pointwise_shape(job.rows * job.units, context), desk.stream, &job, &source.params)
            }
            Kind::Pointwise(source) => {
                let (shape, params) = (pointwise_shape(job.rows * job.units, context), source.params.clone());
                strategy::run(self, context, desk, &job, shape, &params)
            }
            Kind::Cell(cell) => {
                if let Some(input) = &self.input {
                    let mut product = Job { units: cell.input.threads as u64, first: 0, every: 1, ..job };
                    product.weights = addresses(memory.weights, &self.places.input_weights);
                    let shape = Shape::of(steps * job.rows * product.units, 256);
                    input.run(shape, desk.stream, &product, &cell.input.source.params)?;
                }
                let threads = (cell.hidden.next_multiple_of(32)).clamp(32, crate::program::Cell::THREADS) as u32;
                let shape = Shape { blocks: chunk.rows as u32, threads, shared: self.shared as u32 };
                let params = cell.source.params.clone();
                strategy::run(self, context, desk, &job, shape, &params)
            }
        }
    }

    fn job(&self, chunk: &Chunk<'_>, memory: &Memory<'_>) -> Job {
        let stage = &self.stage;
        let mut job = Job {
            clock: chunk.clock.into(),
            seed: chunk.seed,
            rows: chunk.rows,
            units: stage.to as u64,
            node: u32::from(stage.node),
            steps: chunk.steps,
            given: chunk.given,
            first: 0,
            every: 1,
            state: memory.vars.get(stage.vars.start).map_or(0, |at| memory.state.address(*at)),
            y: memory.to,
            y_row: stage.to as u64,
            work: memory.work.address(0),
            scratch: if self.scratch > 0 { memory.scratch.address(0) } else { 0 },
            ports: chunk.ports,
            weights: addresses(memory.weights, &self.places.weights),
            ..Job::default()
        };
        if memory.from != 0 {
            let row = stage.from as u64;
            job.ports = [Port::default(); MAX_PORTS];
            job.ports[0] = Port { at: memory.from, step: row * chunk.rows, row, unit: 1 };
            job.given = 1;
        }
        for (field, at) in &self.places.each {
            if let Some(each) = job.each.get_mut(*field) {
                *each = memory.constants.address(*at);
            }
        }
        for ((to, probe), slots) in job.probes.iter_mut().zip(&stage.probes).zip(&self.places.slots) {
            let (Some(recording), Some(address)) = (chunk.recordings.get(probe.recording), chunk.records.get(probe.recording)) else {
                continue;
            };
            *to = super::job::Probe {
                to: *address,
                slot: slots.map_or(0, |at| memory.constants.address(at)),
                stride: recording.stride as u64,
                width: recording.width as u64,
                first: u32::try_from(recording.first(chunk.clock.i())).unwrap_or(u32::MAX),
                every: u32::try_from(recording.every).unwrap_or(u32::MAX),
                var: probe.var as u32,
                mode: probe.mode as u32,
            };
        }
        job
    }

    /// The job of a map with so many threads a row. The last stage makes only what is kept: nothing, where nothing is.
    fn map_job(&self, mut job: Job, threads: usize, chunk: &Chunk<'_>, last: bool) -> Option<Job> {
        job.units = threads as u64;
        if last {
            let output = chunk.output?;
            let recording = chunk.recordings.get(output)?;
            let (i, steps) = (chunk.clock.i(), u64::from(chunk.steps));
            job.y = *chunk.records.get(output)?;
            job.steps = recording.kept(i, steps) as u32;
            job.first = u32::try_from(recording.first(i)).unwrap_or(u32::MAX);
            job.every = u32::try_from(recording.every).unwrap_or(u32::MAX);
        }
        (job.steps > 0).then_some(job)
    }
}

fn addresses(weights: &Buffer, places: &[Option<usize>]) -> [u64; super::job::MAX_WEIGHTS] {
    let mut all = [0; super::job::MAX_WEIGHTS];
    for (to, place) in all.iter_mut().zip(places) {
        *to = place.map_or(0, |at| weights.address(at));
    }
    all
}

/// Blocks for a pointwise model: small where that is what it takes to give every processor some.
fn pointwise_shape(cells: u64, context: &Context) -> Shape {
    let each = cells.div_ceil(u64::from(context.processors) * 2);
    let threads = if each <= 32 {
        32
    } else if each <= 64 {
        64
    } else {
        128
    };
    Shape::of(cells, threads)
}
