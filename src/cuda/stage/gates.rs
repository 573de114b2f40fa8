//! Recurrent cells whose weights do not stay on chip, for many rows: in each step a dense product of all rows' h with Wh, then the gates of all
//! units. Two launches a step, and two more where a cell has two products.

use super::map::Rows;
use super::tiles::{Cut, PRODUCTS};
use super::{Body, Call, Needs};
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::gemm::table::Ask;
use crate::cuda::gemm::{Layout, Ready, count};
use crate::cuda::recurrent::{Facts, Tile};
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::Workshop;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::{Desk, Loop};
use crate::cuda::structs::gemm::Product;
use crate::cuda::structs::launch_args::Job;
use crate::device::Strategy;
use crate::error::{Error, Result};
use crate::models::Activation;
use crate::system::program::Cell;
use std::borrow::Cow;

const THREADS: u32 = 256;

#[derive(Debug)]
pub(crate) struct Steps {
    cell: Cell,
    /// Its facts; nothing is cut.
    tile: Tile,
    strategy: (Strategy, Cow<'static, str>),
    /// The product with the input.
    input: Rows,
    begin: Kernel<signature::Whole>,
    gates: Loop,
    /// The product of each phase.
    products: Vec<Ready>,
    weights: Vec<Option<usize>>,
    graph: Option<Graph>,
}

impl Steps {
    pub(crate) fn prepare(cell: Cell, cut: Cut, node: &Node, shop: &mut Workshop<'_>) -> Result<Self> {
        let Cut { tile, why, kernel: gates } = cut;
        let input = Rows::prepare(cell.input.clone(), true, node, shop)?;
        let weights = shop.weights(node, &cell.weights);
        let begin = gates.module().kernel("tile_begin", 0)?;
        let Facts { hidden, batch, element, .. } = tile.facts;
        let layout = Layout { transpose: [false; 2], activation: Activation::Identity, to_work: true, windows: Vec::new() };
        let products = cell.phases.iter().map(|gates| {
            let ask = Ask {
                dtype: shop.dtype,
                products: shop.products,
                capability: shop.context.gpu.capability,
                processors: shop.context.processors,
                m: batch,
                n: gates.saturating_mul(hidden),
                k: hidden,
                batch: 1,
                // A phase's columns begin at a multiple of H.
                wide: [hidden.is_multiple_of(16 / element); 2],
                split: false,
                maps: crate::cuda::gemm::makes_maps(shop.context),
            };
            Ready::new(&ask, &layout, |request| shop.module(Some(node), request))
        });
        let products = products.collect::<Result<_>>()?;
        let chosen = if shop.strategy == Strategy::Auto { Strategy::Graph } else { shop.strategy };
        let strategy = (chosen, format!("tier `{}`: {why}", tile.tier.name()).into());
        Ok(Self { cell, tile, strategy, input, begin, gates, products, weights, graph: None })
    }

    /// The product of each phase: what it multiplies lies at `at`, what it makes behind that.
    fn products(&self, at: u64, wh: u64) -> Result<Vec<Product>> {
        let Facts { phases, hidden, batch, element, acc, .. } = self.tile.facts;
        let (pitch, made) = self.tile.operands();
        let row = (self.tile.facts.gates() * hidden) as u64;
        let mut first = 0;
        let each = phases.iter().map(|gates| {
            let column = first * hidden;
            first += gates;
            Ok(Product {
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
                ..Product::default()
            })
        });
        each.collect()
    }
}

impl Body for Steps {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn needs(&self) -> Needs {
        let Facts { hidden, batch, acc, .. } = self.tile.facts;
        let threads = self.cell.input.threads;
        Needs {
            work: threads.saturating_mul(batch).saturating_mul(acc),
            own: self.tile.scratch(),
            steps: Some((PRODUCTS / (hidden.saturating_mul(threads) as u64).max(1)).max(1)),
            ..Needs::default()
        }
    }

    fn run(&mut self, call: &Call<'_>, desk: &mut Desk<'_>) -> Result<()> {
        let own = call.own.ok_or_else(|| Error::Unsupported("a cell without its own memory".into()))?;
        let stream = desk.stream;
        self.input.ask(&self.input.of_cell(call), stream)?;

        let job = Job { weights: call.weights(&self.weights), scratch: own.address(0), ..call.job };
        let asked = self.products(job.scratch, job.weights[0])?;
        let Self { cell, tile, begin, gates, products, graph, .. } = self;
        let Facts { hidden, batch, phases, .. } = tile.facts;
        let of = |units: usize| Shape::of((batch * units) as u64, THREADS);
        begin.run(of(tile.operands().0), stream, &job, &cell.source.params)?;
        // Addresses in it are those of the engine's own buffers, which stay where they are.
        let before = |phase: u32| match (products.get(phase as usize), asked.get(phase as usize)) {
            (Some(ready), Some(product)) => ready.run(*product, 0, stream),
            _ => Ok(()),
        };
        let steps = strategy::Steps {
            kernel: gates,
            graph,
            job: &job,
            shape: of(hidden),
            params: &cell.source.params,
            phases: phases.len() as u32,
            before: Some(&before),
        };
        strategy::run(self.strategy.0, steps, desk)
    }
}
