//! `mbarrier` objects. Each counts pending arrivals and pending bytes, and its phase ends when both
//! counts are zero.

use std::collections::HashMap;

use super::cluster_state::{BarrierClock, ClusterState};
use super::fault::{Kind, Violation};
use super::{AccessKind, Exec, Place};
use crate::types::Space;

/// The largest count: counts have 20 bits.
const MOST: i64 = (1 << 20) - 1;

pub(crate) struct MBarrier {
    /// The number of phases that have ended.
    phase: u64,
    expected: i64,
    pending: i64,
    /// The bytes that have been announced, less the bytes that have arrived.
    bytes: i64,
    coming: BarrierClock,
    last: BarrierClock,
    /// The warp that initialised the object and the time of that, and the number of openings of the
    /// cluster's barrier at the fence that published it.
    made: (u32, u32),
    fenced: Option<u64>,
}

/// All objects of a cluster, by their offsets in its shared memory.
#[derive(Default)]
pub(crate) struct MBarriers {
    at: HashMap<usize, MBarrier>,
    /// For each warp whose last test failed: the object and the phase.
    waits: HashMap<u32, (usize, u64)>,
}

/// The phase that a thread tests for.
#[derive(Clone, Copy)]
pub(crate) enum Phase {
    State(u64),
    Parity(u64),
}

fn misuse(lane: usize, what: impl Into<String>) -> Violation {
    Violation::new(Kind::Misuse, lane, what)
}

impl Exec<'_> {
    /// The offset of an object. With `far`, the object may be in another block's shared memory.
    pub(crate) fn mbarrier_at(
        &mut self,
        space: Space,
        address: u64,
        lane: usize,
        far: bool,
    ) -> Result<usize, Violation> {
        let Place::Shared(at) = self.place(space, address, 8, lane)? else {
            return Err(misuse(lane, "an mbarrier must be in shared memory"));
        };
        if !far && at / self.cluster.each != self.rank as usize {
            return Err(misuse(lane, "only threads of the mbarrier's own block may carry out this operation"));
        }
        Ok(at)
    }

    pub(crate) fn mbarrier_init(&mut self, at: usize, count: u64, lane: usize) -> Result<(), Violation> {
        if !(1..=MOST as u64).contains(&count) {
            return Err(misuse(lane, format!("an mbarrier cannot have a count of {count}")));
        }
        if self.cluster.mbarriers.at.contains_key(&at) {
            return Err(misuse(lane, "there is an mbarrier here already (mbarrier.inval ends one)"));
        }
        let who = self.who();
        let clock = &mut self.cluster.clocks[who as usize];
        let made = (who, clock.time(who));
        let (coming, last) = (BarrierClock::none(clock), BarrierClock::none(clock));
        let count = count as i64;
        let b = MBarrier { phase: 0, expected: count, pending: count, bytes: 0, coming, last, made, fenced: None };
        self.cluster.mbarriers.at.insert(at, b);
        self.note(Place::Shared(at), 8, lane, AccessKind::Write(true), true)?;
        self.bytes(Place::Shared(at), 8).fill(0xb5);
        self.device.changes += 1;
        Ok(())
    }

    pub(crate) fn mbarrier_inval(&mut self, at: usize, lane: usize) -> Result<(), Violation> {
        self.known(at, lane)?;
        self.note(Place::Shared(at), 8, lane, AccessKind::Write(true), false)?;
        self.bytes(Place::Shared(at), 8).fill(crate::memory::POISON);
        self.cluster.mbarriers.at.remove(&at);
        Ok(())
    }

    /// `fence.mbarrier_init`: the objects that this warp has initialised are visible after the next
    /// barrier over the cluster, even a relaxed one.
    pub(crate) fn mbarrier_fence(&mut self) {
        let (who, opened) = (self.who(), self.cluster.opened);
        self.cluster.mbarriers.at.values_mut().filter(|b| b.made.0 == who).for_each(|b| b.fenced = Some(opened));
    }

    /// Returns the object at `at`, which must exist and whose initialisation must be visible to
    /// this warp.
    fn known(&mut self, at: usize, lane: usize) -> Result<&mut MBarrier, Violation> {
        let (who, checks) = (self.who(), self.cluster.shadow.is_some());
        let byte = at % self.cluster.each;
        let Some(b) = self.cluster.mbarriers.at.get_mut(&at) else {
            return Err(misuse(lane, format!("there is no mbarrier at byte {byte} of shared memory")));
        };
        let (maker, time) = b.made;
        let fenced = b.fenced.is_some_and(|n| self.cluster.opened > n);
        if checks && who != maker && !fenced && !self.cluster.clocks[who as usize].knows(maker, time) {
            let what = format!("the mbarrier at byte {byte} may not have been initialised: no barrier since");
            return Err(Violation::new(Kind::Race, lane, what));
        }
        Ok(b)
    }

    /// Announces bytes (`expect_tx`).
    pub(crate) fn mbarrier_expect(&mut self, at: usize, bytes: u64, lane: usize) -> Result<(), Violation> {
        self.note(Place::Shared(at), 8, lane, AccessKind::Write(true), true)?;
        let b = self.known(at, lane)?;
        b.bytes += bytes as i64;
        if b.bytes > MOST {
            return Err(misuse(lane, format!("an mbarrier cannot count {} pending bytes", b.bytes)));
        }
        Ok(())
    }

    /// Counts bytes as arrived, at a thread's request (`complete_tx`).
    pub(crate) fn mbarrier_complete(&mut self, at: usize, bytes: u64, lane: usize) -> Result<(), Violation> {
        self.known(at, lane)?;
        self.note(Place::Shared(at), 8, lane, AccessKind::Write(true), true)?;
        self.device.changes += 1;
        self.cluster.arrived_bytes(at, bytes as i64, None).map_err(|w| misuse(lane, w))
    }

    /// Arrives `count` times, and returns the state before that. With `drop`, the later phases
    /// expect these arrivals no longer.
    pub(crate) fn mbarrier_arrive(
        &mut self,
        at: usize,
        count: u64,
        release: bool,
        drop: bool,
        lane: usize,
    ) -> Result<u64, Violation> {
        self.note(Place::Shared(at), 8, lane, AccessKind::Write(true), true)?;
        let who = self.who();
        let b = self.known(at, lane)?;
        let (count, state) = (count as i64, b.phase << 20 | b.pending as u64);
        if count < 1 || count > b.pending {
            let what = format!(
                "{count} arrivals at an mbarrier that waits for {} more of {} arrivals in this phase",
                b.pending, b.expected
            );
            return Err(misuse(lane, what));
        }
        b.pending -= count;
        if drop {
            b.expected -= count;
        }
        let cluster = &mut *self.cluster;
        if release && let Some(b) = cluster.mbarriers.at.get_mut(&at) {
            let clock = &mut cluster.clocks[who as usize];
            b.coming.clock.join(clock);
            clock.tick(who);
            cluster.members[self.rank as usize].view.hand(&mut b.coming.blocks);
        }
        self.device.changes += 1;
        self.cluster.end_phase(at);
        Ok(state)
    }

    /// An arrival that happens when the thread's copies have landed. If `counts` is false, the
    /// arrival first adds one to the count that the phase expects.
    pub(crate) fn mbarrier_copied(&mut self, at: usize, counts: bool, lane: usize) -> Result<(), Violation> {
        if !counts {
            let b = self.known(at, lane)?;
            b.pending += 1;
            if b.pending > MOST {
                return Err(misuse(lane, "more arrivals than an mbarrier can count"));
            }
        }
        self.mbarrier_arrive(at, 1, true, false, lane).map(|_| ())
    }

    /// Tests whether a phase has ended.
    pub(crate) fn mbarrier_test(
        &mut self,
        at: usize,
        phase: Phase,
        acquire: bool,
        lane: usize,
    ) -> Result<bool, Violation> {
        *self.polled = true;
        self.note(Place::Shared(at), 8, lane, AccessKind::Read, true)?;
        let who = self.who();
        let b = self.known(at, lane)?;
        let now = b.phase;
        let wanted = match phase {
            Phase::State(s) => s >> 20,
            Phase::Parity(p) if p & 1 == now & 1 => now,
            Phase::Parity(_) => now.wrapping_sub(1),
        };
        if wanted != now && wanted != now.wrapping_sub(1) {
            return Err(misuse(
                lane,
                format!(
                    "a test for phase {wanted} in phase {now}: only the current and the preceding phase may be tested"
                ),
            ));
        }
        if wanted == now {
            self.cluster.mbarriers.waits.insert(who, (at, now));
            return Ok(false);
        }
        *self.polled = false;
        let cluster = &mut *self.cluster;
        cluster.mbarriers.waits.remove(&who);
        if acquire && let Some(b) = cluster.mbarriers.at.get(&at) {
            cluster.clocks[who as usize].join(&b.last.clock);
            cluster.members[self.rank as usize].view.take(&b.last.blocks);
        }
        Ok(true)
    }
}

