//! Chooses the kernel of a matrix product by this table.
//!
//! | elements | products | device | kernel |
//! |---|---|---|---|
//! | `f32`, `f64` | `Fast`, `Ordered` | any | `simt` |
//! | `f32` | `Tf32` | sm_80 and later | `mma` |
//! | `f16` | `Fast`, `Tf32` | any | `mma` |
//! | `bf16` | `Fast`, `Tf32` | sm_80 and later | `mma` |
//! | `f16`, `bf16` | `Fast`, `Tf32` | sm_90 only | `mma`, `hopper` |
//! | all other cases | | | `simt` |
//!
//! A kernel has several tiles. The choice is the tile for which the busiest SM has the least work:
//! the number of its tiles, times the area of a tile, divided by the tile's rate. If there are
//! fewer tiles than SMs and the sums are long, k is split between thread blocks, except with
//! `Ordered` and within a time loop. A tile of 128 × 128 by tensor cores needs rows that begin at
//! multiples of 16 bytes, since it has no registers left for other rows. `hopper` needs such rows
//! too, and k > 0, since a dimension of a tensor map cannot be 0. It does not compute convolutions.

use crate::device::Products;
use crate::numeric::scalar::DType;

/// The properties of a product that decide the kernel.
#[derive(Clone, Copy, Debug)]
pub(crate) struct GemmQuery {
    pub(crate) dtype: DType,
    pub(crate) products: Products,
    pub(crate) capability: (u32, u32),
    pub(crate) sms: u32,
    pub(crate) m: usize,
    pub(crate) n: usize,
    pub(crate) k: usize,
    pub(crate) batch: usize,
    /// Whether the stored rows of A and of B start and end at multiples of 16 bytes.
    pub(crate) wide: [bool; 2],
    /// Whether several thread blocks may share a sum.
    pub(crate) split: bool,
    /// Whether a tensor map can describe A, which is not possible for the windows of a convolution.
    pub(crate) maps: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Family {
    /// Fused multiply-adds, `simt.cu`: THREAD_M, THREAD_N, LANES_M.
    Simt([u32; 3]),
    /// Tensor cores with `mma.sync`, `mma.cu`: WARP_M, WARP_N, STAGES.
    Mma([u32; 3]),
    /// Tensor cores of sm_90a with `wgmma`, `hopper.cu`: STAGES.
    Hopper(u32),
}

/// The tile of a kernel: the `m` × `n` elements that a thread block computes, and the `k` that it
/// loads at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GemmTile {
    pub(crate) name: &'static str,
    pub(crate) family: Family,
    pub(crate) m: u32,
    pub(crate) n: u32,
    pub(crate) k: u32,
    /// Thread blocks that share an SM; the compiler limits registers accordingly.
    pub(crate) blocks: u32,
    /// Speed in percent of the best tile. It depends on the share of multiply-adds in the inner
    /// loop, and a smaller tile waits more.
    rate: u32,
}

const fn simt(name: &'static str, [m, n, k]: [u32; 3], own: [u32; 3], blocks: u32, rate: u32) -> GemmTile {
    GemmTile { name, family: Family::Simt(own), m, n, k, blocks, rate }
}

const fn mma(name: &'static str, [m, n, k]: [u32; 3], own: [u32; 3], blocks: u32, rate: u32) -> GemmTile {
    GemmTile { name, family: Family::Mma(own), m, n, k, blocks, rate }
}

const SIMT: [GemmTile; 4] = [
    simt("large", [128, 128, 8], [8, 8, 8], 2, 100),
    simt("middle", [64, 64, 8], [8, 4, 8], 4, 85),
    simt("flat", [16, 128, 16], [4, 4, 4], 5, 65),
    simt("tall", [128, 16, 16], [4, 4, 8], 5, 65),
];
const SIMT_F64: [GemmTile; 4] = [
    simt("large", [128, 64, 8], [8, 4, 8], 1, 100),
    simt("middle", [64, 32, 8], [4, 4, 8], 4, 90),
    simt("flat", [16, 64, 8], [4, 2, 4], 5, 70),
    simt("tall", [64, 16, 8], [2, 4, 8], 5, 70),
];
const MMA: [GemmTile; 3] = [
    mma("large", [128, 128, 32], [64, 32, 3], 2, 100),
    mma("middle", [64, 64, 32], [32, 32, 3], 4, 75),
    mma("flat", [32, 128, 32], [32, 32, 3], 3, 70),
];
/// The rate follows from published results for `mma.sync` on an H100, which reaches two thirds of
/// the speed of `wgmma`. Not measured.
pub(crate) const HOPPER: GemmTile =
    GemmTile { name: "warp groups", family: Family::Hopper(4), m: 128, n: 256, k: 64, blocks: 1, rate: 150 };

