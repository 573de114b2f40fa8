//! Arithmetic in f32 and f64. The `.approx` instructions are more accurate here than on a GPU: they
//! return the exact value, rounded once.

use super::round::{self, Mode};
use super::{Decoded, lanes};
use crate::parse::{Builder, Statement};
use crate::types::Type;

pub(super) fn decode(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    match s.ty() {
        Some(Type::F32) => single(b, s),
        Some(Type::F64) => double(b, s),
        _ => Ok(None),
    }
}

pub(super) fn flush(x: f32) -> f32 {
    if x.is_subnormal() { 0f32.copysign(x) } else { x }
}

pub(super) fn mode(s: &Statement) -> Mode {
    match s.modifiers().find(|m| matches!(*m, "rz" | "rm" | "rp" | "rna")) {
        Some("rz") => Mode::Zero,
        Some("rm") => Mode::Down,
        Some("rp") => Mode::Up,
        Some(_) => Mode::Away,
        None => Mode::Nearest,
    }
}

/// The modifiers that change a result: `.ftz` and `.sat`.
#[derive(Clone, Copy)]
struct Finish {
    flush: bool,
    saturate: bool,
}

impl Finish {
    fn of(s: &Statement) -> Finish {
        Finish { flush: s.has("ftz"), saturate: s.has("sat") }
    }

    fn is_plain(self) -> bool {
        !self.flush && !self.saturate
    }

    fn input(self, x: f32) -> f32 {
        if self.flush { flush(x) } else { x }
    }

    fn output(self, x: f32) -> f32 {
        let x = self.input(x);
        // `.sat` turns NaN into 0.
        if self.saturate { if x > 0.0 { x.min(1.0) } else { 0.0 } } else { x }
    }
}

trait F1: Fn(f32) -> f32 + Copy + Send + Sync + 'static {}
impl<F: Fn(f32) -> f32 + Copy + Send + Sync + 'static> F1 for F {}

fn one(b: &mut Builder<'_>, s: &Statement, f: impl F1) -> Decoded {
    let (r, fin) = (s.rows::<2>(b)?, Finish::of(s));
    Ok(Some(if fin.is_plain() {
        lanes(move |l, m| l.map1(r, m, f))
    } else {
        lanes(move |l, m| l.map1(r, m, |x| fin.output(f(fin.input(x)))))
    }))
}

fn two(b: &mut Builder<'_>, s: &Statement, f: impl Fn(f32, f32) -> f32 + Copy + Send + Sync + 'static) -> Decoded {
    let (r, fin) = (s.rows::<3>(b)?, Finish::of(s));
    Ok(Some(if fin.is_plain() {
        lanes(move |l, m| l.map2(r, m, f))
    } else {
        lanes(move |l, m| l.map2(r, m, |x, y| fin.output(f(fin.input(x), fin.input(y)))))
    }))
}

fn three(
    b: &mut Builder<'_>,
    s: &Statement,
    f: impl Fn(f32, f32, f32) -> f32 + Copy + Send + Sync + 'static,
) -> Decoded {
    let (r, fin) = (s.rows::<4>(b)?, Finish::of(s));
    Ok(Some(if fin.is_plain() {
        lanes(move |l, m| l.map3(r, m, f))
    } else {
        lanes(move |l, m| l.map3(r, m, |x, y, z| fin.output(f(fin.input(x), fin.input(y), fin.input(z)))))
    }))
}

/// `x + y` in a directed rounding mode, where `x` is exact.
fn directed(x: f64, y: f64, mode: Mode) -> f32 {
    let s = round::add_odd(x, y);
    if s == 0.0 && mode == Mode::Down && (x != 0.0 || x.is_sign_negative() != y.is_sign_negative()) {
        return -0.0;
    }
    round::to_f32(s, mode)
}

#[allow(clippy::eq_op)]
pub(super) fn least<T: PartialOrd + Copy>(x: T, y: T, negative: impl Fn(T) -> bool) -> T {
    if x != x {
        y
    } else if y != y || x < y || x == y && negative(x) {
        x
    } else {
        y
    }
}

#[allow(clippy::eq_op)]
pub(super) fn greatest<T: PartialOrd + Copy>(x: T, y: T, negative: impl Fn(T) -> bool) -> T {
    if x != x {
        y
    } else if y != y || x > y || x == y && !negative(x) {
        x
    } else {
        y
    }
}

