//! The state that the threads of a cluster share: the shared memory of its blocks, one after the
//! other, and the clocks that order the accesses to it. In a launch without clusters, each cluster
//! has one block.

use super::clock::Clock;
use super::fault::{Kind, Violation};
use super::flags::Flags;
use super::jobs::{Job, SLOTS};
use super::mbarrier::MBarriers;
use super::order::{Known, View};
use crate::race::{Access, Shadow};
use crate::spare::SpareMemory;

/// The position of the block's rank in an address of another block's shared memory. The bits from
/// here on hold the rank plus 1.
pub(crate) const RANK_SHIFT: u32 = 24;

/// One block of a cluster.
pub(crate) struct Member {
    pub(crate) view: View,
    /// All threads of the block have ended, and its shared memory no longer exists.
    pub(crate) ended: bool,
    /// The last access by each actor outside the block.
    pub(crate) remote: Vec<Option<RemoteAccess>>,
}

/// An access to another block's shared memory.
#[derive(Clone, Copy)]
pub(crate) struct RemoteAccess {
    pub(crate) time: u32,
    pub(crate) rank: u32,
    pub(crate) thread: u32,
    pub(crate) pc: u32,
}

/// The knowledge that threads pass on at a barrier, an mbarrier or a flag: arriving (or releasing)
/// threads add to it, waiting (or acquiring) threads take it over.
pub(crate) struct BarrierClock {
    pub(crate) clock: Clock,
    pub(crate) blocks: Known,
}

impl BarrierClock {
    /// Starts with a copy of `clock` and no knowledge of other blocks.
    pub(crate) fn like(clock: &Clock) -> BarrierClock {
        BarrierClock { clock: clock.clone(), blocks: Known::default() }
    }

    /// Starts empty, with the size of `clock`.
    pub(crate) fn none(clock: &Clock) -> BarrierClock {
        let mut m = BarrierClock::like(clock);
        m.clear();
        m
    }

    pub(crate) fn clear(&mut self) {
        self.clock.clear();
        self.blocks.clear();
    }
}

pub(crate) struct ClusterState {
    pub(crate) members: Vec<Member>,
    /// The number of warps of one block.
    pub(crate) warps: u32,
    /// The bytes of one block's shared memory.
    pub(crate) each: usize,
    pub(crate) shared: Vec<u8>,
    pub(crate) shadow: Option<Shadow>,
    /// The scope of the accesses in the shadow.
    pub(crate) scope: u32,
    /// Each warp's clock.
    pub(crate) clocks: Vec<Clock>,
    /// The two states of the cluster's barrier: `coming` collects from the warps that arrive, and
    /// `last` is what the last opening passed on.
    pub(crate) coming: BarrierClock,
    pub(crate) last: BarrierClock,
    /// The number of times the cluster's barrier has opened.
    pub(crate) opened: u64,
    pub(crate) flags: Flags,
    pub(crate) mbarriers: MBarriers,
    /// The index of the first actor that is a copy, the number of copies that each block has
    /// started, and the copies that are not complete.
    pub(crate) first_slot: u32,
    pub(crate) slots: Vec<u32>,
    pub(crate) jobs: Vec<Job>,
}

impl ClusterState {
    /// Creates the state of the blocks with these numbers in the grid.
    pub(crate) fn new(
        numbers: &[u32],
        warps: u32,
        each: usize,
        races: bool,
        engines: bool,
        spare: &mut SpareMemory,
    ) -> ClusterState {
        let threads = numbers.len() * warps as usize;
        // The actors are the warps, then the asynchronous copies, then the products of each warp.
        let actors = if engines { 2 * threads + numbers.len() * SLOTS as usize } else { threads };
        let member = |&number: &u32| Member {
            view: View::new(number),
            ended: false,
            remote: vec![None; if numbers.len() > 1 || engines { actors } else { 0 }],
        };
        let clock = |who: usize| {
            let mut c = Clock::new(actors, engines);
            c.tick(who as u32);
            c
        };
        let bytes = each * numbers.len();
        let (scope, shadow) = races.then(|| spare.shadow(bytes)).unzip();
        ClusterState {
            members: numbers.iter().map(member).collect(),
            warps,
            each,
            shared: spare.poisoned(bytes),
            shadow,
            scope: scope.unwrap_or_default(),
            clocks: (0..threads).map(clock).collect(),
            coming: BarrierClock::like(&Clock::new(actors, engines)),
            last: BarrierClock::like(&Clock::new(actors, engines)),
            opened: 0,
            mbarriers: MBarriers::default(),
            first_slot: threads as u32,
            slots: vec![0; numbers.len()],
            jobs: Vec::new(),
            flags: Flags::default(),
        }
    }

