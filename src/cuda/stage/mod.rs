//! Stages: each runs over a whole chunk before the next one starts. A file here for each kind, with how it is prepared and how it is run.

mod cell;
mod fit;
mod gates;
mod map;
mod network;
mod piece;
mod pointwise;
mod product;
mod tiles;

use super::compiler::compile::Request;
use super::driver::context::Context;
use super::driver::memory::Buffer;
use super::driver::stream::Stream;
use super::recurrent::Tier;
use super::schedule::chunk_buffers::Side;
use super::schedule::plan;
use super::schedule::plan::{Kind, Node, Recording};
use super::schedule::stage_builder::Workshop;
use super::schedule::strategy::Desk;
use super::structs::launch_args::{Job, MAX_PORTS, MAX_WEIGHTS, Port};
use crate::device::Strategy;
use crate::error::Result;
use std::borrow::Cow;
use std::sync::Arc;
use tiles::Found;

/// What a kind of stage does.
pub(crate) trait Body: std::fmt::Debug + Send {
    /// How its steps get onto the device, and why so.
    fn chosen(&self) -> (Strategy, Cow<'static, str>);

    /// What it takes beside the memory that every stage has.
    fn needs(&self) -> Needs {
        Needs::default()
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
    fn parts(&self) -> &[Part] {
        &[]
    }

    /// The jobs of its parts. One that has nothing to make has no steps.
    fn jobs(&self, call: &Call<'_>) -> Vec<Job> {
        let _ = call;
        Vec::new()
    }

    /// Asks for all steps of a chunk.
    fn run(&mut self, call: &Call<'_>, desk: &mut Desk<'_>) -> Result<()>;
}

/// A kernel as a part of one for several layers.
#[derive(Debug)]
pub(crate) struct Part {
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
pub(crate) struct Needs {
    /// For each step, of the memory for products with the input.
    pub(crate) work: usize,
    /// Of scratch memory, which the next stage may overwrite.
    pub(crate) scratch: usize,
    /// For itself, as long as the engine lives; zeros at first.
    pub(crate) own: usize,
    /// Most steps of a chunk.
    pub(crate) steps: Option<u64>,
    /// Of what its launches are told, if not the one job.
    pub(crate) jobs: Option<usize>,
}

/// A stage that is ready to run: its kernels loaded, its constants placed.
#[derive(Debug)]
pub(crate) struct Ready {
    pub(crate) node: Node,
    pub(crate) needs: Needs,
    body: Box<dyn Body>,
    /// Where among the constants the slots lie of each probe that has some.
    slots: Vec<Option<usize>>,
    own: Option<Buffer>,
}

/// What all stages of a chunk have in common.
pub(crate) struct Chunk<'c> {
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
pub(crate) struct Memory<'m> {
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
pub(crate) struct Call<'c> {
    pub(crate) node: &'c Node,
    /// The job but for what the stage's kind adds: weights, scratch memory, constants of units.
    pub(crate) job: Job,
    pub(crate) chunk: &'c Chunk<'c>,
    pub(crate) memory: &'c Memory<'c>,
    /// The stage's own memory.
    pub(crate) own: Option<&'c Buffer>,
    /// Where among the constants the slots of its probes lie.
    slots: &'c [Option<usize>],
}

impl Ready {
    /// `is_last`: nobody reads its output, which goes into recordings, or nowhere.
    pub(crate) fn prepare(stage: plan::Stage, is_last: bool, shop: &mut Workshop<'_>) -> Result<Self> {
        let plan::Stage { kind, node } = stage;
        let body: Box<dyn Body> = match kind {
            Kind::Pointwise(source) => Box::new(pointwise::Loop::prepare(source, &node, is_last, shop)?),
            Kind::MapUnits(source) => Box::new(pointwise::Once::prepare(source, &node, shop)?),
            Kind::Map(map) => Box::new(map::Rows::prepare(map, false, &node, shop)?),
            Kind::Network(network) => Box::new(network::Steps::prepare(network, &node, shop)?),
            Kind::Cell(cell) => match tiles::cut(&cell, &node, shop)? {
                Found::Cut(cut) if cut.tile.tier == Tier::Product => Box::new(gates::Steps::prepare(*cell, cut, &node, shop)?),
                Found::Cut(cut) => Box::new(tiles::Steps::prepare(*cell, cut, &node, shop)?),
                Found::Plain(refused) => Box::new(cell::Steps::prepare(*cell, &refused, &node, shop)?),
            },
        };
        let slots = node.probes.iter().map(|p| p.slots.as_ref().map(|s| shop.constant(bytemuck::cast_slice(s)))).collect();
        Ok(Self { needs: body.needs(), node, body, slots, own: None })
    }

    /// Takes the memory that is its own.
    pub(crate) fn take(&mut self, context: &Arc<Context>, stream: &Stream) -> Result<()> {
        if self.needs.own > 0 {
            let own = Buffer::new(context, "a layer's own memory", self.needs.own)?;
            own.fill(0, 0, self.needs.own, stream)?;
            self.own = Some(own);
        }
        Ok(())
    }

    /// Bytes of what its launches are told.
    pub(crate) fn job_bytes(&self) -> usize {
        self.needs.jobs.unwrap_or(Side::JOB)
    }

    /// How its steps get onto the device, and why so.
    pub(crate) fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.body.chosen()
    }

    /// Its kernels as parts of one for several layers; none where it cannot be among those.
    pub(crate) fn parts(&self) -> &[Part] {
        self.body.parts()
    }

    /// The jobs of its parts for a chunk.
    pub(crate) fn jobs(&self, chunk: &Chunk<'_>, memory: &Memory<'_>) -> Vec<Job> {
        let job = self.job(chunk, memory);
        self.body.jobs(&Call { node: &self.node, job, chunk, memory, own: self.own.as_ref(), slots: &self.slots })
    }

    /// Whether it takes inputs that stretch as they are.
    pub(crate) fn stretches(&self) -> bool {
        self.body.stretches()
    }

    /// Weights have been written.
    pub(crate) fn pack(&self, weights: &Buffer, stream: &Stream) -> Result<()> {
        self.own.as_ref().map_or(Ok(()), |own| self.body.pack(weights, own, stream))
    }

    /// Asks for all steps of a chunk.
    pub(crate) fn run(&mut self, chunk: &Chunk<'_>, memory: &Memory<'_>, desk: &mut Desk<'_>) -> Result<()> {
        let job = self.job(chunk, memory);
        self.body.run(&Call { node: &self.node, job, chunk, memory, own: self.own.as_ref(), slots: &self.slots }, desk)
    }

    fn job(&self, chunk: &Chunk<'_>, memory: &Memory<'_>) -> Job {
        let node = &self.node;
        let column = (node.column * chunk.element) as u64;
        let mut job = Job {
            clock: chunk.clock.into(),
            seed: chunk.seed,
            rows: chunk.rows,
            units: node.to as u64,
            node: u32::from(node.stream),
            steps: chunk.steps,
            given: chunk.given,
            first: 0,
            every: 1,
            state: memory.vars.get(node.vars.start).map_or(0, |at| memory.state.address(*at)),
            y: if memory.to == 0 { 0 } else { memory.to + column },
            y_row: node.row as u64,
            ends: chunk.ends,
            backwards: u32::from(node.backwards),
            work: memory.work.address(0),
            ports: chunk.ports,
            ..Job::default()
        };
        if memory.from != 0 {
            let row = node.from as u64;
            job.ports = [Port::default(); MAX_PORTS];
            job.ports[0] = Port { at: memory.from, step: row * chunk.rows, row, unit: 1 };
            job.given = 1;
        }
        for ((to, probe), slots) in job.probes.iter_mut().zip(&node.probes).zip(&self.slots) {
            *to = chunk.probe(probe, node, memory, *slots);
        }
        job
    }
}

impl Chunk<'_> {
    /// A stage's probe, where what it records goes.
    fn probe(&self, probe: &plan::Probe, node: &Node, memory: &Memory<'_>, slots: Option<usize>) -> super::structs::launch_args::Probe {
        let (Some(recording), Some(address)) = (self.recordings.get(probe.recording), self.records.get(probe.recording)) else {
            return super::structs::launch_args::Probe::default();
        };
        let is_output = probe.var >= node.vars.len();
        super::structs::launch_args::Probe {
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

impl Call<'_> {
    /// The stage's probe of this number.
    fn probe(&self, p: usize) -> super::structs::launch_args::Probe {
        let probe = self.node.probes.get(p).zip(self.slots.get(p));
        probe.map_or_else(super::structs::launch_args::Probe::default, |(probe, slots)| {
            self.chunk.probe(probe, self.node, self.memory, *slots)
        })
    }

    /// The job of a function with so many threads a row. The last stage makes only what is kept: nothing, where nothing is.
    fn of_function(&self, threads: usize) -> Option<Job> {
        let Self { mut job, chunk, .. } = *self;
        job.units = threads as u64;
        if self.memory.to == 0 {
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

    /// The addresses of weights at these places.
    fn weights(&self, places: &[Option<usize>]) -> [u64; MAX_WEIGHTS] {
        let mut all = [0; MAX_WEIGHTS];
        for (to, place) in all.iter_mut().zip(places) {
            *to = place.map_or(0, |at| self.memory.weights.address(at));
        }
        all
    }
}
