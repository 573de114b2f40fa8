//! Inputs that are functions of time.

use super::{Span, finite};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;
use std::f64::consts::TAU;

/// From `start` to `end` in equal steps, both of which it takes: brainpy's `ramp_input`.
///
/// # Errors
/// If a value is not finite, or the span makes no sense.
pub fn ramp_input<T: Scalar>(start: f64, end: f64, span: Span) -> Result<ArrayD<T>> {
    let (start, end) = (finite("c_start", start)?, finite("c_end", end)?);
    let (_, within) = span.steps(false)?;
    let last = within.len().saturating_sub(1);
    // As NumPy's linspace, which brainpy calls.
    let step = (end - start) / last.max(1) as f64;
    span.fill(None, false, |k, x| x.fill(T::from_f64(if k == last && k > 0 { end } else { k as f64 * step + start })))
}

/// `amplitude·sin(2π·frequency·t)`, with t from where the span begins and `frequency` in Hz; with `bias`, `amplitude` more, so that it is not
/// negative: brainpy's `sinusoidal_input`.
///
/// # Errors
/// If amplitude or frequency is not finite, or the span makes no sense.
pub fn sinusoidal_input<T: Scalar>(amplitude: f64, frequency: f64, bias: bool, span: Span) -> Result<ArrayD<T>> {
    wave(amplitude, frequency, bias, span, sin_turns)
}

/// `amplitude` for the first half of each period and `−amplitude` for the second, with t and `frequency` as for [`sinusoidal_input`]; with
/// `bias`, `amplitude` more: brainpy's `square_input`.
///
/// A step that a half begins with belongs to it, where it does within 1e-9 of a period; in brainpy rounding decides.
///
/// # Errors
/// As [`sinusoidal_input`].
pub fn square_input<T: Scalar>(amplitude: f64, frequency: f64, bias: bool, span: Span) -> Result<ArrayD<T>> {
    wave(amplitude, frequency, bias, span, |turns| {
        let turns = turns + 1e-9;
        if turns - turns.floor() < 0.5 { 1.0 } else { -1.0 }
    })
}

fn wave<T: Scalar>(amplitude: f64, frequency: f64, bias: bool, span: Span, of_turns: impl Fn(f64) -> f64) -> Result<ArrayD<T>> {
    let (amplitude, frequency) = (finite("amplitude", amplitude)?, finite("frequency", frequency)?);
    span.steps(true)?;
    // Turns a step: hertz, and milliseconds.
    let turns = frequency / 1000.0 * span.dt;
    if !turns.is_finite() {
        return Err(Error::value("frequency", frequency, "is too high to be counted in turns"));
    }
    let offset = if bias { amplitude } else { 0.0 };
    span.fill(None, true, |k, x| x.fill(T::from_f64(amplitude * of_turns(turns * k as f64) + offset)))
}

/// sin(2πx), of plain operations: the nearest quarter turn is taken off exactly, and the rest goes through Taylor's polynomials on [−π/4, π/4].
fn sin_turns(x: f64) -> f64 {
    let x = x - x.round();
    let quarters = (x * 4.0).round();
    let r = (x - quarters * 0.25) * TAU;
    let s = r * r;
    let series = |first: i32| {
        let terms = (0..8).map(|k| f64::from((first + 2 * k) * (first + 2 * k + 1)));
        terms.rev().fold(1.0, |sum, factor| 1.0 - s / factor * sum)
    };
    let (sin, cos) = (r * series(2), series(1));
    match quarters as i32 {
        0 => sin,
        1 => cos,
        -1 => -cos,
        _ => -sin,
    }
}

#[cfg(test)]
mod tests {
    use super::sin_turns;

    #[test]
    fn sines_are_within_a_few_ulp_and_quarters_are_exact() {
        for k in -4000..4000 {
            let x = f64::from(k) / 997.0;
            let error = (sin_turns(x) - ((x - x.round()) * std::f64::consts::TAU).sin()).abs();
            assert!(error <= 1e-15, "{x}: {error:e}");
        }
        assert_eq!([0.0, 0.25, 0.5, 0.75, -0.25, 1e6].map(sin_turns).map(|x| x + 0.0), [0.0, 1.0, 0.0, -1.0, -1.0, 0.0]);
    }
}
