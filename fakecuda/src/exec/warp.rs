//! A warp: groups of lanes that are at the same instruction. The group with the lowest instruction
//! runs first, so that diverged lanes converge again. A group that has used up its turn lets the
//! others run first, so that lanes can wait for each other.

use super::access::{Copies, Device, Exec};
use super::cluster_state::ClusterState;
use super::code::{Action, Barrier, Code, Gathering, Kernel};
use super::fault::{Kind, Violation};
use super::gather::ClusterBarrier;
use super::lanes::each;
use super::products::Products;
use super::{Lanes, Mask};

#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) enum Wait {
    Nothing,
    /// The barrier's number, and its count of threads.
    Barrier(u32, Option<u32>),
    /// Waits until other lanes reach this instruction.
    Together,
    /// Waits for the cluster's barrier.
    Cluster,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Group {
    pub(crate) mask: Mask,
    pub(crate) pc: u32,
    pub(crate) wait: Wait,
    tired: bool,
}

pub(crate) struct Warp {
    pub(crate) lanes: Lanes,
    local: Vec<u8>,
    local_bytes: usize,
    /// The block's rank in its cluster, and the warp's index in its block.
    pub(crate) rank: u32,
    pub(crate) index: u32,
    pub(crate) groups: Vec<Group>,
    /// The lanes that have not exited.
    pub(crate) live: Mask,
    pub(crate) polled: bool,
    copies: Copies,
    products: Products,
    /// The arrivals at barriers without waiting: the barrier's number, and the count of threads.
    pub(crate) arrived: Vec<(u32, u32)>,
    pub(crate) cluster_barrier: ClusterBarrier,
}

/// A fault with its instruction and lane.
pub(crate) type Stop = (Violation, u32, usize);

impl Warp {
    pub(crate) fn new(rank: u32, index: u32, mask: Mask, code: &Code) -> Warp {
        let mut rows = vec![[0xa5a5_a5a5_a5a5_a5a5; 32]; code.rows as usize];
        for &(row, bits) in &code.constants {
            rows[row as usize] = [bits; 32];
        }
        Warp {
            lanes: Lanes { rows, preds: vec![0; code.preds as usize], carry: 0 },
            local: vec![crate::memory::POISON; code.local_bytes * 32],
            local_bytes: code.local_bytes,
            rank,
            index,
            groups: vec![Group { mask, pc: 0, wait: Wait::Nothing, tired: false }],
            live: mask,
            polled: false,
            copies: Copies::default(),
            products: Products::default(),
            arrived: Vec::new(),
            cluster_barrier: ClusterBarrier::default(),
        }
    }

    pub(crate) fn is_ready(&self) -> bool {
        self.groups.iter().any(|g| g.wait == Wait::Nothing)
    }

    fn put(&mut self, g: Group) {
        if g.mask == 0 {
            return;
        }
        match self.groups.iter_mut().find(|o| o.pc == g.pc && o.wait == g.wait) {
            Some(o) => {
                o.mask |= g.mask;
                o.tired &= g.tired;
            }
            None => self.groups.push(g),
        }
    }

    fn pick(&mut self) -> Option<Group> {
        let ready = |g: &&mut Group| g.wait == Wait::Nothing;
        if self.groups.iter_mut().filter(ready).all(|g| g.tired) {
            self.groups.iter_mut().for_each(|g| g.tired = false);
        }
        let list = self.groups.iter().enumerate().filter(|(_, g)| g.wait == Wait::Nothing && !g.tired);
        let (i, _) = list.min_by_key(|(_, g)| g.pc)?;
        Some(self.groups.swap_remove(i))
    }

    /// Runs until no group can continue or `turn` instructions have run. Returns the number of
    /// instructions, summed over lanes.
    pub(crate) fn run(
        &mut self,
        kernel: &Kernel,
        cluster: &mut ClusterState,
        device: &mut Device,
        turn: u32,
    ) -> Result<u64, Stop> {
        let (mut left, mut done) = (turn, 0);
        self.polled = false;
        while left > 0 && !self.polled {
            self.together(kernel, cluster, device)?;
            let Some(group) = self.pick() else { break };
            done += self.advance(group, kernel, cluster, device, &mut left)?;
        }
        Ok(done)
    }

