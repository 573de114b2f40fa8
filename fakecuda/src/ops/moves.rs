//! Moves between registers, and conversions between address spaces.

use super::{Decoded, lanes, touch};
use crate::exec::{Kind, LOCAL, PARAM, RANK_SHIFT, SHARED, Violation, each};
use crate::parse::{Arg, Builder, Statement};
use crate::types::{Space, Type};

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.name() {
        "mov" => mov(b, s),
        "cvta" => cvta(b, s),
        "mapa" => mapa(b, s),
        "getctarank" => getctarank(b, s),
        "selp" => {
            s.only("")?;
            let ([d, x, y], p) = ([s.row(b, 0)?, s.row(b, 1)?, s.row(b, 2)?], s.pred(3)?);
            Ok(Some(lanes(move |l, m| {
                let p = l.pred(p);
                let (x, y) = (l.rows[x as usize], l.rows[y as usize]);
                let d = &mut l.rows[d as usize];
                for i in 0..32 {
                    if m >> i & 1 == 1 {
                        d[i] = if p >> i & 1 == 1 { x[i] } else { y[i] };
                    }
                }
            })))
        }
        "isspacep" => {
            s.only("global shared shared::cta shared::cluster local const param")?;
            let (p, x, space) = (s.pred_of(b, s.arg(0)?)?, s.row(b, 1)?, s.space());
            Ok(Some(touch(move |e, m| {
                let is = |a: u64| match space {
                    Space::Shared => a >= SHARED && e.cluster.locate(e.rank, a - SHARED).is_ok_and(|at| at.0 == e.rank),
                    Space::Cluster => a >= SHARED,
                    Space::Local => (LOCAL..SHARED).contains(&a),
                    Space::Param => (PARAM..LOCAL).contains(&a),
                    _ => a < PARAM,
                };
                let found = e.lanes.test2([x, x], m, |a: u64, _| is(a));
                e.lanes.set_pred(p, m, found);
                Ok(())
            })))
        }
        _ => Ok(None),
    }
}

fn mov(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("")?;
    if s.ty() == Some(Type::Pred) {
        let d = s.pred_of(b, s.arg(0)?)?;
        if let Arg::Row(x) = *s.arg(1)? {
            return Ok(Some(lanes(move |l, m| {
                let set = l.test2([x, x], m, |x: u64, _| x != 0);
                l.set_pred(d, m, set);
            })));
        }
        let x = s.pred(1)?;
        return Ok(Some(lanes(move |l, m| l.set_pred(d, m, l.pred(x)))));
    }
    let bits = s.ty().map_or(32, |t| t.bytes() as u32 * 8);
    match (s.arg(0)?.clone(), s.arg(1)?.clone()) {
        // Splits a register into parts, or packs parts into a register.
        (Arg::Vector(_), _) => {
            let (to, x) = (s.vector(b, 0)?, s.row(b, 1)?);
            let part = bits / to.len() as u32;
            Ok(Some(lanes(move |l, m| {
                for lane in each(m) {
                    let x = l.rows[x as usize][lane];
                    for (n, &d) in to.iter().enumerate() {
                        l.rows[d as usize][lane] = x >> (n as u32 * part) & (u64::MAX >> (64 - part));
                    }
                }
            })))
        }
        (_, Arg::Vector(_)) => {
            let (d, from) = (s.row(b, 0)?, s.vector(b, 1)?);
            let part = bits / from.len() as u32;
            Ok(Some(lanes(move |l, m| {
                for lane in each(m) {
                    let piece = |(n, &r): (usize, &u32)| {
                        (l.rows[r as usize][lane] & (u64::MAX >> (64 - part))) << (n as u32 * part)
                    };
                    l.rows[d as usize][lane] = from.iter().enumerate().map(piece).fold(0, |a, b| a | b);
                }
            })))
        }
        _ => {
            let [d, x] = s.rows::<2>(b)?;
            let all = u64::MAX >> (64 - bits);
            Ok(Some(lanes(move |l, m| l.map1([d, x], m, |v: u64| v & all))))
        }
    }
}

/// Shared, local and parameter memory are windows in the generic address space. Addresses of the
/// other spaces do not change.
fn cvta(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("to global shared local const param shared::cta shared::cluster")?;
    let r = s.rows::<2>(b)?;
    let window = match s.space() {
        Space::Shared | Space::Cluster => SHARED,
        Space::Local => LOCAL,
        Space::Param => PARAM,
        _ => 0,
    };
    let to = s.has("to");
    Ok(Some(lanes(move |l, m| l.map1(r, m, |a: u64| if to { a.wrapping_sub(window) } else { a.wrapping_add(window) }))))
}

/// Maps an address of this block's shared memory to the same address in another block of the
/// cluster.
fn mapa(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("shared::cluster")?;
    let [d, x, block] = s.rows::<3>(b)?;
    let window = if s.space() == Space::Cluster { 0 } else { SHARED };
    Ok(Some(touch(move |e, m| {
        for lane in each(m) {
            let (address, block) =
                (e.lanes.rows[x as usize][lane].wrapping_sub(window), e.lanes.rows[block as usize][lane] as u32);
            let address = if window == 0 { address & 0xffff_ffff } else { address };
            let (_, at) = e.cluster.locate(e.rank, address).map_err(|w| Violation::new(Kind::OutOfBounds, lane, w))?;
            if block as usize >= e.cluster.members.len() {
                let what =
                    format!("there is no block {block} in a cluster that has {} blocks", e.cluster.members.len());
                return Err(Violation::new(Kind::OutOfBounds, lane, what));
            }
            e.lanes.rows[d as usize][lane] = window + ((block as u64 + 1) << RANK_SHIFT | at);
        }
        Ok(())
    })))
}

fn getctarank(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("shared::cluster")?;
    let [d, x] = s.rows::<2>(b)?;
    let window = if s.space() == Space::Cluster { 0 } else { SHARED };
    Ok(Some(touch(move |e, m| {
        for lane in each(m) {
            let address = e.lanes.rows[x as usize][lane].wrapping_sub(window);
            let address = if window == 0 { address & 0xffff_ffff } else { address };
            let (rank, _) =
                e.cluster.locate(e.rank, address).map_err(|w| Violation::new(Kind::OutOfBounds, lane, w))?;
            e.lanes.rows[d as usize][lane] = rank as u64;
        }
        Ok(())
    })))
}
