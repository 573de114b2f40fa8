//! The rule for the values of synapses, weights or delays: one value for all, a value drawn for each
//! pair of source and target, or given values.

use crate::error::{Error, Result};
use crate::init::{Bounded, Init};
use crate::numeric::rng::Stream;

/// The rule for the values of synapses.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum ValueRule<'a> {
    Same(f64),
    Drawn(Bounded),
    /// The value with number `source·by + target·and`; for arrays, the value at the synapse's
    /// place.
    Given {
        values: &'a [f64],
        by: usize,
        and: usize,
    },
}

impl<'a> ValueRule<'a> {
    /// Resolves `init`; `name` is the name of the values in errors. `shape` is the number of given
    /// values that the connectivity accepts, and the strides of source and target in them; `None`
    /// if it accepts no given values.
    pub(super) fn of(init: &'a Init, name: &str, shape: Option<(usize, [usize; 2])>) -> Result<Self> {
        let rule = match init {
            Init::Zeros => Self::Same(0.0),
            Init::Constant(value) => Self::Same(*value),
            Init::Random(bounded) => Self::Drawn(*bounded),
            Init::Values(values) => {
                let Some((_, [by, and])) = shape else {
                    let why =
                        "values for each synapse need Arrays, OneToOne or AllToAll, which give each synapse a place";
                    return Err(Error::Unsupported(format!("{name}: {why}")));
                };
                Self::Given { values, by, and }
            }
            _ => {
                return Err(Error::Unsupported(format!(
                    "{name}: {init} needs the shape of an array, and synapses have no shape"
                )));
            }
        };
        init.check(name, &[shape.map_or(0, |(len, _)| len)])?;
        Ok(rule)
    }

    /// The bounds of all values.
    pub(super) fn bounds(&self) -> (f64, f64) {
        match self {
            Self::Same(value) => (*value, *value),
            Self::Drawn(bounded) => bounded.bounds(),
            Self::Given { values: [], .. } => (0.0, 0.0),
            Self::Given { values, .. } => {
                values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(*v), high.max(*v)))
            }
        }
    }

    /// The value of the synapse from source to target; `purpose` and `unit` select its random
    /// words.
    #[inline(always)]
    pub(super) fn at(&self, stream: Stream, purpose: u64, unit: u64, [source, target]: [u32; 2]) -> f64 {
        match self {
            Self::Same(value) => *value,
            Self::Drawn(bounded) => bounded.draw(stream, unit, purpose | u64::from(target)),
            Self::Given { values, by, and } => values[source as usize * by + target as usize * and],
        }
    }
}
