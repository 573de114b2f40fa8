//! The choice of a cell's tier.
//!
//! | tier | blocks of a batch shard | h goes through | barriers a product | requirement | most rows of a shard |
//! |---|---|---|---|---|---|
//! | `block` | one block | its shared memory | 2 `bar.sync` | Wh fits a block | 16; 8 without tensor cores |
//! | `cluster` | 2, 4 or 8 blocks | each other's shared memory | 3 `bar.sync`, 1 of the cluster | `sm_90` and later; Wh fits these blocks | as above |
//! | `grid` | up to one on each SM | L2 | 4 `bar.sync`, 1 of the shard's blocks | Wh fits all blocks, one on each SM, resident together | as many as shared memory holds |
//! | `step` | any number of blocks | L2 | a launch | h of one row fits shared memory | as above |
//! | `product` | all rows: a dense product, then a kernel for the gates | L2 | 2 launches | as `step` | all |
//! | `reference` | a block a row | its shared memory, or scratch | 1 `bar.sync` | always | 1 |
//!
//! `Auto` takes the first tier that can run, in this order: `block` and `cluster` with Wh in
//! registers; `block` with Wh in shared memory, which each step reads (128 bytes a cycle) without
//! waiting for another block; `grid` with Wh in registers; `cluster` and `grid` with Wh in shared
//! memory; `product` if it moves fewer bytes than `step`, else `step`. `Persistent` takes one of
//! the first three tiers, `Graph` and `HostLoop` one of `step` and `product`. The tier `reference`
//! serves [`Products::Ordered`](crate::device::Products), machines without NVRTC, and cells that no
//! other tier can run.
//!
//! Wh *fits* a block if the block's part lies in registers or in shared memory, beside h and the
//! partial sums (`CellTile::shared`). In bf16 with 227 KiB of shared memory (`sm_90`) and 16 rows,
//! `block` takes 320 units of an RNN, 192 of a GRU and 128 of an LSTM; `cluster` takes 896, 512 and
//! 448; `grid` (132 SMs) takes 3136, 1664 and 1536. In f32 the numbers are 192, 128 and 64; 576,
//! 384 and 256; 1536, 1024 and 1024. All of them were computed in steps of 64. The split of K
//! depends on H and the type alone, so that all tiers give the same bits, except for `product`,
//! whose sums are those of a dense product.
//!
//! These estimates come before a kernel is compiled. The driver then reports how many blocks or
//! clusters of the loaded kernel fit (`Room`, `stage/tiles.rs`). A cluster stays within a GPC (a
//! group of SMs), so that fewer clusters may fit than the number of SMs suggests, and a part of a
//! device (MIG) may have room for none. The number of shards is the number of clusters that fit at
//! once. A tier that does not fit is skipped.
//!
//! `step` reads Wh for each shard of rows, and a shard's rows for each tile of units. A dense
//! product reads Wh once for 64 rows or more, reads the rows once for 64 columns or more, and
//! writes its sums, which the gates read again ([`Table::product`]).

use super::{CellShape, CellTile, Tensor, Tier, WeightStorage};
use crate::device::{Products, Strategy};
use crate::numeric::scalar::DType;

/// The limits of a device.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeviceLimits {
    /// Compute capability, 90 for 9.0.
    pub(crate) capability: u32,
    pub(crate) sms: usize,
    /// Most bytes of shared memory of a block.
    pub(crate) shared: usize,
    pub(crate) room: Room,
}

/// The driver's reports on loaded kernels. The numbers in this file are only estimates.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Room {
    /// The tiers, by number, whose blocks do not fit.
    pub(crate) none: [bool; Tier::ALL.len()],
    /// The number of clusters of 2, 4 and 8 blocks that fit at once, if known.
    pub(crate) clusters: [Option<usize>; SIZES.len()],
}

/// Blocks of a cluster.
const SIZES: [usize; 3] = [2, 4, 8];

impl Room {
    /// Nothing is known yet.
    pub(crate) const UNKNOWN: Self = Self { none: [false; Tier::ALL.len()], clusters: [None; SIZES.len()] };

    /// The known number of clusters of this many blocks.
    pub(crate) fn clusters_of(&mut self, blocks: usize) -> Option<&mut Option<usize>> {
        SIZES.iter().position(|size| *size == blocks).map(|n| &mut self.clusters[n])
    }
}

/// The most rows of a shard: 16, one fragment of h, or 8 without tensor cores.
fn most_rows(tensor: Tensor) -> usize {
    if tensor == Tensor::No { 8 } else { 16 }
}