fn single(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    const ROUND: &str = "rn rz rm rp ftz sat";
    const APPROX: &str = "approx ftz";
    let m = mode(s);
    let nan = s.has("NaN");
    let f64s = |f: fn(f64) -> f64| move |x: f32| f(x as f64) as f32;
    let near = |s: &Statement| if m == Mode::Nearest { Ok(()) } else { s.not_done() };
    match s.name() {
        "add" | "sub" | "mul" | "fma" | "mad" => s.only(ROUND)?,
        "div" | "rcp" | "sqrt" => s.only("rn approx full ftz").and(near(s))?,
        "ex2" | "lg2" | "sin" | "cos" | "tanh" | "rsqrt" => s.only(APPROX)?,
        "min" | "max" => s.only("ftz NaN")?,
        "abs" | "neg" => s.only("ftz")?,
        "copysign" => s.only("")?,
        _ => return Ok(None),
    }
    match (s.name(), m) {
        ("add", Mode::Nearest) => two(b, s, |x, y| x + y),
        ("sub", Mode::Nearest) => two(b, s, |x, y| x - y),
        ("mul", Mode::Nearest) => two(b, s, |x, y| x * y),
        ("fma" | "mad", Mode::Nearest) if Finish::of(s).is_plain() => {
            let r = s.rows::<4>(b)?;
            Ok(Some(lanes(move |l, m| l.fused::<f32>(r, m))))
        }
        ("fma" | "mad", Mode::Nearest) => three(b, s, f32::mul_add),
        ("add", _) => two(b, s, move |x, y| directed(x as f64, y as f64, m)),
        ("sub", _) => two(b, s, move |x, y| directed(x as f64, -y as f64, m)),
        ("mul", _) => two(b, s, move |x, y| round::to_f32(x as f64 * y as f64, m)),
        ("fma" | "mad", _) => three(b, s, move |x, y, z| directed(x as f64 * y as f64, z as f64, m)),
        ("div", _) => two(b, s, |x, y| x / y),
        ("rcp", _) => one(b, s, |x| 1.0 / x),
        ("sqrt", _) => one(b, s, f32::sqrt),
        ("rsqrt", _) => one(b, s, f64s(|x| 1.0 / x.sqrt())),
        ("ex2", _) => one(b, s, f64s(f64::exp2)),
        ("lg2", _) => one(b, s, f64s(f64::log2)),
        ("sin", _) => one(b, s, f64s(f64::sin)),
        ("cos", _) => one(b, s, f64s(f64::cos)),
        ("tanh", _) => one(b, s, f64s(f64::tanh)),
        ("min", _) if nan => {
            two(b, s, |x, y| if x.is_nan() || y.is_nan() { f32::NAN } else { least(x, y, f32::is_sign_negative) })
        }
        ("max", _) if nan => {
            two(b, s, |x, y| if x.is_nan() || y.is_nan() { f32::NAN } else { greatest(x, y, f32::is_sign_negative) })
        }
        ("min", _) => two(b, s, |x, y| least(x, y, f32::is_sign_negative)),
        ("max", _) => two(b, s, |x, y| greatest(x, y, f32::is_sign_negative)),
        ("abs", _) => one(b, s, f32::abs),
        ("neg", _) => one(b, s, |x| -x),
        ("copysign", _) => two(b, s, |x, y| y.copysign(x)),
        _ => Ok(None),
    }
}

fn double(b: &mut Builder<'_>, s: &Statement) -> Decoded {
    // A GPU's first approximation sets only the upper half of the bits; the code around it refines
    // the value.
    let upper = |x: f64| f64::from_bits(x.to_bits() & 0xffff_ffff_0000_0000);
    match s.name() {
        "add" | "sub" | "mul" | "fma" | "mad" | "div" | "sqrt" => s.only("rn")?,
        "rcp" | "rsqrt" => s.only("rn approx ftz")?,
        "min" | "max" | "abs" | "neg" | "copysign" => s.only("")?,
        _ => return Ok(None),
    }
    macro_rules! map {
        (1, $f:expr) => {{
            let r = s.rows::<2>(b)?;
            lanes(move |l, m| l.map1(r, m, $f))
        }};
        (2, $f:expr) => {{
            let r = s.rows::<3>(b)?;
            lanes(move |l, m| l.map2(r, m, $f))
        }};
    }
    Ok(Some(match s.name() {
        "add" => map!(2, |x: f64, y: f64| x + y),
        "sub" => map!(2, |x: f64, y: f64| x - y),
        "mul" => map!(2, |x: f64, y: f64| x * y),
        "div" => map!(2, |x: f64, y: f64| x / y),
        "fma" | "mad" => {
            let r = s.rows::<4>(b)?;
            lanes(move |l, m| l.fused::<f64>(r, m))
        }
        "sqrt" => map!(1, f64::sqrt),
        "rcp" if s.has("approx") => map!(1, move |x: f64| upper(1.0 / x)),
        "rcp" => map!(1, |x: f64| 1.0 / x),
        "rsqrt" => map!(1, move |x: f64| upper(1.0 / x.sqrt())),
        "min" => map!(2, |x: f64, y: f64| least(x, y, f64::is_sign_negative)),
        "max" => map!(2, |x: f64, y: f64| greatest(x, y, f64::is_sign_negative)),
        "abs" => map!(1, f64::abs),
        "neg" => map!(1, |x: f64| -x),
        _ => map!(2, |x: f64, y: f64| y.copysign(x)),
    }))
}
