//! Recurrent cells by the reference kernels: the product with the input for all steps of a chunk,
//! then one step after another, with a thread block for each batch row.

use super::map::RowWiseStage;
use super::{FusedPart, MemoryNeeds, StageCall, StageKernel};
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::module::STATIC_LIMIT;
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::{CellLoop, LaunchContext};
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::Strategy;
use crate::error::Result;
use crate::numeric::scalar::DType;
use crate::system::program::CellProgram;
use std::borrow::Cow;

/// Maximum multiply-adds of one row of a product in a chunk, whatever the measured times allow.
const PRODUCTS: u64 = 1 << 31;

#[derive(Debug)]
pub(crate) struct CellStage {
    cell: CellProgram,
    strategy: (Strategy, Cow<'static, str>),
    /// The product with the input.
    input: RowWiseStage,
    kernel: CellLoop,
    /// The byte offsets of the weights.
    weights: Vec<Option<usize>>,
    /// Dynamic shared memory of a thread block, in bytes. 0 if the state does not fit; scratch
    /// memory is used instead.
    shared: usize,
    needs: MemoryNeeds,
    /// The product with the input, and the steps, as parts of fused layers. Empty unless one launch
    /// makes all steps with the state in shared memory.
    parts: Vec<FusedPart>,
    /// The graph of captured steps, once there is one.
    graph: Option<Graph>,
}

impl CellStage {
    /// `refused` says why the tiers before this one could not run the cell.
    pub(crate) fn prepare(
        cell: CellProgram,
        refused: &[String],
        node: &Node,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Self> {
        let mut strategy =
            strategy::choose(builder.strategy, "rows are independent, and a block keeps its row for all steps");
        for why in refused {
            strategy.1 = format!("{}; {why}", strategy.1).into();
        }
        let input = RowWiseStage::prepare(cell.input.clone(), true, node, builder)?;
        let weights = builder.weights(node, &cell.weights);
        let acc = builder.dtype.acc_size();
        let bytes = cell.shared_rows.saturating_mul(cell.hidden).saturating_mul(acc);
        let (shared, scratch) =
            if bytes <= STATIC_LIMIT { (bytes, 0) } else { (0, bytes.saturating_mul(builder.rows)) };
        let probes: Vec<_> = node.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
        let whole = strategy.0 == Strategy::Persistent;
        let request = Request::cell(builder.dtype, &cell, whole, node.vars.len(), &probes);
        let kernel = builder.steps(node, request.clone(), shared, whole)?;
        let of_input = Request::map(builder.dtype, &cell.input);
        let parts = if whole && scratch == 0 { parts(&cell, node, [of_input, request], shared) } else { Vec::new() };
        let needs = MemoryNeeds {
            work: cell.input.threads.saturating_mul(builder.rows).saturating_mul(acc),
            scratch,
            steps: Some(PRODUCTS / (cell.hidden.saturating_mul(cell.input.threads) as u64).max(1)),
            ..MemoryNeeds::default()
        };
        Ok(Self { cell, strategy, input, kernel, weights, shared, needs, parts, graph: None })
    }
}

/// The product with the input and the steps, as parts of fused layers.
fn parts(cell: &CellProgram, node: &Node, [of_input, of_steps]: [Request; 2], shared: usize) -> Vec<FusedPart> {
    let products = |from: usize| from.saturating_mul(cell.input.threads) as u64;
    let input = FusedPart {
        request: of_input,
        params: cell.input.source.params.clone(),
        products: products(node.from),
        shared: 0,
    };
    vec![
        input,
        FusedPart { request: of_steps, params: cell.source.params.clone(), products: products(cell.hidden), shared },
    ]
}

/// The same parts for a cell that runs by a tier with tiles.
pub(crate) fn plain_parts(cell: &CellProgram, node: &Node, dtype: DType) -> Vec<FusedPart> {
    let shared = cell.shared_rows.saturating_mul(cell.hidden).saturating_mul(dtype.acc_size());
    let probes: Vec<_> = node.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
    let requests = [Request::map(dtype, &cell.input), Request::cell(dtype, cell, true, node.vars.len(), &probes)];
    if shared <= STATIC_LIMIT { parts(cell, node, requests, shared) } else { Vec::new() }
}

impl CellStage {
    /// The launch arguments of the product with the input, and of the steps.
    fn both(&self, call: &StageCall<'_>) -> [LaunchArgs; 2] {
        [self.input.of_cell(call), LaunchArgs { weights: call.weights(&self.weights), ..call.args }]
    }
}

impl StageKernel for CellStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn needs(&self) -> MemoryNeeds {
        self.needs
    }

    fn parts(&self) -> &[FusedPart] {
        &self.parts
    }

    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        self.both(call).to_vec()
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        let launch_args = self.both(call);
        let Self { cell, kernel, graph, .. } = self;
        let [product, mut args] = launch_args;
        self.input.ask(&product, launch_context.stream)?;

        args.scratch = if self.needs.scratch > 0 { call.memory.scratch.address(0) } else { 0 };
        let threads = (cell.hidden.next_multiple_of(32)).clamp(32, CellProgram::THREADS) as u32;
        let shape = Shape { blocks: args.rows as u32, threads, shared: self.shared as u32, ..Shape::default() };
        let steps = strategy::StepLaunches {
            kernel,
            graph,
            args: &args,
            shape,
            params: &cell.source.params,
            phases: 1,
            before: None,
        };
        strategy::run(self.strategy.0, steps, launch_context)
    }
}
