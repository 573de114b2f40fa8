//! `mbarrier.…`: arrivals, byte counts, and tests.

use super::{Decoded, touch};
use crate::exec::{Phase, each};
use crate::parse::{Arg, Builder, Statement};
use crate::types::Space;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    if s.name() != "mbarrier" {
        return Ok(None);
    }
    s.only("init inval expect_tx complete_tx arrive arrive_drop noComplete test_wait try_wait parity pending_count relaxed release acquire cta cluster shared shared::cta shared::cluster")?;
    let release = !s.has("relaxed");
    match s.parts[1].as_str() {
        "init" => {
            let ((base, offset, space), count) = (s.memory(0)?, s.row(b, 1)?);
            Ok(Some(touch(move |e, mask| {
                for lane in each(mask) {
                    let (address, count) = (
                        e.lanes.rows[base as usize][lane].wrapping_add_signed(offset),
                        e.lanes.rows[count as usize][lane],
                    );
                    let at = e.mbarrier_at(space, address, lane, false)?;
                    e.mbarrier_init(at, count as u32 as u64, lane)?;
                }
                Ok(())
            })))
        }
        "inval" => {
            let (base, offset, space) = s.memory(0)?;
            Ok(Some(touch(move |e, mask| {
                for lane in each(mask) {
                    let at = e.mbarrier_at(
                        space,
                        e.lanes.rows[base as usize][lane].wrapping_add_signed(offset),
                        lane,
                        false,
                    )?;
                    e.mbarrier_inval(at, lane)?;
                }
                Ok(())
            })))
        }
        "expect_tx" | "complete_tx" => {
            let ((base, offset, space), bytes, expect) = (s.memory(0)?, s.row(b, 1)?, s.has("expect_tx"));
            Ok(Some(touch(move |e, mask| {
                for lane in each(mask) {
                    let v = |r: u32| e.lanes.rows[r as usize][lane];
                    let (address, bytes) = (v(base).wrapping_add_signed(offset), v(bytes) as u32 as u64);
                    let at = e.mbarrier_at(space, address, lane, true)?;
                    if expect { e.mbarrier_expect(at, bytes, lane)? } else { e.mbarrier_complete(at, bytes, lane)? }
                }
                Ok(())
            })))
        }
        "arrive" | "arrive_drop" => arrive(b, s, release),
        "test_wait" | "try_wait" => {
            let (p, (base, offset, space), which, parity) =
                (s.pred_of(b, s.arg(0)?)?, s.memory(1)?, s.row(b, 2)?, s.has("parity"));
            Ok(Some(touch(move |e, mask| {
                let mut yes = 0;
                for lane in each(mask) {
                    let v = |r: u32| e.lanes.rows[r as usize][lane];
                    let (address, which) = (v(base).wrapping_add_signed(offset), v(which));
                    let at = e.mbarrier_at(space, address, lane, false)?;
                    let phase = if parity { Phase::Parity(which) } else { Phase::State(which) };
                    yes |= (e.mbarrier_test(at, phase, release, lane)? as u32) << lane;
                }
                e.lanes.set_pred(p, mask, yes);
                Ok(())
            })))
        }
        "pending_count" => {
            let [d, state] = s.rows::<2>(b)?;
            Ok(Some(super::lanes(move |l, m| l.map1([d, state], m, |x: u64| x & 0xf_ffff))))
        }
        _ => s.not_done(),
    }
}

fn arrive(b: &mut Builder<'_>, s: &Statement, release: bool) -> Decoded {
    let (expect, drop, far) = (s.has("expect_tx"), s.name_is("arrive_drop"), s.space() == Space::Cluster);
    // Only an arrival at the block's own object returns a state.
    let (to, first) = match s.arg(0)? {
        Arg::Memory { .. } => (None, 0),
        Arg::Sink => (None, 1),
        _ if far => return s.wrong("'_' expected as the state of an mbarrier that may be in another block"),
        _ => (Some(s.row(b, 0)?), 1),
    };
    let (base, offset, space) = s.memory(first)?;
    let n = if s.args.len() > first + 1 { Some(s.row(b, first + 1)?) } else { None };
    if expect && n.is_none() {
        return s.wrong("a number of bytes expected");
    }
    Ok(Some(touch(move |e, mask| {
        for lane in each(mask) {
            let v = |r: u32| e.lanes.rows[r as usize][lane];
            let (address, n) = (v(base).wrapping_add_signed(offset), n.map(|r| v(r) as u32 as u64));
            let at = e.mbarrier_at(space, address, lane, to.is_none())?;
            if let (true, Some(n)) = (expect, n) {
                e.mbarrier_expect(at, n, lane)?;
            }
            let count = if expect { 1 } else { n.unwrap_or(1) };
            let state = e.mbarrier_arrive(at, count, release, drop, lane)?;
            if let Some(to) = to {
                e.lanes.rows[to as usize][lane] = state;
            }
        }
        Ok(())
    })))
}
