//! Recurrent cells by the tiers with tiles: the product with the input for all steps of a chunk,
//! then the steps, whose product with h is divided into tiles.

use super::map::RowWiseStage;
use super::{FusedPart, MemoryNeeds, StageCall, StageKernel, cell};
use crate::cuda::compiler::compile::Request;
use crate::cuda::driver::graph::Graph;
use crate::cuda::driver::launch::Shape;
use crate::cuda::driver::memory::{Buffer, aligned};
use crate::cuda::driver::module::Kernel;
use crate::cuda::driver::signature;
use crate::cuda::driver::stream::Stream;
use crate::cuda::recurrent::{CellShape, CellTile, DeviceLimits, Room, Tier, choose};
use crate::cuda::schedule::plan::Node;
use crate::cuda::schedule::stage_builder::StageBuilder;
use crate::cuda::schedule::strategy;
use crate::cuda::schedule::strategy::{CellLoop, LaunchContext};
use crate::cuda::structs::launch_args::LaunchArgs;
use crate::device::{Products, Strategy};
use crate::error::{Error, Result};
use crate::system::program::CellProgram;
use std::borrow::Cow;

/// The variable that selects the tier of recurrent cells.
const TIER: &str = "OVERTIME_CELLS";

/// Maximum multiply-adds of one row of a product in a chunk, whatever the measured times allow.
pub(crate) const PRODUCTS: u64 = 1 << 33;

