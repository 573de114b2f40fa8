//! Matrix loads and stores for the tensor cores: `ldmatrix`, `stmatrix`, and `cp.async`. A copy by
//! `cp.async` lands only when the program waits for it.

use super::{Decoded, touch};
use crate::exec::{AccessKind, Action, Copy, Exec, Kind, Place, Touch, Violation, each};
use crate::parse::{Arg, Builder, Statement};
use crate::types::Space;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match (s.name(), s.parts.get(1).map(String::as_str)) {
        ("ldmatrix", _) => ldmatrix(b, s),
        ("stmatrix", _) => stmatrix(b, s),
        ("movmatrix", _) => {
            s.only("sync aligned m8n8 trans")?;
            let [d, x] = s.rows::<2>(b)?;
            let run: Touch = Box::new(move |e, _| {
                let from = unpacked(&e.lanes.rows[x as usize]);
                pack(&mut e.lanes.rows[d as usize], &from, true);
                Ok(())
            });
            Ok(Some(Action::Together { members: None, run }))
        }
        ("cp", Some("async")) => cp_async(b, s),
        _ => Ok(None),
    }
}

/// A matrix of 8 × 8 16-bit elements: lane `4 r + c` holds elements `2 c` and `2 c + 1` of row `r`.
type Matrix = [[u16; 8]; 8];

fn pack(to: &mut [u64; 32], from: &Matrix, trans: bool) {
    for (lane, x) in to.iter_mut().enumerate() {
        let (r, c) = (lane / 4, lane % 4 * 2);
        let (low, high) = if trans { (from[c][r], from[c + 1][r]) } else { (from[r][c], from[r][c + 1]) };
        *x = low as u64 | (high as u64) << 16;
    }
}

fn unpacked(from: &[u64; 32]) -> Matrix {
    std::array::from_fn(|r| std::array::from_fn(|c| (from[4 * r + c / 2] >> (16 * (c % 2))) as u16))
}

fn transposed(m: &Matrix) -> Matrix {
    std::array::from_fn(|r| std::array::from_fn(|c| m[c][r]))
}

/// Lane `8 n + r` holds the address of row `r` of matrix `n`.
fn ldmatrix(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync aligned m8n8 x1 x2 x4 trans shared shared::cta")?;
    let (to, (base, offset, space)) = (s.vector(b, 0)?, s.memory(1)?);
    if to.len() != many(s) {
        return s.wrong("the wrong number of registers");
    }
    let trans = s.has("trans");
    let run: Touch = Box::new(move |e, _| {
        for (n, &d) in to.iter().enumerate() {
            let mut rows: Matrix = [[0; 8]; 8];
            for (r, row) in rows.iter_mut().enumerate() {
                let lane = 8 * n + r;
                let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
                let place = own(e, space, address, lane)?;
                e.note(place, 16, lane, AccessKind::Read, false)?;
                for (h, x) in row.iter_mut().zip(e.bytes(place, 16).chunks_exact(2)) {
                    *h = u16::from_le_bytes([x[0], x[1]]);
                }
            }
            pack(&mut e.lanes.rows[d as usize], &rows, trans);
        }
        Ok(())
    });
    Ok(Some(Action::Together { members: None, run }))
}

fn stmatrix(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync aligned m8n8 x1 x2 x4 trans shared shared::cta")?;
    let ((base, offset, space), from) = (s.memory(0)?, s.vector(b, 1)?);
    if from.len() != many(s) {
        return s.wrong("the wrong number of registers");
    }
    let trans = s.has("trans");
    let run: Touch = Box::new(move |e, _| {
        for (n, &x) in from.iter().enumerate() {
            let m = unpacked(&e.lanes.rows[x as usize]);
            let m = if trans { transposed(&m) } else { m };
            for (r, row) in m.iter().enumerate() {
                let lane = 8 * n + r;
                let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
                let place = own(e, space, address, lane)?;
                e.note(place, 16, lane, AccessKind::Write(true), false)?;
                for (to, h) in e.bytes(place, 16).chunks_exact_mut(2).zip(row) {
                    to.copy_from_slice(&h.to_le_bytes());
                }
            }
        }
        Ok(())
    });
    Ok(Some(Action::Together { members: None, run }))
}

fn many(s: &Statement) -> usize {
    if s.has("x4") {
        4
    } else if s.has("x2") {
        2
    } else {
        1
    }
}

/// 16 bytes of the block's own shared memory.
fn own(e: &Exec<'_>, space: Space, address: u64, lane: usize) -> Result<Place, Violation> {
    match e.place(space, address, 16, lane)? {
        p @ Place::Shared(_) => Ok(p),
        _ => Err(Violation::new(Kind::OutOfBounds, lane, "a matrix must be in shared memory")),
    }
}

