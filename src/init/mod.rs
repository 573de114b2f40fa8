//! Initial values of weights and state, from a seed.

pub(crate) mod bounded;
pub(crate) mod distribution;

use crate::error::{Error, Number, Result};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Scalar;
pub use bounded::{Bounded, Outside};
pub use distribution::{Distribution, DistributionInfo};
use std::fmt::{self, Display};

/// The rule for the initial values of an array. Random values depend only on the seed, the name of
/// the array and the index of the element.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Init {
    /// All elements are 0.
    Zeros,
    /// All elements have this value.
    Constant(f64),
    /// Random values of this distribution, within these bounds. [`Init::uniform`] and [`Init::normal`]
    /// are short for values without bounds. [`Distribution::redrawn`] and [`Distribution::clipped`]
    /// set bounds.
    Random(Bounded),
    /// Normal with variance `2/(fan_in + fan_out)` (Glorot & Bengio 2010). The fans of a
    /// convolution include its window.
    XavierNormal,
    /// Orthonormal rows or columns, whichever are fewer, times this gain (Saxe et al. 2013). The
    /// last axis is that of the columns.
    Orthogonal(f64),
    /// These values, in row-major order.
    Values(Vec<f64>),
}

/// The rule by its name in model files. Given values are shown by their number.
impl Display for Init {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Zeros => f.write_str("zeros"),
            Self::Constant(x) => write!(f, "{}", Number(*x)),
            Self::Random(bounded) => write!(f, "{bounded}"),
            Self::XavierNormal => f.write_str("xavier_normal"),
            Self::Orthogonal(gain) => write!(f, "orthogonal({})", Number(*gain)),
            Self::Values(values) => write!(f, "{} values", values.len()),
        }
    }
}

impl From<f64> for Init {
    fn from(value: f64) -> Self {
        Self::Constant(value)
    }
}

impl From<Vec<f64>> for Init {
    fn from(values: Vec<f64>) -> Self {
        Self::Values(values)
    }
}

impl From<Distribution> for Init {
    fn from(distribution: Distribution) -> Self {
        Self::Random(distribution.into())
    }
}

impl From<Bounded> for Init {
    fn from(bounded: Bounded) -> Self {
        Self::Random(bounded)
    }
}

impl Init {
    /// Random values of [`Distribution::Uniform`].
    #[must_use]
    pub const fn uniform(low: f64, high: f64) -> Self {
        Self::Random(Distribution::Uniform(low, high).unbounded())
    }

    /// Random values of [`Distribution::Normal`].
    #[must_use]
    pub const fn normal(mean: f64, deviation: f64) -> Self {
        Self::Random(Distribution::Normal(mean, deviation).unbounded())
    }

    /// Random values of [`Distribution::LogNormal`].
    #[must_use]
    pub const fn lognormal(mu: f64, sigma: f64) -> Self {
        Self::Random(Distribution::LogNormal(mu, sigma).unbounded())
    }

    /// Fills `out`, an array with shape `shape` and name `name`.
    ///
    /// # Errors
    /// If the number of given values does not fit the shape, or a parameter is not finite or is
    /// invalid.
    pub fn fill<T: Scalar>(&self, out: &mut [T], shape: &[usize], name: &str, seed: u64) -> Result<()> {
        self.check(name, shape)?;
        self.fill_checked(out, shape, Stream::named(seed, name));
        Ok(())
    }

    /// Checks that this rule is valid for an array of this name and shape.
    pub(crate) fn check(&self, name: &str, shape: &[usize]) -> Result<()> {
        let given = match self {
            Self::Zeros | Self::XavierNormal => &[],
            Self::Random(bounded) => return bounded.check(name),
            Self::Constant(a) | Self::Orthogonal(a) => std::slice::from_ref(a),
            Self::Values(values) => {
                let len: usize = shape.iter().product();
                if values.len() != len {
                    return Err(Error::Shape {
                        argument: name.into(),
                        axis: format!("of {shape:?}, flat"),
                        expected: len,
                        given: values.len(),
                    });
                }
                values.as_slice()
            }
        };
        match given.iter().position(|x| !x.is_finite()) {
            Some(index) => Err(Error::NotFinite { variable: name.into(), step: None, index, value: given[index] }),
            None => Ok(()),
        }
    }

    /// The minimum and maximum of the values, if they are known without a shape.
    pub(crate) fn range(&self) -> Option<(f64, f64)> {
        match self {
            Self::Zeros => Some((0.0, 0.0)),
            Self::Constant(c) => Some((*c, *c)),
            Self::Random(bounded) => Some(bounded.bounds()),
            Self::Values(values) => {
                let ends = |(low, high): (f64, f64), x: &f64| (low.min(*x), high.max(*x));
                Some(if values.is_empty() {
                    (0.0, 0.0)
                } else {
                    values.iter().fold((f64::INFINITY, f64::NEG_INFINITY), ends)
                })
            }
            Self::XavierNormal | Self::Orthogonal(_) => None,
        }
    }

    /// Fills `out`. If there are fewer values than elements, the values repeat.
    pub(crate) fn fill_checked<T: Scalar>(&self, out: &mut [T], shape: &[usize], stream: Stream) {
        let mut each = |f: &dyn Fn(usize) -> f64| out.iter_mut().enumerate().for_each(|(k, o)| *o = T::from_f64(f(k)));
        match self {
            Self::Zeros => each(&|_| 0.0),
            Self::Constant(c) => each(&|_| *c),
            Self::Random(bounded) => each(&|k| bounded.draw(stream, k as u64, 0)),
            Self::XavierNormal => {
                let std = (2.0 / fans(shape)).sqrt();
                each(&|k| std * f64::from(stream.normal(k as u64, 0)));
            }
            Self::Orthogonal(gain) => {
                let q = orthonormal(shape, stream);
                each(&|k| gain * q[k]);
            }
            Self::Values(values) => each(&|k| values[k % values.len().max(1)]),
        }
    }
}

/// fan_in + fan_out. All axes except the last two form the window.
fn fans(shape: &[usize]) -> f64 {
    let window: usize = shape.iter().rev().skip(2).product();
    let ends: usize = shape.iter().rev().take(2).sum();
    (window * ends).max(1) as f64
}

/// The Gram-Schmidt process, applied twice, on a normal matrix. The result is `[rows, columns]`,
/// with orthonormal rows or columns, whichever are fewer.
fn orthonormal(shape: &[usize], stream: Stream) -> Vec<f64> {
    let columns = shape.last().copied().unwrap_or(1).max(1);
    let rows = shape.iter().product::<usize>() / columns;
    let (count, dim) = (rows.min(columns), rows.max(columns));
    let mut vectors: Vec<Vec<f64>> = Vec::with_capacity(count);
    for v in 0..count {
        let mut x: Vec<f64> = (0..dim).map(|k| f64::from(stream.normal((v * dim + k) as u64, 0))).collect();
        for _ in 0..2 {
            for other in &vectors {
                let along: f64 = x.iter().zip(other).map(|(a, b)| a * b).sum();
                x.iter_mut().zip(other).for_each(|(a, b)| *a -= along * b);
            }
        }
        let norm = x.iter().map(|a| a * a).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
        x.iter_mut().for_each(|a| *a /= norm);
        vectors.push(x);
    }
    let at = |r: usize, c: usize| if rows <= columns { vectors[r][c] } else { vectors[c][r] };
    (0..rows * columns).map(|k| at(k / columns, k % columns)).collect()
}