/// Returns all tiles that this element type can use on this device.
pub(crate) fn tiles(dtype: DType, products: Products, capability: (u32, u32)) -> Vec<GemmTile> {
    let modern = capability >= (8, 0);
    let tensor = match (dtype, products) {
        (_, Products::Ordered) | (DType::F64, _) | (DType::F32, Products::Fast) => false,
        (DType::F16, _) => true,
        (DType::F32 | DType::Bf16, _) => modern,
    };
    match (tensor, dtype) {
        (false, DType::F64) => SIMT_F64.to_vec(),
        (false, _) => SIMT.to_vec(),
        (true, _) => MMA
            .into_iter()
            .map(|mut tile| {
                if dtype == DType::F32 {
                    tile.k = 16;
                }
                if let (false, Family::Mma([_, _, stages])) = (modern, &mut tile.family) {
                    // Without asynchronous copies, a third stage would hide no latency.
                    *stages = 2;
                }
                tile
            })
            .chain((capability == (9, 0) && dtype.size() == 2).then_some(HOPPER))
            .collect(),
    }
}

/// A tile, and the number of thread blocks that share each sum.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct GemmChoice {
    pub(crate) tile: GemmTile,
    pub(crate) splits: u32,
}

/// The minimum k of a thread block that shares a sum, and the maximum number of such blocks.
const SHARE: usize = 256;
const SPLITS: usize = 32;

pub(crate) fn choose(ask: &GemmQuery) -> GemmChoice {
    let all = tiles(ask.dtype, ask.products, ask.capability);
    let sms = ask.sms.max(1) as usize;
    let count = |t: &GemmTile| {
        ask.m.div_ceil(t.m as usize).saturating_mul(ask.n.div_ceil(t.n as usize)).saturating_mul(ask.batch)
    };
    let cost = |t: &GemmTile| count(t).div_ceil(sms).saturating_mul((t.m * t.n * 100 / t.rate) as usize);
    let fits = |t: &GemmTile| match t.family {
        Family::Simt(_) => true,
        Family::Mma(_) => ask.wide == [true; 2] || t.name != "large",
        Family::Hopper(_) => ask.wide == [true; 2] && ask.maps && ask.k > 0,
    };
    // Among equal costs the first tile of the list, in which larger tiles come first, except
    // `hopper`.
    let tile = all.iter().filter(|t| fits(t)).min_by_key(|t| cost(t)).copied().unwrap_or(SIMT[1]);
    let blocks = count(&tile).max(1);
    let splits = if !ask.split || ask.products == Products::Ordered || blocks >= sms {
        1
    } else {
        (2 * sms / blocks).min(ask.k / SHARE).clamp(1, SPLITS)
    };
    GemmChoice { tile, splits: splits as u32 }
}

impl GemmTile {
    /// Returns the threads of a block, and its dynamic shared memory in bytes.
    pub(crate) fn block(&self, dtype: DType) -> (u32, u32) {
        match self.family {
            Family::Simt([m, n, _]) => (self.m / m * (self.n / n), 0),
            Family::Mma([m, n, stages]) => {
                (self.m / m * (self.n / n) * 32, stages * (self.m + self.n) * self.k * dtype.size() as u32)
            }
            // Two warp groups (of four warps) multiply, and one copies. The stages begin at a
            // multiple of 1024 bytes.
            Family::Hopper(stages) => (3 * 128, stages * (self.m + self.n) * self.k * dtype.size() as u32 + 1024),
        }
    }

