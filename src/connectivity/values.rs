//! Weights and delays of a row, computed with vectors. They equal the values of
//! [`Distribution::at`].

use super::distribution::Distribution;
use super::spec::{integer_weight, steps};
use crate::numeric::rng::Stream;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The values of a source's synapses.
pub(super) struct Values<'a> {
    pub(super) distribution: Distribution<'a>,
    pub(super) stream: Stream,
    pub(super) purpose: u64,
    pub(super) source: u32,
    pub(super) targets: &'a [u32],
}

impl Values<'_> {
    pub(super) fn integer_weights(self, inv_scale: f64, out: &mut [i32]) {
        vectorize(IntegerWeights { values: self, inv_scale, out });
    }

    pub(super) fn steps(self, dt: f64, out: &mut Vec<u32>) {
        out.clear();
        out.resize(self.targets.len(), 0);
        vectorize(Steps { values: self, dt, out });
    }

    /// Computes `W` values from number `first` on; values beyond the end are those of target 0.
    #[inline(always)]
    fn some(&self, first: usize) -> [f64; W] {
        let (mut targets, mut all) = ([0; W], [0.0; W]);
        let len = self.targets.len().min(first + W) - first;
        targets[..len].copy_from_slice(&self.targets[first..first + len]);
        match self.distribution {
            Distribution::Normal { mean, std } => {
                for k in 0..W {
                    all[k] = mean
                        + std
                            * f64::from(
                                self.stream.normal(u64::from(self.source), self.purpose | u64::from(targets[k])),
                            );
                }
            }
            Distribution::Uniform { low, width } => {
                for k in 0..W {
                    all[k] =
                        low + width * self.stream.uniform(u64::from(self.source), self.purpose | u64::from(targets[k]));
                }
            }
            other => {
                for k in 0..len {
                    all[k] = other.at(self.stream, self.purpose, self.source, targets[k]);
                }
            }
        }
        all
    }
}

/// The number of values that are computed at once.
const W: usize = 16;

struct IntegerWeights<'a, 'b> {
    values: Values<'a>,
    inv_scale: f64,
    out: &'b mut [i32],
}

impl SimdLoop for IntegerWeights<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (n, out) in self.out.chunks_mut(W).enumerate() {
            let values = self.values.some(n * W);
            for k in 0..out.len() {
                out[k] = integer_weight(values[k], self.inv_scale);
            }
        }
    }
}

struct Steps<'a, 'b> {
    values: Values<'a>,
    dt: f64,
    out: &'b mut [u32],
}

impl SimdLoop for Steps<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (n, out) in self.out.chunks_mut(W).enumerate() {
            let values = self.values.some(n * W);
            for k in 0..out.len() {
                out[k] = steps(values[k], self.dt);
            }
        }
    }
}
