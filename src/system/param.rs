//! A parameter of a model: one value for all units, or one value for each unit.

use crate::error::{Error, Result};
use crate::numeric::scalar::Real;
use std::ops::Range;

/// One value for all units, or one value for each unit.
#[derive(Clone, Debug, PartialEq)]
pub enum Param<R> {
    /// The same value for all units.
    All(R),
    /// One value for each unit.
    Each(Vec<R>),
}

impl<R: Real> From<f64> for Param<R> {
    fn from(value: f64) -> Self {
        Self::All(R::of(value))
    }
}

impl<R: Real> From<Vec<R>> for Param<R> {
    fn from(values: Vec<R>) -> Self {
        Self::Each(values)
    }
}

impl<R: Real> Param<R> {
    /// The values. The slice has one element if the value is the same for all units.
    #[must_use]
    pub fn values(&self) -> &[R] {
        match self {
            Self::All(value) => std::slice::from_ref(value),
            Self::Each(values) => values,
        }
    }

    /// The values of these units, or the one value of all units.
    #[inline]
    pub(crate) fn part(&self, units: Range<usize>) -> &[R] {
        match self {
            Self::All(value) => std::slice::from_ref(value),
            Self::Each(values) => values.get(units).unwrap_or_default(),
        }
    }

    /// The value of one unit. Beyond the end it is the value of the last unit.
    #[inline(always)]
    pub(crate) fn at(&self, unit: usize) -> R {
        match self {
            Self::All(value) => *value,
            Self::Each(values) => values.get(unit).or(values.last()).copied().unwrap_or_default(),
        }
    }

    /// The values of `W` consecutive units from number `first` on. The units are counted over a
    /// batch whose rows have `units` units: the first unit of the next row follows the last unit of
    /// a row.
    #[inline(always)]
    pub(crate) fn spread<const W: usize>(&self, first: usize, units: usize) -> [R; W] {
        match self {
            Self::All(value) => [*value; W],
            Self::Each(values) => {
                let mut spread = [R::of(1.0); W];
                let (mut unit, mut rest) = (first % units.max(1), spread.as_mut_slice());
                while let Some(from) = values.get(unit..units).filter(|from| !from.is_empty() && !rest.is_empty()) {
                    let (part, later) = rest.split_at_mut(from.len().min(rest.len()));
                    part.copy_from_slice(&from[..part.len()]);
                    rest = later;
                    unit = 0;
                }
                spread
            }
        }
    }

    /// Checks that the values have the right length and are finite, and that `fits` accepts each
    /// one. `must` is the text of the error if `fits` does not.
    pub(crate) fn check(&self, name: &str, units: usize, fits: impl Fn(R) -> bool, must: &str) -> Result<()> {
        if let Self::Each(values) = self
            && values.len() != units
        {
            return Err(Error::Shape {
                argument: format!("parameter `{name}`"),
                axis: "units".into(),
                expected: units,
                given: values.len(),
            });
        }
        for (index, value) in self.values().iter().enumerate() {
            if !value.is_finite() {
                let variable = format!("parameter `{name}`");
                return Err(Error::NotFinite { variable, step: None, index, value: value.to_f64() });
            }
            if !fits(*value) {
                return Err(Error::value(format!("parameter `{name}`"), value, must));
            }
        }
        Ok(())
    }
}
