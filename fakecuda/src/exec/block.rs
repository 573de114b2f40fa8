//! A thread block. Its warps run in turns and synchronise at barriers.

use super::access::Device;
use super::cluster_state::ClusterState;
use super::code::{Action, Kernel, Reduce};
use super::fault::{Fault, Kind, Violation};
use super::grid::Launch;
use super::lanes::each;
use super::special::{At, special};
use super::warp::{Group, Stop, Wait, Warp};

/// The most instructions in one turn of a warp.
const TURN: u32 = 4096;

pub(crate) struct Block {
    pub(crate) warps: Vec<Warp>,
    index: [u32; 3],
    rank: u32,
    size: [u32; 3],
    threads: u32,
}

/// The result of one turn of every warp.
pub(crate) struct Round {
    pub(crate) instructions: u64,
    pub(crate) over: bool,
    /// Every warp that can run only polled memory that other threads may write.
    pub(crate) only_polled: bool,
}

impl Block {
    /// Creates block `index` of the grid; `rank` is its rank in the cluster.
    pub(crate) fn new(kernel: &Kernel, launch: &Launch, index: [u32; 3], rank: u32, cluster: [u32; 3]) -> Block {
        let threads: u32 = launch.block.iter().product();
        let mut warps = Vec::new();
        for w in 0..threads.div_ceil(32) {
            let lanes = (threads - w * 32).min(32);
            let mut warp = Warp::new(rank, w, u32::MAX >> (32 - lanes), &kernel.code);
            for &(row, what) in &kernel.code.specials {
                let row = &mut warp.lanes.rows[row as usize];
                for (lane, x) in row.iter_mut().enumerate() {
                    *x = special(what, kernel, launch, At { block: index, rank, cluster, thread: w * 32 + lane as u32 })
                        as u64;
                }
            }
            warps.push(warp);
        }
        Block { warps, index, rank, size: launch.block, threads }
    }

    /// The number of threads that have not ended.
    pub(crate) fn live(&self) -> u32 {
        self.warps.iter().map(|w| w.live.count_ones()).sum()
    }

    /// No warp can continue until the cluster's barrier opens.
    pub(crate) fn is_stuck(&self) -> bool {
        !self.warps.iter().any(Warp::is_ready)
    }

    /// Gives each warp one turn.
    pub(crate) fn round(
        &mut self,
        kernel: &Kernel,
        cluster: &mut ClusterState,
        device: &mut Device,
    ) -> Result<Round, Fault> {
        let mut round = Round { instructions: 0, over: false, only_polled: true };
        for w in 0..self.warps.len() {
            let ready = self.warps[w].is_ready();
            match self.warps[w].run(kernel, cluster, device, TURN) {
                Ok(n) => round.instructions += n,
                Err(stop) => return Err(self.fault(kernel, w, stop)),
            }
            round.only_polled &= !ready || self.warps[w].polled;
        }
        let released = self.barriers(kernel, cluster, device)?;
        round.over = self.warps.iter().all(|w| w.live == 0);
        let gathers = |g: &Group| g.wait == Wait::Cluster;
        if !round.over && !released && self.is_stuck() && !self.warps.iter().any(|w| w.groups.iter().any(gathers)) {
            return Err(self.deadlock(kernel));
        }
        Ok(round)
    }

    /// Opens the barriers at which all expected threads have arrived.
    fn barriers(&mut self, kernel: &Kernel, cluster: &mut ClusterState, device: &mut Device) -> Result<bool, Fault> {
        let mut released = false;
        for id in 0..16 {
            let (mut waiting, mut wanted) = (0, None);
            for w in &self.warps {
                waiting += w.arrived.iter().filter(|a| a.0 == id).map(|a| a.1).sum::<u32>();
                for g in &w.groups {
                    if let Wait::Barrier(i, n) = g.wait
                        && i == id
                    {
                        waiting += g.mask.count_ones();
                        wanted = Some(n);
                    }
                }
            }
            let Some(wanted) = wanted else { continue };
            if waiting != wanted.unwrap_or(self.threads) {
                continue;
            }
            self.release(kernel, cluster, id)?;
            device.changes += 1;
            released = true;
        }
        Ok(released)
    }

