//! Asynchronous copies: bulk copies, tensor copies and `st.async`. Each copy is an actor of its
//! own. A thread must wait for a copy before it uses the data that the copy brings, and before it
//! overwrites the data that the copy reads.

use super::access::{AccessKind, Device};
use super::clock::Clock;
use super::cluster_state::{ClusterState, RemoteAccess};
use super::fault::{Kind, Violation};
use crate::race::Access;

/// The copy actors of each block. A new copy takes the number of one that is long complete.
pub(crate) const SLOTS: u32 = 16;

/// The source of a piece of a copy: an address in device memory, an offset in the cluster's shared
/// memory, or a value.
#[derive(Clone, Copy, Debug)]
pub(crate) enum From {
    Global(u64),
    Shared(usize),
    Value(u64),
    /// A repeated pattern of 16 bits: zeros or NaN.
    Fill(u16),
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum To {
    Global(u64),
    Shared(usize),
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Move {
    pub(crate) from: From,
    pub(crate) to: To,
    pub(crate) bytes: usize,
}

/// The thread that started a copy, and its instruction.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Asked {
    pub(crate) rank: u32,
    pub(crate) warp: u32,
    pub(crate) lane: usize,
    pub(crate) pc: u32,
}

pub(crate) struct Job {
    pub(crate) asked: Asked,
    moves: Vec<Move>,
    /// The mbarriers to signal, and the bytes to subtract from each one's count.
    signals: Vec<(usize, i64)>,
    /// The bulk group by which the thread waits for this copy, if it does not use an mbarrier.
    pub(crate) group: Option<u32>,
    slot: u32,
    time: u32,
    clock: Clock,
    /// The data, once it has been read.
    data: Option<Vec<u8>>,
}

impl ClusterState {
    /// Starts a copy.
    pub(crate) fn begin(&mut self, asked: Asked, moves: Vec<Move>, signals: Vec<(usize, i64)>, group: Option<u32>) {
        let next = &mut self.slots[asked.rank as usize];
        let slot = self.first_slot + asked.rank * SLOTS + *next % SLOTS;
        *next += 1;
        let time = *next;
        let clock = self.clocks[(asked.rank * self.warps + asked.warp) as usize].clone();
        self.jobs.push(Job { asked, moves, signals, group, slot, time, clock, data: None });
    }

    fn note_job(&mut self, job: &Job, at: usize, n: usize, write: Option<bool>) -> Result<(), Violation> {
        let (rank, lane) = (job.asked.rank, job.asked.lane);
        let (owner, thread) = (at / self.each, job.asked.warp * 32 + lane as u32);
        if self.members[owner].ended {
            let what = format!("shared memory of {}, which has ended", self.name(owner, rank as usize));
            return Err(Violation::new(Kind::UseAfterFree, lane, what));
        }
        if self.shadow.is_some() {
            self.members[owner].remote[job.slot as usize] =
                Some(RemoteAccess { time: job.time, rank, thread, pc: job.asked.pc });
        }
        let generic = |o: &Access| o.who < self.first_slot;
        let me = Access::new(job.slot, thread, job.time, false);
        let ordered = |o: &Access, wrote: bool| {
            if o.who == job.slot && o.time == job.time {
                true
            } else if wrote && generic(o) {
                job.clock.is_fenced(o.who, o.time)
            } else {
                job.clock.knows(o.who, o.time)
            }
        };
        let Some(shadow) = self.shadow.as_mut() else { return Ok(()) };
        shadow.touch(self.scope, (at, n), me, write, ordered).map_err(|c| {
            let verb = if c.wrote { "written" } else { "read" };
            let lacks = if job.clock.knows(c.other.who, c.other.time) { "fence.proxy.async" } else { "barrier" };
            let (who, byte) = (self.actor(&c.other, rank as usize), at % self.each);
            let whose = self.name(owner, rank as usize);
            Violation::new(
                Kind::Race,
                lane,
                format!("byte {byte} of the shared memory of {whose} was {verb} by {who} with no {lacks} since"),
            )
        })
    }

