//! The barrier of a cluster, as a warp sees it.

use super::Mask;
use super::code::{Action, Gathering, Kernel};
use super::fault::{Kind, What};
use super::lanes::each;
use super::team::Team;
use super::warp::{Wait, Warp};

/// The cluster's barrier: lanes that have arrived and that it did not open for yet, and lanes that it has opened for.
#[derive(Default)]
pub(crate) struct ClusterBarrier {
    pub(crate) arrived: Mask,
    pub(crate) open: Mask,
}

impl Warp {
    pub(crate) fn cluster_arrive(&mut self, lanes: Mask, release: bool, team: &mut Team) -> Result<(), What> {
        if let Some(lane) = each(lanes & (self.cluster.arrived | self.cluster.open)).next() {
            return Err(What::new(Kind::Deadlock, lane, "arrives at the cluster's barrier again without having waited"));
        }
        self.cluster.arrived |= lanes;
        if release {
            let who = self.rank * team.warps + self.index;
            let clock = &mut team.clocks[who as usize];
            team.coming.clock.join(clock);
            clock.tick(who);
            team.members[self.rank as usize].view.hand(&mut team.coming.blocks);
        }
        Ok(())
    }

    /// What those who arrived at the cluster's barrier had done is known.
    pub(crate) fn cluster_take(&self, team: &mut Team) {
        let who = self.rank * team.warps + self.index;
        team.clocks[who as usize].join(&team.last.clock);
        team.members[self.rank as usize].view.take(&team.last.blocks);
    }

    /// The cluster's barrier opens.
    pub(crate) fn cluster_open(&mut self, kernel: &Kernel, team: &mut Team) {
        let c = &mut self.cluster;
        c.open |= std::mem::take(&mut c.arrived);
        let mut takes = false;
        for g in self.groups.iter_mut().filter(|g| g.wait == Wait::Cluster) {
            takes |= matches!(kernel.code.instructions[g.pc as usize].action, Action::Cluster(Gathering::Wait { acquire: true }));
            self.cluster.open &= !g.mask;
            g.wait = Wait::Nothing;
            g.pc += 1;
        }
        if takes {
            self.cluster_take(team);
        }
    }
}
