//! Distributions of random values. This file has everything about a distribution, except for its
//! counterpart in kernels, `draw_once` in `connect.cuh`.

use crate::device::device_struct::device_constants;
use crate::error::{Error, Number, Result};
use crate::numeric::math::{exp, normal_cdf};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use std::fmt::{self, Display};

#[cfg(test)]
mod tests;

device_constants! {
    DISTRIBUTIONS {
        /// One value for all, and no distribution.
        SAME: u32 = 0,
        /// `location + scale·u` for a uniform number u in [0, 1).
        UNIFORM: u32 = 1,
        /// `location + scale·z` for a standard normal number z.
        NORMAL: u32 = 2,
        /// e^(location + scale·z).
        LOG_NORMAL: u32 = 3,
    }
}

/// The bound of standard normal numbers. The largest one of a `Stream` is √(50·ln 2) = 5.887 (see
/// `rng`).
const TAILS: f64 = 5.9;

/// A distribution of random values, for initial values, weights and delays.
///
/// Its two parameters have the unit of the values, unless the variant says otherwise. Values are
/// drawn in `f64`, so that they do not depend on the element type of a run.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Distribution {
    /// Uniform in `[low, high)`. `low` must not exceed `high`.
    Uniform(f64, f64),
    /// Normal with this mean and standard deviation. The standard deviation must not be negative.
    /// Values beyond 5.9 standard deviations do not occur.
    Normal(f64, f64),
    /// e^(mu + sigma·z) for a standard normal number z: numpy's and NEST's `lognormal`. `mu` and
    /// `sigma` are the mean and the standard deviation of the logarithm of the values; `sigma` must
    /// not be negative. The median of the values is e^mu, their mean is e^(mu + sigma²/2). Values
    /// lie between e^(mu ± 5.9·sigma), and are at least e⁻⁷⁰⁸.
    ///
    /// Weights are rounded to a fraction of the largest value, so that a large `sigma` makes small
    /// weights coarse. A weight at the median is rounded by at most 4e-7 of itself for `sigma` = 1,
    /// and by at most 5 % for `sigma` = 3.
    LogNormal(f64, f64),
}

/// As in model files and in rustdoc: `lognormal(0, 1000)`.
impl Display for Distribution {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b] = self.parameters().map(Number);
        write!(f, "{}({a}, {b})", self.info().name)
    }
}

/// The facts of a distribution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct DistributionInfo {
    /// The name in model files.
    pub name: &'static str,
    /// A description in one line.
    pub about: &'static str,
    /// The name and the meaning of each parameter.
    pub parameters: [(&'static str, &'static str); 2],
    /// An example, as a model file has it.
    pub example: &'static str,
}

impl Distribution {
    /// The constructor of each distribution, in the order of lists.
    const ALL: [fn(f64, f64) -> Self; 3] = [Self::Uniform, Self::Normal, Self::LogNormal];

    /// The facts of all distributions.
    pub fn all() -> impl Iterator<Item = DistributionInfo> + Clone {
        Self::ALL.into_iter().map(|of| of(0.0, 0.0).info())
    }

    /// The distribution of this name in model files, with these parameters.
    ///
    /// # Errors
    /// If no distribution has this name. [`Distribution::check`] checks the parameters.
    pub fn named(name: &str, [a, b]: [f64; 2]) -> Result<Self> {
        let found = Self::ALL.into_iter().map(|of| of(a, b)).find(|distribution| distribution.info().name == name);
        found.ok_or_else(|| Error::unknown("distribution", name, Self::all().map(|info| info.name)))
    }

    /// The facts of this distribution.
    #[must_use]
    pub fn info(&self) -> DistributionInfo {
        match self {
            Self::Uniform(..) => DistributionInfo {
                name: "uniform",
                about: "uniform between two numbers",
                parameters: [("low", "lower end"), ("high", "upper end")],
                example: "V = { uniform = [-70.0, -60.0] }",
            },
            Self::Normal(..) => DistributionInfo {
                name: "normal",
                about: "normal",
                parameters: [("mean", "mean"), ("deviation", "standard deviation")],
                example: "V = { normal = [-65.0, 5.0] }",
            },
            Self::LogNormal(..) => DistributionInfo {
                name: "lognormal",
                about: "e to the power of a normal number, as numpy's lognormal",
                parameters: [
                    ("mu", "mean of the logarithm of the values"),
                    ("sigma", "standard deviation of the logarithm of the values"),
                ],
                example: "weight = { lognormal = [-0.7, 0.5] }",
            },
        }
    }

    /// The two parameters.
    #[must_use]
    pub fn parameters(&self) -> [f64; 2] {
        match *self {
            Self::Uniform(a, b) | Self::Normal(a, b) | Self::LogNormal(a, b) => [a, b],
        }
    }

    /// Checks the parameters; `name` is the name of the values in errors.
    ///
    /// # Errors
    /// If a parameter is not finite or is invalid, or if a value can be too large for `f64`.
    pub fn check(&self, name: &str) -> Result<()> {
        let parameters = self.parameters();
        if let Some(index) = parameters.iter().position(|p| !p.is_finite()) {
            return Err(Error::NotFinite { variable: name.into(), step: None, index, value: parameters[index] });
        }
        match *self {
            Self::Uniform(low, high) if low > high => {
                let reason = format!("is the low end of uniform values, above the high end {}", Number(high));
                return Err(Error::value(name, low, reason));
            }
            Self::Uniform(low, high) if !(high - low).is_finite() => {
                return Err(Error::value(name, self, "has a width that is not a finite number"));
            }
            Self::Normal(_, deviation) | Self::LogNormal(_, deviation) if deviation < 0.0 => {
                return Err(Error::value(name, deviation, "is a standard deviation below 0"));
            }
            _ => {}
        }
        let (low, high) = self.bounds();
        if low.is_finite() && high.is_finite() {
            Ok(())
        } else {
            Err(Error::value(name, self, "has values that are too large for f64"))
        }
    }

