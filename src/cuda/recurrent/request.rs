//! The compile requests of the fast tiers.

use super::{CellTile, Tier};
use crate::cuda::compiler::compile::Request;
use crate::cuda::compiler::request::Probes;
use crate::numeric::scalar::DType;
use crate::system::program::CellProgram;

impl Request {
    /// A loop over a cell's tiles, with the kernel that packs its weights.
    pub(crate) fn tiles(dtype: DType, cell: &CellProgram, tile: &CellTile, probes: Probes<'_>) -> Self {
        let loops: &[&str] = match tile.tier {
            Tier::Block | Tier::Cluster | Tier::Grid => &["tile_scan.cu", "tile_pack.cu"],
            Tier::Step => &["tile_step.cu", "tile_pack.cu"],
            Tier::Product => &["tile_gates.cu"],
        };
        let mut request = Self::of(dtype, &cell.source, loops, probes);
        // These defines belong to the reference loops.
        request.defines.retain(|(name, _)| name != "SHARED_ROWS" && name != "THREADS");
        for (name, value) in tile.defines() {
            request.define(name, value);
        }
        request
    }
}
