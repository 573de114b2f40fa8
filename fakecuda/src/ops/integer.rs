//! Integer arithmetic and logic.

use super::{Decoded, lanes};
use crate::parse::{Arg, Builder, Statement};
use crate::types::Type;

/// Evaluates an expression in which `$t` is the Rust type of a PTX type.
macro_rules! with_integer {
    ($ty:expr, $t:ident, $s:expr, $e:expr) => {
        match $ty {
            Some(Type::U8) => {
                type $t = u8;
                $e
            }
            Some(Type::U16) => {
                type $t = u16;
                $e
            }
            Some(Type::U32) => {
                type $t = u32;
                $e
            }
            Some(Type::U64) => {
                type $t = u64;
                $e
            }
            Some(Type::S8) => {
                type $t = i8;
                $e
            }
            Some(Type::S16) => {
                type $t = i16;
                $e
            }
            Some(Type::S32) => {
                type $t = i32;
                $e
            }
            Some(Type::S64) => {
                type $t = i64;
                $e
            }
            _ => return $s.not_done(),
        }
    };
}
pub(super) use with_integer;

#[allow(clippy::unnecessary_cast)]
pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let ty = s.ty();
    if ty.is_none_or(Type::is_float) || s.has("cc") {
        return Ok(None);
    }
    if ty == Some(Type::Pred) {
        return logic(s);
    }
    macro_rules! one {
        ($t:ident, $f:expr) => {{
            let r = s.rows::<2>(b)?;
            with_integer!(ty, $t, s, lanes(move |l, m| l.map1(r, m, $f)))
        }};
    }
    macro_rules! two {
        ($t:ident, $f:expr) => {{
            let r = s.rows::<3>(b)?;
            with_integer!(ty, $t, s, lanes(move |l, m| l.map2(r, m, $f)))
        }};
    }
    Ok(Some(match s.name() {
        "add" | "sub" if s.has("sat") => {
            s.only("sat")?;
            let (r, minus) = (s.rows::<3>(b)?, s.name() == "sub");
            lanes(move |l, m| {
                l.map2(r, m, |x: i32, y: i32| if minus { x.saturating_sub(y) } else { x.saturating_add(y) })
            })
        }
        "add" => {
            s.only("")?;
            two!(T, |x: T, y: T| x.wrapping_add(y))
        }
        "sub" => {
            s.only("")?;
            two!(T, |x: T, y: T| x.wrapping_sub(y))
        }
        // A GPU's integer division by zero returns all bits set, and its remainder returns the
        // dividend.
        "div" => {
            s.only("")?;
            two!(T, |x: T, y: T| if y == 0 { !0 } else { x.wrapping_div(y) })
        }
        "rem" => {
            s.only("")?;
            two!(T, |x: T, y: T| if y == 0 { x } else { x.wrapping_rem(y) })
        }
        "min" => {
            s.only("")?;
            two!(T, |x: T, y: T| x.min(y))
        }
        "max" => {
            s.only("")?;
            two!(T, |x: T, y: T| x.max(y))
        }
        "and" => {
            s.only("")?;
            two!(T, |x: T, y: T| x & y)
        }
        "or" => {
            s.only("")?;
            two!(T, |x: T, y: T| x | y)
        }
        "xor" => {
            s.only("")?;
            two!(T, |x: T, y: T| x ^ y)
        }
        "not" => {
            s.only("")?;
            one!(T, |x: T| !x)
        }
        "cnot" => {
            s.only("")?;
            one!(T, |x: T| (x == 0) as T)
        }
        "neg" => {
            s.only("")?;
            one!(T, |x: T| x.wrapping_neg())
        }
        "abs" => {
            s.only("")?;
            one!(T, |x: T| if T::MIN != 0 && (x as i64) < 0 { (0 as T).wrapping_sub(x) } else { x })
        }
        "shl" => {
            s.only("")?;
            two!(T, |x: T, n: u32| x.checked_shl(n).unwrap_or(0))
        }
        // A signed shift by the width or more leaves only copies of the sign.
        "shr" => {
            s.only("")?;
            two!(T, |x: T, n: u32| x.checked_shr(n).unwrap_or(if (x as i64) < 0 && T::MIN != 0 { !0 } else { 0 }))
        }
        "mul" | "mad" | "mul24" | "mad24" => return multiply(b, s),
        "sad" => {
            s.only("")?;
            let r = s.rows::<4>(b)?;
            with_integer!(
                ty,
                T,
                s,
                lanes(move |l, m| l.map3(r, m, |x: T, y: T, z: T| if x > y {
                    x.wrapping_sub(y)
                } else {
                    y.wrapping_sub(x)
                }
                .wrapping_add(z)))
            )
        }
        _ => return Ok(None),
    }))
}

