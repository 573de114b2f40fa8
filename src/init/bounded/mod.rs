//! Distributions whose values are bounded. Values outside of the bounds are drawn again, or clipped.

use super::distribution::Distribution;
use crate::error::{Error, Number, Result};
use crate::numeric::rng::Stream;
use std::fmt::{self, Display};
use std::ops::{Bound, RangeBounds};

#[cfg(test)]
mod tests;

/// The most draws of a value under [`Outside::Redraw`]. With [`LEAST`], a value needs all of them
/// with a probability of 1e-9.
const DRAWS: u64 = 1024;

/// The least probability of a value inside of the bounds under [`Outside::Redraw`].
const LEAST: f64 = 0.02;

/// The number of a draw of the same value begins at this bit of the step of its random words. The
/// bits below are the index of the value, and the top byte is the purpose.
const DRAW: u64 = 1 << 32;

/// The rule for values outside of the bounds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Outside {
    /// A value outside is drawn again, until it is inside: NEST's `redraw`. The values have the
    /// truncated distribution. After 1024 draws the value is clipped.
    #[default]
    Redraw,
    /// A value outside becomes the nearest bound: PyNN's `normal_clipped_to_boundary`.
    Clip,
}

impl Outside {
    /// All rules.
    pub const ALL: [Self; 2] = [Self::Redraw, Self::Clip];

    /// The name in model files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Redraw => "redraw",
            Self::Clip => "clip",
        }
    }

    /// The rule of this name in model files.
    ///
    /// # Errors
    /// If no rule has this name.
    pub fn named(name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|outside| outside.name() == name);
        found.ok_or_else(|| Error::unknown("value of `outside`", name, Self::ALL.map(Self::name)))
    }
}

/// A distribution, and the bounds of its values.
///
/// [`Distribution::redrawn`] and [`Distribution::clipped`] make it. A value inside of the bounds
/// has the bits of the value without bounds.
///
/// ```
/// use overtime::{Distribution, Init};
///
/// let delays: Init = Distribution::Normal(1.5, 0.75).redrawn(0.1..).into();
/// let weights: Init = Distribution::LogNormal(-0.7, 0.5).clipped(..=5.0).into();
/// assert_eq!(delays.to_string(), "normal(1.5, 0.75) redrawn within [0.1, ∞)");
/// assert_eq!(weights.to_string(), "lognormal(-0.7, 0.5) clipped to (−∞, 5]");
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bounded {
    /// The distribution.
    pub distribution: Distribution,
    /// The least value; by default there is none.
    pub min: Option<f64>,
    /// The largest value; by default there is none.
    pub max: Option<f64>,
    /// The rule for values outside of the bounds.
    pub outside: Outside,
}

impl Distribution {
    /// The distribution without bounds.
    #[must_use]
    pub const fn unbounded(self) -> Bounded {
        Bounded { distribution: self, min: None, max: None, outside: Outside::Redraw }
    }

    /// Draws values outside of `within` again, such as `redrawn(0.1..)`; see [`Outside::Redraw`].
    /// `within` must hold at least 2 % of the distribution. An excluded end stands for the next
    /// number of `f64`.
    #[must_use]
    pub fn redrawn(self, within: impl RangeBounds<f64>) -> Bounded {
        Bounded::new(self, &within, Outside::Redraw)
    }

    /// Clips values outside of `to` to its ends, such as `clipped(0.0..=5.0)`; see
    /// [`Outside::Clip`]. An excluded end stands for the next number of `f64`.
    #[must_use]
    pub fn clipped(self, to: impl RangeBounds<f64>) -> Bounded {
        Bounded::new(self, &to, Outside::Clip)
    }
}

impl From<Distribution> for Bounded {
    fn from(distribution: Distribution) -> Self {
        distribution.unbounded()
    }
}

/// The distribution as in model files, and its bounds.
impl Display for Bounded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.distribution)?;
        if !self.is_bounded() {
            return Ok(());
        }
        let rule = match self.outside {
            Outside::Redraw => "redrawn within",
            Outside::Clip => "clipped to",
        };
        write!(f, " {rule} {}", self.interval())
    }
}

impl Bounded {
    fn new(distribution: Distribution, range: &impl RangeBounds<f64>, outside: Outside) -> Self {
        let end = |bound: Bound<&f64>, next: fn(f64) -> f64| match bound {
            Bound::Included(x) => Some(*x),
            Bound::Excluded(x) => Some(next(*x)),
            Bound::Unbounded => None,
        };
        let (min, max) = (end(range.start_bound(), f64::next_up), end(range.end_bound(), f64::next_down));
        Self { distribution, min, max, outside }
    }

    /// The bounds as text: `[0.1, ∞)`.
    fn interval(&self) -> String {
        let min = self.min.map_or_else(|| "(−∞".to_owned(), |min| format!("[{}", Number(min)));
        let max = self.max.map_or_else(|| "∞)".to_owned(), |max| format!("{}]", Number(max)));
        format!("{min}, {max}")
    }