impl ClusterState {
    /// Subtracts bytes that have arrived; `by` is the copy that brought them.
    pub(crate) fn arrived_bytes(&mut self, at: usize, bytes: i64, by: Option<(u32, u32)>) -> Result<(), String> {
        let byte = at % self.each.max(1);
        let Some(b) = self.mbarriers.at.get_mut(&at) else {
            return Err(format!("there is no mbarrier at byte {byte} of shared memory"));
        };
        b.bytes -= bytes;
        if b.bytes < -MOST {
            return Err(format!("{} more bytes arrived than the mbarrier at byte {byte} expects", -b.bytes));
        }
        if let Some((who, time)) = by {
            b.coming.clock.learn(who, time);
        }
        self.end_phase(at);
        Ok(())
    }

    fn end_phase(&mut self, at: usize) {
        if let Some(b) = self.mbarriers.at.get_mut(&at)
            && b.pending == 0
            && b.bytes == 0
        {
            b.phase += 1;
            b.pending = b.expected;
            std::mem::swap(&mut b.coming, &mut b.last);
            b.coming.clear();
        }
    }

    /// Describes the warps that wait at mbarriers whose phases have not ended.
    pub(crate) fn vain(&self) -> Option<String> {
        let mut list: Vec<_> = self
            .mbarriers
            .waits
            .iter()
            .filter(|(_, (at, phase))| self.mbarriers.at.get(at).is_some_and(|b| b.phase == *phase))
            .collect();
        list.sort();
        let say = |(&who, &(at, phase)): (&u32, &(usize, u64))| {
            let b = &self.mbarriers.at[&at];
            let whose = if self.members.len() > 1 {
                format!(" of block {} of the cluster", at / self.each)
            } else {
                String::new()
            };
            format!(
                "warp {}{whose} waits at the mbarrier at byte {} for phase {phase}, which lacks {} of {} arrivals and {} bytes",
                who % self.warps,
                at % self.each,
                b.pending,
                b.expected,
                b.bytes
            )
        };
        (!list.is_empty()).then(|| list.into_iter().map(say).collect::<Vec<_>>().join("; "))
    }
}