#[derive(Debug)]
pub(crate) struct TiledCellStage {
    cell: CellProgram,
    tile: CellTile,
    strategy: (Strategy, Cow<'static, str>),
    /// The product with the input.
    input: RowWiseStage,
    kernel: CellLoop,
    pack: Kernel<signature::Pack>,
    weights: Vec<Option<usize>>,
    /// The reference kernels, as parts of fused layers.
    parts: Vec<FusedPart>,
    graph: Option<Graph>,
}

/// A tile shape for a cell's product that fits on the device.
pub(crate) struct TiledCell {
    pub(crate) tile: CellTile,
    /// Why this tier was chosen, and why none before it in the table.
    pub(crate) why: String,
    /// The loop over steps, or, for the tier `product`, the kernel for the gates.
    pub(crate) kernel: CellLoop,
}

/// How a cell runs: by a tier with tiles, or by the reference kernels, with the reasons why no tier
/// could run it.
pub(crate) enum CellPlan {
    Tiled(TiledCell),
    Reference(Vec<String>),
}

/// Chooses the tile shape of a cell's product and loads its kernel. The choice is the first one of
/// the table in `recurrent/tiers.rs` that fits on the device according to the driver.
///
/// # Errors
/// If the user requires one launch for all steps, or a tier, and no such tier can run the cell; if
/// `OVERTIME_CELLS` names no tier; if a call fails.
pub(crate) fn cut(cell: &CellProgram, node: &Node, builder: &mut StageBuilder<'_>) -> Result<CellPlan> {
    let context = builder.context;
    let only = match std::env::var(TIER) {
        Ok(name) if name == "reference" => return Ok(CellPlan::Reference(Vec::new())),
        Ok(name) => Some(Tier::ALL.into_iter().find(|tier| tier.name() == name).ok_or_else(|| {
            let known = Tier::ALL.map(Tier::name);
            Error::unknown("tier in OVERTIME_CELLS", &name, known.into_iter().chain(["reference"]))
        })?),
        Err(_) => None,
    };
    // A kernel that is specialised for a shape cannot be embedded at build time.
    if context.compiler.is_err() {
        return Ok(CellPlan::Reference(Vec::new()));
    }
    let (major, minor) = context.gpu.capability;
    let mut machine = DeviceLimits {
        capability: major * 10 + minor,
        sms: context.sms as usize,
        shared: context.shared,
        room: Room::UNKNOWN,
    };
    let (element, acc) = (builder.dtype.size(), builder.dtype.acc_size());
    let facts =
        CellShape { phases: cell.phases, states: cell.states, hidden: cell.hidden, batch: builder.rows, element, acc };
    let probes: Vec<_> = node.probes.iter().map(|p| (p.var, p.mode as usize)).collect();
    let mut refused = Vec::new();
    while let Some((tile, why)) = choose(facts, builder.dtype, builder.products, &machine, builder.strategy, only) {
        let name = tile.tier.name();
        if tile.tier == Tier::Grid && !context.cooperative {
            refused.push(format!("not `{name}`, since the device cannot hold all blocks of a launch at once"));
            machine.room.none[tile.tier as usize] = true;
            continue;
        }
        let shared = if tile.tier == Tier::Product { 0 } else { tile.shared() };
        let whole = matches!(tile.tier, Tier::Block | Tier::Cluster | Tier::Grid);
        let kernel = builder.steps(node, Request::tiles(builder.dtype, cell, &tile, &probes), shared, whole)?;
        match room(&kernel, &tile, context.sms)? {
            Fit::All => {
                return Ok(CellPlan::Tiled(TiledCell { tile, why: said(&tile, why, refused), kernel }));
            }
            Fit::Clusters(fit) => {
                if fit == 0 {
                    refused.push(format!(
                        "not `{name}`, because no cluster of {} such blocks fits on the device",
                        tile.tiles()
                    ));
                }
                // The first time, choose again with the known number of clusters, which gives as
                // many shards as clusters fit, as long as a thread block can hold a shard's rows.
                // The second time, no smaller number of shards is possible: not all clusters run at
                // once, which is correct, since they do not wait for each other.
                match machine.room.clusters_of(tile.tiles()) {
                    Some(known) if known.is_none() => *known = Some(fit),
                    _ if fit > 0 => {
                        return Ok(CellPlan::Tiled(TiledCell { tile, why: said(&tile, why, refused), kernel }));
                    }
                    _ => machine.room.none[tile.tier as usize] = true,
                }
            }
            Fit::Blocks(fit) => {
                refused.push(format!(
                    "not `{name}`, because of its {} blocks only {fit} fit on the device at once",
                    tile.blocks()
                ));
                machine.room.none[tile.tier as usize] = true;
            }
        }
    }
    let is_reference = builder.products == Products::Ordered || cell.hidden == 0 || builder.rows == 0;
    if !is_reference && (builder.strategy == Strategy::Persistent || only.is_some()) {
        let what = only.map_or("the persistent strategy".to_owned(), |tier| format!("the tier `{}`", tier.name()));
        let why = if refused.is_empty() {
            "its weights do not fit in registers and shared memory".to_owned()
        } else {
            refused.join("; ")
        };
        return Err(Error::Unsupported(format!(
            "{what} cannot run a cell of {} units and {} rows on {}: {why}",
            cell.hidden,
            builder.rows,
            context.name()
        )));
    }
    Ok(CellPlan::Reference(refused))
}

/// Describes why a tier was chosen and other tiers were not.
fn said(tile: &CellTile, why: &str, refused: Vec<String>) -> String {
    let clusters = format!(" ({} of {} blocks)", tile.shards(), tile.tiles());
    let why = format!("{why}{}", if tile.tier == Tier::Cluster { clusters } else { String::new() });
    [vec![why], refused].concat().join("; ")
}

/// How much of a launch fits on the device at once.
enum Fit {
    /// All blocks or clusters that must be resident at once.
    All,
    /// This number of clusters, which is smaller than the number of shards.
    Clusters(usize),
    /// This number of thread blocks, which is too small.
    Blocks(usize),
}

fn room(kernel: &CellLoop, tile: &CellTile, sms: u32) -> Result<Fit> {
    if tile.tier == Tier::Product {
        return Ok(Fit::All);
    }
    let shape = shape(tile);
    if tile.tier == Tier::Cluster {
        let fit = kernel.clusters_at_once(Shape { cluster: tile.tiles() as u32, ..shape })? as usize;
        return Ok(if tile.shards() <= fit { Fit::All } else { Fit::Clusters(fit) });
    }
    let fit = kernel.blocks_at_once(shape.threads, shape.shared)? as usize * sms as usize;
    // Thread blocks of the other tiers do not wait for each other.
    let needed = if tile.tier == Tier::Grid { tile.blocks() } else { 1 };
    Ok(if needed <= fit { Fit::All } else { Fit::Blocks(fit) })
}

/// The shape of a launch of the loop over steps.
fn shape(tile: &CellTile) -> Shape {
    Shape {
        blocks: tile.blocks() as u32,
        threads: tile.threads() as u32,
        shared: tile.shared() as u32,
        together: tile.tier == Tier::Grid,
        ..Shape::default()
    }
}

impl TiledCellStage {
    pub(crate) fn prepare(
        cell: CellProgram,
        cut: TiledCell,
        node: &Node,
        builder: &mut StageBuilder<'_>,
    ) -> Result<Self> {
        let TiledCell { tile, why, kernel } = cut;
        let input = RowWiseStage::prepare(cell.input.clone(), true, node, builder)?;
        let weights = builder.weights(node, &cell.weights);
        let pack = kernel.module().kernel("tile_pack", 0)?;
        let chosen = match (builder.strategy, tile.tier) {
            (Strategy::Auto, Tier::Step) => Strategy::Graph,
            (Strategy::Auto, _) => Strategy::Persistent,
            (asked, _) => asked,
        };
        let strategy = (chosen, format!("tier `{}`: {why}", tile.tier.name()).into());
        // A tier that the user selected is not replaced by fused layers.
        let parts = if chosen == Strategy::Persistent && std::env::var_os(TIER).is_none() {
            cell::plain_parts(&cell, node, builder.dtype)
        } else {
            Vec::new()
        };
        Ok(Self { cell, tile, strategy, input, kernel, pack, weights, parts, graph: None })
    }