    /// Checks the distribution and the bounds; `name` is the name of the values in errors.
    ///
    /// # Errors
    /// As [`Distribution::check`]. Also if a bound is not finite, if `min` exceeds `max`, or if
    /// values are redrawn and less than 2 % of the distribution is inside, by its distribution
    /// function. No value can be redrawn between equal bounds.
    pub fn check(&self, name: &str) -> Result<()> {
        self.distribution.check(name)?;
        for (key, bound) in [("min", self.min), ("max", self.max)] {
            if let Some(bound) = bound.filter(|bound| !bound.is_finite()) {
                return Err(Error::value(name, bound, format!("is not a finite `{key}`")));
            }
        }
        let (low, high) = self.limits();
        if low > high {
            return Err(Error::value(name, Number(low), format!("is a `min` above the `max` {}", Number(high))));
        }
        if self.outside == Outside::Clip || !self.is_bounded() {
            return Ok(());
        }
        if low == high {
            let reason = "is both `min` and `max`, which leaves no interval: give one number, or outside = \"clip\"";
            return Err(Error::value(name, Number(low), reason));
        }
        let probability = self.distribution.probability(low, high);
        if probability >= LEAST {
            return Ok(());
        }
        let reason = format!(
            "has a value in {} with a probability of {}, and a redraw needs {LEAST} or more; outside = \"clip\" clips",
            self.interval(),
            Number((probability * 1e4).round() / 1e4)
        );
        Err(Error::value(name, self.distribution, reason))
    }

    /// The bounds of all values.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        let (low, high) = self.distribution.bounds();
        (self.inside(low), self.inside(high))
    }

    /// The mean of all values.
    #[must_use]
    pub fn mean(&self) -> f64 {
        if !self.is_bounded() {
            return self.distribution.mean();
        }
        let (low, high) = self.limits();
        let of = &self.distribution;
        let (inside, probability) = (of.partial_mean(low, high), of.probability(low, high));
        let mean = match self.outside {
            Outside::Redraw => inside / probability,
            // A bound without values beyond it may be infinite.
            Outside::Clip => {
                let tail = |bound: Option<f64>, beyond: f64| bound.map_or(0.0, |bound| bound * beyond);
                let below = tail(self.min, of.probability(f64::NEG_INFINITY, low.next_down()));
                let above = tail(self.max, of.probability(high.next_up(), f64::INFINITY));
                below + inside + above
            }
        };
        self.inside(mean)
    }

    /// The distribution and its bounds, of the values times a positive `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        let bound = |bound: Option<f64>| bound.map(|bound| bound * factor);
        Self { distribution: self.distribution.scaled(factor), min: bound(self.min), max: bound(self.max), ..self }
    }

    /// Whether the values have a bound.
    pub(crate) fn is_bounded(&self) -> bool {
        self.min.is_some() || self.max.is_some()
    }

    /// `min` and `max`, infinite where there is none.
    #[inline(always)]
    pub(crate) fn limits(&self) -> (f64, f64) {
        (self.min.unwrap_or(f64::NEG_INFINITY), self.max.unwrap_or(f64::INFINITY))
    }

    /// The most draws of a value.
    #[inline(always)]
    pub(crate) fn draws(&self) -> u64 {
        match self.outside {
            Outside::Redraw if self.is_bounded() => DRAWS,
            _ => 1,
        }
    }

    /// The value, or the nearest bound of a value outside.
    #[inline(always)]
    fn inside(&self, value: f64) -> f64 {
        let (low, high) = self.limits();
        let value = if value < low { low } else { value };
        if value > high { high } else { value }
    }

    /// Draws the values of `W` units, each at a step. Its counterpart is `draw` in `connect.cuh`.
    // Without bounds, the branch after the first draw is the only difference from
    // `Distribution::draw_each`. The loops call no closure, which the compiler might not inline.
    #[inline(always)]
    pub(crate) fn draw_each<const W: usize>(&self, stream: Stream, units: [u64; W], mut steps: [u64; W]) -> [f64; W] {
        let (low, high) = self.limits();
        let mut values = [f64::NAN; W];
        for _ in 0..self.draws() {
            let drawn = self.distribution.draw_each(stream, units, steps);
            if !self.is_bounded() {
                return drawn;
            }
            let mut all_inside = true;
            for k in 0..W {
                // NaN is no value yet.
                values[k] = if values[k] >= low && values[k] <= high { values[k] } else { drawn[k] };
                all_inside &= values[k] >= low && values[k] <= high;
                steps[k] += DRAW;
            }
            if all_inside {
                return values;
            }
        }
        for value in &mut values {
            *value = self.inside(*value);
        }
        values
    }

    /// Draws the value of a unit at a step.
    #[inline(always)]
    pub(crate) fn draw(&self, stream: Stream, unit: u64, step: u64) -> f64 {
        let [value] = self.draw_each(stream, [unit], [step]);
        value
    }
}
