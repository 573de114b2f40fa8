//! The tiles of a recurrent product: the counterpart of `kernels/include/tile.cuh` and
//! `hidden_exchange.cuh`, which define the terms.

use super::CellShape;

/// The multiplication of factors, as `TENSOR` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tensor {
    No = 0,
    Halves = 1,
    Tf32 = 2,
}

/// The storage of a block's part of Wh, as `HOLD` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WeightStorage {
    Registers = 0,
    Shared = 1,
    Global = 2,
}

/// The exchange of h between blocks, as `EXCHANGE` numbers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Tier {
    Block = 0,
    Cluster = 1,
    Grid = 2,
    Step = 3,
    /// One product of all rows, without tiles.
    Product = 4,
}

impl Tier {
    pub(crate) const ALL: [Self; 5] = [Self::Block, Self::Cluster, Self::Grid, Self::Step, Self::Product];

    /// The name in `OVERTIME_CELLS` and in a loop's strategy.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Block => "block",
            Self::Cluster => "cluster",
            Self::Grid => "grid",
            Self::Step => "step",
            Self::Product => "product",
        }
    }
}

/// The tile of a product.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CellTile {
    pub(crate) facts: CellShape,
    pub(crate) tensor: Tensor,
    pub(crate) hold: WeightStorage,
    pub(crate) tier: Tier,
    /// Units and rows of a block.
    pub(crate) units: usize,
    pub(crate) rows: usize,
    pub(crate) warps_k: usize,
    pub(crate) warps_n: usize,
}

/// The bytes from one counter to the next.
const COUNTER: usize = 128;

impl CellTile {
    /// Bytes of a factor.
    pub(crate) fn factor(&self) -> usize {
        if self.tensor == Tensor::No { self.facts.acc } else { self.facts.element }
    }

    /// The number of factors in a lane's part of a fragment, and the bytes of the part.
    fn each_lane(&self) -> usize {
        self.lane_bytes() / self.factor()
    }

    fn lane_bytes(&self) -> usize {
        if self.tensor == Tensor::No { 16 } else { 8 }
    }

    /// Columns of a fragment.
    fn columns(&self) -> usize {
        if self.tensor == Tensor::No { 4 } else { 8 }
    }

    fn depth(&self) -> usize {
        32 * self.each_lane() / self.columns()
    }

    /// Fragments of a warp along K.
    fn deep(&self) -> usize {
        self.facts.hidden.div_ceil(self.warps_k * self.depth())
    }

    /// Fragments of a warp along the columns of a phase.
    fn wide(&self, gates: usize) -> usize {
        (gates * self.units).div_ceil(self.columns() * self.warps_n)
    }

    fn sixteen(&self) -> usize {
        16 / self.factor()
    }

    pub(crate) fn threads(&self) -> usize {
        32 * self.warps_k * self.warps_n
    }

    /// Blocks that share rows.
    pub(crate) fn tiles(&self) -> usize {
        self.facts.hidden.div_ceil(self.units)
    }

    /// Shards of the batch.
    pub(crate) fn shards(&self) -> usize {
        self.facts.batch.div_ceil(self.rows)
    }

    /// Blocks of a launch.
    pub(crate) fn blocks(&self) -> usize {
        self.tiles() * self.shards()
    }

    /// The number of lanes' parts of Wh in one tile.
    fn lanes(&self) -> usize {
        let wide: usize = self.facts.phases.iter().map(|gates| self.wide(*gates)).sum();
        32 * self.warps_k * self.deep() * self.warps_n * wide
    }

    /// The number of lanes' parts in all of Wh, and their bytes.
    pub(crate) fn packed(&self) -> (usize, usize) {
        let lanes = self.tiles().saturating_mul(self.lanes());
        (lanes, lanes.saturating_mul(self.lane_bytes()))
    }

    /// Bytes of a block's shared memory.
    pub(crate) fn shared(&self) -> usize {
        let k = self.warps_k * self.deep() * self.depth();
        let sixteen = self.sixteen();
        let stride = if self.tensor == Tensor::No { k } else { (k.div_ceil(sixteen) | 1) * sixteen };
        let widest =
            self.facts.phases.iter().map(|gates| self.wide(*gates)).max().unwrap_or(1) * self.warps_n * self.columns();
        let sums = if self.tensor == Tensor::No { widest } else { (widest - 8).div_ceil(16) * 16 + 8 };
        let buffers = if matches!(self.tier, Tier::Block | Tier::Cluster) { 2 } else { 1 };
        let held = if self.hold == WeightStorage::Shared { self.lanes() * self.lane_bytes() } else { 0 };
        buffers * self.rows * stride * self.factor() + self.warps_k * self.rows * sums * self.facts.acc + held
    }

    /// An estimate of a thread's registers beyond those of every kernel.
    pub(crate) fn registers(&self) -> usize {
        let wide: Vec<usize> = self.facts.phases.iter().map(|gates| self.wide(*gates)).collect();
        let weights = if self.hold == WeightStorage::Registers {
            self.deep() * wide.iter().sum::<usize>() * self.lane_bytes() / 4
        } else {
            0
        };
        let words = self.facts.acc / 4;
        let sums = if self.tensor == Tensor::No { 48 + 12 * words } else { 4 * wide.iter().max().unwrap_or(&1) };
        weights + sums + self.cells() * (2 * self.facts.gates() + self.facts.states + 2) * words
    }

    /// Cells of a thread.
    pub(crate) fn cells(&self) -> usize {
        (self.rows * self.units).div_ceil(self.threads())
    }

    /// The bytes of h, twice, in device memory: the offset of the counters.
    pub(crate) fn counters(&self) -> usize {
        let row = self.facts.hidden.next_multiple_of(self.sixteen());
        (2 * self.facts.batch * row * self.factor()).next_multiple_of(COUNTER)
    }

    /// Bytes of the counters.
    pub(crate) fn counter_bytes(&self) -> usize {
        self.shards() * COUNTER
    }

    /// The row stride of a dense product's operand, in elements, and the offset of its result in
    /// memory, in bytes.
    pub(crate) fn operands(&self) -> (usize, usize) {
        let CellShape { hidden, batch, element, .. } = self.facts;
        let pitch = hidden.next_multiple_of(16 / element);
        (pitch, batch.saturating_mul(pitch).saturating_mul(element).next_multiple_of(256))
    }

    /// Bytes of scratch memory.
    pub(crate) fn scratch(&self) -> usize {
        match self.tier {
            Tier::Block | Tier::Cluster => 0,
            Tier::Grid => self.counters() + self.counter_bytes(),
            Tier::Step => self.counters() + self.counter_bytes() + self.state_bytes(),
            Tier::Product => {
                self.operands().1 + self.facts.batch * self.facts.gates() * self.facts.hidden * self.facts.acc
            }
        }
    }

    /// Bytes of the state.
    pub(crate) fn state_bytes(&self) -> usize {
        self.facts.batch * self.facts.states * self.facts.hidden * self.facts.element
    }

    /// The defines.
    pub(crate) fn defines(&self) -> [(&'static str, usize); 8] {
        [
            ("HIDDEN", self.facts.hidden),
            ("UNITS", self.units),
            ("ROWS", self.rows),
            ("WARPS_K", self.warps_k),
            ("WARPS_N", self.warps_n),
            ("TENSOR", self.tensor as usize),
            ("HOLD", self.hold as usize),
            // Without tiles there is no exchange; the value is that of `step`.
            ("EXCHANGE", self.tier.min(Tier::Step) as usize),
        ]
    }
}