    fn release(&mut self, kernel: &Kernel, cluster: &mut ClusterState, id: u32) -> Result<(), Fault> {
        let here = |g: &super::warp::Group| matches!(g.wait, Wait::Barrier(i, _) if i == id);
        let first = (self.rank * cluster.warps) as usize;
        let mut joined: Option<super::clock::Clock> = None;
        let (mut votes, mut voters) = (0, 0);
        for w in 0..self.warps.len() {
            let groups: Vec<_> = self.warps[w].groups.iter().filter(|g| here(g)).copied().collect();
            if let [a, b, ..] = groups[..] {
                let what = format!(
                    "lanes of one warp wait at the same barrier at two PTX lines, {} and {}",
                    line(kernel, a.pc),
                    line(kernel, b.pc)
                );
                let lane = a.mask.trailing_zeros() as usize;
                return Err(self.fault(kernel, w, (Violation::new(Kind::Deadlock, lane, what), a.pc, lane)));
            }
            for g in &groups {
                if let Some((_, p, negated, _)) = barrier(kernel, g.pc).vote {
                    votes += (self.warps[w].lanes.pred((p, negated)) & g.mask).count_ones();
                    voters += g.mask.count_ones();
                }
            }
            if !groups.is_empty() || self.warps[w].arrived.iter().any(|a| a.0 == id) {
                let clock = &cluster.clocks[first + w];
                match &mut joined {
                    Some(j) => j.join(clock),
                    None => joined = Some(clock.clone()),
                }
            }
        }
        for (w, warp) in self.warps.iter_mut().enumerate() {
            let mut here_too = false;
            for g in warp.groups.iter_mut().filter(|g| matches!(g.wait, Wait::Barrier(i, _) if i == id)) {
                if let Some((what, _, _, to)) = barrier(kernel, g.pc).vote {
                    match what {
                        Reduce::Count => each(g.mask).for_each(|l| warp.lanes.rows[to as usize][l] = votes as u64),
                        Reduce::All => warp.lanes.set_pred(to, g.mask, if votes == voters { u32::MAX } else { 0 }),
                        Reduce::Any => warp.lanes.set_pred(to, g.mask, if votes > 0 { u32::MAX } else { 0 }),
                    }
                }
                g.wait = Wait::Nothing;
                g.pc += 1;
                here_too = true;
            }
            let clock = &mut cluster.clocks[first + w];
            if let Some(joined) = joined.as_ref().filter(|_| here_too) {
                clock.clone_from(joined);
            }
            if here_too || warp.arrived.iter().any(|a| a.0 == id) {
                clock.tick((first + w) as u32);
            }
            warp.arrived.retain(|a| a.0 != id);
        }
        Ok(())
    }

    pub(crate) fn deadlock(&self, kernel: &Kernel) -> Fault {
        let waiting = self.warps.iter().enumerate().flat_map(|(w, warp)| warp.groups.iter().map(move |g| (w, *g)));
        let mut places: Vec<(u32, u32)> = Vec::new();
        for (_, g) in waiting.clone() {
            match places.iter_mut().find(|p| p.0 == g.pc) {
                Some(p) => p.1 += g.mask.count_ones(),
                None => places.push((g.pc, g.mask.count_ones())),
            }
        }
        let list: Vec<_> = places.iter().map(|(pc, n)| format!("{n} wait at PTX line {}", line(kernel, *pc))).collect();
        let live: u32 = self.warps.iter().map(|w| w.live.count_ones()).sum();
        let apart =
            |w: usize, g: &Group| kernel.code.instructions[g.pc as usize].aligned && g.mask != self.warps[w].live;
        let apart = if waiting.clone().any(|(w, g)| apart(w, &g)) {
            "; only a part of a warp reached an `.aligned` instruction"
        } else {
            ""
        };
        let what =
            format!("of {} threads, {}, and {} have ended{apart}", self.threads, list.join(", "), self.threads - live);
        let (w, pc, lane) =
            waiting.map(|(w, g)| (w, g.pc, g.mask.trailing_zeros() as usize)).next().unwrap_or((0, 0, 0));
        self.fault(kernel, w, (Violation::new(Kind::Deadlock, lane, what), pc, lane))
    }

    /// The fault of a block that never ends; it names the place of one of its threads.
    pub(crate) fn endless(&self, kernel: &Kernel, what: &str) -> Fault {
        let at = self
            .warps
            .iter()
            .enumerate()
            .find_map(|(w, warp)| warp.groups.iter().find(|g| g.wait == Wait::Nothing).map(|g| (w, *g)));
        let (w, pc, lane) = at.map_or((0, 0, 0), |(w, g)| (w, g.pc, g.mask.trailing_zeros() as usize));
        self.fault(kernel, w, (Violation::new(Kind::Endless, lane, what), pc, lane))
    }

    pub(crate) fn fault(&self, kernel: &Kernel, warp: usize, (what, pc, lane): Stop) -> Fault {
        let thread = warp as u32 * 32 + lane as u32;
        let [x, y, _] = self.size;
        let line = line(kernel, pc);
        Fault {
            kind: what.kind,
            kernel: kernel.name.clone(),
            block: self.index,
            thread: [thread % x, thread / x % y, thread / x / y],
            line,
            text: kernel.source.lines().nth(line.saturating_sub(1) as usize).unwrap_or("").trim().into(),
            what: what.what,
        }
    }
}

fn line(kernel: &Kernel, pc: u32) -> u32 {
    kernel.code.instructions.get(pc as usize).map_or(0, |i| i.line)
}

fn barrier(kernel: &Kernel, pc: u32) -> super::Barrier {
    match kernel.code.instructions[pc as usize].action {
        Action::Barrier(b) => b,
        _ => super::Barrier { id: 0, threads: None, wait: true, vote: None },
    }
}
