//! Evenly spaced numbers, one for each unit: a sweep of a parameter, an initial value or an input.
//! The four kinds have numpy's names and meanings.

use crate::error::{Result, spec, unknown_name};
use crate::strict::Numbers;
use overtime::{Number, math, memory};
use serde::de::{self, Deserializer, MapAccess, Visitor};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Evenly spaced numbers. Values are computed in f64 from basic operations, with the same bits on
/// every machine.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Sequence {
    /// `[from, to, num]`: `num` numbers from `from` to `to`, both included, with equal differences.
    Linspace([f64; 3]),
    /// `[from, to, num]`: `num` numbers from 10^`from` to 10^`to`, both included, with equal ratios.
    Logspace([f64; 3]),
    /// `[from, to, num]`: `num` numbers from `from` to `to`, both included, with equal ratios. Both
    /// are positive, or both are negative.
    Geomspace([f64; 3]),
    /// `[start, stop, step]`: numbers from `start` on in steps of `step`, up to `stop`, which is not
    /// included.
    Arange([f64; 3]),
}

/// The largest number up to which f64 has all whole numbers, 2⁵³.
const MOST: f64 = 9_007_199_254_740_992.0;

impl Sequence {
    /// The names of the kinds, as a model file has them.
    pub const NAMES: [&'static str; 4] = ["linspace", "logspace", "geomspace", "arange"];

    /// The constructor of the kind of this name.
    pub(crate) fn of(name: &str) -> Option<fn([f64; 3]) -> Self> {
        let all: [fn([f64; 3]) -> Self; 4] = [Self::Linspace, Self::Logspace, Self::Geomspace, Self::Arange];
        Self::NAMES.into_iter().zip(all).find(|(known, _)| *known == name).map(|(_, of)| of)
    }

    /// The name of the kind, and its three numbers.
    fn parts(&self) -> (&'static str, [f64; 3]) {
        match *self {
            Self::Linspace(numbers) => ("linspace", numbers),
            Self::Logspace(numbers) => ("logspace", numbers),
            Self::Geomspace(numbers) => ("geomspace", numbers),
            Self::Arange(numbers) => ("arange", numbers),
        }
    }

    /// Checks the numbers.
    ///
    /// # Errors
    /// If a number is not finite, the ends of a geomspace have no common sign, or there are no
    /// values.
    pub fn check(&self) -> Result<()> {
        let (kind, [a, b, c]) = self.parts();
        if let Some(x) = [a, b, c].into_iter().find(|x| !x.is_finite()) {
            return Err(spec(format!("{kind} has {x}, which is not a finite number")));
        }
        let [from, to, last] = [a, b, c].map(Number);
        if let Self::Arange(_) = self {
            return match ((b - a) / c).ceil() {
                len if (1.0..=MOST).contains(&len) => Ok(()),
                _ => Err(spec(format!(
                    "arange = [start, stop, step], and steps of {last} from {from} have no value before {to}"
                ))),
            };
        }
        if c.fract() != 0.0 || !(1.0..=MOST).contains(&c) {
            return Err(spec(format!("{kind} = [from, to, number of values], and {last} is not a number of values")));
        }
        if matches!(self, Self::Geomspace(_)) && !((a > 0.0 && b > 0.0) || (a < 0.0 && b < 0.0)) {
            return Err(spec(format!(
                "geomspace = [from, to, number of values], and {from} and {to} are not two positive or two negative \
                 numbers"
            )));
        }
        Ok(())
    }

    /// The number of values of a sequence that [`Sequence::check`] accepts.
    #[must_use]
    pub fn count(&self) -> u64 {
        match self.parts() {
            ("arange", [start, stop, step]) => ((stop - start) / step).ceil() as u64,
            (_, [_, _, num]) => num as u64,
        }
    }

    /// The values.
    ///
    /// # Errors
    /// Those of [`Sequence::check`]; if memory is short, or a value is too large for f64.
    pub fn values(&self) -> Result<Vec<f64>> {
        self.check()?;
        let (all, (_, [a, b, step])) = (self.count(), self.parts());
        let count = usize::try_from(all).map_err(|_| spec(format!("{all} values are more than can be addressed")))?;
        let last = count.saturating_sub(1);
        let value = |k: usize| match self {
            Self::Arange(_) => a + k as f64 * step,
            Self::Linspace(_) => between(a, b, k, last),
            Self::Logspace(_) => power_of_ten(between(a, b, k, last)),
            Self::Geomspace(_) if k == 0 => a,
            Self::Geomspace(_) if k == last => b,
            Self::Geomspace(_) => {
                let exponent = (ln(b.abs()) - ln(a.abs())) * (k as f64 / last as f64);
                // Two factors, because the exponential of the whole may overflow.
                let factor: f64 = math::exp(exponent / 2.0);
                a * factor * factor
            }
        };
        let all: Vec<f64> = memory::collect("the values of a sequence", (0..count).map(value))?;
        match all.iter().find(|x| !x.is_finite()) {
            Some(_) => Err(spec("a value of a sequence is too large for f64")),
            None => Ok(all),
        }
    }
}

// By hand, because serde's own reader drops further kinds and numbers.
impl<'de> Deserialize<'de> for Sequence {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> std::result::Result<Self, D::Error> {
        struct Table;
        impl<'de> Visitor<'de> for Table {
            type Value = Sequence;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table such as { linspace = [0, 5, 20] }")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> std::result::Result<Sequence, A::Error> {
                let mut made = None;
                while let Some(key) = map.next_key::<String>()? {
                    let of = Sequence::of(&key);
                    let of = of.ok_or_else(|| {
                        de::Error::custom(unknown_name("sequence", &key, Sequence::NAMES.into_iter()))
                    })?;
                    let Numbers(numbers) = map.next_value()?;
                    if made.replace(of(numbers)).is_some() {
                        return Err(de::Error::custom("two sequences, where there can be one"));
                    }
                }
                made.ok_or_else(|| de::Error::custom("an empty table, where there must be a sequence"))
            }
        }
        deserializer.deserialize_map(Table)
    }
}

