//! Units of physical quantities, as a text writes them.
//!
//! Units are checked and never computed with: a variable in mV is a number of mV. Where two units of
//! one dimension meet, such as nS and µS, the ratio of their scales becomes a factor.

use crate::error::nearest::nearest;
use std::fmt;
use std::fmt::Display;
use std::sync::Arc;

/// The dimensions: metre, kilogram, second, ampere, kelvin, mole.
const BASES: usize = 6;

/// The largest exponent of a dimension or a name, twice.
const MOST: i16 = 400;
/// The largest power of ten, twice: the ratio of two units is a normal number.
const LARGEST: i16 = 300;
/// The most names in a unit.
const FACTORS: usize = 24;

/// Twice the exponents of the dimensions, so that square roots have whole numbers.
type Dimension = [i16; BASES];

/// A unit. The unit of a number is a product without factors.
#[derive(Clone, Debug, Default)]
pub(crate) struct Unit {
    /// The names in the text, and twice their exponents.
    factors: Arc<[(String, i16)]>,
    dimension: Dimension,
    /// The decimal logarithm of the unit in SI units: a whole number, or half of one.
    scale: Scale,
}

/// 10 to the power of half of the first number, times the second number.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale(i16, f64);

impl Default for Scale {
    fn default() -> Self {
        Self(0, 1.0)
    }
}

/// A named unit: its names, the power of ten in SI units, and the exponents of the dimensions.
struct Named {
    names: &'static [&'static str],
    power: i16,
    dimension: [i16; BASES],
}

const fn named(names: &'static [&'static str], power: i16, dimension: [i16; BASES]) -> Named {
    Named { names, power, dimension }
}

/// Units that take prefixes.
const NAMED: [Named; 17] = [
    named(&["m", "metre", "meter"], 0, [1, 0, 0, 0, 0, 0]),
    named(&["g", "gram"], -3, [0, 1, 0, 0, 0, 0]),
    named(&["s", "second", "sec"], 0, [0, 0, 1, 0, 0, 0]),
    named(&["A", "amp", "ampere"], 0, [0, 0, 0, 1, 0, 0]),
    named(&["K", "kelvin"], 0, [0, 0, 0, 0, 1, 0]),
    named(&["mol", "mole"], 0, [0, 0, 0, 0, 0, 1]),
    named(&["V", "volt"], 0, [2, 1, -3, -1, 0, 0]),
    named(&["S", "siemens"], 0, [-2, -1, 3, 2, 0, 0]),
    named(&["F", "farad"], 0, [-2, -1, 4, 2, 0, 0]),
    named(&["ohm", "Ω", "Ω"], 0, [2, 1, -3, -2, 0, 0]),
    named(&["Hz", "hertz"], 0, [0, 0, -1, 0, 0, 0]),
    named(&["C", "coulomb"], 0, [0, 0, 1, 1, 0, 0]),
    named(&["M", "molar"], 3, [-3, 0, 0, 0, 0, 1]),
    named(&["J", "joule"], 0, [2, 1, -2, 0, 0, 0]),
    named(&["W", "watt"], 0, [2, 1, -3, 0, 0, 0]),
    named(&["N", "newton"], 0, [1, 1, -2, 0, 0, 0]),
    named(&["Pa", "pascal"], 0, [-1, 1, -2, 0, 0, 0]),
];

const PREFIXES: [(&str, i16); 12] = [
    ("f", -15),
    ("p", -12),
    ("n", -9),
    ("u", -6),
    ("µ", -6),
    ("μ", -6),
    ("m", -3),
    ("c", -2),
    ("d", -1),
    ("k", 3),
    ("M", 6),
    ("G", 9),
];

impl Unit {
    /// The unit of this name, such as `mV`.
    pub(crate) fn of_name(name: &str) -> Option<Self> {
        let find = |name: &str| NAMED.iter().find(|unit| unit.names.contains(&name));
        let prefixed = || {
            let prefix = |(prefix, power): &(&str, i16)| {
                let rest = name.strip_prefix(prefix)?;
                Some((find(rest)?, *power))
            };
            PREFIXES.iter().find_map(prefix)
        };
        let (unit, power) = find(name).map(|unit| (unit, 0)).or_else(prefixed)?;
        Some(Self {
            factors: Arc::new([(name.to_owned(), 2)]),
            dimension: unit.dimension.map(|exponent| 2 * exponent),
            scale: Scale(2 * (unit.power + power), 1.0),
        })
    }

    /// The unit to a power, given as twice the exponent. `None` if an exponent would not be half of a
    /// whole number, or is out of range.
    pub(crate) fn to_power(&self, twice: i16) -> Option<Self> {
        let exponent = |e: i16| {
            let product = e.checked_mul(twice)?;
            (product % 2 == 0).then_some(product / 2)
        };
        let mut dimension = [0; BASES];
        for (to, from) in dimension.iter_mut().zip(self.dimension) {
            *to = exponent(from)?;
        }
        let mut factors = Vec::new();
        for (name, from) in self.factors.iter() {
            factors.push((name.clone(), exponent(*from)?));
        }
        let scale = Scale(exponent(self.scale.0)?, self.scale.1.powf(f64::from(twice) / 2.0));
        Self::in_range(factors, dimension, scale)
    }

