//! Asynchronous copies: `cp.async.bulk`, with and without a tensor map, and `st.async`.

use super::{Decoded, lanes, touch};
use crate::exec::tensormap::{self, TensorMap};
use crate::exec::{Action, Asked, Exec, From, Kind, Move, Place, To, Violation, each};
use crate::parse::{Arg, Builder, Result, Statement};
use crate::types::{Space, Type};

const WORDS: &str = "async bulk tensor 1d 2d 3d 4d 5d tile shared::cluster shared::cta global mbarrier::complete_tx::bytes multicast::cluster L2::cache_hint bulk_group";

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let action = match (s.name(), s.has("async"), s.has("bulk")) {
        ("cp", true, true) => match s.parts[3].as_str() {
            "commit_group" => touch(|e, mask| {
                each(mask).for_each(|lane| e.copies.bulk[lane] += 1);
                Ok(())
            }),
            "wait_group" => wait(b, s)?,
            "prefetch" => lanes(|_, _| {}),
            "tensor" => tensor(b, s)?,
            _ => plain(b, s)?,
        },
        ("st", true, _) => store(b, s)?,
        _ => return Ok(None),
    };
    b.code.engines = true;
    Ok(Some(action))
}

fn asked(e: &Exec<'_>, lane: usize) -> Asked {
    Asked { rank: e.rank, warp: e.warp, lane, pc: e.pc }
}

fn misuse<T>(lane: usize, what: impl Into<String>) -> std::result::Result<T, Violation> {
    Err(Violation::new(Kind::Misuse, lane, what))
}

fn wait(b: &mut Builder<'_>, s: &Statement) -> Result<Action> {
    s.only("async bulk wait_group read")?;
    let (keep, read) = (s.row(b, 0)?, s.has("read"));
    Ok(touch(move |e, mask| {
        for lane in each(mask) {
            let first = e.copies.bulk[lane].saturating_sub(e.lanes.rows[keep as usize][lane] as u32);
            let asked = asked(e, lane);
            e.cluster.wait_jobs(asked, first, read, e.device)?;
        }
        Ok(())
    }))
}

/// The row and offset of an address operand.
fn address(s: &Statement, n: usize) -> Result<(u32, i64)> {
    s.memory(n).map(|m| (m.0, m.1))
}

fn at(e: &Exec<'_>, (base, offset): (u32, i64), lane: usize) -> u64 {
    e.lanes.rows[base as usize][lane].wrapping_add_signed(offset)
}

/// The offset in shared memory of `n` bytes at `address`, which must be a multiple of `align`.
fn shared(
    e: &Exec<'_>,
    space: Space,
    address: u64,
    n: usize,
    align: u64,
    lane: usize,
) -> std::result::Result<usize, Violation> {
    if address & (align - 1) != 0 {
        return Err(Violation::new(
            Kind::Misaligned,
            lane,
            format!("address {address:#x} of shared memory is not a multiple of {align}"),
        ));
    }
    let Place::Shared(first) = e.place(space, address, 1, lane)? else { return misuse(lane, "shared memory expected") };
    match first % e.cluster.each + n <= e.cluster.each {
        true => Ok(first),
        false => Err(Violation::new(
            Kind::OutOfBounds,
            lane,
            format!("{n} bytes at byte {} of {} bytes of shared memory", first % e.cluster.each, e.cluster.each),
        )),
    }
}

/// mbarriers, and the bytes to subtract from each one's count.
type Signals = Vec<(usize, i64)>;

