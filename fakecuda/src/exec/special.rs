//! The values of special registers such as `%tid`.

use super::code::{Kernel, Special};
use super::grid::Launch;

/// The place of a thread in the grid.
#[derive(Clone, Copy)]
pub(crate) struct At {
    pub(crate) block: [u32; 3],
    /// The block's rank in its cluster, and the cluster's size.
    pub(crate) rank: u32,
    pub(crate) cluster: [u32; 3],
    pub(crate) thread: u32,
}

pub(crate) fn special(what: Special, kernel: &Kernel, launch: &Launch, at: At) -> u32 {
    let At { block, rank, cluster, thread } = at;
    let [x, y, _] = launch.block;
    let lane = thread % 32;
    let below = (1u32 << lane) - 1;
    match what {
        Special::Thread(a) => [thread % x, thread / x % y, thread / x / y][a],
        Special::BlockSize(a) => launch.block[a],
        Special::Block(a) => block[a],
        Special::GridSize(a) => launch.grid[a],
        Special::Lane => lane,
        Special::Warp => thread / 32,
        Special::Warps => launch.block.iter().product::<u32>().div_ceil(32),
        Special::MaskEqual => 1 << lane,
        Special::MaskBelow => below,
        Special::MaskUpTo => below | 1 << lane,
        Special::MaskAbove => !(below | 1 << lane),
        Special::MaskFrom => !below,
        Special::DynamicShared => kernel.dynamic_at() as u32,
        Special::DynamicSize => launch.dynamic_shared as u32,
        Special::InCluster(a) => block[a] % cluster[a],
        Special::ClusterSize(a) => cluster[a],
        Special::Cluster(a) => block[a] / cluster[a],
        Special::Clusters(a) => launch.grid[a] / cluster[a],
        Special::Rank => rank,
        Special::Ranks => cluster.iter().product(),
        Special::IsCluster => (launch.cluster.is_some() || kernel.cluster.is_some()) as u32,
        Special::Zero => 0,
    }
}