/// Number `k` of `0..=last`, evenly spaced from `from` to `to`.
fn between(from: f64, to: f64, k: usize, last: usize) -> f64 {
    match k {
        0 => from,
        _ if k == last => to,
        _ => from + k as f64 * ((to - from) / last as f64),
    }
}

/// 10^x. Whole powers are exact where f64 has them.
fn power_of_ten(x: f64) -> f64 {
    let whole = x.round();
    let power: f64 = format!("1e{whole}").parse().unwrap_or(f64::INFINITY);
    let factor: f64 = math::exp((x - whole) * std::f64::consts::LN_10);
    if x == whole { power } else { power * factor }
}

/// The natural logarithm of a positive number: k·ln 2 + 2·artanh((m − 1)/(m + 1)) for x = m·2^k.
/// The logarithm of the system's library differs between systems.
fn ln(x: f64) -> f64 {
    let (mut m, mut k) = (x, 0.0);
    while m > std::f64::consts::SQRT_2 {
        (m, k) = (m / 2.0, k + 1.0);
    }
    while m < std::f64::consts::FRAC_1_SQRT_2 {
        (m, k) = (m * 2.0, k - 1.0);
    }
    let s = (m - 1.0) / (m + 1.0);
    // |s| ≤ 0.172, so that twelve terms reach the rounding of f64.
    let series = (0..12).rev().fold(0.0, |sum, j| sum * s * s + 1.0 / f64::from(2 * j + 1));
    k * std::f64::consts::LN_2 + 2.0 * s * series
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sequence(kind: &str, numbers: [f64; 3]) -> Sequence {
        match kind {
            "linspace" => Sequence::Linspace(numbers),
            "logspace" => Sequence::Logspace(numbers),
            "geomspace" => Sequence::Geomspace(numbers),
            _ => Sequence::Arange(numbers),
        }
    }

    fn values(kind: &str, numbers: [f64; 3]) -> Vec<f64> {
        sequence(kind, numbers).values().unwrap()
    }

    /// Numbers that numpy 2.3 gives.
    #[test]
    fn values_are_those_of_numpy() {
        assert_eq!(values("linspace", [0.0, 1.0, 5.0]), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(values("linspace", [3.0, 9.0, 1.0]), [3.0]);
        assert_eq!(values("linspace", [1.0, -1.0, 3.0]), [1.0, 0.0, -1.0]);
        assert_eq!(values("logspace", [0.0, 3.0, 4.0]), [1.0, 10.0, 100.0, 1000.0]);
        assert_eq!(values("logspace", [-2.0, -1.0, 2.0]), [0.01, 0.1]);
        assert_eq!(values("arange", [0.0, 1.0, 0.25]), [0.0, 0.25, 0.5, 0.75]);
        assert_eq!(values("arange", [0.0, 1.1, 0.25]), [0.0, 0.25, 0.5, 0.75, 1.0]);
        assert_eq!(values("arange", [3.0, 0.0, -1.5]), [3.0, 1.5]);
        let near = |given: Vec<f64>, expected: &[f64]| {
            assert_eq!(given.len(), expected.len());
            for (a, b) in given.iter().zip(expected) {
                assert!((a - b).abs() <= 4.0 * f64::EPSILON * b.abs(), "{a} {b}");
            }
        };
        near(values("geomspace", [1.0, 256.0, 9.0]), &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0]);
        near(values("geomspace", [-8.0, -0.125, 7.0]), &[-8.0, -4.0, -2.0, -1.0, -0.5, -0.25, -0.125]);
        near(values("logspace", [0.0, 1.0, 3.0]), &[1.0, 3.162_277_660_168_379_5, 10.0]);
        // The rounding of the logarithm grows with the range.
        assert!((values("geomspace", [1e-300, 1e300, 3.0])[1] - 1.0).abs() < 1e-12);
    }

    #[test]
    fn nonsense_is_refused() {
        for (kind, numbers, message) in [
            ("linspace", [0.0, 1.0, 0.0], "number of values"),
            ("linspace", [0.0, 1.0, 2.5], "number of values"),
            ("linspace", [0.0, 1.0, -3.0], "number of values"),
            ("linspace", [0.0, f64::NAN, 3.0], "not a finite number"),
            ("geomspace", [0.0, 1.0, 3.0], "positive"),
            ("geomspace", [-1.0, 1.0, 3.0], "positive"),
            ("arange", [0.0, 1.0, 0.0], "no value"),
            ("arange", [0.0, 1.0, -0.1], "no value"),
            ("arange", [1.0, 1.0, 0.1], "no value"),
        ] {
            let error = sequence(kind, numbers).check().unwrap_err().to_string();
            assert!(error.contains(message), "{kind} {numbers:?}: {error}");
        }
        assert!(sequence("logspace", [0.0, 400.0, 3.0]).values().is_err());
        assert!(sequence("linspace", [0.0, 1.0, 1e15]).values().is_err());
    }
}