    /// The file in `kernels/matmul`.
    pub(crate) fn file(&self) -> &'static str {
        match self.family {
            Family::Simt(_) => "simt.cu",
            Family::Mma(_) => "mma.cu",
            Family::Hopper(_) => "hopper.cu",
        }
    }

    pub(crate) fn defines(&self) -> Vec<(&'static str, u32)> {
        let mut defines = vec![("TILE_M", self.m), ("TILE_N", self.n), ("TILE_K", self.k), ("BLOCKS", self.blocks)];
        match self.family {
            Family::Simt(own) => defines.extend(["THREAD_M", "THREAD_N", "LANES_M"].into_iter().zip(own)),
            Family::Mma(own) => defines.extend(["WARP_M", "WARP_N", "STAGES"].into_iter().zip(own)),
            Family::Hopper(stages) => defines.push(("STAGES", stages)),
        }
        defines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(dtype: DType, products: Products, [m, n, k]: [usize; 3]) -> GemmQuery {
        GemmQuery {
            dtype,
            products,
            capability: (9, 0),
            sms: 132,
            m,
            n,
            k,
            batch: 1,
            wide: [true; 2],
            split: true,
            maps: true,
        }
    }

    #[test]
    fn shapes_get_the_tiles_that_the_table_says() {
        type Case = (DType, Products, [usize; 3], &'static str, &'static str, u32);
        let cases: &[Case] = &[
            (DType::F32, Products::Fast, [4096, 4096, 4096], "simt.cu", "large", 1),
            (DType::F32, Products::Tf32, [4096, 4096, 4096], "mma.cu", "large", 1),
            (DType::Bf16, Products::Fast, [8192, 8192, 8192], "hopper.cu", "warp groups", 1),
            (DType::F16, Products::Fast, [16384, 3072, 768], "hopper.cu", "warp groups", 1),
            (DType::F16, Products::Fast, [128, 256, 4096], "mma.cu", "middle", 16),
            (DType::Bf16, Products::Ordered, [8192, 8192, 8192], "simt.cu", "large", 1),
            (DType::F64, Products::Tf32, [4096, 4096, 4096], "simt.cu", "large", 1),
            // The product of cells with their input has T·B rows.
            (DType::F32, Products::Fast, [16384, 3072, 768], "simt.cu", "large", 1),
            (DType::F32, Products::Fast, [100_000, 2, 20], "simt.cu", "tall", 1),
            (DType::F32, Products::Fast, [1, 4096, 4096], "simt.cu", "flat", 8),
            (DType::F32, Products::Ordered, [1, 4096, 4096], "simt.cu", "flat", 1),
            (DType::F16, Products::Fast, [1, 4096, 4096], "mma.cu", "middle", 4),
        ];
        for (dtype, products, shape, file, name, splits) in cases {
            let GemmChoice { tile, splits: made } = choose(&ask(*dtype, *products, *shape));
            assert_eq!((tile.file(), tile.name, made), (*file, *name, *splits), "{dtype} {products} {shape:?}");
        }
        let large = ask(DType::Bf16, Products::Fast, [8192; 3]);
        assert_eq!(choose(&GemmQuery { wide: [true, false], ..large }).tile.name, "middle");
        assert_eq!(choose(&GemmQuery { capability: (7, 5), ..large }).tile.file(), "simt.cu");
        for other in [
            GemmQuery { capability: (10, 0), ..large },
            GemmQuery { maps: false, ..large },
            GemmQuery { k: 0, ..large },
        ] {
            assert_eq!(choose(&other).tile, MMA[0], "{other:?}");
        }
        // An empty product has a valid choice.
        assert_eq!(choose(&ask(DType::F32, Products::Fast, [0; 3])).splits, 1);
    }

    /// `simt.cu` and `mma.cu` rely on these limits.
    #[test]
    fn tiles_meet_the_limits_of_their_kernels() {
        for dtype in [DType::F64, DType::F32, DType::F16, DType::Bf16] {
            for products in [Products::Fast, Products::Ordered, Products::Tf32] {
                for capability in [(7, 5), (8, 0), (9, 0)] {
                    for tile in tiles(dtype, products, capability) {
                        let (threads, shared) = tile.block(dtype);
                        let (most_threads, most_shared) =
                            if tile == HOPPER { (384, 227 << 10) } else { (256, 48 << 10) };
                        assert!(
                            threads.is_multiple_of(32) && threads <= most_threads && shared <= most_shared,
                            "{dtype} {tile:?}"
                        );
                    }
                }
            }
        }
    }
}
