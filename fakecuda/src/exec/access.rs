//! The memory that an instruction can access: the registers and local memory of its warp, the
//! shared memory of its cluster, and device memory. Every access is checked here.

use super::cluster_state::{ClusterState, RemoteAccess};
use super::fault::{Kind, Violation};
use super::order::{Released, View};
use super::products::Products;
use super::{Lanes, Mask};
use crate::memory::Memory;
use crate::race::{Access, Shadow};
use crate::types::Space;

/// The base of the generic addresses of a launch's parameters.
pub(crate) const PARAM: u64 = 1 << 60;
/// The base of the generic addresses of a thread's local memory.
pub(crate) const LOCAL: u64 = 1 << 61;
/// The base of the generic addresses of shared memory.
pub(crate) const SHARED: u64 = 1 << 62;

/// The state that all blocks of a launch share.
pub(crate) struct Device {
    pub(crate) memory: Memory,
    pub(crate) released: Released,
    pub(crate) params: Vec<u8>,
    /// The launch's number, which keeps the accesses of different launches apart in the race
    /// checks.
    pub(crate) launch: u32,
    /// Whether accesses of different blocks are compared.
    pub(crate) races: bool,
    /// A count of all events that a waiting thread may wait for.
    pub(crate) changes: u64,
}

impl Device {
    /// Checks and records an access to device memory by a thread of the block that `view` belongs
    /// to.
    #[inline]
    pub(crate) fn note(
        &mut self,
        view: &View,
        (r, at): (usize, usize),
        n: usize,
        (thread, lane): (u32, usize),
        access: AccessKind,
        atomic: bool,
    ) -> Result<(), Violation> {
        let write = if let AccessKind::Write(changed) = access { Some(changed) } else { None };
        if write.is_some() && self.memory.regions[r].constant {
            return Err(Violation::new(Kind::ReadOnly, lane, "a write to constant memory"));
        }
        if write == Some(true) {
            self.changes += 1;
        }
        let region = &self.memory.regions[r];
        if !region.flights.is_empty() {
            region.met(at, n, write.is_some()).map_err(|what| Violation::new(Kind::Race, lane, what))?;
        }
        if !self.races {
            return Ok(());
        }
        let region = &mut self.memory.regions[r];
        let shadow = region.shadow.get_or_insert_with(|| Shadow::new(region.bytes.len()));
        let me = Access::new(view.block, thread, view.now, atomic);
        shadow.touch(self.launch, (at, n), me, write, |o, _| view.knows(o.who, o.time)).map_err(|c| {
            let verb = if c.wrote { "written" } else { "read" };
            let (block, thread) = (c.other.who, c.other.thread());
            let what = format!(
                "byte {at} of an allocation of {} bytes was {verb} by thread {thread} of block {block} with no barrier over the grid since",
                shadow.bytes()
            );
            Violation::new(Kind::Race, lane, what)
        })
    }
}

/// A copy by `cp.async` that has not landed.
pub(crate) struct Copy {
    pub(crate) lane: usize,
    pub(crate) group: u32,
    pub(crate) to: u64,
    pub(crate) from: u64,
    pub(crate) bytes: usize,
    pub(crate) read: usize,
}

#[derive(Default)]
pub(crate) struct Copies {
    pub(crate) waiting: Vec<Copy>,
    pub(crate) groups: [u32; 32],
    /// The number of bulk groups that each lane has committed.
    pub(crate) bulk: [u32; 32],
}

pub(crate) struct Exec<'a> {
    pub(crate) lanes: &'a mut Lanes,
    pub(crate) local: &'a mut [u8],
    pub(crate) local_bytes: usize,
    /// The block's rank in its cluster, and the warp's index in its block.
    pub(crate) rank: u32,
    pub(crate) warp: u32,
    pub(crate) pc: u32,
    pub(crate) copies: &'a mut Copies,
    pub(crate) products: &'a mut Products,
    /// An access sets this flag if it is one that a spinning thread makes.
    pub(crate) polled: &'a mut bool,
    pub(crate) cluster: &'a mut ClusterState,
    pub(crate) device: &'a mut Device,
}

/// A checked address: the memory, and the offset in it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Place {
    Global(usize, usize),
    Shared(usize),
    Local(usize),
    Param(usize),
}

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum AccessKind {
    Read,
    /// The flag says whether the write changes the value.
    Write(bool),
}