    /// The product with another unit, if it is in range.
    pub(crate) fn times(&self, other: &Self) -> Option<Self> {
        if other.factors.is_empty() && other.is_number() {
            return Some(self.clone());
        }
        let mut factors = self.factors.to_vec();
        for (name, exponent) in other.factors.iter() {
            match factors.iter_mut().find(|(known, _)| known == name) {
                Some((_, known)) => *known += *exponent,
                None => factors.push((name.clone(), *exponent)),
            }
        }
        let mut dimension = self.dimension;
        for (to, from) in dimension.iter_mut().zip(other.dimension) {
            *to += from;
        }
        Self::in_range(factors, dimension, Scale(self.scale.0 + other.scale.0, self.scale.1 * other.scale.1))
    }

    /// The quotient by another unit, if it is in range.
    pub(crate) fn over(&self, other: &Self) -> Option<Self> {
        self.times(&other.to_power(-2)?)
    }

    /// The unit of these parts, if its exponents are in range: then no sum of two of them overflows.
    fn in_range(mut factors: Vec<(String, i16)>, dimension: Dimension, scale: Scale) -> Option<Self> {
        factors.retain(|(_, exponent)| *exponent != 0);
        let small = |exponent: &i16| (-MOST..=MOST).contains(exponent);
        let all = factors.len() <= FACTORS
            && factors.iter().all(|(_, exponent)| small(exponent))
            && dimension.iter().all(small)
            && (-LARGEST..=LARGEST).contains(&scale.0);
        all.then(|| Self { factors: factors.into(), dimension, scale })
    }

    /// The name of a unit that is near to a misspelt one.
    pub(crate) fn nearest(name: &str) -> Option<String> {
        // Frequent prefixes come first.
        let prefixes = ["", "m", "u", "n", "p", "k", "f", "M", "G", "c", "d"];
        let names = || NAMED.iter().flat_map(|unit| unit.names.iter());
        let all: Vec<String> =
            prefixes.iter().flat_map(|prefix| names().map(move |name| format!("{prefix}{name}"))).collect();
        nearest(name, all.iter().map(String::as_str)).map(str::to_owned)
    }

    /// Whether it is the unit of a number: of no dimension. (mV/V is one, of scale 0.001.)
    pub(crate) fn is_number(&self) -> bool {
        self.dimension == [0; BASES]
    }

    /// Whether two units have the same dimension.
    pub(crate) fn fits(&self, other: &Self) -> bool {
        self.dimension == other.dimension
    }

    /// How many of the other unit, of the same dimension, are one of this unit.
    pub(crate) fn in_units_of(&self, other: &Self) -> f64 {
        let power = self.scale.0 - other.scale.0;
        // Powers of ten are exact up to 22, and their reciprocals are rounded once.
        let whole = 10f64.powi(i32::from(power / 2).abs());
        let whole = if power < 0 { 1.0 / whole } else { whole };
        let half = if power % 2 == 0 {
            1.0
        } else if power > 0 {
            10f64.sqrt()
        } else {
            1.0 / 10f64.sqrt()
        };
        whole * half * (self.scale.1 / other.scale.1)
    }
}

impl Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let one = |f: &mut fmt::Formatter<'_>, (name, twice): &(String, i16)| match twice.abs() {
            2 => f.write_str(name),
            twice if twice % 2 == 0 => write!(f, "{name}^{}", twice / 2),
            twice => write!(f, "{name}^({twice}/2)"),
        };
        let (over, under): (Vec<_>, Vec<_>) = self.factors.iter().partition(|(_, twice)| *twice > 0);
        if over.is_empty() {
            f.write_str("1")?;
        }
        for (k, factor) in over.iter().enumerate() {
            if k > 0 {
                f.write_str("·")?;
            }
            one(f, factor)?;
        }
        for factor in &under {
            f.write_str("/")?;
            one(f, factor)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(name: &str) -> Unit {
        Unit::of_name(name).unwrap()
    }

    #[test]
    fn names_have_prefixes() {
        assert!((unit("nS").in_units_of(&unit("uS")) - 1e-3).abs() < 1e-18);
        assert!(unit("msecond").fits(&unit("ms")) && !unit("ms").fits(&unit("mS")));
        assert!(unit("mM").in_units_of(&unit("M")) == 1e-3 && unit("Mohm").fits(&unit("ohm")));
        assert!(Unit::of_name("mm").unwrap().fits(&unit("m")) && Unit::of_name("xV").is_none());
        assert!(Unit::of_name("").is_none() && Unit::of_name("m").is_some() && Unit::of_name("kk").is_none());
    }

    #[test]
    fn products_cancel_and_read_as_they_are_written() {
        let (mv, ms) = (unit("mV"), unit("ms"));
        assert_eq!(mv.times(&ms).unwrap().to_string(), "mV·ms");
        assert_eq!(mv.over(&ms).unwrap().to_string(), "mV/ms");
        assert_eq!(mv.over(&mv).unwrap().to_string(), "1");
        assert_eq!(ms.to_power(-1).unwrap().to_string(), "1/ms^(1/2)");
        assert!(unit("pA").fits(&unit("nS").times(&mv).unwrap()));
        assert_eq!(unit("pA").in_units_of(&unit("nS").times(&mv).unwrap()), 1.0);
        assert!(mv.to_power(1).unwrap().to_power(1).is_none(), "a fourth root");
    }
}
