//! Arithmetic in f16 and bf16, single and packed. Results are computed exactly in f64 (rounded to
//! odd where f64 is not exact), and then rounded once.

use super::float::{greatest, least};
use super::round::{Mode, add_odd, of_half, to_half};
use super::{Decoded, lanes};
use crate::parse::{Builder, Statement};
use crate::types::Type;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let (ty, pair) = match s.ty() {
        Some(t @ (Type::F16 | Type::Bf16)) => (t, false),
        Some(Type::F16x2) => (Type::F16, true),
        Some(Type::Bf16x2) => (Type::Bf16, true),
        _ => return Ok(None),
    };
    let sign = |f: fn(u32) -> u32, b: &mut Builder<'_>| -> Decoded {
        s.only("")?;
        let r = s.rows::<2>(b)?;
        let keep = if pair { u32::MAX } else { 0xffff };
        Ok(Some(lanes(move |l, m| l.map1(r, m, |x: u32| f(x) & keep))))
    };
    match s.name() {
        "neg" => return sign(|x| x ^ 0x8000_8000, b),
        "abs" => return sign(|x| x & 0x7fff_7fff, b),
        "add" | "sub" | "mul" | "fma" => s.only("rn sat relu")?,
        "min" | "max" => s.only("NaN")?,
        "ex2" | "tanh" => s.only("approx ftz")?,
        _ => return Ok(None),
    }
    let (sat, relu, nan) = (s.has("sat"), s.has("relu"), s.has("NaN"));
    let f: fn(f64, f64, f64) -> f64 = match s.name() {
        "add" => |x, y, _| add_odd(x, y),
        "sub" => |x, y, _| add_odd(x, -y),
        "mul" => |x, y, _| x * y,
        "fma" => |x, y, z| add_odd(x * y, z),
        "min" if nan => |x, y, _| if x.is_nan() || y.is_nan() { f64::NAN } else { least(x, y, f64::is_sign_negative) },
        "max" if nan => {
            |x, y, _| if x.is_nan() || y.is_nan() { f64::NAN } else { greatest(x, y, f64::is_sign_negative) }
        }
        "min" => |x, y, _| least(x, y, f64::is_sign_negative),
        "max" => |x, y, _| greatest(x, y, f64::is_sign_negative),
        "ex2" => |x, _, _| x.exp2(),
        _ => |x, _, _| x.tanh(),
    };
    let one = move |x: u16, y: u16, z: u16| {
        let r = f(of_half(ty, x), of_half(ty, y), of_half(ty, z));
        let r = if relu && r < 0.0 { 0.0 } else { r };
        to_half(
            ty,
            if !sat {
                r
            } else if r > 0.0 {
                r.min(1.0)
            } else {
                0.0
            },
            Mode::Nearest,
        ) as u32
    };
    let r = match s.args.len() {
        2 => {
            let [d, x] = s.rows::<2>(b)?;
            [d, x, x, x]
        }
        3 => {
            let [d, x, y] = s.rows::<3>(b)?;
            [d, x, y, y]
        }
        _ => s.rows::<4>(b)?,
    };
    Ok(Some(lanes(move |l, m| {
        l.map3(r, m, |x: u32, y: u32, z: u32| {
            let low = one(x as u16, y as u16, z as u16);
            if pair { low | one((x >> 16) as u16, (y >> 16) as u16, (z >> 16) as u16) << 16 } else { low }
        })
    })))
}
