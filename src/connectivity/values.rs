//! Weights and delays of a row at once, by vectors: what [`Distribution::at`] gives, one by one.

use super::distribution::Distribution;
use super::spec::{mantissa, steps};
use crate::numeric::rng::Stream;
use crate::numeric::simd::{Kernel, vectorize};

/// The values of a source's synapses.
pub(super) struct Values<'a> {
    pub(super) law: Distribution<'a>,
    pub(super) stream: Stream,
    pub(super) purpose: u64,
    pub(super) source: u32,
    pub(super) targets: &'a [u32],
}

impl Values<'_> {
    pub(super) fn mantissas(self, per_unit: f64, out: &mut [i32]) {
        vectorize(Mantissas { values: self, per_unit, out });
    }

    pub(super) fn steps(self, dt: f64, out: &mut Vec<u32>) {
        out.clear();
        out.resize(self.targets.len(), 0);
        vectorize(Steps { values: self, dt, out });
    }

    /// `W` values from number `first` on; those beyond the end are of target 0.
    #[inline(always)]
    fn some(&self, first: usize) -> [f64; W] {
        let (mut targets, mut all) = ([0; W], [0.0; W]);
        let len = self.targets.len().min(first + W) - first;
        targets[..len].copy_from_slice(&self.targets[first..first + len]);
        match self.law {
            Distribution::Normal { mean, std } => {
                for k in 0..W {
                    all[k] = mean + std * f64::from(self.stream.normal(u64::from(self.source), self.purpose | u64::from(targets[k])));
                }
            }
            Distribution::Uniform { low, width } => {
                for k in 0..W {
                    all[k] = low + width * self.stream.uniform(u64::from(self.source), self.purpose | u64::from(targets[k]));
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

/// Values at once.
const W: usize = 16;

struct Mantissas<'a, 'b> {
    values: Values<'a>,
    per_unit: f64,
    out: &'b mut [i32],
}

impl Kernel for Mantissas<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        for (n, out) in self.out.chunks_mut(W).enumerate() {
            let values = self.values.some(n * W);
            for k in 0..out.len() {
                out[k] = mantissa(values[k], self.per_unit);
            }
        }
    }
}

struct Steps<'a, 'b> {
    values: Values<'a>,
    dt: f64,
    out: &'b mut [u32],
}

impl Kernel for Steps<'_, '_> {
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