/// Returns the number of warps that split K: about 128 products each. It must depend on `hidden`
/// only, since otherwise tiers would differ by rounding.
fn warps_k(hidden: usize) -> usize {
    match hidden {
        0..=128 => 1,
        129..=256 => 2,
        257..=512 => 4,
        _ => 8,
    }
}

/// Returns the multiplication of the type's factors.
fn tensor(dtype: DType, products: Products, machine: &DeviceLimits) -> Tensor {
    match (dtype, products) {
        (DType::F16, _) => Tensor::Halves,
        (DType::Bf16, _) if machine.capability >= 80 => Tensor::Halves,
        (DType::F32, Products::Tf32) if machine.capability >= 80 => Tensor::Tf32,
        _ => Tensor::No,
    }
}

/// The cost of a launch in bytes through L2: about what L2 transfers in 1 µs, the assumed time of a
/// graph node. Not measured.
const LAUNCH: usize = 2 << 20;
/// The rows and columns of a dense product's tile in this estimate: its smallest tile for several
/// rows.
const SQUARE: usize = 64;

/// The order in which tiers are tried.
const ORDER: [(Tier, WeightStorage); 6] = [
    (Tier::Block, WeightStorage::Registers),
    (Tier::Cluster, WeightStorage::Registers),
    (Tier::Block, WeightStorage::Shared),
    (Tier::Grid, WeightStorage::Registers),
    (Tier::Cluster, WeightStorage::Shared),
    (Tier::Grid, WeightStorage::Shared),
];

/// Returns the reason for a tier.
fn why(tier: Tier) -> &'static str {
    match tier {
        Tier::Block => "a block keeps the weights, and the state of its rows, for all steps",
        Tier::Cluster => "a cluster of blocks keeps the weights, and the state of its rows, for all steps",
        Tier::Grid => "all blocks together keep the weights and the state for all steps",
        Tier::Step => "the weights do not fit registers or shared memory, and each step is a launch",
        Tier::Product => {
            "the weights do not fit registers or shared memory, and one product of all rows reads them least often"
        }
    }
}

/// Returns the tile of a cell's product, and the reason for its tier; `None` for the tier
/// `reference`. `only` excludes all other tiers.
pub(crate) fn choose(
    facts: CellShape,
    dtype: DType,
    products: Products,
    machine: &DeviceLimits,
    strategy: Strategy,
    only: Option<Tier>,
) -> Option<(CellTile, &'static str)> {
    if products == Products::Ordered || facts.hidden == 0 || facts.batch == 0 {
        return None;
    }
    let tensor = tensor(dtype, products, machine);
    let table = Table { facts, tensor, machine };
    let resident = ORDER.iter().filter(|_| matches!(strategy, Strategy::Auto | Strategy::Persistent));
    let stepwise = [(Tier::Product, WeightStorage::Global), (Tier::Step, WeightStorage::Global)];
    let stepwise = stepwise.iter().filter(|_| strategy != Strategy::Persistent);
    let asked = |tier: Tier| only.is_none_or(|o| o == tier) && !machine.room.none[tier as usize];
    let tile = (resident.chain(stepwise)).filter(|(tier, _)| asked(*tier)).find_map(|(tier, hold)| match tier {
        Tier::Block => table.block(*hold),
        Tier::Cluster => table.cluster(*hold),
        Tier::Grid => table.grid(*hold),
        Tier::Step => table.step(),
        Tier::Product => table.product(only.is_some()),
    })?;
    Some((tile, why(tile.tier)))
}

struct Table<'t> {
    facts: CellShape,
    tensor: Tensor,
    machine: &'t DeviceLimits,
}