    /// Reads the copy's whole source.
    fn fetch(&mut self, job: &mut Job, device: &mut Device) -> Result<(), Violation> {
        if job.data.is_some() {
            return Ok(());
        }
        let mut data = Vec::with_capacity(job.moves.iter().map(|m| m.bytes).sum());
        for m in &job.moves {
            match m.from {
                From::Value(x) => data.extend_from_slice(&x.to_le_bytes()[..m.bytes]),
                From::Fill(x) => (0..m.bytes).for_each(|k| data.push(x.to_le_bytes()[k % 2])),
                From::Shared(at) => {
                    self.note_job(job, at, m.bytes, None)?;
                    data.extend_from_slice(&self.shared[at..at + m.bytes]);
                }
                From::Global(address) => {
                    let place = self.note_global(device, job, address, m.bytes, AccessKind::Read)?;
                    data.extend_from_slice(&device.memory.regions[place.0].bytes[place.1..place.1 + m.bytes]);
                }
            }
        }
        job.data = Some(data);
        Ok(())
    }

    fn note_global(
        &self,
        device: &mut Device,
        job: &Job,
        address: u64,
        n: usize,
        access: AccessKind,
    ) -> Result<(usize, usize), Violation> {
        let lane = job.asked.lane;
        let place = device.memory.find(address, n).map_err(|e| Violation { lane: Some(lane), ..e.into() })?;
        let view = &self.members[job.asked.rank as usize].view;
        device.note(view, place, n, (job.asked.warp * 32 + lane as u32, lane), access, false)?;
        Ok(place)
    }

    /// Completes a copy: writes its data, and signals its mbarriers.
    fn finish(&mut self, mut job: Job, device: &mut Device) -> Result<(), Violation> {
        self.fetch(&mut job, device)?;
        let data = job.data.take().unwrap_or_default();
        let mut rest = &data[..];
        for m in &job.moves {
            let (now, later) = rest.split_at(m.bytes);
            rest = later;
            match m.to {
                To::Shared(at) => {
                    self.note_job(&job, at, m.bytes, Some(true))?;
                    self.shared[at..at + m.bytes].copy_from_slice(now);
                }
                To::Global(address) => {
                    let (r, at) = self.note_global(device, &job, address, m.bytes, AccessKind::Write(true))?;
                    device.memory.regions[r].bytes[at..at + m.bytes].copy_from_slice(now);
                }
            }
        }
        device.changes += 1;
        for &(at, bytes) in &job.signals {
            let done = Some((job.slot, job.time));
            self.arrived_bytes(at, bytes, done).map_err(|w| Violation::new(Kind::Misuse, job.asked.lane, w))?;
        }
        Ok(())
    }

    /// Completes all copies that are signalled through mbarriers. A fault names the thread that
    /// started the copy.
    pub(crate) fn run_jobs(&mut self, device: &mut Device) -> Result<(), (Violation, Asked)> {
        let (now, later) = std::mem::take(&mut self.jobs).into_iter().partition(|j: &Job| j.group.is_none());
        self.jobs = later;
        let now: Vec<Job> = now;
        now.into_iter().try_for_each(|job| {
            let asked = job.asked;
            self.finish(job, device).map_err(|w| (w, asked))
        })
    }

    /// Completes a thread's copies in the groups before `first`. With `read`, it only reads their
    /// sources.
    pub(crate) fn wait_jobs(
        &mut self,
        asked: Asked,
        first: u32,
        read: bool,
        device: &mut Device,
    ) -> Result<(), Violation> {
        let mine = |j: &Job| {
            (j.asked.rank, j.asked.warp, j.asked.lane) == (asked.rank, asked.warp, asked.lane)
                && j.group.is_some_and(|g| g < first)
        };
        let who = (asked.rank * self.warps + asked.warp) as usize;
        for mut job in std::mem::take(&mut self.jobs) {
            if !mine(&job) {
                self.jobs.push(job);
                continue;
            }
            self.clocks[who].learn(job.slot, job.time);
            if read {
                self.fetch(&mut job, device)?;
                self.jobs.push(job);
            } else {
                self.finish(job, device)?;
            }
        }
        Ok(())
    }

    /// Ends a block. The thread must have waited until its copies had read their sources; the
    /// copies may still write to device memory.
    pub(crate) fn end_jobs(&mut self, rank: u32, device: &mut Device) -> Result<(), (Violation, Asked)> {
        for job in std::mem::take(&mut self.jobs) {
            let asked = job.asked;
            if asked.rank != rank || job.group.is_none() {
                self.jobs.push(job);
            } else if job.data.is_none() {
                let what =
                    "the block ended while this copy may still read its shared memory: no cp.async.bulk.wait_group";
                return Err((Violation::new(Kind::Race, asked.lane, what), asked));
            } else {
                self.finish(job, device).map_err(|w| (w, asked))?;
            }
        }
        Ok(())
    }
}