fn cp_async(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.parts.get(2).map(String::as_str) {
        Some("commit_group") => Ok(Some(touch(|e, mask| {
            each(mask).for_each(|lane| e.copies.groups[lane] += 1);
            Ok(())
        }))),
        Some("mbarrier") => {
            s.only("async mbarrier arrive noinc shared shared::cta")?;
            let ((base, offset, space), counts) = (s.memory(0)?, s.has("noinc"));
            // The copies land at the arrival, which happens at once here.
            Ok(Some(touch(move |e, mask| {
                land(e, mask, |_, _| true)?;
                for lane in each(mask) {
                    let at = e.mbarrier_at(
                        space,
                        e.lanes.rows[base as usize][lane].wrapping_add_signed(offset),
                        lane,
                        false,
                    )?;
                    e.mbarrier_copied(at, counts, lane)?;
                }
                Ok(())
            })))
        }
        Some("wait_all") => Ok(Some(touch(|e, mask| land(e, mask, |_, _| true)))),
        Some("wait_group") => {
            let keep = s.row(b, 0)?;
            Ok(Some(touch(move |e, mask| {
                let keep = e.lanes.rows[keep as usize];
                land(e, mask, move |c, groups| c.group as u64 + keep[c.lane] < groups[c.lane] as u64)
            })))
        }
        _ => {
            s.only("async ca cg shared shared::cta global L2::64B L2::128B L2::256B L2::cache_hint")?;
            let ((to, by, _), (from, off, _)) = (s.memory(0)?, s.memory(1)?);
            // The fourth operand is the number of bytes to read (the rest is zero) or a predicate
            // to read none. The cache hint follows it.
            let more = s.args.len() > 3 + s.has("L2::cache_hint") as usize;
            let (n, none) = (
                s.row(b, 2)?,
                if let (true, Some(Arg::Pred(p, not))) = (more, s.args.get(3)) { Some((*p, *not)) } else { None },
            );
            let read = if more && none.is_none() { Some(s.row(b, 3)?) } else { None };
            Ok(Some(touch(move |e, mask| {
                let skipped = none.map_or(0, |p| e.lanes.pred(p));
                for lane in each(mask) {
                    let v = |r: u32| e.lanes.rows[r as usize][lane];
                    let bytes = v(n) as usize;
                    let copy = Copy {
                        lane,
                        group: e.copies.groups[lane],
                        to: v(to).wrapping_add_signed(by),
                        from: v(from).wrapping_add_signed(off),
                        bytes,
                        read: if skipped >> lane & 1 == 1 {
                            0
                        } else {
                            read.map_or(bytes, |r| (v(r) as u32 as usize).min(bytes))
                        },
                    };
                    e.place(Space::Shared, copy.to, bytes, lane)?;
                    source(e, &copy)?;
                    e.copies.waiting.push(copy);
                }
                Ok(())
            })))
        }
    }
}

/// The source of a copy. The bytes that the copy reads must exist, and the address must be aligned
/// to the copy's full size.
fn source(e: &Exec<'_>, c: &Copy) -> Result<Option<Place>, Violation> {
    if c.read == 0 {
        return Ok(None);
    }
    if c.from & (c.bytes as u64 - 1) != 0 {
        return Err(Violation::new(
            Kind::Misaligned,
            c.lane,
            format!("address {:#x} is not a multiple of {}", c.from, c.bytes),
        ));
    }
    let (region, at) =
        e.device.memory.find(c.from, c.read).map_err(|w| Violation { lane: Some(c.lane), ..w.into() })?;
    Ok(Some(Place::Global(region, at)))
}

/// Carries out the copies that `now` selects, and keeps the others.
fn land(e: &mut Exec<'_>, mask: u32, now: impl Fn(&Copy, &[u32; 32]) -> bool) -> Result<(), Violation> {
    let waiting = std::mem::take(&mut e.copies.waiting);
    for c in waiting {
        if mask >> c.lane & 1 == 0 || !now(&c, &e.copies.groups) {
            e.copies.waiting.push(c);
            continue;
        }
        let mut data = vec![0; c.bytes];
        if let Some(from) = source(e, &c)? {
            e.note(from, c.read, c.lane, AccessKind::Read, false)?;
            data[..c.read].copy_from_slice(e.bytes(from, c.read));
        }
        let to = e.place(Space::Shared, c.to, c.bytes, c.lane)?;
        e.note(to, c.bytes, c.lane, AccessKind::Write(true), false)?;
        e.bytes(to, c.bytes).copy_from_slice(&data);
    }
    Ok(())
}