    /// The jobs of the product with the input, and of the steps for the reference kernel.
    fn both(&self, call: &StageCall<'_>) -> [LaunchArgs; 2] {
        [self.input.of_cell(call), LaunchArgs { weights: call.weights(&self.weights), ..call.args }]
    }

    /// Byte offset of scratch memory in the stage's own memory: behind Wh.
    fn scratch(&self) -> usize {
        aligned(self.tile.packed().1)
    }
}

impl StageKernel for TiledCellStage {
    fn chosen(&self) -> (Strategy, Cow<'static, str>) {
        self.strategy.clone()
    }

    fn needs(&self) -> MemoryNeeds {
        let CellShape { hidden, batch, acc, .. } = self.tile.facts;
        let threads = self.cell.input.threads;
        MemoryNeeds {
            work: threads.saturating_mul(batch).saturating_mul(acc),
            own: self.scratch().saturating_add(self.tile.scratch()),
            steps: Some((PRODUCTS / (hidden.saturating_mul(threads) as u64).max(1)).max(1)),
            ..MemoryNeeds::default()
        }
    }

    fn parts(&self) -> &[FusedPart] {
        &self.parts
    }

    fn launch_args(&self, call: &StageCall<'_>) -> Vec<LaunchArgs> {
        self.both(call).to_vec()
    }

    fn pack(&self, weights: &Buffer, own: &Buffer, stream: &Stream) -> Result<()> {
        let Some(Some(wh)) = self.weights.first() else { return Ok(()) };
        self.pack.pack(stream, weights.address(*wh), own.address(0), self.tile.packed().0)
    }

    fn run(&mut self, call: &StageCall<'_>, launch_context: &mut LaunchContext<'_>) -> Result<()> {
        let scratch = self.scratch();
        let [product, mut args] = self.both(call);
        let Self { cell, tile, kernel, graph, .. } = self;
        let own = call.own.ok_or_else(|| Error::Internal("a recurrent cell has no memory of its own".into()))?;
        self.input.ask(&product, launch_context.stream)?;

        args.weights[0] = own.address(0);
        args.scratch = own.address(scratch);
        let counters = scratch + tile.counters();
        match tile.tier {
            Tier::Block | Tier::Cluster | Tier::Product => {}
            Tier::Grid => own.fill(counters, 0, tile.counter_bytes(), launch_context.stream)?,
            // SAFETY: the source is the state, whose number of bytes comes from the plan; its
            // buffer lives as long as the engine.
            Tier::Step => unsafe {
                own.copy_from(counters + tile.counter_bytes(), args.state, tile.state_bytes(), launch_context.stream)?
            },
        }
        let shape = shape(tile);
        let phases = tile.facts.phases.len() as u32;
        let steps = strategy::StepLaunches {
            kernel,
            graph,
            args: &args,
            shape,
            params: &cell.source.params,
            phases,
            before: None,
        };
        strategy::run(self.strategy.0, steps, launch_context)
    }
}