    fn exec<'a>(&'a mut self, pc: u32, cluster: &'a mut ClusterState, device: &'a mut Device) -> Exec<'a> {
        Exec {
            lanes: &mut self.lanes,
            local: &mut self.local,
            local_bytes: self.local_bytes,
            rank: self.rank,
            warp: self.index,
            pc,
            copies: &mut self.copies,
            products: &mut self.products,
            polled: &mut self.polled,
            cluster,
            device,
        }
    }

    /// Runs one group until it waits, ends, meets another group, gets ahead of a ready one, or has
    /// used up its turn.
    fn advance(
        &mut self,
        mut g: Group,
        kernel: &Kernel,
        cluster: &mut ClusterState,
        device: &mut Device,
        left: &mut u32,
    ) -> Result<u64, Stop> {
        let code = &kernel.code;
        let target = |l: super::Label| code.labels[l.0 as usize];
        let mut done = 0;
        loop {
            if *left == 0 || self.polled {
                g.tired = true;
                self.put(g);
                return Ok(done);
            }
            *left -= 1;
            let i = &code.instructions[g.pc as usize];
            let active = match i.guard {
                None => g.mask,
                Some(p) => {
                    g.mask & if p.want { self.lanes.preds[p.pred as usize] } else { !self.lanes.preds[p.pred as usize] }
                }
            };
            done += active.count_ones() as u64;
            let stop = |w: Violation| {
                let lane = w.lane.unwrap_or(active.trailing_zeros() as usize);
                (w, g.pc, lane)
            };
            if !self.products.is_idle() && active != 0 && !i.flies {
                self.products.touched(&i.reads, &i.writes, i.renames).map_err(stop)?;
            }
            if active == 0 {
                g.pc += 1;
            } else if i.aligned && active != self.live {
                self.part(g, active, g.pc + 1);
                self.put(Group { mask: active, wait: Wait::Together, ..g });
                return Ok(done);
            } else {
                match &i.action {
                    Action::Lanes(f) => {
                        f(&mut self.lanes, active);
                        g.pc += 1;
                    }
                    Action::Touch(f) => {
                        f(&mut self.exec(g.pc, cluster, device), active).map_err(stop)?;
                        g.pc += 1;
                    }
                    Action::Together { members, run } => {
                        if self.all_here(*members, active) {
                            run(&mut self.exec(g.pc, cluster, device), active).map_err(stop)?;
                            g.pc += 1;
                        } else {
                            self.part(g, active, g.pc + 1);
                            self.put(Group { mask: active, wait: Wait::Together, ..g });
                            return Ok(done);
                        }
                    }
                    Action::Branch { to } => {
                        if active == g.mask {
                            g.pc = target(*to);
                        } else {
                            self.put(Group { mask: g.mask & !active, pc: g.pc + 1, ..g });
                            self.put(Group { mask: active, pc: target(*to), ..g });
                            return Ok(done);
                        }
                    }
                    Action::Table { index, to } => {
                        self.part(g, active, g.pc + 1);
                        for lane in each(active) {
                            let n = self.lanes.rows[*index as usize][lane] as u32 as usize;
                            let to = to.get(n).ok_or_else(|| {
                                stop(Violation::new(
                                    Kind::OutOfBounds,
                                    lane,
                                    format!("a branch table has no entry {n}"),
                                ))
                            })?;
                            self.put(Group { mask: 1 << lane, pc: target(*to), ..g });
                        }
                        return Ok(done);
                    }
                    Action::Call { to, back } => {
                        self.part(g, active, g.pc + 1);
                        for lane in each(active) {
                            self.lanes.rows[*back as usize][lane] = g.pc as u64 + 1;
                        }
                        g = Group { mask: active, pc: target(*to), ..g };
                    }
                    Action::Return { back } => {
                        self.part(g, active, g.pc + 1);
                        for lane in each(active) {
                            let pc = self.lanes.rows[*back as usize][lane] as u32;
                            self.put(Group { mask: 1 << lane, pc, ..g });
                        }
                        return Ok(done);
                    }
                    Action::Exit => {
                        self.part(g, active, g.pc + 1);
                        self.live &= !active;
                        device.changes += 1;
                        return Ok(done);
                    }
                    Action::Barrier(b) => {
                        self.part(g, active, g.pc + 1);
                        g.mask = active;
                        if self.barrier(b, g).map_err(stop)? {
                            return Ok(done);
                        }
                        g.pc += 1;
                    }
                    Action::Cluster(Gathering::Arrive { release }) => {
                        self.cluster_arrive(active, *release, cluster).map_err(stop)?;
                        device.changes += 1;
                        g.pc += 1;
                    }
                    Action::Cluster(Gathering::Wait { acquire }) => {
                        if let Some(lane) =
                            each(active & !(self.cluster_barrier.arrived | self.cluster_barrier.open)).next()
                        {
                            return Err(stop(Violation::new(
                                Kind::Deadlock,
                                lane,
                                "a thread waits at the cluster's barrier without having arrived",
                            )));
                        }
                        self.part(g, active, g.pc + 1);
                        let open = active & self.cluster_barrier.open;
                        self.cluster_barrier.open &= !open;
                        self.put(Group { mask: active & !open, wait: Wait::Cluster, ..g });
                        if open == 0 {
                            return Ok(done);
                        }
                        if *acquire {
                            self.cluster_take(cluster);
                        }
                        g = Group { mask: open, pc: g.pc + 1, ..g };
                    }
                    Action::Yield => {
                        self.polled = true;
                        g.pc += 1;
                    }
                    Action::Fail(what) => {
                        return Err(stop(Violation { kind: Kind::Trap, lane: None, what: what.clone() }));
                    }
                }
            }
            let meets = |o: &Group| o.pc == g.pc || o.wait == Wait::Nothing && !o.tired && o.pc < g.pc;
            if !self.groups.is_empty() && self.groups.iter().any(meets) {
                self.put(g);
                return Ok(done);
            }
        }
    }

    /// Lets the lanes of a group that do not take part in its instruction continue.
    fn part(&mut self, g: Group, active: Mask, pc: u32) {
        self.put(Group { mask: g.mask & !active, pc, ..g });
    }

    /// Returns `true` if the group waits, and `false` if it only arrives.
    fn barrier(&mut self, b: &Barrier, g: Group) -> Result<bool, Violation> {
        let lane = g.mask.trailing_zeros() as usize;
        let value = |row: u32| self.lanes.rows[row as usize][lane] as u32;
        let (id, threads) = (value(b.id), b.threads.map(value));
        if id > 15 || threads.is_some_and(|n| n % 32 != 0) {
            return Err(Violation::new(
                Kind::Deadlock,
                lane,
                format!("barrier {id} of {threads:?} threads is not allowed"),
            ));
        }
        if !b.wait {
            self.arrived.push((id, g.mask.count_ones()));
            return Ok(false);
        }
        self.put(Group { wait: Wait::Barrier(id, threads), ..g });
        Ok(true)
    }

    fn all_here(&self, members: Option<u32>, here: Mask) -> bool {
        match members {
            None => here == Mask::MAX,
            Some(row) => {
                let row = &self.lanes.rows[row as usize];
                let named = row[here.trailing_zeros() as usize] as Mask & self.live;
                named == here && each(here).all(|l| row[l] as Mask & self.live == named)
            }
        }
    }

    /// Lets each group whose lanes have all arrived continue.
    fn together(&mut self, kernel: &Kernel, cluster: &mut ClusterState, device: &mut Device) -> Result<(), Stop> {
        let mut n = 0;
        while let Some(&g) = self.groups.get(n) {
            n += 1;
            if g.wait != Wait::Together {
                continue;
            }
            let instruction = &kernel.code.instructions[g.pc as usize];
            let Action::Together { members, run } = &instruction.action else {
                if g.mask == self.live {
                    self.groups[n - 1].wait = Wait::Nothing;
                }
                continue;
            };
            let mut rest = g.mask;
            while rest != 0 {
                // Lanes at one instruction may name different masks; each set of lanes runs
                // separately.
                let first = rest.trailing_zeros() as usize;
                let same = match members {
                    None => rest,
                    Some(row) => {
                        let row = &self.lanes.rows[*row as usize];
                        each(rest).filter(|&l| row[l] as Mask == row[first] as Mask).fold(0, |m, l| m | 1 << l)
                    }
                };
                rest &= !same;
                if let Some(row) = members {
                    let named = self.lanes.rows[*row as usize][first] as Mask;
                    if let Some(l) = each(same & !named).next() {
                        let what = format!("the mask {named:#010x} that lane {l} names does not contain lane {l}");
                        return Err((Violation::new(Kind::Deadlock, l, what), g.pc, l));
                    }
                }
                if self.all_here(*members, same) {
                    run(&mut self.exec(g.pc, cluster, device), same).map_err(|w| {
                        let lane = w.lane.unwrap_or(first);
                        (w, g.pc, lane)
                    })?;
                    self.groups[n - 1].mask &= !same;
                    self.put(Group { mask: same, pc: g.pc + 1, wait: Wait::Nothing, tired: false });
                }
            }
        }
        self.groups.retain(|g| g.mask != 0);
        Ok(())
    }
}