fn logic(s: &Statement) -> Decoded {
    let to = match s.pred(0) {
        Ok((p, false)) => p,
        _ => return if matches!(s.name(), "and" | "or" | "xor" | "not") { s.not_done() } else { Ok(None) },
    };
    let x = s.pred(1);
    Ok(Some(match s.name() {
        "not" => {
            let x = x?;
            lanes(move |l, m| l.set_pred(to, m, !l.pred(x)))
        }
        name @ ("and" | "or" | "xor") => {
            let x = x?;
            let f: fn(u32, u32) -> u32 = match name {
                "and" => |x, y| x & y,
                "or" => |x, y| x | y,
                _ => |x, y| x ^ y,
            };
            // NVRTC negates a predicate by `xor.pred p, q, -1`.
            if let Arg::Row(constant) = *s.arg(2)? {
                return Ok(Some(lanes(move |l, m| {
                    l.set_pred(to, m, f(l.pred(x), if l.rows[constant as usize][0] == 0 { 0 } else { u32::MAX }))
                })));
            }
            let y = s.pred(2)?;
            lanes(move |l, m| l.set_pred(to, m, f(l.pred(x), l.pred(y))))
        }
        _ => return Ok(None),
    }))
}

fn multiply(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("lo hi wide")?;
    let ty = s.ty();
    let part = s.modifiers().next().unwrap_or("");
    macro_rules! product {
        ($t:ty, $w:ty, $bits:expr) => {{
            if s.name() == "mul" {
                let r = s.rows::<3>(b)?;
                match part {
                    "lo" => lanes(move |l, m| l.map2(r, m, |x: $t, y: $t| x.wrapping_mul(y))),
                    "hi" => lanes(move |l, m| l.map2(r, m, |x: $t, y: $t| ((x as $w * y as $w) >> $bits) as $t)),
                    _ => return s.not_done(),
                }
            } else {
                let r = s.rows::<4>(b)?;
                match part {
                    "lo" => lanes(move |l, m| l.map3(r, m, |x: $t, y: $t, z: $t| x.wrapping_mul(y).wrapping_add(z))),
                    "hi" => lanes(move |l, m| {
                        l.map3(r, m, |x: $t, y: $t, z: $t| (((x as $w * y as $w) >> $bits) as $t).wrapping_add(z))
                    }),
                    _ => return s.not_done(),
                }
            }
        }};
    }
    macro_rules! wide {
        ($t:ty, $w:ty) => {{
            if s.name() == "mul" {
                let r = s.rows::<3>(b)?;
                lanes(move |l, m| l.map2(r, m, |x: $t, y: $t| x as $w * y as $w))
            } else {
                let r = s.rows::<4>(b)?;
                lanes(move |l, m| l.map3(r, m, |x: $t, y: $t, z: $w| (x as $w * y as $w).wrapping_add(z)))
            }
        }};
    }
    Ok(Some(match (part, ty) {
        ("wide", Some(Type::U16)) => wide!(u16, u32),
        ("wide", Some(Type::S16)) => wide!(i16, i32),
        ("wide", Some(Type::U32)) => wide!(u32, u64),
        ("wide", Some(Type::S32)) => wide!(i32, i64),
        (_, Some(Type::U16)) => product!(u16, u32, 16),
        (_, Some(Type::S16)) => product!(i16, i32, 16),
        (_, Some(Type::U32)) => product!(u32, u64, 32),
        (_, Some(Type::S32)) => product!(i32, i64, 32),
        (_, Some(Type::U64)) => product!(u64, u128, 64),
        (_, Some(Type::S64)) => product!(i64, i128, 64),
        _ => return s.not_done(),
    }))
}
