//! Loads and stores.

use super::{Decoded, lanes, touch};
use crate::exec::{AccessKind, Exec, Place, each};
use crate::parse::{Builder, Statement};
use crate::types::Space;

/// State spaces and cache hints. The hints have no effect here.
const HINTS: &str = "global shared local const param param::entry param::func shared::cta shared::cluster nc ca cg cs lu cv wb wt L1::no_allocate L1::evict_last L1::evict_first L1::evict_normal L1::evict_unchanged L2::64B L2::128B L2::256B L2::cache_hint L2::evict_last L2::evict_first L2::evict_normal v2 v4 v8 weak";

/// The part that an access plays in the order between threads.
#[derive(Clone, Copy)]
pub(super) struct Sync {
    /// Whether another thread may write at the same time.
    pub(super) atomic: bool,
    pub(super) acquire: bool,
    pub(super) release: bool,
    /// Acquire and release at any scope, including the block's.
    near_acquire: bool,
    near_release: bool,
}

impl Sync {
    pub(super) const WORDS: &str = "volatile relaxed acquire release acq_rel cta cluster gpu sys mmio";

    /// `.cta` scope orders nothing between blocks.
    pub(super) fn of(s: &Statement) -> Sync {
        let (both, wide) = (s.has("acq_rel"), !s.has("cta"));
        Sync {
            atomic: both || ["volatile", "relaxed", "acquire", "release", "mmio"].iter().any(|m| s.has(m)),
            acquire: wide && (both || s.has("acquire")),
            release: wide && (both || s.has("release")),
            near_acquire: both || s.has("acquire"),
            near_release: both || s.has("release"),
        }
    }
}

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.name() {
        "ld" | "ldu" => load(b, s),
        "st" if !s.has("async") => store(b, s),
        "createpolicy" => {
            let d = s.row(b, 0)?;
            Ok(Some(lanes(move |l, m| each(m).for_each(|lane| l.rows[d as usize][lane] = 0))))
        }
        "prefetch" | "prefetchu" | "applypriority" | "discard" => Ok(Some(touch(|_, _| Ok(())))),
        _ => Ok(None),
    }
}

fn shape(s: &Statement, registers: &[u32]) -> crate::parse::Result<(usize, usize)> {
    s.only(&format!("{HINTS} {}", Sync::WORDS))?;
    let n = s.ty().map_or(0, |t| t.bytes());
    let count = if s.has("v2") {
        2
    } else if s.has("v4") {
        4
    } else if s.has("v8") {
        8
    } else {
        1
    };
    if n == 0 || n > 8 || registers.len() != count {
        return s.wrong("as many registers as values expected, of at most 8 bytes each");
    }
    Ok((n, count))
}

fn load(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let (to, (base, offset, space)) = (s.vector(b, 0)?, s.memory(1)?);
    let (n, count) = shape(s, &to)?;
    let unused = if s.ty().is_some_and(|t| t.is_signed()) { 64 - 8 * n as u32 } else { 0 };
    let sync = Sync::of(s);
    Ok(Some(touch(move |e, mask| {
        for lane in each(mask) {
            let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
            let place = e.place(space, address, n * count, lane)?;
            e.note(place, n * count, lane, AccessKind::Read, sync.atomic)?;
            if sync.atomic {
                read_order(e, place, address, sync);
            }
            for (i, &d) in to.iter().enumerate() {
                let x = e.read(step(place, i * n), n);
                e.lanes.rows[d as usize][lane] = ((x << unused) as i64 >> unused) as u64;
            }
        }
        Ok(())
    })))
}

fn store(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let (from, (base, offset, space)) = (s.vector(b, 1)?, s.memory(0)?);
    let (n, count) = shape(s, &from)?;
    if space == Space::Const {
        return s.wrong("constant memory cannot be written");
    }
    let sync = Sync::of(s);
    Ok(Some(touch(move |e, mask| {
        for lane in each(mask) {
            let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
            let place = e.place(space, address, n * count, lane)?;
            if sync.atomic {
                write_order(e, place, address, sync);
            }
            for (i, &x) in from.iter().enumerate() {
                let bits = e.lanes.rows[x as usize][lane];
                e.write(step(place, i * n), n, lane, bits, sync.atomic)?;
            }
        }
        Ok(())
    })))
}

pub(super) fn step(place: Place, by: usize) -> Place {
    match place {
        Place::Global(r, at) => Place::Global(r, at + by),
        Place::Shared(at) => Place::Shared(at + by),
        Place::Local(at) => Place::Local(at + by),
        Place::Param(at) => Place::Param(at + by),
    }
}

/// The address of a flag that orders the threads of a cluster, and whether it is in shared memory.
/// `None` if the access is not such a flag.
fn flag(e: &Exec<'_>, place: Place, address: u64) -> Option<(u64, bool)> {
    match place {
        Place::Shared(at) => Some((at as u64, true)),
        Place::Global(..) if e.cluster.members.len() > 1 => Some((address, false)),
        _ => None,
    }
}

pub(super) fn read_order(e: &mut Exec<'_>, place: Place, address: u64, sync: Sync) {
    *e.polled = true;
    if let Some((at, shared)) = flag(e, place, address) {
        e.cluster.flag_read(at, (e.rank, e.who()), sync.near_acquire, shared);
    }
    if matches!(place, Place::Global(..)) {
        let (released, view) = e.released();
        released.read(address, view, sync.acquire);
    }
}

pub(super) fn write_order(e: &mut Exec<'_>, place: Place, address: u64, sync: Sync) {
    if let Some((at, shared)) = flag(e, place, address) {
        e.cluster.flag_write(at, (e.rank, e.who()), sync.near_release, shared);
    }
    if matches!(place, Place::Global(..)) {
        let (released, view) = e.released();
        released.write(address, view, sync.release);
    }
}
