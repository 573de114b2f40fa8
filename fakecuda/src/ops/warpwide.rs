//! Instructions that the lanes of a warp carry out together: shuffles, votes, matches and
//! reductions.

use super::{Decoded, lanes};
use crate::exec::{Action, Exec, Mask, Touch, Violation, each};
use crate::parse::{Arg, Builder, Statement};
use crate::types::Type;

/// The value that an operation reads from a lane that does not take part.
const NOTHING: u64 = 0xa5a5_a5a5;

fn together(
    members: u32,
    run: impl Fn(&mut Exec<'_>, Mask) -> Result<(), Violation> + Send + Sync + 'static,
) -> Decoded {
    let run: Touch = Box::new(run);
    Ok(Some(Action::Together { members: Some(members), run }))
}

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.name() {
        "shfl" => shuffle(b, s),
        "vote" => vote(b, s),
        "match" => matching(b, s),
        "redux" => reduce(b, s),
        "activemask" => {
            s.only("")?;
            let d = s.row(b, 0)?;
            Ok(Some(lanes(move |l, m| each(m).for_each(|lane| l.rows[d as usize][lane] = m as u64))))
        }
        "elect" => {
            s.only("sync")?;
            let Arg::Pair(d, p) = s.arg(0)? else { return s.not_done() };
            let (d, p) = (s.row_of(b, d)?, s.pred_of(b, p)?);
            let members = s.row(b, 1)?;
            together(members, move |e, mask| {
                let first = mask.trailing_zeros();
                each(mask).for_each(|lane| e.lanes.rows[d as usize][lane] = first as u64);
                e.lanes.set_pred(p, mask, 1 << first);
                Ok(())
            })
        }
        _ => Ok(None),
    }
}

/// Computes the lane to read from the lane, the step and the bounds of its segment.
type Source = fn(i64, i64, i64, i64) -> i64;

fn shuffle(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync up down bfly idx")?;
    if !s.has("sync") {
        return s.not_done();
    }
    let (d, p) = match s.arg(0)?.clone() {
        Arg::Pair(d, p) => (s.row_of(b, &d)?, Some(s.pred_of(b, &p)?)),
        d => (s.row_of(b, &d)?, None),
    };
    let (x, by, clamp, members) = (s.row(b, 1)?, s.row(b, 2)?, s.row(b, 3)?, s.row(b, 4)?);
    let (from, up): (Source, bool) = match s.modifiers().find(|m| *m != "sync") {
        Some("up") => (|lane, by, _, _| lane - by, true),
        Some("down") => (|lane, by, _, _| lane + by, false),
        Some("bfly") => (|lane, by, _, _| lane ^ by, false),
        _ => (|_, by, first, segment| first | by & !segment, false),
    };
    together(members, move |e, mask| {
        let (x, mut inside) = (e.lanes.rows[x as usize], 0);
        for lane in each(mask) {
            let value = |row: u32| e.lanes.rows[row as usize][lane] as i64;
            let (by, c) = (value(by) & 31, value(clamp));
            let (segment, bound, me) = (c >> 8 & 31, c & 31, lane as i64);
            let (first, last) = (me & segment, me & segment | bound & !segment);
            let at = from(me, by, first, segment);
            let within = if up { at >= last } else { at <= last };
            let at = if within { at as usize } else { lane };
            inside |= (within as Mask) << lane;
            e.lanes.rows[d as usize][lane] = if mask >> at & 1 == 1 { x[at] & 0xffff_ffff } else { NOTHING };
        }
        if let Some(p) = p {
            e.lanes.set_pred(p, mask, inside);
        }
        Ok(())
    })
}

fn vote(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync ballot any all uni")?;
    if !s.has("sync") {
        return s.not_done();
    }
    let (x, members) = (s.pred(1)?, s.row(b, 2)?);
    if s.has("ballot") {
        let d = s.row(b, 0)?;
        return together(members, move |e, mask| {
            let votes = (e.lanes.pred(x) & mask) as u64;
            each(mask).for_each(|lane| e.lanes.rows[d as usize][lane] = votes);
            Ok(())
        });
    }
    let d = s.pred_of(b, s.arg(0)?)?;
    let (any, all) = (s.has("any"), s.has("all"));
    together(members, move |e, mask| {
        let votes = e.lanes.pred(x) & mask;
        let yes = if any {
            votes != 0
        } else if all {
            votes == mask
        } else {
            votes == 0 || votes == mask
        };
        e.lanes.set_pred(d, mask, if yes { Mask::MAX } else { 0 });
        Ok(())
    })
}

fn matching(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync any all")?;
    let all = s.has("all");
    let (d, p) = match s.arg(0)?.clone() {
        Arg::Pair(d, p) => (s.row_of(b, &d)?, Some(s.pred_of(b, &p)?)),
        d => (s.row_of(b, &d)?, None),
    };
    let (x, members) = (s.row(b, 1)?, s.row(b, 2)?);
    let keep = if s.ty() == Some(Type::U64) { u64::MAX } else { u32::MAX as u64 };
    together(members, move |e, mask| {
        let x = e.lanes.rows[x as usize].map(|v| v & keep);
        let same = |lane: usize| each(mask).filter(|&o| x[o] == x[lane]).fold(0, |m: Mask, o| m | 1 << o);
        let whole = each(mask).next().is_some_and(|first| same(first) == mask);
        for lane in each(mask) {
            e.lanes.rows[d as usize][lane] = if !all {
                same(lane) as u64
            } else if whole {
                mask as u64
            } else {
                0
            };
        }
        if let Some(p) = p {
            e.lanes.set_pred(p, mask, if whole { Mask::MAX } else { 0 });
        }
        Ok(())
    })
}

fn reduce(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("sync add min max and or xor")?;
    let [d, x, members] = s.rows::<3>(b)?;
    let f: fn(u32, u32) -> u32 = match (s.modifiers().nth(1), s.ty()) {
        (Some("add"), Some(Type::U32 | Type::S32)) => u32::wrapping_add,
        (Some("min"), Some(Type::U32)) => u32::min,
        (Some("max"), Some(Type::U32)) => u32::max,
        (Some("min"), Some(Type::S32)) => |a, b| (a as i32).min(b as i32) as u32,
        (Some("max"), Some(Type::S32)) => |a, b| (a as i32).max(b as i32) as u32,
        (Some("and"), Some(Type::U32)) => |a, b| a & b,
        (Some("or"), Some(Type::U32)) => |a, b| a | b,
        (Some("xor"), Some(Type::U32)) => |a, b| a ^ b,
        _ => return s.not_done(),
    };
    together(members, move |e, mask| {
        let row = &mut e.lanes.rows;
        let all = each(mask).map(|lane| row[x as usize][lane] as u32).reduce(f).unwrap_or(0);
        each(mask).for_each(|lane| row[d as usize][lane] = all as u64);
        Ok(())
    })
}
