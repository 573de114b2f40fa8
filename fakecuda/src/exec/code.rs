//! The executable form of a kernel: instructions are closures over the register rows that they read
//! and write.

use std::collections::HashMap;

use super::{Exec, Lanes, Mask, Violation};

/// The value of a register row before the first instruction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Special {
    Thread(usize),
    BlockSize(usize),
    Block(usize),
    GridSize(usize),
    Lane,
    Warp,
    Warps,
    MaskEqual,
    MaskBelow,
    MaskUpTo,
    MaskAbove,
    MaskFrom,
    DynamicShared,
    DynamicSize,
    /// The block's index in its cluster, the cluster's size, the cluster's index in the grid, and
    /// the number of clusters.
    InCluster(usize),
    ClusterSize(usize),
    Cluster(usize),
    Clusters(usize),
    Rank,
    Ranks,
    IsCluster,
    Zero,
}

/// The number of a position in the code. The position itself is known once the whole kernel has
/// been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Label(pub(crate) u32);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Guard {
    pub(crate) pred: u32,
    pub(crate) want: bool,
}

pub(crate) type Pure = Box<dyn Fn(&mut Lanes, Mask) + Send + Sync>;
pub(crate) type Touch = Box<dyn Fn(&mut Exec<'_>, Mask) -> Result<(), Violation> + Send + Sync>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reduce {
    Count,
    All,
    Any,
}

/// The operands of a barrier: the row with its number, and the row with the count of its threads
/// (`None`: all threads).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Barrier {
    pub(crate) id: u32,
    pub(crate) threads: Option<u32>,
    pub(crate) wait: bool,
    /// The vote of `bar.red`: the operation, the source predicate, whether that is negated, and the
    /// destination row or predicate.
    pub(crate) vote: Option<(Reduce, u32, bool, u32)>,
}

/// An instruction at the cluster's barrier.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gathering {
    Arrive { release: bool },
    Wait { acquire: bool },
}

pub(crate) enum Action {
    /// Uses registers only.
    Lanes(Pure),
    /// Uses memory too.
    Touch(Touch),
    /// Waits until all lanes in the mask in row `members` have reached this instruction (`None`:
    /// all lanes of the warp).
    Together {
        members: Option<u32>,
        run: Touch,
    },
    Branch {
        to: Label,
    },
    Table {
        index: u32,
        to: Vec<Label>,
    },
    Call {
        to: Label,
        back: u32,
    },
    Return {
        back: u32,
    },
    Exit,
    Barrier(Barrier),
    Cluster(Gathering),
    /// `nanosleep`: lets other warps run.
    Yield,
    Fail(String),
}

pub(crate) struct Instruction {
    pub(crate) guard: Option<Guard>,
    pub(crate) action: Action,
    pub(crate) line: u32,
    /// Whether all lanes of a warp must reach this instruction together.
    pub(crate) aligned: bool,
    /// The rows that the instruction reads and writes, whether it only copies one row to another,
    /// and whether it is an asynchronous product (`wgmma`).
    pub(crate) reads: Box<[u32]>,
    pub(crate) writes: Box<[u32]>,
    pub(crate) renames: bool,
    pub(crate) flies: bool,
}

#[derive(Default)]
pub(crate) struct Code {
    pub(crate) instructions: Vec<Instruction>,
    /// The position of each label.
    pub(crate) labels: Vec<u32>,
    /// The branch tables of `brx.idx`.
    pub(crate) tables: HashMap<String, Vec<Label>>,
    pub(crate) rows: u32,
    pub(crate) preds: u32,
    pub(crate) constants: Vec<(u32, u64)>,
    pub(crate) specials: Vec<(u32, Special)>,
    pub(crate) shared_bytes: usize,
    /// The alignment of dynamic shared memory; 0 stands for 16.
    pub(crate) dynamic_align: usize,
    pub(crate) local_bytes: usize,
    /// Whether the kernel uses asynchronous copies or products.
    pub(crate) engines: bool,
}

/// A kernel of a module.
pub struct Kernel {
    /// The name in the PTX.
    pub name: String,
    /// The PTX line at which the kernel starts.
    pub line: u32,
    /// The offset and the size of each parameter.
    pub params: Vec<(usize, usize)>,
    /// The bytes of all parameters.
    pub param_bytes: usize,
    /// The most threads of a block, by `__launch_bounds__`.
    pub max_threads: Option<u32>,
    /// The only block size that is allowed, where the kernel requires one.
    pub required: Option<[u32; 3]>,
    /// The blocks of a cluster, by `__cluster_dims__`.
    pub cluster: Option<[u32; 3]>,
    /// The most blocks of a cluster, by `__launch_bounds__`.
    pub max_cluster: Option<u32>,
    /// The least number of blocks that must fit on an SM, by `__launch_bounds__`.
    pub blocks: u32,
    /// The most registers of a thread, by `__maxnreg__`.
    pub most_registers: u32,
    /// The PTX text of the module.
    pub(crate) source: std::sync::Arc<str>,
    pub(crate) code: Code,
}

impl Kernel {
    /// The offset of dynamic shared memory.
    pub(crate) fn dynamic_at(&self) -> usize {
        self.code.shared_bytes.next_multiple_of(self.code.dynamic_align.max(16))
    }

    /// The bytes of a block's static shared memory.
    pub fn shared_bytes(&self) -> usize {
        self.code.shared_bytes
    }

    /// The bytes of a thread's local memory.
    pub fn local_bytes(&self) -> usize {
        self.code.local_bytes
    }

    /// The 32-bit registers of a thread. PTX does not state the number that a GPU would use. This
    /// is a plausible estimate, within the launch bounds.
    pub fn registers(&self) -> u32 {
        let threads =
            self.max_threads.unwrap_or(256).clamp(1, 1024).next_multiple_of(32).saturating_mul(self.blocks.max(1));
        let left = (65536 / threads / 8 * 8).max(16);
        (self.code.rows / 4).clamp(16, 255).min(left).min(self.most_registers)
    }
}
