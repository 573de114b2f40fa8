//! Atomic read-modify-write operations.

use super::ldst::{Sync, read_order, step, write_order};
use super::round::{Mode, of_half, to_half};
use super::{Decoded, touch};
use crate::exec::{Value, each};
use crate::parse::{Builder, Statement};
use crate::types::{Space, Type};

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let returns = s.name() == "atom";
    if !returns && s.name() != "red" {
        return Ok(None);
    }
    s.only(&format!(
        "global shared shared::cta shared::cluster {} add min max and or xor inc dec exch cas noftz v2 v4 v8 L2::cache_hint",
        Sync::WORDS
    ))?;
    let Some(ty) = s.ty() else { return s.not_done() };
    let at = returns as usize;
    let to = if returns { Some(s.row(b, 0)?) } else { None };
    let ((base, offset, space), list) = (s.memory(at)?, s.vector(b, at + 1)?);
    let Some(op) = s
        .modifiers()
        .find(|m| matches!(*m, "add" | "min" | "max" | "and" | "or" | "xor" | "inc" | "dec" | "exch" | "cas"))
    else {
        return s.not_done();
    };
    let third = if op == "cas" { Some(s.row(b, at + 2)?) } else { None };
    let Some(f) = operation(op, ty) else { return s.not_done() };
    let (n, sync) = (ty.bytes(), Sync::of(s));
    if list.len() > 1 {
        // A vector operation; each element is atomic by itself.
        if returns || !(ty.is_float() && space == Space::Global) {
            return s.not_done();
        }
        return Ok(Some(touch(move |e, mask| {
            for lane in each(mask) {
                let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
                let place = e.place(space, address, n * list.len(), lane)?;
                for (i, &x) in list.iter().enumerate() {
                    let (place, x) = (step(place, i * n), e.lanes.rows[x as usize][lane] & (u64::MAX >> (64 - 8 * n)));
                    let old = e.read(place, n);
                    e.write(place, n, lane, f(old, x, 0), true)?;
                }
            }
            *e.polled = true;
            Ok(())
        })));
    }
    let x = list[0];
    Ok(Some(touch(move |e, mask| {
        for lane in each(mask) {
            let address = e.lanes.rows[base as usize][lane].wrapping_add_signed(offset);
            let place = e.place(space, address, n, lane)?;
            let value = |r: u32| e.lanes.rows[r as usize][lane] & (u64::MAX >> (64 - 8 * n));
            let (x, third) = (value(x), third.map_or(0, value));
            let old = e.read(place, n);
            read_order(e, place, address, sync);
            write_order(e, place, address, sync);
            e.write(place, n, lane, f(old, x, third), true)?;
            if let Some(to) = to {
                e.lanes.rows[to as usize][lane] = old;
            }
        }
        // Only an operation that changes nothing, such as a failed attempt to take a lock, gives
        // another warp its turn.
        *e.polled = true;
        Ok(())
    })))
}

type Change = fn(u64, u64, u64) -> u64;

fn operation(op: &str, ty: Type) -> Option<Change> {
    macro_rules! by {
        ($t:ty, $f:expr) => {
            |old, x, _| {
                let f: fn($t, $t) -> $t = $f;
                f(<$t>::of(old), <$t>::of(x)).bits()
            }
        };
    }
    Some(match (op, ty) {
        ("exch", _) => |_, x, _| x,
        ("cas", _) => |old, compare, new| if old == compare { new } else { old },
        ("and", _) => |old, x, _| old & x,
        ("or", _) => |old, x, _| old | x,
        ("xor", _) => |old, x, _| old ^ x,
        ("inc", Type::U32) => |old, x, _| if old >= x { 0 } else { old + 1 },
        ("dec", Type::U32) => |old, x, _| if old == 0 || old > x { x } else { old - 1 },
        ("add", Type::U32 | Type::S32) => by!(u32, |a, b| a.wrapping_add(b)),
        ("add", Type::U64 | Type::S64) => by!(u64, |a, b| a.wrapping_add(b)),
        ("add", Type::F32) => by!(f32, |a, b| a + b),
        ("add", Type::F64) => by!(f64, |a, b| a + b),
        ("add", Type::F16) => |a, b, _| half(Type::F16, a, b),
        ("add", Type::Bf16) => |a, b, _| half(Type::Bf16, a, b),
        ("add", Type::F16x2) => |a, b, _| half(Type::F16, a, b) | half(Type::F16, a >> 16, b >> 16) << 16,
        ("add", Type::Bf16x2) => |a, b, _| half(Type::Bf16, a, b) | half(Type::Bf16, a >> 16, b >> 16) << 16,
        ("min", Type::U32) => by!(u32, |a, b| a.min(b)),
        ("max", Type::U32) => by!(u32, |a, b| a.max(b)),
        ("min", Type::S32) => by!(i32, |a, b| a.min(b)),
        ("max", Type::S32) => by!(i32, |a, b| a.max(b)),
        ("min", Type::U64) => by!(u64, |a, b| a.min(b)),
        ("max", Type::U64) => by!(u64, |a, b| a.max(b)),
        ("min", Type::S64) => by!(i64, |a, b| a.min(b)),
        ("max", Type::S64) => by!(i64, |a, b| a.max(b)),
        _ => return None,
    })
}

fn half(ty: Type, a: u64, b: u64) -> u64 {
    to_half(ty, of_half(ty, a as u16) + of_half(ty, b as u16), Mode::Nearest) as u64
}
