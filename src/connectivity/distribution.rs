//! The values of synapses: one value for all, or a drawn value for each pair of source and target.

use crate::error::{Error, Result};
use crate::init::Init;
use crate::numeric::rng::Stream;

/// The maximum distance of a normal draw from the mean, in standard deviations: the smallest
/// uniform number is 2⁻²⁵, and √(−2·ln 2⁻²⁵) < 5.89.
const FURTHEST: f64 = 5.9;

/// The distribution of a value of synapses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Distribution<'a> {
    Same(f64),
    /// `low + width·u`.
    Uniform {
        low: f64,
        width: f64,
    },
    Normal {
        mean: f64,
        std: f64,
    },
    /// The value with number `source·by + target·and`; for arrays, the value at the synapse's
    /// place.
    Values {
        values: &'a [f64],
        by: usize,
        and: usize,
    },
}

impl<'a> Distribution<'a> {
    /// Resolves `init`; `name` is the name of the values in errors. `shape` is the number of given
    /// values that the rule accepts, and the strides of source and target in them; `None` if it
    /// accepts no given values.
    pub(super) fn of(init: &'a Init, name: &str, shape: Option<(usize, [usize; 2])>) -> Result<Self> {
        let distribution = match init {
            Init::Zeros => Self::Same(0.0),
            Init::Constant(value) => Self::Same(*value),
            Init::Uniform(low, high) => Self::Uniform { low: *low, width: high - low },
            Init::Normal(mean, std) => Self::Normal { mean: *mean, std: *std },
            Init::Values(values) => {
                let Some((len, [by, and])) = shape else {
                    let why =
                        "values for each synapse need Arrays, OneToOne or AllToAll, which give each synapse a place";
                    return Err(Error::Unsupported(format!("{name}: {why}")));
                };
                init.check(name, &[len])?;
                Self::Values { values, by, and }
            }
            _ => {
                return Err(Error::Unsupported(format!(
                    "{name}: {init:?} needs the shape of an array, and synapses have no shape"
                )));
            }
        };
        init.check(name, &[shape.map_or(0, |(len, _)| len)])?;
        if let Self::Uniform { width, .. } = distribution
            && !width.is_finite()
        {
            return Err(Error::value(name, format!("{init:?}"), "has a width that is not a finite number"));
        }
        Ok(distribution)
    }

    /// The bounds of all values.
    pub(super) fn bounds(&self) -> (f64, f64) {
        match *self {
            Self::Same(value) => (value, value),
            Self::Uniform { low, width } => (low, low + width),
            Self::Normal { mean, std } => (mean - FURTHEST * std, mean + FURTHEST * std),
            Self::Values { values: [], .. } => (0.0, 0.0),
            Self::Values { values, .. } => {
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
            }
        }
    }

    /// The value of the synapse from source to target; `purpose` selects its random words. Its
    /// counterpart is `draw` in `connect.cuh`.
    #[inline(always)]
    pub(super) fn at(&self, stream: Stream, purpose: u64, source: u32, target: u32) -> f64 {
        match *self {
            Self::Same(value) => value,
            Self::Uniform { low, width } => {
                low + width * stream.uniform(u64::from(source), purpose | u64::from(target))
            }
            Self::Normal { mean, std } => {
                mean + std * f64::from(stream.normal(u64::from(source), purpose | u64::from(target)))
            }
            Self::Values { values, by, and } => values[source as usize * by + target as usize * and],
        }
    }
}
