//! Rounding of times, measured in steps.

/// The largest distance from a whole number at which a time in steps counts as that number: 1e-6 or
/// the rounding error of an f32, but at most a quarter.
pub(crate) fn near(steps: f64) -> f64 {
    (steps.abs() / f64::from(1 << 23)).clamp(1e-6, 0.25)
}

/// Rounds a time in steps to the nearest whole number if it is [`near`] that number, and up
/// otherwise.
pub(crate) fn up(steps: f64) -> f64 {
    if (steps - steps.round()).abs() <= near(steps) { steps.round() } else { steps.ceil() }
}