    /// The block that owns the memory at `address`, and the byte in it; `rank` is the block that
    /// accesses it.
    #[inline]
    pub(crate) fn locate(&self, rank: u32, address: u64) -> Result<(u32, u64), String> {
        let (block, at) = ((address >> RANK_SHIFT) as u32 & 0xff, address & ((1 << RANK_SHIFT) - 1));
        if address >> (RANK_SHIFT + 8) != 0 {
            return Err(format!("address {address:#x} is not in shared memory"));
        }
        match block {
            0 => Ok((rank, at)),
            b if b as usize <= self.members.len() => Ok((b - 1, at)),
            b => Err(format!(
                "address {address:#x} names block {} of a cluster that has {} blocks",
                b - 1,
                self.members.len()
            )),
        }
    }

    /// The name of a block in a message for block `asks`.
    pub(crate) fn name(&self, block: usize, asks: usize) -> String {
        if block == asks { "this block".into() } else { format!("block {block} of the cluster") }
    }

    /// The name of the actor that made an access, in a message for block `asks`.
    pub(crate) fn actor(&self, a: &Access, asks: usize) -> String {
        let (products, thread) = (self.first_slot + self.members.len() as u32 * SLOTS, a.thread());
        if a.who < self.first_slot {
            format!("thread {thread} of {}", self.name((a.who / self.warps) as usize, asks))
        } else if a.who < products {
            format!(
                "a copy that thread {thread} of {} started",
                self.name(((a.who - self.first_slot) / SLOTS) as usize, asks)
            )
        } else {
            format!(
                "a product of warp {} of {}",
                thread / 32,
                self.name(((a.who - products) / self.warps) as usize, asks)
            )
        }
    }

    /// The actors that are warps of a block.
    pub(crate) fn warps_of(&self, rank: u32) -> std::ops::Range<u32> {
        rank * self.warps..(rank + 1) * self.warps
    }

    /// Records an access to another block's shared memory. That block must have started, and must
    /// not end before the access is complete.
    #[cold]
    pub(crate) fn note_remote(&mut self, owner: u32, who: u32, remote: RemoteAccess) -> Result<(), Violation> {
        let lane = remote.thread as usize % 32;
        if self.members[owner as usize].ended {
            return Err(Violation::new(
                Kind::UseAfterFree,
                lane,
                format!("shared memory of block {owner} of the cluster, which has ended"),
            ));
        }
        if self.shadow.is_none() {
            return Ok(());
        }
        if self.opened == 0
            && let Some(clock) = self.clocks.get(who as usize)
            && !clock.has_met(self.warps_of(owner))
        {
            let what = format!(
                "shared memory of block {owner} of the cluster, which may not have started: no barrier over the cluster precedes the access"
            );
            return Err(Violation::new(Kind::Race, lane, what));
        }
        self.members[owner as usize].remote[who as usize] = Some(remote);
        Ok(())
    }

    /// A remote access that the block did not wait for before it ended.
    pub(crate) fn left_alone(&self, owner: u32) -> Option<RemoteAccess> {
        self.shadow.as_ref()?;
        let known = |who: u32, time: u32| self.warps_of(owner).any(|w| self.clocks[w as usize].knows(who, time));
        let remote = self.members[owner as usize].remote.iter().enumerate();
        remote.filter_map(|(who, v)| v.filter(|v| !known(who as u32, v.time))).next()
    }
}
