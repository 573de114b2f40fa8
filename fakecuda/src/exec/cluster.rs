//! A cluster: thread blocks that run at the same time, access each other's shared memory, and have
//! a barrier in common.

use super::access::Device;
use super::block::{Block, Round};
use super::cluster_state::ClusterState;
use super::code::Kernel;
use super::fault::{Fault, Kind, Violation};
use super::grid::Launch;
use super::jobs::Asked;
use crate::spare::SpareMemory;

pub(crate) struct Cluster {
    state: ClusterState,
    blocks: Vec<Block>,
}

impl Cluster {
    /// Creates the `number`-th cluster of `size` blocks.
    pub(crate) fn new(
        kernel: &Kernel,
        launch: &Launch,
        size: [u32; 3],
        number: u32,
        races: bool,
        spare: &mut SpareMemory,
    ) -> Cluster {
        let [gx, gy, _] = launch.grid;
        let many = [gx / size[0], gy / size[1]];
        let first =
            [number % many[0] * size[0], number / many[0] % many[1] * size[1], number / many[0] / many[1] * size[2]];
        let ranks = size.iter().product::<u32>();
        let indices: Vec<[u32; 3]> = (0..ranks)
            .map(|r| [first[0] + r % size[0], first[1] + r / size[0] % size[1], first[2] + r / size[0] / size[1]])
            .collect();
        let numbers: Vec<u32> = indices.iter().map(|[x, y, z]| x + gx * (y + gy * z)).collect();
        let bytes = kernel.dynamic_at() + launch.dynamic_shared;
        let warps = launch.block.iter().product::<u32>().div_ceil(32);
        let state = ClusterState::new(&numbers, warps, bytes, races, kernel.code.engines, spare);
        let blocks = indices.iter().enumerate().map(|(r, &i)| Block::new(kernel, launch, i, r as u32, size)).collect();
        Cluster { state, blocks }
    }

    /// Leaves the memory of a cluster that has ended.
    pub(crate) fn leave(self, spare: &mut SpareMemory) {
        spare.keep(self.state.shared);
        if let Some(shadow) = self.state.shadow {
            spare.keep_shadow(shadow);
        }
    }

    /// Gives each warp of each block one turn.
    pub(crate) fn round(&mut self, kernel: &Kernel, device: &mut Device) -> Result<Round, Fault> {
        let mut round = Round { instructions: 0, over: true, only_polled: true };
        for n in 0..self.blocks.len() {
            if self.state.members[n].ended {
                continue;
            }
            let r = self.blocks[n].round(kernel, &mut self.state, device)?;
            round.instructions += r.instructions;
            round.only_polled &= r.only_polled;
            round.over &= r.over;
            if r.over {
                self.end(kernel, n, device)?;
            }
        }
        if !self.state.jobs.is_empty() {
            self.state.run_jobs(device).map_err(|(what, a)| self.fault(kernel, what, a))?;
        }
        let opened = self.barrier(kernel, device);
        let waiting = || self.blocks.iter().zip(&self.state.members).filter(|(_, m)| !m.ended).map(|b| b.0);
        if !round.over
            && !opened
            && waiting().all(Block::is_stuck)
            && let Some(b) = waiting().next()
        {
            return Err(b.deadlock(kernel));
        }
        Ok(round)
    }

    /// The fault of a copy, at the instruction that started it.
    fn fault(&self, kernel: &Kernel, what: Violation, a: Asked) -> Fault {
        self.blocks[a.rank as usize].fault(kernel, a.warp as usize, (what, a.pc, a.lane))
    }

    /// Ends a block. No other block, copy or product may still access its shared memory.
    fn end(&mut self, kernel: &Kernel, n: usize, device: &mut Device) -> Result<(), Fault> {
        self.state.end_jobs(n as u32, device).map_err(|(what, a)| self.fault(kernel, what, a))?;
        self.state.members[n].ended = true;
        match self.state.left_alone(n as u32) {
            None => Ok(()),
            Some(v) => {
                let what = format!(
                    "block {n} of the cluster, which owns this shared memory, ended without waiting for this access or copy"
                );
                let (warp, lane) = (v.thread as usize / 32, v.thread as usize % 32);
                Err(self.blocks[v.rank as usize].fault(
                    kernel,
                    warp,
                    (Violation::new(Kind::Race, lane, what), v.pc, lane),
                ))
            }
        }
    }

    /// Opens the cluster's barrier if all threads that have not ended have arrived.
    fn barrier(&mut self, kernel: &Kernel, device: &mut Device) -> bool {
        let warps = || self.blocks.iter().flat_map(|b| &b.warps);
        let arrived: u32 = warps().map(|w| (w.cluster_barrier.arrived & w.live).count_ones()).sum();
        if arrived == 0 || arrived < self.blocks.iter().map(Block::live).sum() {
            return false;
        }
        std::mem::swap(&mut self.state.last, &mut self.state.coming);
        self.state.coming.clear();
        self.state.opened += 1;
        self.blocks.iter_mut().flat_map(|b| &mut b.warps).for_each(|w| w.cluster_open(kernel, &mut self.state));
        device.changes += 1;
        true
    }

    /// Whether a warp waits at an mbarrier whose phase has not ended.
    pub(crate) fn waits(&self) -> bool {
        self.state.vain().is_some()
    }

    pub(crate) fn endless(&self, kernel: &Kernel, what: &str) -> Fault {
        let b = self
            .blocks
            .iter()
            .zip(&self.state.members)
            .find(|(b, m)| !m.ended && !b.is_stuck())
            .map_or(&self.blocks[0], |b| b.0);
        match self.state.vain() {
            Some(waits) => Fault { kind: Kind::Deadlock, ..b.endless(kernel, &waits) },
            None => b.endless(kernel, what),
        }
    }
}