/// The destination blocks of a copy, as offsets to add to its addresses, and the mbarriers that it
/// signals.
fn targets(
    e: &mut Exec<'_>,
    to: usize,
    mbarrier: usize,
    mask: Option<u16>,
    bytes: usize,
    lane: usize,
) -> std::result::Result<(Vec<usize>, Signals), Violation> {
    let each = e.cluster.each;
    let ranks: Vec<usize> = match mask {
        None if to / each != mbarrier / each => {
            return misuse(lane, "the mbarrier of a copy must be in the destination block of the copy");
        }
        None => vec![to / each],
        Some(m) if m == 0 || m as u32 >> e.cluster.members.len() != 0 => {
            return misuse(
                lane,
                format!("a copy to the blocks {m:#x} of a cluster that has {} blocks", e.cluster.members.len()),
            );
        }
        Some(m) => (0..16).filter(|r| m >> r & 1 == 1).collect(),
    };
    let signals = ranks.iter().map(|r| (r * each + mbarrier % each, bytes as i64)).collect();
    Ok((ranks.iter().map(|r| r * each).collect(), signals))
}

fn multicast(b: &mut Builder<'_>, s: &Statement, n: usize) -> Result<Option<u32>> {
    if s.has("multicast::cluster") { s.row(b, n).map(Some) } else { Ok(None) }
}

/// The state spaces in an opcode, in their order: the destination is first.
fn spaces(s: &Statement) -> Vec<Space> {
    s.modifiers().filter_map(Space::named).collect()
}

fn plain(b: &mut Builder<'_>, s: &Statement) -> Result<Action> {
    s.only(WORDS)?;
    let (to, from, n) = (address(s, 0)?, address(s, 1)?, s.row(b, 2)?);
    let size = move |e: &Exec<'_>, lane: usize| match e.lanes.rows[n as usize][lane] as u32 as usize {
        n if n == 0 || n % 16 != 0 => misuse(lane, format!("a bulk copy of {n} bytes, which is not a multiple of 16")),
        n => Ok(n),
    };
    let global = |address: u64, lane: usize| match address % 16 {
        0 => Ok(address),
        _ => Err(Violation::new(Kind::Misaligned, lane, format!("address {address:#x} is not a multiple of 16"))),
    };
    match spaces(s)[..] {
        [Space::Global, Space::Shared] => Ok(touch(move |e, mask| {
            for lane in each(mask) {
                let (bytes, to, asked) = (size(e, lane)?, global(at(e, to, lane), lane)?, asked(e, lane));
                let from = shared(e, Space::Shared, at(e, from, lane), bytes, 16, lane)?;
                let group = Some(e.copies.bulk[lane]);
                e.cluster.begin(
                    asked,
                    vec![Move { from: From::Shared(from), to: To::Global(to), bytes }],
                    Vec::new(),
                    group,
                );
            }
            Ok(())
        })),
        [space @ (Space::Cluster | Space::Shared), source @ (Space::Global | Space::Shared)] => {
            let (mbarrier, blocks) = (address(s, 3)?, multicast(b, s, 4)?);
            Ok(touch(move |e, mask| {
                for lane in each(mask) {
                    let (bytes, asked) = (size(e, lane)?, asked(e, lane));
                    let to = shared(e, space, at(e, to, lane), bytes, 16, lane)?;
                    let mbarrier = shared(e, space, at(e, mbarrier, lane), 8, 8, lane)?;
                    let from = match source {
                        Space::Global => From::Global(global(at(e, from, lane), lane)?),
                        _ => From::Shared(shared(e, Space::Shared, at(e, from, lane), bytes, 16, lane)?),
                    };
                    let blocks = blocks.map(|r| e.lanes.rows[r as usize][lane] as u16);
                    let (bases, signals) = targets(e, to, mbarrier, blocks, bytes, lane)?;
                    let within = to % e.cluster.each;
                    let moves = bases.iter().map(|base| Move { from, to: To::Shared(base + within), bytes }).collect();
                    e.cluster.begin(asked, moves, signals, None);
                }
                Ok(())
            }))
        }
        _ => s.not_done(),
    }
}

