//! A kernel as it runs: instructions that are closures over the rows they read and write.

use std::collections::HashMap;

use super::{Exec, Lanes, Mask, Violation};

/// What a register row holds before the first instruction.
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
    /// Of a block in its cluster, of the cluster in the grid, and how many there are.
    InCluster(usize),
    ClusterSize(usize),
    Cluster(usize),
    Clusters(usize),
    Rank,
    Ranks,
    IsCluster,
    Zero,
}

/// A place in the code, known by number until the whole kernel is read.
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

/// A barrier's arguments: rows of its number and of the threads that take part (all, where none).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Barrier {
    pub(crate) id: u32,
    pub(crate) threads: Option<u32>,
    pub(crate) wait: bool,
    /// A vote over all threads: what, the predicate that goes in and whether negated, and the row or predicate it sets.
    pub(crate) vote: Option<(Reduce, u32, bool, u32)>,
}

/// What a thread does at the barrier of its cluster.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Gathering {
    Arrive { release: bool },
    Wait { acquire: bool },
}

pub(crate) enum Action {
    /// Registers only.
    Lanes(Pure),
    /// Memory too.
    Touch(Touch),
    /// Waits for the lanes named by a row of masks (all of the warp, where none) to come here too.
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
    /// Lets others run: `nanosleep`.
    Yield,
    Fail(String),
}

pub(crate) struct Instruction {
    pub(crate) guard: Option<Guard>,
    pub(crate) action: Action,
    pub(crate) line: u32,
    /// A barrier that all lanes of a warp must come to together.
    pub(crate) aligned: bool,
    /// The rows it reads and writes; whether it only copies one to another; whether it is a product beside the threads.
    pub(crate) reads: Box<[u32]>,
    pub(crate) writes: Box<[u32]>,
    pub(crate) renames: bool,
    pub(crate) flies: bool,
}

#[derive(Default)]
pub(crate) struct Code {
    pub(crate) instructions: Vec<Instruction>,
    /// Where each label stands.
    pub(crate) labels: Vec<u32>,
    /// Of `brx.idx`.
    pub(crate) tables: HashMap<String, Vec<Label>>,
    pub(crate) rows: u32,
    pub(crate) preds: u32,
    pub(crate) constants: Vec<(u32, u64)>,
    pub(crate) specials: Vec<(u32, Special)>,
    pub(crate) shared_bytes: usize,
    /// That dynamic shared memory must have; 0 is 16.
    pub(crate) dynamic_align: usize,
    pub(crate) local_bytes: usize,
    /// There are copies or products beside the threads.
    pub(crate) engines: bool,
}

/// A kernel of a module.
pub struct Kernel {
    /// As PTX spells it.
    pub name: String,
    /// Where it starts.
    pub line: u32,
    /// Offset and size of each parameter.
    pub params: Vec<(usize, usize)>,
    /// Of all parameters.
    pub param_bytes: usize,
    /// By `__launch_bounds__`.
    pub max_threads: Option<u32>,
    /// The only block size allowed.
    pub required: Option<[u32; 3]>,
    /// Blocks of a cluster, by `__cluster_dims__`.
    pub cluster: Option<[u32; 3]>,
    /// The most blocks of a cluster, by `__launch_bounds__`.
    pub max_cluster: Option<u32>,
    /// Blocks that a multiprocessor must have room for, by `__launch_bounds__`.
    pub blocks: u32,
    /// Most registers of a thread, by `__maxnreg__`.
    pub most_registers: u32,
    /// The PTX it comes from.
    pub(crate) source: std::sync::Arc<str>,
    pub(crate) code: Code,
}

impl Kernel {
    /// Where dynamic shared memory starts.
    pub(crate) fn dynamic_at(&self) -> usize {
        self.code.shared_bytes.next_multiple_of(self.code.dynamic_align.max(16))
    }

    /// Static shared memory of a block.
    pub fn shared_bytes(&self) -> usize {
        self.code.shared_bytes
    }

    /// Local memory of a thread.
    pub fn local_bytes(&self) -> usize {
        self.code.local_bytes
    }

    /// 32-bit registers a thread might take on a GPU: PTX does not say, so a plausible figure, which keeps to what the launch bounds leave.
    pub fn registers(&self) -> u32 {
        let threads = self.max_threads.unwrap_or(256).clamp(1, 1024).next_multiple_of(32).saturating_mul(self.blocks.max(1));
        let left = (65536 / threads / 8 * 8).max(16);
        (self.code.rows / 4).clamp(16, 255).min(left).min(self.most_registers)
    }
}
