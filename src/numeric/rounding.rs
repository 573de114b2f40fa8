//! Times in steps, rounded.

/// How far from a whole number a time in steps may be and still be meant as it: 1e-6, or what f32 rounds it by, up to a quarter.
pub(crate) fn near(steps: f64) -> f64 {
    (steps.abs() / f64::from(1 << 23)).clamp(1e-6, 0.25)
}

/// A time in steps, rounded where it is near a whole number, else up.
pub(crate) fn up(steps: f64) -> f64 {
    if (steps - steps.round()).abs() <= near(steps) { steps.round() } else { steps.ceil() }
}
