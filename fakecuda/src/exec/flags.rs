//! Flags within a cluster. A release, or a fence and then a write, passes knowledge to the threads
//! that read the flag and acquire.

use std::collections::HashMap;

use super::clock::Clock;
use super::cluster_state::{BarrierClock, ClusterState};

/// The clocks that fences have prepared, by warp, and the clocks that have been released, by
/// address. The address is an offset in the cluster's shared memory, or a global address.
#[derive(Default)]
pub(crate) struct Flags {
    fenced: HashMap<u32, Clock>,
    pending: HashMap<u32, Clock>,
    at: HashMap<u64, BarrierClock>,
}

impl ClusterState {
    /// A fence, of any scope.
    pub(crate) fn fence(&mut self, who: u32) {
        let clock = &mut self.clocks[who as usize];
        if let Some(pending) = self.flags.pending.remove(&who) {
            clock.join(&pending);
        }
        self.flags.fenced.insert(who, clock.clone());
        clock.tick(who);
    }

    pub(crate) fn flag_write(&mut self, at: u64, (rank, who): (u32, u32), release: bool, shared: bool) {
        let clock = &mut self.clocks[who as usize];
        if release {
            let flag = self.flags.at.entry(at).or_insert_with(|| BarrierClock::like(clock));
            flag.clock.join(clock);
            clock.tick(who);
        } else if let Some(fenced) = self.flags.fenced.get(&who) {
            let flag = self.flags.at.entry(at).or_insert_with(|| BarrierClock::like(fenced));
            flag.clock.join(fenced);
        } else {
            return;
        }
        // A flag in device memory passes this on through `Released` instead.
        if shared && let Some(flag) = self.flags.at.get_mut(&at) {
            self.members[rank as usize].view.hand(&mut flag.blocks);
        }
    }

    pub(crate) fn flag_read(&mut self, at: u64, (rank, who): (u32, u32), acquire: bool, shared: bool) {
        if self.flags.at.is_empty() {
            return;
        }
        let Some(flag) = self.flags.at.get(&at) else { return };
        if acquire {
            self.clocks[who as usize].join(&flag.clock);
        } else {
            self.flags.pending.entry(who).or_insert_with(|| flag.clock.clone()).join(&flag.clock);
        }
        if shared {
            self.members[rank as usize].view.take(&flag.blocks);
        }
    }
}
