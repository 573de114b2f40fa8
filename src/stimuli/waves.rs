//! Inputs that are functions of time.

use super::{Span, finite};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;
use std::f64::consts::TAU;

/// A ramp from `start` to `end` in equal steps. The first step has the value `start`, and the last
/// one `end`. This is brainpy's `ramp_input`.
///
/// # Errors
/// If a value is not finite, or a time of the span is invalid.
pub fn ramp_input<T: Scalar>(start: f64, end: f64, span: Span) -> Result<ArrayD<T>> {
    let (start, end) = (finite("c_start", start)?, finite("c_end", end)?);
    let (_, within) = span.steps(false)?;
    let last = within.len().saturating_sub(1);
    // This is NumPy's linspace, which brainpy calls.
    let step = (end - start) / last.max(1) as f64;
    span.fill(None, false, |k, x| x.fill(T::from_f64(if k == last && k > 0 { end } else { k as f64 * step + start })))
}

/// A sine wave, `amplitude·sin(2π·frequency·t)`: brainpy's `sinusoidal_input`. `t` starts at the
/// beginning of the interval, and `frequency` is in Hz. With `bias` the wave is shifted up by
/// `amplitude`, so that it is not negative.
///
/// # Errors
/// If amplitude or frequency is not finite, or a time of the span is invalid.
pub fn sinusoidal_input<T: Scalar>(amplitude: f64, frequency: f64, bias: bool, span: Span) -> Result<ArrayD<T>> {
    wave(amplitude, frequency, bias, span, sin_turns)
}

/// A square wave: `amplitude` in the first half of each period and `−amplitude` in the second. This
/// is brainpy's `square_input`. `t` and `frequency` are those of [`sinusoidal_input`]. With `bias`
/// the wave is shifted up by `amplitude`.
///
/// A half period that begins within 1e-9 periods of a step includes that step. In brainpy rounding
/// decides.
///
/// # Errors
/// The same as for [`sinusoidal_input`].
pub fn square_input<T: Scalar>(amplitude: f64, frequency: f64, bias: bool, span: Span) -> Result<ArrayD<T>> {
    wave(amplitude, frequency, bias, span, |turns| {
        let turns = turns + 1e-9;
        if turns - turns.floor() < 0.5 { 1.0 } else { -1.0 }
    })
}

fn wave<T: Scalar>(
    amplitude: f64,
    frequency: f64,
    bias: bool,
    span: Span,
    of_turns: impl Fn(f64) -> f64,
) -> Result<ArrayD<T>> {
    let (amplitude, frequency) = (finite("amplitude", amplitude)?, finite("frequency", frequency)?);
    span.steps(true)?;
    // The number of periods in a step: the frequency is in hertz and `dt` in milliseconds.
    let turns = frequency / 1000.0 * span.dt;
    if !turns.is_finite() {
        return Err(Error::value("frequency", frequency, "is too high: the number of periods cannot be computed"));
    }
    let offset = if bias { amplitude } else { 0.0 };
    span.fill(None, true, |k, x| x.fill(T::from_f64(amplitude * of_turns(turns * k as f64) + offset)))
}

/// sin(2πx) from basic operations. The nearest quarter turn is subtracted exactly. Taylor
/// polynomials on [−π/4, π/4] compute the rest.
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
        assert_eq!(
            [0.0, 0.25, 0.5, 0.75, -0.25, 1e6].map(sin_turns).map(|x| x + 0.0),
            [0.0, 1.0, 0.0, -1.0, -1.0, 0.0]
        );
    }
}