impl Table<'_> {
    fn tile(&self, tier: Tier, hold: WeightStorage, units: usize, rows: usize, warps: usize) -> CellTile {
        let (facts, tensor, warps_k) = (self.facts, self.tensor, warps_k(self.facts.hidden));
        // There are no more warps than columns.
        let columns = facts.phases.iter().max().unwrap_or(&1) * units;
        let fragments = columns.div_ceil(if tensor == Tensor::No { 4 } else { 8 });
        let warps_n = (warps / warps_k).max(1).min(fragments.next_power_of_two());
        CellTile { facts, tensor, hold, tier, units, rows, warps_k, warps_n }
    }

    fn fits(&self, tile: &CellTile) -> bool {
        // A thread has 255 registers in 8 warps, and 128 in 16. Indices and addresses take the
        // other registers.
        let registers = match (tile.threads() <= 256, tile.facts.acc) {
            (true, 8) => 208,
            (true, _) => 176,
            (false, _) => 88,
        };
        tile.shared() <= self.machine.shared && tile.registers() <= registers
    }

    /// A tile with few warps, in which a thread has more registers, or with many.
    fn held(&self, tier: Tier, hold: WeightStorage, units: usize, rows: usize) -> Option<CellTile> {
        let warps = if hold == WeightStorage::Registers { [8, 16] } else { [16, 8] };
        warps.into_iter().map(|warps| self.tile(tier, hold, units, rows, warps)).find(|tile| self.fits(tile))
    }

    /// A tile with as many rows as give every SM some rows, if they fit; otherwise with fewer rows.
    fn most_rows_held(&self, tier: Tier, hold: WeightStorage, units: usize, shards: usize) -> Option<CellTile> {
        let shards = shards.max(1);
        let rows = self.facts.batch.div_ceil(shards).min(most_rows(self.tensor));
        (1..=rows).rev().find_map(|rows| self.held(tier, hold, units, rows))
    }

    fn block(&self, hold: WeightStorage) -> Option<CellTile> {
        self.most_rows_held(Tier::Block, hold, self.facts.hidden, self.machine.sms)
    }

    fn cluster(&self, hold: WeightStorage) -> Option<CellTile> {
        if self.machine.capability < 90 {
            return None;
        }
        SIZES.into_iter().zip(self.machine.room.clusters).filter(|(_, fit)| *fit != Some(0)).find_map(
            |(blocks, fit)| {
                let shards = fit.unwrap_or(self.machine.sms / blocks);
                // Units are a multiple of 8, because blocks exchange 16 bytes of h at a time.
                let units = self.facts.hidden.div_ceil(blocks).next_multiple_of(8);
                self.most_rows_held(Tier::Cluster, hold, units, shards).filter(|tile| tile.tiles() == blocks)
            },
        )
    }

    /// The tile with the largest number of shards: each shard then exchanges fewer rows and waits
    /// for fewer blocks.
    fn grid(&self, hold: WeightStorage) -> Option<CellTile> {
        let most = if self.tensor == Tensor::No { self.facts.batch } else { self.facts.batch.div_ceil(16) };
        (1..=most.min(self.machine.sms)).rev().find_map(|shards| {
            let units = self.facts.hidden.div_ceil(self.machine.sms / shards);
            let tile = self.held(Tier::Grid, hold, units, self.facts.batch.div_ceil(shards))?;
            (tile.blocks() <= self.machine.sms).then_some(tile)
        })
    }

    fn step(&self) -> Option<CellTile> {
        let rows = self.facts.batch.min(most_rows(self.tensor));
        (1..=rows).rev().find_map(|rows| {
            let shards = self.facts.batch.div_ceil(rows);
            let units = self.facts.hidden.div_ceil((self.machine.sms / shards).max(1));
            // The limit of a thread's sums.
            let most = 64 * (8 / warps_k(self.facts.hidden)).max(1) / self.facts.phases.iter().max().unwrap_or(&1);
            Some(self.tile(Tier::Step, WeightStorage::Global, units.min(most), rows, 8)).filter(|tile| self.fits(tile))
        })
    }

    /// The tile of a dense product, if it moves fewer bytes than `step`, or is required (`asked`).
    fn product(&self, asked: bool) -> Option<CellTile> {
        let step = self.step()?;
        let CellShape { phases, hidden, batch, element, acc, .. } = self.facts;
        let columns = self.facts.gates() * hidden;
        let of_rows = |times: usize, each: usize| times.saturating_mul(batch).saturating_mul(each);
        let of_weights =
            |times: usize, each: usize| times.saturating_mul(hidden).saturating_mul(columns).saturating_mul(each);
        let by_step = of_weights(step.shards(), step.factor())
            .saturating_add(of_rows(step.tiles() * phases.len(), hidden * step.factor()));
        let sums = of_rows(2, columns * acc);
        let moved =
            [of_weights(batch.div_ceil(SQUARE), element), of_rows(columns.div_ceil(SQUARE), hidden * element), sums];
        let is_less = moved.iter().fold(LAUNCH * phases.len(), |all, bytes| all.saturating_add(*bytes)) < by_step;
        (asked || is_less).then_some(CellTile { tier: Tier::Product, ..step })
    }
}

#[cfg(test)]
mod tests;