    /// The bounds of all values.
    #[must_use]
    pub fn bounds(&self) -> (f64, f64) {
        let [location, scale] = self.location_and_scale();
        let normal = (location - TAILS * scale, location + TAILS * scale);
        match self {
            Self::Uniform(..) => (location, location + scale),
            Self::Normal(..) => normal,
            Self::LogNormal(..) => {
                // `exp` saturates beyond its range, which is less than that of `f64`.
                let (low, high) = normal;
                (exp(low), if high > f64::EXP_RANGE.1 { f64::INFINITY } else { exp(high) })
            }
        }
    }

    /// The probability of a value in `[low, high]`. The normal distribution counts with its whole
    /// tails here, beyond 5.9 standard deviations, too.
    #[must_use]
    pub fn probability(&self, low: f64, high: f64) -> f64 {
        let [location, scale] = self.location_and_scale();
        if scale == 0.0 {
            let (value, _) = self.bounds();
            return f64::from(low <= value && value <= high);
        }
        let standard = |x: f64| (x - location) / scale;
        let normal = |a: f64, b: f64| {
            // The upper tail is the mirrored lower tail, which `normal_cdf` resolves.
            if a > 0.0 { normal_cdf(-a) - normal_cdf(-b) } else { normal_cdf(b) - normal_cdf(a) }
        };
        let probability = match self {
            Self::Uniform(..) => standard(high).clamp(0.0, 1.0) - standard(low).clamp(0.0, 1.0),
            Self::Normal(..) => normal(standard(low), standard(high)),
            // No result depends on the last bits of this logarithm.
            Self::LogNormal(..) => normal(standard(low.max(0.0).ln()), standard(high.max(0.0).ln())),
        };
        probability.max(0.0)
    }

    /// The mean of all values. The normal distribution counts with its whole tails here, too.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match *self {
            Self::Uniform(low, high) => low + (high - low) / 2.0,
            Self::Normal(mean, _) => mean,
            Self::LogNormal(mu, sigma) => (mu + sigma * sigma / 2.0).exp(),
        }
    }

    /// The mean of the values in `[low, high]` times their probability.
    pub(super) fn partial_mean(&self, low: f64, high: f64) -> f64 {
        let [_, scale] = self.location_and_scale();
        if scale == 0.0 {
            return self.mean() * self.probability(low, high);
        }
        match *self {
            Self::Uniform(a, b) => {
                let (low, high) = (low.clamp(a, b), high.clamp(a, b));
                self.probability(low, high) * (low + (high - low) / 2.0)
            }
            Self::Normal(mean, deviation) => {
                let density = |x: f64| {
                    let z = (x - mean) / deviation;
                    (-z * z / 2.0).exp() / std::f64::consts::TAU.sqrt()
                };
                mean * self.probability(low, high) + deviation * (density(low) - density(high))
            }
            // The values times their density have a log-normal density again.
            Self::LogNormal(mu, sigma) => {
                self.mean() * Self::LogNormal(mu + sigma * sigma, sigma).probability(low, high)
            }
        }
    }

    /// The distribution of the values times a positive `factor`.
    #[must_use]
    pub fn scaled(self, factor: f64) -> Self {
        match self {
            Self::Uniform(low, high) => Self::Uniform(low * factor, high * factor),
            Self::Normal(mean, deviation) => Self::Normal(mean * factor, deviation * factor),
            Self::LogNormal(mu, sigma) => Self::LogNormal(mu + factor.ln(), sigma),
        }
    }

    /// The location and the scale by which both engines transform a uniform or a standard normal
    /// number.
    #[inline(always)]
    fn location_and_scale(&self) -> [f64; 2] {
        match *self {
            Self::Uniform(low, high) => [low, high - low],
            Self::Normal(mean, deviation) | Self::LogNormal(mean, deviation) => [mean, deviation],
        }
    }

    /// The number of the distribution in kernels, and its location and scale.
    #[cfg_attr(not(feature = "cuda"), allow(dead_code, reason = "only the CUDA engine calls it"))]
    pub(crate) fn on_device(&self) -> (u32, [f64; 2]) {
        let number = match self {
            Self::Uniform(..) => UNIFORM,
            Self::Normal(..) => NORMAL,
            Self::LogNormal(..) => LOG_NORMAL,
        };
        (number, self.location_and_scale())
    }

    /// Draws the values of `W` units, each at a step. Its counterpart is `draw_once` in `connect.cuh`.
    // The match stands outside of the loops, so that each loop can be vectorised. The loops call no
    // closure, which the compiler might not inline.
    #[inline(always)]
    pub(crate) fn draw_each<const W: usize>(&self, stream: Stream, units: [u64; W], steps: [u64; W]) -> [f64; W] {
        let [location, scale] = self.location_and_scale();
        let mut values = [0.0; W];
        match self {
            Self::Uniform(..) => {
                for k in 0..W {
                    values[k] = location + scale * stream.uniform(units[k], steps[k]);
                }
            }
            Self::Normal(..) => {
                for k in 0..W {
                    values[k] = location + scale * f64::from(stream.normal(units[k], steps[k]));
                }
            }
            Self::LogNormal(..) => {
                for k in 0..W {
                    values[k] = exp(location + scale * f64::from(stream.normal(units[k], steps[k])));
                }
            }
        }
        values
    }
}
