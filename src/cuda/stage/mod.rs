//! Stages: each makes all steps of a chunk before the next one starts. Each kind of stage has a
//! file, which prepares and runs it.

mod cell;
mod gates;
mod map;
mod piece;
mod pointwise;
mod product;
mod tiles;

use super::driver::context::Context;
use super::driver::memory::Buffer;
use super::driver::stream::Stream;
use super::network::stage::NetworkStage;
use super::recurrent::Tier;
use super::schedule::chunk_buffers::ChunkBuffers;
use super::schedule::plan;
use super::schedule::plan::{Node, StageKind};
use super::schedule::stage_builder::StageBuilder;
pub(crate) use super::schedule::stage_kernel::{
    FusedPart, MemoryNeeds, StageCall, StageChunk, StageKernel, StageMemory,
};
use super::schedule::strategy::LaunchContext;
use super::structs::launch_args::{LaunchArgs, MAX_PORTS, Port};
use crate::device::Strategy;
use crate::error::Result;
use std::borrow::Cow;
use std::sync::Arc;
use tiles::CellPlan;

/// A stage that is ready to run: its kernels are loaded, and its constants have offsets.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) node: Node,
    pub(crate) needs: MemoryNeeds,
    body: Box<dyn StageKernel>,
    /// For each probe with slots the offset of the slots in the constants.
    slots: Vec<Option<usize>>,
    own: Option<Buffer>,
}

impl Stage {
    /// `is_last`: no other stage reads its output, which is recorded or not stored at all.
    pub(crate) fn prepare(stage: plan::PlannedStage, is_last: bool, builder: &mut StageBuilder<'_>) -> Result<Self> {
        let plan::PlannedStage { kind, node } = stage;
        let body: Box<dyn StageKernel> = match kind {
            StageKind::Pointwise(source) => {
                Box::new(pointwise::PointwiseStage::prepare(source, &node, is_last, builder)?)
            }
            StageKind::ElementWise(source) => Box::new(pointwise::ElementWiseStage::prepare(source, &node, builder)?),
            StageKind::RowWise(map) => Box::new(map::RowWiseStage::prepare(map, false, &node, builder)?),
            StageKind::Network(network) => Box::new(NetworkStage::prepare(network, &node, builder)?),
            StageKind::Cell(cell) => match tiles::cut(&cell, &node, builder)? {
                CellPlan::Tiled(cut) if cut.tile.tier == Tier::Product => {
                    Box::new(gates::GemmCellStage::prepare(*cell, cut, &node, builder)?)
                }
                CellPlan::Tiled(cut) => Box::new(tiles::TiledCellStage::prepare(*cell, cut, &node, builder)?),
                CellPlan::Reference(refused) => Box::new(cell::CellStage::prepare(*cell, &refused, &node, builder)?),
            },
        };
        let slots =
            node.probes.iter().map(|p| p.slots.as_ref().map(|s| builder.constant(bytemuck::cast_slice(s)))).collect();
        Ok(Self { needs: body.needs(), node, body, slots, own: None })
    }

    /// Allocates the stage's own memory and sets it to 0.
    pub(crate) fn take(&mut self, context: &Arc<Context>, stream: &Stream) -> Result<()> {
        if self.needs.own > 0 {
            let own = Buffer::new(context, "a layer's own memory", self.needs.own)?;
            own.fill(0, 0, self.needs.own, stream)?;
            self.own = Some(own);
        }
        Ok(())
    }

    /// Bytes of the launch arguments.
    pub(crate) fn job_bytes(&self) -> usize {
        self.needs.launch_args.unwrap_or(ChunkBuffers::ARGS)
    }

    /// Its strategy, and the reason for it.
    pub(crate) fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.body.chosen()
    }

    /// Its kernels as parts of fused layers. Empty if it cannot be fused.
    pub(crate) fn parts(&self) -> &[FusedPart] {
        self.body.parts()
    }

    /// The launch arguments of its parts for a chunk.
    pub(crate) fn launch_args(&self, chunk: &StageChunk<'_>, memory: &StageMemory<'_>) -> Vec<LaunchArgs> {
        let args = self.args(chunk, memory);
        self.body.launch_args(&StageCall {
            node: &self.node,
            args,
            chunk,
            memory,
            own: self.own.as_ref(),
            slots: &self.slots,
        })
    }

    /// Whether it accepts inputs that are the same for all steps, rows or units as a single
    /// element.
    pub(crate) fn accepts_broadcast(&self) -> bool {
        self.body.accepts_broadcast()
    }

    /// Updates the stage's own copy of the weights after weights have been written.
    pub(crate) fn pack(&self, weights: &Buffer, stream: &Stream) -> Result<()> {
        self.own.as_ref().map_or(Ok(()), |own| self.body.pack(weights, own, stream))
    }

    /// Enqueues all steps of a chunk.
    pub(crate) fn run(
        &mut self,
        chunk: &StageChunk<'_>,
        memory: &StageMemory<'_>,
        launch_context: &mut LaunchContext<'_>,
    ) -> Result<()> {
        let args = self.args(chunk, memory);
        self.body.run(
            &StageCall { node: &self.node, args, chunk, memory, own: self.own.as_ref(), slots: &self.slots },
            launch_context,
        )
    }

    fn args(&self, chunk: &StageChunk<'_>, memory: &StageMemory<'_>) -> LaunchArgs {
        let node = &self.node;
        let column = (node.column * chunk.element) as u64;
        let mut args = LaunchArgs {
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
            ..LaunchArgs::default()
        };
        if memory.from != 0 {
            let row = node.from as u64;
            args.ports = [Port::default(); MAX_PORTS];
            args.ports[0] = Port { at: memory.from, step: row * chunk.rows, row, unit: 1 };
            args.given = 1;
        }
        for ((to, probe), slots) in args.probes.iter_mut().zip(&node.probes).zip(&self.slots) {
            *to = chunk.probe(probe, node, memory, *slots);
        }
        args
    }
}
