//! Instructions that count, move and permute bits.

use super::{Decoded, lanes};
use crate::exec::each;
use crate::parse::{Builder, Statement};
use crate::types::Type;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    let (ty, name) = (s.ty(), s.name());
    let wide = matches!(ty, Some(Type::U64 | Type::S64));
    let signed = ty.is_some_and(Type::is_signed);
    macro_rules! one {
        ($t:ty, $f:expr) => {{
            let r = s.rows::<2>(b)?;
            lanes(move |l, m| l.map1(r, m, |x: $t| $f(x)))
        }};
    }
    Ok(Some(match name {
        "popc" => {
            s.only("")?;
            if wide { one!(u64, u64::count_ones) } else { one!(u32, u32::count_ones) }
        }
        "clz" => {
            s.only("")?;
            if wide { one!(u64, u64::leading_zeros) } else { one!(u32, u32::leading_zeros) }
        }
        "brev" => {
            s.only("")?;
            if wide { one!(u64, u64::reverse_bits) } else { one!(u32, u32::reverse_bits) }
        }
        "bfind" => {
            s.only("shiftamt")?;
            let (r, amount) = (s.rows::<2>(b)?, s.has("shiftamt"));
            lanes(move |l, m| {
                l.map1(r, m, |x: u64| {
                    let x = if wide {
                        x as i64
                    } else if signed {
                        x as i32 as i64
                    } else {
                        x as u32 as i64
                    };
                    let x = if signed && x < 0 { !x } else { x } as u64;
                    let top = if wide { 63 } else { 31 };
                    if x == 0 {
                        u32::MAX
                    } else if amount {
                        top - (63 - x.leading_zeros())
                    } else {
                        63 - x.leading_zeros()
                    }
                })
            })
        }
        "bfe" => {
            s.only("")?;
            let (r, bits) = (s.rows::<4>(b)?, if wide { 64u32 } else { 32 });
            lanes(move |l, m| {
                l.map3(r, m, |x: u64, at: u32, n: u32| {
                    let (at, n) = (at & 255, n & 255);
                    let x = if wide {
                        x as i64 as i128
                    } else if signed {
                        x as i32 as i128
                    } else {
                        x as u32 as i128
                    };
                    let x = if wide && !signed { x as u64 as i128 } else { x };
                    let taken = n.min(bits.saturating_sub(at));
                    let y = if n == 0 {
                        0
                    } else if taken == 0 {
                        if signed && x < 0 { -1 } else { 0 }
                    } else {
                        let field = x >> at & ((1i128 << taken) - 1);
                        let sign = if n > taken { x < 0 } else { field >> (taken - 1) & 1 == 1 };
                        if signed && sign { field | !((1i128 << taken) - 1) } else { field }
                    };
                    if wide { y as u64 } else { y as u32 as u64 }
                })
            })
        }
        "bfi" => {
            s.only("")?;
            let [d, a, base, at, n] = s.rows::<5>(b)?;
            let all = if wide { u64::MAX } else { u32::MAX as u64 };
            lanes(move |l, m| {
                for lane in each(m) {
                    let v = |row: u32| l.rows[row as usize][lane];
                    let (at, n) = (v(at) as u32 & 255, v(n) as u32 & 255);
                    let field = if n >= 64 { u64::MAX } else { (1 << n) - 1 };
                    let mask = field.checked_shl(at).unwrap_or(0);
                    l.rows[d as usize][lane] = (v(base) & !mask | v(a).checked_shl(at).unwrap_or(0) & mask) & all;
                }
            })
        }
        "prmt" => {
            s.only("f4e b4e rc8 ecl ecr rc16")?;
            let r = s.rows::<4>(b)?;
            // Each named mode is a table of the selectors of the general mode, indexed by the two
            // low bits of the operand.
            let table: Option<[u32; 4]> = match s.modifiers().find(|m| Type::named(m).is_none()) {
                None => None,
                Some("f4e") => Some([0x3210, 0x4321, 0x5432, 0x6543]),
                Some("b4e") => Some([0x5670, 0x6701, 0x7012, 0x0123]),
                Some("rc8") => Some([0x0000, 0x1111, 0x2222, 0x3333]),
                Some("ecl") => Some([0x3210, 0x3211, 0x3222, 0x3333]),
                Some("ecr") => Some([0x0000, 0x1110, 0x2210, 0x3210]),
                Some(_) => Some([0x1010, 0x3232, 0x1010, 0x3232]),
            };
            lanes(move |l, m| {
                l.map3(r, m, |x: u32, y: u32, pick: u32| {
                    let pick = table.map_or(pick, |t| t[(pick & 3) as usize]);
                    let bytes = (x as u64 | (y as u64) << 32).to_le_bytes();
                    let one = |i: u32| {
                        let p = pick >> (4 * i) & 15;
                        let byte = bytes[(p & 7) as usize];
                        // The top bit selects the sign of the byte.
                        if p & 8 != 0 { ((byte as i8) >> 7) as u8 } else { byte }
                    };
                    u32::from_le_bytes([one(0), one(1), one(2), one(3)])
                })
            })
        }
        "shf" => {
            s.only("l r wrap clamp")?;
            let (r, left, wrap) = (s.rows::<4>(b)?, s.has("l"), s.has("wrap"));
            lanes(move |l, m| {
                l.map3(r, m, |low: u32, high: u32, n: u32| {
                    let n = if wrap { n & 31 } else { n.min(32) };
                    let both = low as u64 | (high as u64) << 32;
                    if left { ((both << n) >> 32) as u32 } else { (both >> n) as u32 }
                })
            })
        }
        "lop3" => {
            s.only("")?;
            let [d, x, y, z, table] = s.rows::<5>(b)?;
            lanes(move |l, m| {
                let table = l.rows[table as usize][0] as u32;
                l.map3([d, x, y, z], m, |x: u32, y: u32, z: u32| {
                    (0..8).filter(|i| table >> i & 1 == 1).fold(0, |r, i| {
                        let pick = |v: u32, bit: u32| if i >> bit & 1 == 1 { v } else { !v };
                        r | pick(x, 2) & pick(y, 1) & pick(z, 0)
                    })
                })
            })
        }
        _ => return Ok(None),
    }))
}
