//! Extended-precision sums and products. The carry flag is one bit for each lane.

use super::{Decoded, lanes};
use crate::exec::each;
use crate::parse::{Builder, Statement};
use crate::types::Type;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let (name, sets) = (s.name(), s.has("cc"));
    let takes = matches!(name, "addc" | "subc" | "madc");
    let ours = takes || sets && matches!(name, "add" | "sub" | "mad");
    if !ours {
        return Ok(None);
    }
    s.only("cc lo hi")?;
    let bits: u32 = match s.ty() {
        Some(Type::U32 | Type::S32) => 32,
        Some(Type::U64 | Type::S64) => 64,
        _ => return s.not_done(),
    };
    let (minus, product, high, signed) =
        (name.starts_with("sub"), name.starts_with("mad"), s.has("hi"), s.ty().is_some_and(Type::is_signed));
    let [d, x, y, z] = if product {
        s.rows::<4>(b)?
    } else {
        let [d, x, y] = s.rows::<3>(b)?;
        [d, x, y, y]
    };
    let all = u64::MAX >> (64 - bits);
    Ok(Some(lanes(move |l, m| {
        for lane in each(m) {
            let at = |r: u32| l.rows[r as usize][lane] & all;
            let carry = (takes && l.carry >> lane & 1 == 1) as u128;
            let (x, y) = (at(x), at(y));
            let wide = |v: u64| {
                if !signed {
                    v as u128
                } else if bits == 32 {
                    v as u32 as i32 as i128 as u128
                } else {
                    v as i64 as i128 as u128
                }
            };
            let sum = if product {
                let p = wide(x).wrapping_mul(wide(y));
                let part = (if high { p >> bits } else { p }) as u64 & all;
                part as u128 + at(z) as u128 + carry
            } else if minus {
                // The borrow is the bit above the word.
                (x as u128).wrapping_sub(y as u128).wrapping_sub(carry)
            } else {
                x as u128 + y as u128 + carry
            };
            if sets {
                l.carry = l.carry & !(1 << lane) | ((sum >> bits & 1) as u32) << lane;
            }
            l.rows[d as usize][lane] = sum as u64 & all;
        }
    })))
}
