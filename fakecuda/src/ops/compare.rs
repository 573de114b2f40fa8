//! Comparisons.

use super::float::flush;
use super::integer::with_integer;
use super::round::of_half;
use super::{Decoded, lanes};
use crate::exec::{Lanes, Mask, Value};
use crate::parse::{Arg, Builder, Statement};
use crate::types::Type;

type Test = Box<dyn Fn(&Lanes, Mask) -> Mask + Send + Sync>;

/// The bits of an f16 or bf16; the closure that reads them knows the type.
#[derive(Clone, Copy)]
struct Half(u16);

impl Value for Half {
    fn of(bits: u64) -> Self {
        Half(bits as u16)
    }
    fn bits(self) -> u64 {
        self.0 as u64
    }
}

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.name() {
        "setp" | "set" => {}
        "slct" => return slct(b, s),
        _ => return Ok(None),
    }
    let mut rest = s.modifiers();
    let op = rest.next().unwrap_or("").to_string();
    let combine = rest.next().filter(|m| matches!(*m, "and" | "or" | "xor")).map(String::from);
    s.only(&format!("{op} and or xor ftz"))?;
    let test = test(b, s, &op)?;
    let third = if combine.is_some() { Some(s.pred(3)?) } else { None };
    let finish = move |l: &Lanes, found: Mask| match (third, combine.as_deref()) {
        (Some(p), Some("and")) => found & l.pred(p),
        (Some(p), Some("or")) => found | l.pred(p),
        (Some(p), _) => found ^ l.pred(p),
        _ => found,
    };
    if s.name() == "set" {
        let (d, float) = (s.row(b, 0)?, s.ty() == Some(Type::F32));
        return Ok(Some(lanes(move |l, m| {
            let found = finish(l, test(l, m));
            for lane in crate::exec::each(m) {
                let yes = found >> lane & 1 == 1;
                l.rows[d as usize][lane] = match (yes, float) {
                    (false, _) => 0,
                    (true, true) => 1f32.bits(),
                    (true, false) => u32::MAX as u64,
                };
            }
        })));
    }
    let (p, q) = match s.arg(0)? {
        Arg::Pair(p, q) => (s.pred_of(b, p)?, Some(s.pred_of(b, q)?)),
        p => (s.pred_of(b, p)?, None),
    };
    Ok(Some(lanes(move |l, m| {
        let found = test(l, m);
        let (yes, no) = (finish(l, found), finish(l, !found));
        l.set_pred(p, m, yes);
        if let Some(q) = q {
            l.set_pred(q, m, no);
        }
    })))
}

fn test(b: &mut Builder<'_>, s: &Statement, op: &str) -> crate::parse::Result<Test> {
    let r = [s.row(b, 1)?, s.row(b, 2)?];
    // `set` names the result's type first, and then the operands' type.
    let ty = if s.name() == "set" { s.types().nth(1) } else { s.ty() };
    macro_rules! make {
        ($t:ty, $read:expr, $float:expr) => {{
            let read = $read;
            macro_rules! by {
                ($f:expr) => {
                    Box::new(move |l: &Lanes, m: Mask| l.test2(r, m, |x: $t, y: $t| $f(read(x), read(y))))
                };
            }
            // The unordered forms (such as `ltu`) are true if one operand is NaN.
            #[allow(
                clippy::neg_cmp_op_on_partial_ord,
                clippy::double_comparisons,
                clippy::nonminimal_bool,
                clippy::eq_op
            )]
            let test: Test = match op {
                "eq" => by!(|x, y| x == y),
                "ne" if $float => by!(|x, y| x < y || x > y),
                "ne" => by!(|x, y| x != y),
                "lt" | "lo" => by!(|x, y| x < y),
                "le" | "ls" => by!(|x, y| x <= y),
                "gt" | "hi" => by!(|x, y| x > y),
                "ge" | "hs" => by!(|x, y| x >= y),
                "equ" => by!(|x, y| !(x < y || x > y)),
                "neu" => by!(|x, y| x != y),
                "ltu" => by!(|x, y| !(x >= y)),
                "leu" => by!(|x, y| !(x > y)),
                "gtu" => by!(|x, y| !(x <= y)),
                "geu" => by!(|x, y| !(x < y)),
                "num" => by!(|x, y| x == x && y == y),
                "nan" => by!(|x, y| x != x || y != y),
                _ => return s.not_done(),
            };
            test
        }};
    }
    Ok(match ty {
        Some(Type::F32) if s.has("ftz") => make!(f32, flush, true),
        Some(Type::F32) => make!(f32, |x: f32| x, true),
        Some(Type::F64) => make!(f64, |x: f64| x, true),
        Some(t @ (Type::F16 | Type::Bf16)) => make!(Half, move |x: Half| of_half(t, x.0), true),
        _ => with_integer!(ty, T, s, make!(T, |x: T| x, false)),
    })
}

fn slct(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    s.only("")?;
    let [d, x, y, by] = s.rows::<4>(b)?;
    let float = s.types().nth(1) == Some(Type::F32);
    Ok(Some(lanes(move |l, m| {
        l.map3([d, x, y, by], m, |x: u64, y: u64, c: u64| {
            let first = if float { f32::of(c) >= 0.0 } else { c as i32 >= 0 };
            if first { x } else { y }
        })
    })))
}
