//! Rounding in software: the directed modes, and the types narrower than 32 bits.

use crate::types::Type;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    Nearest,
    /// To the nearest value, with ties away from zero.
    Away,
    Zero,
    Down,
    Up,
}

/// `a + b` rounded to odd. A second rounding, to at least two bits fewer, gives the same result as
/// one rounding of the exact sum.
pub(crate) fn add_odd(a: f64, b: f64) -> f64 {
    let s = a + b;
    let t = s - a;
    let rest = (a - (s - t)) + (b - t);
    if !s.is_finite() || rest == 0.0 || s.to_bits() & 1 == 1 {
        return s;
    }
    if rest > 0.0 { s.next_up() } else { s.next_down() }
}

/// Rounds `x` to f32. The caller sets the sign of a zero that results from cancellation.
pub(crate) fn to_f32(x: f64, mode: Mode) -> f32 {
    let r = x as f32;
    if x.is_nan() || x.is_infinite() || r as f64 == x {
        return r;
    }
    let above = r as f64 > x;
    match mode {
        Mode::Nearest | Mode::Away => r,
        Mode::Down => {
            if above {
                r.next_down()
            } else {
                r
            }
        }
        Mode::Up => {
            if above {
                r
            } else {
                r.next_up()
            }
        }
        Mode::Zero => {
            if x > 0.0 && above {
                r.next_down()
            } else if x < 0.0 && !above {
                r.next_up()
            } else {
                r
            }
        }
    }
}

/// Rounds to an integer.
pub(crate) fn whole(x: f64, mode: Mode) -> f64 {
    match mode {
        Mode::Nearest => x.round_ties_even(),
        Mode::Away => x.round(),
        Mode::Zero => x.trunc(),
        Mode::Down => x.floor(),
        Mode::Up => x.ceil(),
    }
}

/// Rounds `x` to `bits` significant bits, a least exponent of `least`, and a magnitude of at most
/// `most`.
fn narrow(x: f64, bits: i32, least: i32, most: f64, mode: Mode) -> f64 {
    if x == 0.0 || !x.is_finite() {
        return x;
    }
    let exponent = ((x.to_bits() >> 52 & 0x7ff) as i32 - 1023).max(least);
    let unit = 2f64.powi(exponent - bits + 1);
    let r = (whole(x.abs() / unit, if x < 0.0 { mirrored(mode) } else { mode }) * unit).copysign(x);
    if r.abs() <= most {
        return r;
    }
    let stays = match mode {
        Mode::Zero => true,
        Mode::Down => x > 0.0,
        Mode::Up => x < 0.0,
        _ => false,
    };
    (if stays { most } else { f64::INFINITY }).copysign(x)
}

fn mirrored(mode: Mode) -> Mode {
    match mode {
        Mode::Down => Mode::Up,
        Mode::Up => Mode::Down,
        m => m,
    }
}

/// Rounds `x` to tf32, and returns the f32 that holds it.
pub(crate) fn to_tf32(x: f64, mode: Mode) -> f32 {
    narrow(x, 11, -126, f32::MAX as f64, mode) as f32
}

/// The bits of `x` as f16 or bf16.
pub(crate) fn to_half(ty: Type, x: f64, mode: Mode) -> u16 {
    if x.is_nan() {
        return 0x7fff;
    }
    if ty == Type::Bf16 {
        return ((narrow(x, 8, -126, 3.3895313892515355e38, mode) as f32).to_bits() >> 16) as u16;
    }
    let r = narrow(x, 11, -14, 65504.0, mode);
    let sign = if r.is_sign_negative() { 0x8000 } else { 0 };
    let r = r.abs();
    sign | if r.is_infinite() {
        0x7c00
    } else if r < 2f64.powi(-14) {
        (r * 2f64.powi(24)) as u16
    } else {
        let bits = r.to_bits();
        (((bits >> 52) as u16 - (1023 - 15)) << 10) | (bits >> 42 & 0x3ff) as u16
    }
}

/// The value of f16 or bf16 bits.
pub(crate) fn of_half(ty: Type, h: u16) -> f64 {
    static TABLE: std::sync::OnceLock<Vec<f64>> = std::sync::OnceLock::new();
    if ty == Type::Bf16 {
        return f32::from_bits((h as u32) << 16) as f64;
    }
    TABLE.get_or_init(|| (0..=u16::MAX).map(of_f16).collect())[h as usize]
}

fn of_f16(h: u16) -> f64 {
    let (exponent, fraction) = ((h >> 10 & 31) as i32, (h & 0x3ff) as f64);
    let x = match exponent {
        0 => fraction * 2f64.powi(-24),
        31 if fraction == 0.0 => f64::INFINITY,
        31 => f64::NAN,
        e => (1.0 + fraction / 1024.0) * 2f64.powi(e - 15),
    };
    if h & 0x8000 != 0 { -x } else { x }
}
