//! Inputs that are drawn.

use super::{Span, finite};
use crate::error::{Error, Result};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
use ndarray::ArrayD;

/// Normal numbers of mean 0 and variance `dt`, the increments of a Wiener process, for each of `units`: brainpy's `wiener_process`. `[T]` for one
/// unit, else `[T, units]`.
///
/// A draw is a function of seed, unit and step, counted from where the span begins; brainpy's are other numbers.
///
/// # Errors
/// If the span makes no sense.
pub fn wiener_process<T: Scalar>(units: usize, seed: u64, span: Span) -> Result<ArrayD<T>> {
    let (stream, scale) = (Stream::named(seed, "wiener_process"), span.dt.sqrt());
    span.fill((units != 1).then_some(units), true, |k, row| {
        for (unit, x) in row.iter_mut().enumerate() {
            *x = T::from_f64(f64::from(stream.normal(unit as u64, k as u64)) * scale);
        }
    })
}

/// An Ornstein-Uhlenbeck process for each of `units`, by Euler's and Maruyama's method: brainpy's `ou_process`. `[T]` for one unit, else
/// `[T, units]`. From X = `mean` on,
///
/// X ← X + (mean − X)·dt/τ + σ·√dt·ξ
///
/// with ξ standard normal, `tau` in the unit of `dt`, and `sigma` in that of the input by its root: the deviation in the long run is about
/// σ·√(τ/2). Draws are as for [`wiener_process`].
///
/// # Errors
/// If a number is not finite, `tau` is not positive, or the span makes no sense.
pub fn ou_process<T: Scalar>(mean: f64, sigma: f64, tau: f64, units: usize, seed: u64, span: Span) -> Result<ArrayD<T>> {
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
