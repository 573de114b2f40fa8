//! Random inputs.

use super::{Span, finite};
use crate::error::{Error, Result};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;

/// The increments of a Wiener process for each of `units` units: normal numbers with mean 0 and
/// variance `dt`. This is brainpy's `wiener_process`. The array is `[T]` for one unit, and
/// `[T, units]` otherwise.
///
/// Each number is a function of seed, unit and step, where the step counts from the start of the
/// interval. Brainpy's numbers are different.
///
/// # Errors
/// If a time of the span is invalid.
pub fn wiener_process<T: Scalar>(units: usize, seed: u64, span: Span) -> Result<ArrayD<T>> {
    let (stream, scale) = (Stream::named(seed, "wiener_process"), span.dt.sqrt());
    span.fill((units != 1).then_some(units), true, |k, row| {
        for (unit, x) in row.iter_mut().enumerate() {
            *x = T::from_f64(f64::from(stream.normal(unit as u64, k as u64)) * scale);
        }
    })
}

/// An Ornstein-Uhlenbeck process for each of `units` units, with the Euler-Maruyama method. This is
/// brainpy's `ou_process`. The array is `[T]` for one unit, and `[T, units]` otherwise. The process
/// starts at X = `mean`, and each step is
///
/// X ← X + (mean − X)·dt/τ + σ·√dt·ξ
///
/// where ξ is standard normal. `tau` is in the unit of `dt`, and `sigma` in the unit of the input
/// divided by the square root of the unit of `dt`. The stationary standard deviation is about
/// σ·√(τ/2). The random numbers have the same rules as those of [`wiener_process`].
///
/// # Errors
/// If a number is not finite, `tau` is not positive, or a time of the span is invalid.
pub fn ou_process<T: Scalar>(
    mean: f64,
    sigma: f64,
    tau: f64,
    units: usize,
    seed: u64,
    span: Span,
) -> Result<ArrayD<T>> {
    let (mean, sigma) = (finite("mean", mean)?, finite("sigma", sigma)?);
    if !(tau.is_finite() && tau > 0.0) {
        return Err(Error::value("tau", tau, "is not a positive number"));
    }
    let (stream, scale, part) = (Stream::named(seed, "ou_process"), sigma * span.dt.sqrt(), span.dt / tau);
    let mut state = Vec::new();
    span.fill((units != 1).then_some(units), true, |k, row| {
        state.resize(row.len(), mean);
        for (unit, (x, to)) in state.iter_mut().zip(row).enumerate() {
            *x = *x + (mean - *x) * part + scale * f64::from(stream.normal(unit as u64, k as u64));
            *to = T::from_f64(*x);
        }
    })
}
