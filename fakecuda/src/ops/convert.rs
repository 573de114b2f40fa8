//! Conversions between types.

use super::float::{flush, mode};
use super::integer::with_integer;
use super::round::{self, Mode, of_half, to_half};
use super::{Decoded, lanes};
use crate::exec::{Value, each};
use crate::parse::{Builder, Statement};
use crate::types::Type;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    if s.name() != "cvt" {
        return Ok(None);
    }
    s.only("rn rz rm rp rna rni rzi rmi rpi ftz sat satfinite relu")?;
    let relu = s.has("relu");
    if s.has("satfinite") || relu && s.types().nth(1) != Some(Type::F32) {
        return s.not_done();
    }
    let mut types = s.types();
    let (Some(to), Some(from)) = (types.next(), types.next()) else { return s.not_done() };
    if matches!(to, Type::F16x2 | Type::Bf16x2) {
        return pack(b, s, to);
    }
    let r = s.rows::<2>(b)?;
    if !to.is_float() && !from.is_float() {
        return integers(s, r, to, from);
    }
    let (into, whole, flushes, sat) = (mode(s), whole_mode(s), s.has("ftz"), s.has("sat"));
    let read: fn(u64) -> f64 = match from {
        Type::F16 => |x| of_half(Type::F16, x as u16),
        Type::Bf16 => |x| of_half(Type::Bf16, x as u16),
        Type::F32 if flushes => |x| flush(f32::of(x)) as f64,
        // NaN stays NaN: the comparison with 0 is false.
        Type::F32 if relu => |x| if f32::of(x) < 0.0 { 0.0 } else { f32::of(x) as f64 },
        Type::F32 => |x| f32::of(x) as f64,
        Type::F64 => f64::of,
        _ => return from_integer(s, r, to, from),
    };
    if !to.is_float() {
        let most = if to.is_signed() { (1u64 << (to.bytes() * 8 - 1)) - 1 } else { u64::MAX >> (64 - to.bytes() * 8) };
        let (signed, all) = (to.is_signed(), u64::MAX >> (64 - to.bytes() * 8));
        let whole = whole.unwrap_or(Mode::Zero);
        return Ok(Some(lanes(move |l, m| {
            l.map1(r, m, |x: u64| {
                let x = round::whole(read(x), whole);
                // A value out of range gives the nearest value in range, and NaN gives 0. Rust's
                // `as` does the same.
                if signed {
                    (x as i64).clamp(-(most as i64) - 1, most as i64) as u64 & all
                } else {
                    (x as u64).min(most)
                }
            })
        })));
    }
    let clamp = move |x: f64| {
        if !sat {
            x
        } else if x > 0.0 {
            x.min(1.0)
        } else {
            0.0
        }
    };
    let value = move |x: u64| {
        let x = read(x);
        clamp(whole.map_or(x, |mode| round::whole(x, mode)))
    };
    Ok(Some(match to {
        Type::F64 => lanes(move |l, m| l.map1(r, m, |x: u64| value(x))),
        Type::F32 => lanes(move |l, m| {
            l.map1(r, m, |x: u64| {
                let x = round::to_f32(value(x), into);
                if flushes { flush(x) } else { x }
            })
        }),
        Type::Tf32 => lanes(move |l, m| l.map1(r, m, |x: u64| round::to_tf32(value(x), into))),
        _ => lanes(move |l, m| l.map1(r, m, |x: u64| to_half(to, value(x), into))),
    }))
}

fn whole_mode(s: &Statement) -> Option<Mode> {
    s.modifiers().find_map(|m| match m {
        "rni" => Some(Mode::Nearest),
        "rzi" => Some(Mode::Zero),
        "rmi" => Some(Mode::Down),
        "rpi" => Some(Mode::Up),
        _ => None,
    })
}

/// `cvt.f16x2.f32 d, a, b` puts `a` in the upper half.
fn pack(b: &mut Builder<'_>, s: &Statement, to: Type) -> Decoded {
    if s.types().nth(1) != Some(Type::F32) {
        return s.not_done();
    }
    let (r, mode, relu) = (s.rows::<3>(b)?, mode(s), s.has("relu"));
    let cut = move |x: f32| if relu && x < 0.0 { 0.0 } else { x as f64 };
    let to = if to == Type::F16x2 { Type::F16 } else { Type::Bf16 };
    Ok(Some(lanes(move |l, m| {
        l.map2(r, m, |a: f32, b: f32| (to_half(to, cut(a), mode) as u32) << 16 | to_half(to, cut(b), mode) as u32)
    })))
}

#[allow(clippy::unnecessary_cast)]
fn integers(s: &Statement, r: [u32; 2], to: Type, from: Type) -> Decoded {
    let sat = s.has("sat");
    Ok(Some(with_integer!(
        Some(from),
        F,
        s,
        with_integer!(Some(to), T, s, {
            if sat {
                lanes(move |l, m| l.map1(r, m, |x: F| (x as i128).clamp(T::MIN as i128, T::MAX as i128) as T))
            } else {
                // A narrow result is sign-extended to the wider register.
                lanes(move |l, m| l.map1(r, m, |x: F| x as T as i64))
            }
        })
    )))
}

fn from_integer(s: &Statement, r: [u32; 2], to: Type, from: Type) -> Decoded {
    let (mode, signed) = (mode(s), from.is_signed());
    let read = move |x: u64| -> i128 {
        let unused = 64 - from.bytes() as u32 * 8;
        if signed { ((x << unused) as i64 >> unused) as i128 } else { (x << unused >> unused) as i128 }
    };
    // Two words of 32 bits are exact in f64. Their sum is rounded to odd, so that it can be rounded
    // once more.
    let odd = move |x: i128| round::add_odd((x >> 32) as f64 * 4294967296.0, (x & 0xffff_ffff) as f64);
    Ok(Some(match (to, mode) {
        (Type::F64, Mode::Nearest) => lanes(move |l, m| l.map1(r, m, |x: u64| read(x) as f64)),
        (Type::F64, _) if from.bytes() == 8 => return s.not_done(),
        (Type::F64, _) => lanes(move |l, m| l.map1(r, m, |x: u64| read(x) as f64)),
        (Type::F32, _) => lanes(move |l, m| l.map1(r, m, |x: u64| round::to_f32(odd(read(x)), mode))),
        _ => lanes(move |l, m| {
            for lane in each(m) {
                let x = l.rows[r[1] as usize][lane];
                l.rows[r[0] as usize][lane] = to_half(to, odd(read(x)), mode) as u64;
            }
        }),
    }))
}
