//! Bringing matrices to the tensor operations: `ldmatrix`, and `cp.async`, whose copies land only when waited for.

use super::{Decoded, touch};
use crate::exec::{Action, Copy, Exec, How, Touch, What, each};
use crate::parse::{Arg, Builder, Statement};
use crate::types::Space;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match (s.name(), s.parts.get(1).map(String::as_str)) {
        ("ldmatrix", _) => ldmatrix(b, s),
        ("cp", Some("async")) => cp_async(b, s),
        _ => Ok(None),
    }
}

/// Matrices of 8 × 8 halves: lane 8 n + r has the address of row r of matrix n, lane 4 r + c gets its words c.
fn ldmatrix(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync aligned m8n8 x1 x2 x4 trans shared shared::cta")?;
    let (to, (base, offset, _)) = (s.vector(b, 0)?, s.memory(1)?);
    let trans = s.has("trans");
    let run: Touch = Box::new(move |e, _| {
        for (n, &d) in to.iter().enumerate() {
            let mut rows = [[0u16; 8]; 8];
            for (r, row) in rows.iter_mut().enumerate() {
                let lane = 8 * n + r;
                let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
                let place = e.place(Space::Shared, address, 16, lane)?;
                e.note(place, 16, lane, How::Read, false)?;
                for (h, x) in row.iter_mut().zip(e.bytes(place, 16).chunks_exact(2)) {
                    *h = u16::from_le_bytes([x[0], x[1]]);
                }
            }
            for lane in 0..32 {
                let (r, c) = (lane / 4, lane % 4 * 2);
                let (low, high) = if trans { (rows[c][r], rows[c + 1][r]) } else { (rows[r][c], rows[r][c + 1]) };
                e.lanes.rows[d as usize][lane] = low as u64 | (high as u64) << 16;
            }
        }
        Ok(())
    });
    Ok(Some(Action::Together { members: None, run }))
}

fn cp_async(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.parts.get(2).map(String::as_str) {
        Some("commit_group") => Ok(Some(touch(|e, mask| {
            each(mask).for_each(|lane| e.copies.groups[lane] += 1);
            Ok(())
        }))),
        Some("wait_all") => Ok(Some(touch(|e, mask| land(e, mask, |_, _| true)))),
        Some("wait_group") => {
            let keep = s.row(b, 0)?;
            Ok(Some(touch(move |e, mask| {
                let keep = e.lanes.rows[keep as usize];
                land(e, mask, move |c, groups| c.group as u64 + keep[c.lane] < groups[c.lane] as u64)
            })))
        }
        _ => {
            s.only("async ca cg shared shared::cta global L2::64B L2::128B L2::256B")?;
            let ((to, by, _), (from, off, _)) = (s.memory(0)?, s.memory(1)?);
            let (n, read) = (s.row(b, 2)?, if s.args.len() > 3 { Some(s.row(b, 3)?) } else { None });
            if matches!(s.args.get(3), Some(Arg::Pred(..))) {
                return s.not_done();
            }
            Ok(Some(touch(move |e, mask| {
                for lane in each(mask) {
                    let v = |r: u32| e.lanes.rows[r as usize][lane];
                    let bytes = v(n) as usize;
                    let copy = Copy {
                        lane,
                        group: e.copies.groups[lane],
                        to: v(to).wrapping_add_signed(by),
                        from: v(from).wrapping_add_signed(off),
                        bytes,
                        read: read.map_or(bytes, |r| (v(r) as usize).min(bytes)),
                    };
                    e.place(Space::Shared, copy.to, bytes, lane)?;
                    if copy.read > 0 {
                        e.place(Space::Global, copy.from, bytes, lane)?;
                    }
                    e.copies.waiting.push(copy);
                }
                Ok(())
            })))
        }
    }
}

/// Does the copies that `now` chooses, and keeps the others.
fn land(e: &mut Exec<'_>, mask: u32, now: impl Fn(&Copy, &[u32; 32]) -> bool) -> Result<(), What> {
    let waiting = std::mem::take(&mut e.copies.waiting);
    for c in waiting {
        if mask >> c.lane & 1 == 0 || !now(&c, &e.copies.groups) {
            e.copies.waiting.push(c);
            continue;
        }
        let mut data = vec![0; c.bytes];
        if c.read > 0 {
            let from = e.place(Space::Global, c.from, c.bytes, c.lane)?;
            e.note(from, c.read, c.lane, How::Read, false)?;
            data[..c.read].copy_from_slice(e.bytes(from, c.read));
        }
        let to = e.place(Space::Shared, c.to, c.bytes, c.lane)?;
        e.note(to, c.bytes, c.lane, How::Write(true), false)?;
        e.bytes(to, c.bytes).copy_from_slice(&data);
    }
    Ok(())
}
