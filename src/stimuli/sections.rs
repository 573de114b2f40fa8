//! Inputs that stay the same for a while.

use super::{array, before, count, finite, zeros};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::system::clock::Clock;
use ndarray::ArrayD;

/// One value for all units, or a value for each.
#[derive(Clone, Debug, PartialEq)]
pub enum Level {
    /// The same for all.
    All(f64),
    /// One for each.
    Each(Vec<f64>),
}

impl From<f64> for Level {
    fn from(value: f64) -> Self {
        Self::All(value)
    }
}
impl From<Vec<f64>> for Level {
    fn from(values: Vec<f64>) -> Self {
        Self::Each(values)
    }
}
impl From<&[f64]> for Level {
    fn from(values: &[f64]) -> Self {
        Self::Each(values.to_vec())
    }
}
impl<const N: usize> From<[f64; N]> for Level {
    fn from(values: [f64; N]) -> Self {
        Self::Each(values.to_vec())
    }
}

impl Level {
    /// For unit `k`.
    fn at(&self, k: usize) -> f64 {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values.get(k).copied().unwrap_or_default(),
        }
    }
}

/// Values one after the other, each for a duration: brainpy's `constant_input`. Returns the array, `[T]`, or `[T, N]` where a value has one
/// for each of N units, and the sum of the durations.
///
/// # Errors
/// If `dt` or a duration makes no sense, a value is not finite, or two have different numbers of units.
pub fn constant_input<T: Scalar, L: Into<Level>>(sections: impl IntoIterator<Item = (L, f64)>, dt: f64) -> Result<(ArrayD<T>, f64)> {
    let clock = Clock::new(0, 0.0, dt)?;
    let (mut parts, mut units, mut all, mut duration) = (Vec::new(), None, 0_usize, 0.0);
    for (k, (level, lasts)) in sections.into_iter().enumerate() {
        let level = level.into();
        match &level {
            Level::All(value) => {
                finite(&format!("section {k}"), *value)?;
            }
            Level::Each(values) => {
                let expected = *units.get_or_insert(values.len());
                if values.len() != expected {
                    return Err(Error::Shape { argument: format!("section {k}"), axis: "units".into(), expected, given: values.len() });
                }
                values.iter().try_for_each(|value| finite(&format!("section {k}"), *value).map(|_| ()))?;
            }
        }
        let steps = count(&clock, &format!("the duration of section {k}"), lasts)?;
        all = all.saturating_add(steps);
        duration += lasts;
        parts.push((level, steps));
    }
    let width = units.unwrap_or(1);
    let mut values: Vec<T> = zeros(all, width)?;
    let mut rows = values.chunks_exact_mut(width.max(1));
    for (level, steps) in parts {
        for row in rows.by_ref().take(steps) {
            row.iter_mut().enumerate().for_each(|(k, x)| *x = T::from_f64(level.at(k)));
        }
    }
    Ok((array(values, all, units)?, duration))
}

/// As [`constant_input`], with values and durations apart: brainpy's `section_input`.
///
/// # Errors
/// As [`constant_input`], or if there are not as many durations as values.
pub fn section_input<T: Scalar, L: Into<Level>>(
    values: impl IntoIterator<Item = L>,
    durations: impl IntoIterator<Item = f64>,
    dt: f64,
) -> Result<ArrayD<T>> {
    let (values, durations): (Vec<L>, Vec<f64>) = (values.into_iter().collect(), durations.into_iter().collect());
    if values.len() != durations.len() {
        return Err(Error::Shape { argument: "durations".into(), axis: "sections".into(), expected: values.len(), given: durations.len() });
    }
    Ok(constant_input(values.into_iter().zip(durations), dt)?.0)
}

/// Pulses: at each of `times`, for that pulse's length, of its size; 0 elsewhere. `lengths` and `sizes` are one for all pulses or one for
/// each. A pulse replaces those before it where they overlap, and ends with the input: brainpy's `spike_input`.
///
/// # Errors
/// If `dt` or a time makes no sense, a size is not finite, or there are not as many lengths or sizes as times.
pub fn spike_input<T: Scalar>(
    times: &[f64],
    lengths: impl Into<Level>,
    sizes: impl Into<Level>,
    duration: f64,
    dt: f64,
) -> Result<ArrayD<T>> {
    let clock = Clock::new(0, 0.0, dt)?;
    let (lengths, sizes) = (lengths.into(), sizes.into());
    for (level, what) in [(&lengths, "lengths"), (&sizes, "sizes")] {
        if let Level::Each(values) = level
            && values.len() != times.len()
        {
            return Err(Error::Shape { argument: what.into(), axis: "pulses".into(), expected: times.len(), given: values.len() });
        }
    }
    let steps = count(&clock, "duration", duration)?;
    let mut values: Vec<T> = zeros(steps, 1)?;
    for (k, time) in times.iter().enumerate() {
        let length = lengths.at(k);
        if length.is_nan() || length < 0.0 {
            return Err(Error::value(format!("lengths[{k}]"), length, "is not a non-negative time"));
        }
        let (from, to) =
            (before(&clock, &format!("times[{k}]"), *time)?, before(&clock, &format!("times[{k}] + its length"), time + length)?);
        let size = T::from_f64(finite(&format!("sizes[{k}]"), sizes.at(k))?);
        values.get_mut(from.min(steps)..to.min(steps)).unwrap_or_default().fill(size);
    }
    array(values, steps, None)
}
