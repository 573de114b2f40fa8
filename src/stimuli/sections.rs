//! Piecewise constant inputs.

use super::{array, before, count, finite, zeros};
use crate::error::{Error, Result};
use crate::numeric::scalar::Scalar;
use crate::system::clock::Clock;
use ndarray::ArrayD;

/// One value for all units, or one value for each unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Level {
    /// The same value for all units.
    All(f64),
    /// One value for each unit.
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
    /// The value for unit `k`.
    fn at(&self, k: usize) -> f64 {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values.get(k).copied().unwrap_or_default(),
        }
    }
}

/// Consecutive values, each with a duration: brainpy's `constant_input`. Returns the array and the
/// sum of the durations. The array is `[T]`, or `[T, N]` if a value has one number for each of N
/// units.
///
/// # Errors
/// If `dt` or a duration is invalid, a value is not finite, or two values have different numbers of
/// units.
pub fn constant_input<T: Scalar, L: Into<Level>>(
    sections: impl IntoIterator<Item = (L, f64)>,
    dt: f64,
) -> Result<(ArrayD<T>, f64)> {
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
                    return Err(Error::Shape {
                        argument: format!("section {k}"),
                        axis: "units".into(),
                        expected,
                        given: values.len(),
                    });
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

/// Does the same as [`constant_input`], with separate lists of values and durations: brainpy's
/// `section_input`.
///
/// # Errors
/// The same as for [`constant_input`]. In addition: if the numbers of values and durations differ.
pub fn section_input<T: Scalar, L: Into<Level>>(
    values: impl IntoIterator<Item = L>,
    durations: impl IntoIterator<Item = f64>,
    dt: f64,
) -> Result<ArrayD<T>> {
    let (values, durations): (Vec<L>, Vec<f64>) = (values.into_iter().collect(), durations.into_iter().collect());
    if values.len() != durations.len() {
        return Err(Error::Shape {
            argument: "durations".into(),
            axis: "sections".into(),
            expected: values.len(),
            given: durations.len(),
        });
    }
    Ok(constant_input(values.into_iter().zip(durations), dt)?.0)
}

/// Pulses: the pulse at `times[k]` has the length `lengths[k]` and the size `sizes[k]`; elsewhere
/// the input is 0. This is brainpy's `spike_input`. `lengths` and `sizes` are one number for all
/// pulses, or one number for each. A pulse replaces earlier pulses where they overlap. It ends at
/// the latest with the input.
///
/// # Errors
/// If `dt` or a time is invalid, a size is not finite, or the numbers of lengths or sizes differ
/// from the number of times.
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
            return Err(Error::Shape {
                argument: what.into(),
                axis: "pulses".into(),
                expected: times.len(),
                given: values.len(),
            });
        }
    }
    let steps = count(&clock, "duration", duration)?;
    let mut values: Vec<T> = zeros(steps, 1)?;
    for (k, time) in times.iter().enumerate() {
        let length = lengths.at(k);
        if length.is_nan() || length < 0.0 {
            return Err(Error::value(format!("lengths[{k}]"), length, "is not a non-negative time"));
        }
        let (from, to) = (
            before(&clock, &format!("times[{k}]"), *time)?,
            before(&clock, &format!("times[{k}] + its length"), time + length)?,
        );
        let size = T::from_f64(finite(&format!("sizes[{k}]"), sizes.at(k))?);
        values.get_mut(from.min(steps)..to.min(steps)).unwrap_or_default().fill(size);
    }
    array(values, steps, None)
}
