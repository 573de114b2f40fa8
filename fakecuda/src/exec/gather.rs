//! The cluster's barrier, from the side of a warp.

use super::Mask;
use super::cluster_state::ClusterState;
use super::code::{Action, Gathering, Kernel};
use super::fault::{Kind, Violation};
use super::lanes::each;
use super::warp::{Wait, Warp};

/// The state of a warp at the cluster's barrier: lanes that have arrived and still wait for it to
/// open, and lanes for which it has opened.
#[derive(Default)]
pub(crate) struct ClusterBarrier {
    pub(crate) arrived: Mask,
    pub(crate) open: Mask,
}

impl Warp {
    pub(crate) fn cluster_arrive(
        &mut self,
        lanes: Mask,
        release: bool,
        cluster: &mut ClusterState,
    ) -> Result<(), Violation> {
        if let Some(lane) = each(lanes & (self.cluster_barrier.arrived | self.cluster_barrier.open)).next() {
            return Err(Violation::new(
                Kind::Deadlock,
                lane,
                "a thread arrives at the cluster's barrier again without having waited",
            ));
        }
        self.cluster_barrier.arrived |= lanes;
        if release {
            let who = self.rank * cluster.warps + self.index;
            let clock = &mut cluster.clocks[who as usize];
            cluster.coming.clock.join(clock);
            clock.tick(who);
            cluster.members[self.rank as usize].view.hand(&mut cluster.coming.blocks);
        }
        Ok(())
    }

    /// Takes over the knowledge of the threads that arrived at the cluster's barrier.
    pub(crate) fn cluster_take(&self, cluster: &mut ClusterState) {
        let who = self.rank * cluster.warps + self.index;
        cluster.clocks[who as usize].join(&cluster.last.clock);
        cluster.members[self.rank as usize].view.take(&cluster.last.blocks);
    }

    /// Lets the lanes that wait at the cluster's barrier continue.
    pub(crate) fn cluster_open(&mut self, kernel: &Kernel, cluster: &mut ClusterState) {
        let c = &mut self.cluster_barrier;
        c.open |= std::mem::take(&mut c.arrived);
        let mut takes = false;
        for g in self.groups.iter_mut().filter(|g| g.wait == Wait::Cluster) {
            takes |= matches!(
                kernel.code.instructions[g.pc as usize].action,
                Action::Cluster(Gathering::Wait { acquire: true })
            );
            self.cluster_barrier.open &= !g.mask;
            g.wait = Wait::Nothing;
            g.pc += 1;
        }
        if takes {
            self.cluster_take(cluster);
        }
    }
}
