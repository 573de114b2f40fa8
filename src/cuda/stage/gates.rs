//! Recurrent cells by the tier `product`, for many rows and weights that do not fit in registers
//! and shared memory. Each step is a matrix product of h of all rows with Wh, then a kernel for the
//! gates of all units. A step has two launches, or four if a cell has two products.

use super::map::RowWiseStage;
use super::tiles::{PRODUCTS, TiledCell};
use super::{MemoryNeeds, StageCall, StageKernel};
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::gemm::table::GemmQuery;
use crate::cuda::gemm::{GemmKernel, Layout, count};
use crate::cuda::recurrent::{CellShape, CellTile};
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::{CellLoop, LaunchContext};
use crate::cuda::structs::gemm::GemmArgs;
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::models::Activation;
use crate::system::program::CellProgram;
use std::borrow::Cow;

const THREADS: u32 = 256;

#[derive(Debug)]
pub(crate) struct GemmCellStage {
    cell: CellProgram,
    /// The shape of the cell; the tier `product` has no tiles.
    tile: CellTile,
    strategy: (Strategy, Cow<'static, str>),
    /// The product with the input.
    input: RowWiseStage,
    begin: Kernel<signature::Whole>,
    gates: CellLoop,
    /// The product of each phase.
    products: Vec<GemmKernel>,
    weights: Vec<Option<usize>>,
    graph: Option<Graph>,
}

impl GemmCellStage {
    pub(crate) fn prepare(
        cell: CellProgram,
        cut: TiledCell,
        node: &Node,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Self> {
        let TiledCell { tile, why, kernel: gates } = cut;
        let input = RowWiseStage::prepare(cell.input.clone(), true, node, builder)?;
        let weights = builder.weights(node, &cell.weights);
        let begin = gates.module().kernel("tile_begin", 0)?;
        let CellShape { hidden, batch, element, .. } = tile.facts;
        let layout =
            Layout { transpose: [false; 2], activation: Activation::Identity, to_work: true, windows: Vec::new() };
        let products = cell.phases.iter().map(|gates| {
            let ask = GemmQuery {
                dtype: builder.dtype,
                products: builder.products,
                capability: builder.context.gpu.capability,
                sms: builder.context.sms,
                m: batch,
                n: gates.saturating_mul(hidden),
                k: hidden,
                batch: 1,
                // The columns of a phase begin at a multiple of H.
                wide: [hidden.is_multiple_of(16 / element); 2],
                split: false,
                maps: crate::cuda::gemm::makes_maps(builder.context),
            };
            GemmKernel::new(&ask, &layout, |request| builder.module(Some(node), request))
        });
        let products = products.collect::<Result<_>>()?;
        let chosen = if builder.strategy == Strategy::Auto { Strategy::Graph } else { builder.strategy };
        let strategy = (chosen, format!("tier `{}`: {why}", tile.tier.name()).into());
        Ok(Self { cell, tile, strategy, input, begin, gates, products, weights, graph: None })
    }

    /// The arguments of each phase's product. The operand lies at `at`, and the result behind it.
    fn products(&self, at: u64, wh: u64) -> Result<Vec<GemmArgs>> {
        let CellShape { phases, hidden, batch, element, acc, .. } = self.tile.facts;
        let (pitch, made) = self.tile.operands();
        let row = (self.tile.facts.gates() * hidden) as u64;
        let mut first = 0;
        let each = phases.iter().map(|gates| {
            let column = first * hidden;
            first += gates;
            Ok(GemmArgs {
                a: at,
                b: wh + (column * element) as u64,
                c: at + (made + column * acc) as u64,
                a_row: pitch as u64,
                b_row: row,
                c_row: row,
                m: count("rows", batch)?,
                n: count("units of all gates", gates * hidden)?,
                k: count("units", hidden)?,
                batch: 1,
                lot: count("rows", batch)?,
                ..GemmArgs::default()
            })
        });
        each.collect()
    }
}

impl StageKernel for GemmCellStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn needs(&self) -> MemoryNeeds {
        let CellShape { hidden, batch, acc, .. } = self.tile.facts;
        let threads = self.cell.input.threads;
        MemoryNeeds {
            work: threads.saturating_mul(batch).saturating_mul(acc),
            own: self.tile.scratch(),
            steps: Some((PRODUCTS / (hidden.saturating_mul(threads) as u64).max(1)).max(1)),
            ..MemoryNeeds::default()
        }
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        let own = call.own.ok_or_else(|| Error::Internal("a recurrent cell has no memory of its own".into()))?;
        let stream = launch_context.stream;
        self.input.ask(&self.input.of_cell(call), stream)?;

        let args = LaunchArgs { weights: call.weights(&self.weights), scratch: own.address(0), ..call.args };
        let asked = self.products(args.scratch, args.weights[0])?;
        let Self { cell, tile, begin, gates, products, graph, .. } = self;
        let CellShape { hidden, batch, phases, .. } = tile.facts;
        let of = |units: usize| Shape::of((batch * units) as u64, THREADS);
        begin.run(of(tile.operands().0), stream, &args, &cell.source.params)?;
        // The addresses are those of the engine's buffers, which do not move; a captured graph
        // therefore remains valid.
        let before = |phase: u32| match (products.get(phase as usize), asked.get(phase as usize)) {
            (Some(ready), Some(product)) => ready.run(*product, 0, stream),
            _ => Ok(()),
        };
        let steps = strategy::StepLaunches {
            kernel: gates,
            graph,
            args: &args,
            shape: of(hidden),
            params: &cell.source.params,
            phases: phases.len() as u32,
            before: Some(&before),
        };
        strategy::run(self.strategy.0, steps, launch_context)
    }
}