impl Exec<'_> {
    /// The warp's number in its cluster.
    #[inline]
    pub(crate) fn who(&self) -> u32 {
        self.rank * self.cluster.warps + self.warp
    }

    /// The block's knowledge of other blocks.
    pub(crate) fn view(&mut self) -> &mut View {
        &mut self.cluster.members[self.rank as usize].view
    }

    /// The clocks that blocks have released, and the block's view.
    pub(crate) fn released(&mut self) -> (&mut Released, &mut View) {
        (&mut self.device.released, &mut self.cluster.members[self.rank as usize].view)
    }

    /// Checks the alignment and the bounds of an access of `n` bytes.
    #[inline]
    pub(crate) fn place(&self, space: Space, address: u64, n: usize, lane: usize) -> Result<Place, Violation> {
        if address & (n as u64 - 1) != 0 {
            return Err(Violation::new(
                Kind::Misaligned,
                lane,
                format!("address {address:#x} is not a multiple of {n}"),
            ));
        }
        let fits = |offset: u64, size: usize, name: &str| {
            if offset.checked_add(n as u64).is_some_and(|end| end <= size as u64) {
                return Ok(offset as usize);
            }
            Err(Violation::new(
                Kind::OutOfBounds,
                lane,
                format!("{n} bytes at byte {} of {size} bytes of {name}", offset as i64),
            ))
        };
        let own = |at: u64| {
            fits(at, self.cluster.each, "shared memory")
                .map(|at| Place::Shared(self.rank as usize * self.cluster.each + at))
        };
        let cluster = |at: u64| {
            let (block, at) =
                self.cluster.locate(self.rank, at).map_err(|e| Violation::new(Kind::OutOfBounds, lane, e))?;
            fits(at, self.cluster.each, "shared memory")
                .map(|at| Place::Shared(block as usize * self.cluster.each + at))
        };
        let local =
            |at: u64| fits(at, self.local_bytes, "local memory").map(|at| Place::Local(lane * self.local_bytes + at));
        let param = |at: u64| fits(at, self.device.params.len(), "parameters").map(Place::Param);
        match space {
            Space::Shared => own(address & 0xffff_ffff),
            Space::Cluster => cluster(address & 0xffff_ffff),
            Space::Local => local(address),
            Space::Param => param(address),
            Space::Generic if address >= SHARED => cluster(address - SHARED),
            Space::Generic if address >= LOCAL => local(address - LOCAL),
            Space::Generic if address >= PARAM => param(address - PARAM),
            Space::Generic | Space::Global | Space::Const => {
                let (region, offset) =
                    self.device.memory.find(address, n).map_err(|e| Violation { lane: Some(lane), ..e.into() })?;
                Ok(Place::Global(region, offset))
            }
        }
    }

    #[inline]
    pub(crate) fn bytes(&mut self, place: Place, n: usize) -> &mut [u8] {
        match place {
            Place::Global(r, at) => &mut self.device.memory.regions[r].bytes[at..at + n],
            Place::Shared(at) => &mut self.cluster.shared[at..at + n],
            Place::Local(at) => &mut self.local[at..at + n],
            Place::Param(at) => &mut self.device.params[at..at + n],
        }
    }

    #[inline]
    pub(crate) fn read(&mut self, place: Place, n: usize) -> u64 {
        let mut x = [0; 8];
        x[..n].copy_from_slice(self.bytes(place, n));
        u64::from_le_bytes(x)
    }

    /// Records an access for the race checks: `n` bytes at `place`.
    #[inline]
    pub(crate) fn note(
        &mut self,
        place: Place,
        n: usize,
        lane: usize,
        access: AccessKind,
        atomic: bool,
    ) -> Result<(), Violation> {
        let write = if let AccessKind::Write(changed) = access { Some(changed) } else { None };
        let thread = self.warp * 32 + lane as u32;
        match place {
            Place::Shared(at) => {
                let (who, cluster) = (self.who(), &mut *self.cluster);
                if cluster.members.len() > 1 && at / cluster.each != self.rank as usize {
                    let remote = RemoteAccess {
                        time: cluster.clocks[who as usize].time(who),
                        rank: self.rank,
                        thread,
                        pc: self.pc,
                    };
                    cluster.note_remote((at / cluster.each) as u32, who, remote)?;
                }
                let Some(shadow) = cluster.shadow.as_mut() else { return Ok(()) };
                let clock = &cluster.clocks[who as usize];
                let now = clock.time(who);
                let me = Access::new(who, thread, now, atomic);
                let ordered = |o: &Access, _| {
                    if o.who == who { o.thread() == thread || o.time < now } else { clock.knows(o.who, o.time) }
                };
                shadow.touch(cluster.scope, (at, n), me, write, ordered).map_err(|c| {
                    let verb = if c.wrote { "written" } else { "read" };
                    let (byte, whose) = (at % cluster.each, cluster.name(at / cluster.each, self.rank as usize));
                    let who = cluster.actor(&c.other, self.rank as usize);
                    let what = format!(
                        "byte {byte} of the shared memory of {whose} was {verb} by {who} with no barrier since"
                    );
                    Violation::new(Kind::Race, lane, what)
                })
            }
            Place::Global(r, at) => {
                let view = &self.cluster.members[self.rank as usize].view;
                self.device.note(view, (r, at), n, (thread, lane), access, atomic)
            }
            Place::Param(_) if write.is_some() => Err(Violation::new(Kind::ReadOnly, lane, "a write to parameters")),
            _ => Ok(()),
        }
    }

    /// Records a write and carries it out.
    #[inline]
    pub(crate) fn write(
        &mut self,
        place: Place,
        n: usize,
        lane: usize,
        bits: u64,
        atomic: bool,
    ) -> Result<(), Violation> {
        let new = bits.to_le_bytes();
        let changed = self.bytes(place, n) != &new[..n];
        self.note(place, n, lane, AccessKind::Write(changed), atomic)?;
        if changed {
            self.bytes(place, n).copy_from_slice(&new[..n]);
        }
        Ok(())
    }

    /// `__syncwarp`: it orders the lanes' accesses to shared memory before all later ones.
    pub(crate) fn sync_warp(&mut self, _lanes: Mask) {
        let who = self.who();
        self.cluster.clocks[who as usize].tick(who);
    }
}
