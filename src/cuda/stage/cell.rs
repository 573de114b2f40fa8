//! Recurrent cells: the product with the input for all steps of a chunk, then step after step, a block for each row.

use super::map::Rows;
use super::{Body, Call, Needs, Part};
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::module::STATIC_LIMIT;
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::Workshop;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::{Desk, Loop};
use crate::cuda::structs::launch_args::Job;
use crate::device::Strategy;
use crate::error::Result;
use crate::numeric::scalar::DType;
use crate::system::program::Cell;
use std::borrow::Cow;

/// Most products of a row in a chunk, whatever the pace.
const PRODUCTS: u64 = 1 << 31;

#[derive(Debug)]
pub(crate) struct Steps {
    cell: Cell,
    strategy: (Strategy, Cow<'static, str>),
    /// The product with the input.
    input: Rows,
    kernel: Loop,
    /// Where the weights lie.
    weights: Vec<Option<usize>>,
    /// Bytes of dynamic shared memory of a block; scratch memory where that is too much.
    shared: usize,
    needs: Needs,
    /// The product with the input, and the steps, where those go into one launch and their state onto the chip.
    parts: Vec<Part>,
    /// Steps captured in a graph, once they are.
    graph: Option<Graph>,
}

impl Steps {
    /// `refused`: why the tiers that would have come before could not run it.
    pub(crate) fn prepare(cell: Cell, refused: &[String], node: &Node, shop: &mut Workshop<'_>) -> Result<Self> {
        let mut strategy = strategy::choose(shop.strategy, "rows never meet, and a block keeps its row for all steps");
        for why in refused {
            strategy.1 = format!("{}; {why}", strategy.1).into();
        }
        let input = Rows::prepare(cell.input.clone(), true, node, shop)?;
        let weights = shop.weights(node, &cell.weights);
        let acc = shop.dtype.acc_size();
        let bytes = cell.on_chip.saturating_mul(cell.hidden).saturating_mul(acc);
        let (shared, scratch) = if bytes <= STATIC_LIMIT { (bytes, 0) } else { (0, bytes.saturating_mul(shop.rows)) };
        let probes: Vec<_> = node.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
        let whole = strategy.0 == Strategy::Persistent;
        let request = Request::cell(shop.dtype, &cell, whole, node.vars.len(), &probes);
        let kernel = shop.steps(node, request.clone(), shared, whole)?;
        let of_input = Request::map(shop.dtype, &cell.input);
        let parts = if whole && scratch == 0 { parts(&cell, node, [of_input, request], shared) } else { Vec::new() };
        let needs = Needs {
            work: cell.input.threads.saturating_mul(shop.rows).saturating_mul(acc),
            scratch,
            steps: Some(PRODUCTS / (cell.hidden.saturating_mul(cell.input.threads) as u64).max(1)),
            ..Needs::default()
        };
        Ok(Self { cell, strategy, input, kernel, weights, shared, needs, parts, graph: None })
    }
}

/// The product with the input and the steps, as parts of one kernel for several layers.
fn parts(cell: &Cell, node: &Node, [of_input, of_steps]: [Request; 2], shared: usize) -> Vec<Part> {
    let products = |from: usize| from.saturating_mul(cell.input.threads) as u64;
    let input = Part { request: of_input, params: cell.input.source.params.clone(), products: products(node.from), shared: 0 };
    vec![input, Part { request: of_steps, params: cell.source.params.clone(), products: products(cell.hidden), shared }]
}

/// The same for a cell whose own loop is another.
pub(crate) fn plain_parts(cell: &Cell, node: &Node, dtype: DType) -> Vec<Part> {
    let shared = cell.on_chip.saturating_mul(cell.hidden).saturating_mul(dtype.acc_size());
    let probes: Vec<_> = node.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
    let requests = [Request::map(dtype, &cell.input), Request::cell(dtype, cell, true, node.vars.len(), &probes)];
    if shared <= STATIC_LIMIT { parts(cell, node, requests, shared) } else { Vec::new() }
}

impl Steps {
    /// The jobs of the product with the input, and of the steps.
    fn both(&self, call: &Call<'_>) -> [Job; 2] {
        [self.input.of_cell(call), Job { weights: call.weights(&self.weights), ..call.job }]
    }
}

impl Body for Steps {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn needs(&self) -> Needs {
        self.needs
    }

    fn parts(&self) -> &[Part] {
        &self.parts
    }

    fn jobs(&self, call: &Call<'_>) -> Vec<Job> {
        self.both(call).to_vec()
    }

    fn run(&mut self, call: &Call<'_>, desk: &mut Desk<'_>) -> Result<()> {
        let jobs = self.both(call);
        let Self { cell, kernel, graph, .. } = self;
        let [product, mut job] = jobs;
        self.input.ask(&product, desk.stream)?;

        job.scratch = if self.needs.scratch > 0 { call.memory.scratch.address(0) } else { 0 };
        let threads = (cell.hidden.next_multiple_of(32)).clamp(32, Cell::THREADS) as u32;
        let shape = Shape { blocks: job.rows as u32, threads, shared: self.shared as u32, ..Shape::default() };
        let steps = strategy::Steps { kernel, graph, job: &job, shape, params: &cell.source.params, phases: 1, before: None };
        strategy::run(self.strategy.0, steps, desk)
    }
}
