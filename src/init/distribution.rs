//! Distributions of random values. This file has everything about a distribution, except for its
//! counterpart in kernels, `draw` in `connect.cuh`.

use crate::device::device_struct::device_constants;
use crate::error::{Error, Number, Result};
use crate::numeric::math::exp;
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use std::fmt::{self, Display};

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

    /// Draws the values of `W` units, each at a step. Its counterpart is `draw` in `connect.cuh`.
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

    /// Draws the value of a unit at a step.
    #[inline(always)]
    pub(crate) fn draw(&self, stream: Stream, unit: u64, step: u64) -> f64 {
        let [value] = self.draw_each(stream, [unit], [step]);
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: u64 = 20_261_129;
    /// Usual parameters of each distribution, with the mean and the standard deviation of its
    /// values.
    const USUAL: [(Distribution, f64, f64); 3] = [
        // (high − low)/√12
        (Distribution::Uniform(-70.0, -60.0), -65.0, 2.886_751_345_948_129),
        (Distribution::Normal(-65.0, 5.0), -65.0, 5.0),
        // m = e^(mu + sigma²/2), and m·√(e^(sigma²) − 1)
        (Distribution::LogNormal(-0.7, 0.5), 0.562_704_868_806_955_7, 0.299_888_129_744_319_6),
    ];

    #[test]
    fn distributions_are_found_by_name() {
        assert_eq!(Distribution::all().count(), USUAL.len());
        for (distribution, ..) in USUAL {
            let info = distribution.info();
            assert_eq!(Distribution::named(info.name, distribution.parameters()).unwrap(), distribution);
            assert_eq!(Distribution::all().filter(|other| other.name == info.name).count(), 1);
            assert!(info.example.contains(&format!("{{ {} = [", info.name)), "{}", info.example);
        }
        let error = Distribution::named("unifrom", [0.0, 1.0]).unwrap_err().to_string();
        assert!(error.contains("`uniform`") && error.contains("normal"), "{error}");
        assert!(Distribution::named("", [0.0, 1.0]).is_err());
    }

    /// The numbers in kernels differ, and none is that of one value for all.
    #[test]
    #[cfg(feature = "cuda")]
    fn numbers_in_kernels_are_distinct() {
        let mut numbers: Vec<u32> = USUAL.iter().map(|(distribution, ..)| distribution.on_device().0).collect();
        numbers.push(SAME);
        numbers.sort_unstable();
        assert_eq!(numbers, (0..DISTRIBUTIONS.len() as u32).collect::<Vec<_>>());
    }

    #[test]
    fn values_have_the_moments_and_the_bounds() {
        let n = 200_000;
        for (distribution, mean, deviation) in USUAL {
            distribution.check("x").unwrap();
            let stream = Stream::new(SEED, 5);
            let values: Vec<f64> = (0..n).map(|k| distribution.draw(stream, k % 1000, k / 1000)).collect();
            let (low, high) = distribution.bounds();
            assert!(values.iter().all(|x| (low..=high).contains(x)), "{distribution:?}");
            let n = n as f64;
            let found = values.iter().sum::<f64>() / n;
            let square = values.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
            println!("seed {SEED}, {distribution:?}: mean {found}, deviation {}", square.sqrt());
            assert!((found - mean).abs() <= 5.0 * deviation / n.sqrt(), "{distribution:?}: mean {found}");
            assert!((square.sqrt() / deviation - 1.0).abs() <= 0.01, "{distribution:?}: {}", square.sqrt());
        }
    }

    #[test]
    fn many_values_are_the_single_values() {
        let stream = Stream::new(SEED, 6);
        for (distribution, ..) in USUAL {
            let steps: [u64; 16] = std::array::from_fn(|k| (k as u64 * 7919) << 3 | 2 << 56);
            for unit in [0, 1, u64::from(u32::MAX)] {
                let many = distribution.draw_each(stream, [unit; 16], steps);
                for (value, step) in many.into_iter().zip(steps) {
                    assert_eq!(value.to_bits(), distribution.draw(stream, unit, step).to_bits(), "{distribution:?}");
                }
            }
        }
    }

    #[test]
    fn parameters_that_make_no_sense_are_refused() {
        for of in Distribution::ALL {
            for (place, value) in [(0, f64::NAN), (1, f64::INFINITY), (0, f64::NEG_INFINITY), (1, f64::NAN)] {
                let mut parameters = [0.0, 1.0];
                parameters[place] = value;
                let error = of(parameters[0], parameters[1]).check("x").unwrap_err();
                assert!(matches!(error, Error::NotFinite { index, .. } if index == place), "{error}");
            }
            // Without a spread, all values are the same.
            let same = of(0.0, 0.0);
            same.check("x").unwrap();
            let stream = Stream::new(SEED, 7);
            assert_eq!(same.draw(stream, 0, 0).to_bits(), same.draw(stream, 1, 3).to_bits());
            assert_eq!(same.bounds(), (same.draw(stream, 0, 0), same.draw(stream, 0, 0)));
        }
        for (distribution, words) in [
            (Distribution::Uniform(5.0, 1.0), "x: 5 is the low end of uniform values, above the high end 1"),
            (Distribution::Uniform(-f64::MAX, f64::MAX), "has a width that is not a finite number"),
            (Distribution::Normal(5.0, -1.0), "x: -1 is a standard deviation below 0"),
            (Distribution::Normal(0.0, f64::MAX), "has values that are too large for f64"),
            (Distribution::LogNormal(5.0, -1.0), "x: -1 is a standard deviation below 0"),
            (Distribution::LogNormal(800.0, 0.0), "x: lognormal(800, 0) has values that are too large for f64"),
            (Distribution::LogNormal(0.0, 121.0), "has values that are too large for f64"),
            (Distribution::LogNormal(f64::MAX, f64::MAX), "has values that are too large for f64"),
        ] {
            let error = distribution.check("x").unwrap_err().to_string();
            assert!(error.contains(words), "{error}");
        }
        Distribution::Uniform(f64::MAX, f64::MAX).check("x").unwrap();
        Distribution::LogNormal(709.0, 0.0).check("x").unwrap();
        Distribution::LogNormal(-f64::MAX, 0.0).check("x").unwrap();
    }

    #[test]
    fn log_normal_values_are_powers_of_normal_values() {
        let stream = Stream::new(SEED, 8);
        for k in 0..10_000 {
            let normal = Distribution::Normal(-0.7, 0.5).draw(stream, k, 0);
            let value = Distribution::LogNormal(-0.7, 0.5).draw(stream, k, 0);
            assert!((value / normal.exp() - 1.0).abs() <= 1e-15, "{normal}: {value}");
        }
    }
}