fn tensor(b: &mut Builder<'_>, s: &Statement) -> Result<Action> {
    s.only(WORDS)?;
    let dims = s.parts[4].trim_end_matches('d').parse::<usize>().unwrap_or(0);
    let load = !s.has("bulk_group");
    let Arg::Tensor { base, offset, at: corner } = s.arg(load as usize)?.clone() else {
        return s.wrong("a tensor map with coordinates expected");
    };
    let corner = corner.iter().map(|a| s.row_of(b, a)).collect::<Result<Vec<u32>>>()?;
    if corner.len() != dims {
        return s.wrong("one coordinate for each dimension expected");
    }
    let map = (base, offset);
    let place = address(s, if load { 0 } else { 1 })?;
    let (mbarrier, blocks) = if load { (Some(address(s, 2)?), multicast(b, s, 3)?) } else { (None, None) };
    let space = if load { spaces(s).first().copied().unwrap_or(Space::Cluster) } else { Space::Shared };
    Ok(touch(move |e, mask| {
        for lane in each(mask) {
            let (map, asked) = (tensor_map(e, at(e, map, lane), lane)?, asked(e, lane));
            if map.dims.len() != dims {
                return misuse(
                    lane,
                    format!("a copy in {dims} dimensions with a tensor map that has {}", map.dims.len()),
                );
            }
            let corner: Vec<i32> = corner.iter().map(|&r| e.lanes.rows[r as usize][lane] as i32).collect();
            let there = shared(e, space, at(e, place, lane), map.bytes(), 128, lane)?;
            let within = (there % e.cluster.each) as u64;
            let Some(mbarrier) = mbarrier else {
                let moves = map.moves(&corner, there - within as usize, within, false);
                let group = Some(e.copies.bulk[lane]);
                e.cluster.begin(asked, moves, Vec::new(), group);
                continue;
            };
            let mbarrier = shared(e, space, at(e, mbarrier, lane), 8, 8, lane)?;
            let blocks = blocks.map(|r| e.lanes.rows[r as usize][lane] as u16);
            let (bases, signals) = targets(e, there, mbarrier, blocks, map.bytes(), lane)?;
            let moves = bases.iter().flat_map(|&base| map.moves(&corner, base, within, true)).collect();
            e.cluster.begin(asked, moves, signals, None);
        }
        Ok(())
    }))
}

fn tensor_map(e: &mut Exec<'_>, address: u64, lane: usize) -> std::result::Result<TensorMap, Violation> {
    let place = e.place(Space::Generic, address, 64, lane)?;
    e.place(Space::Generic, address + 64, 64, lane)?;
    match TensorMap::decode(e.bytes(place, tensormap::BYTES)) {
        Some(map) => Ok(map),
        None => misuse(lane, "these 128 bytes are not a tensor map"),
    }
}

/// `st.async`: stores to another block's shared memory.
fn store(b: &mut Builder<'_>, s: &Statement) -> Result<Action> {
    s.only("async weak mbarrier::complete_tx::bytes shared::cluster v2 v4")?;
    let (to, from, mbarrier) = (address(s, 0)?, s.vector(b, 1)?, address(s, 2)?);
    let n = s.ty().map_or(4, Type::bytes);
    Ok(touch(move |e, mask| {
        for lane in each(mask) {
            let (bytes, asked) = (n * from.len(), asked(e, lane));
            let to = shared(e, Space::Cluster, at(e, to, lane), bytes, bytes as u64, lane)?;
            let mbarrier = shared(e, Space::Cluster, at(e, mbarrier, lane), 8, 8, lane)?;
            let (_, signals) = targets(e, to, mbarrier, None, bytes, lane)?;
            let value = |(i, &r): (usize, &u32)| Move {
                from: From::Value(e.lanes.rows[r as usize][lane]),
                to: To::Shared(to + i * n),
                bytes: n,
            };
            let moves = from.iter().enumerate().map(value).collect();
            e.cluster.begin(asked, moves, signals, None);
        }
        Ok(())
    }))
}
