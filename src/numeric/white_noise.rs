//! White noise in the currents of neurons.

use super::rng::Stream;
use super::scalar::Real;
use super::simd::{SimdLoop, vectorize};

/// The purpose of the random numbers.
pub(crate) const PURPOSE: &str = "network.noise";

/// The white noise of one node: σ·ξ/√dt, with an independent standard normal ξ for each unit and
/// step.
#[derive(Clone, Copy, Debug)]
pub(crate) struct WhiteNoise<T> {
    stream: Stream,
    /// σ/√dt.
    scale: T,
}

impl<T: Real> WhiteNoise<T> {
    pub(crate) fn new(seed: u64, node: u16, sigma: f64, dt: f64) -> Self {
        Self { stream: Stream::of_node(seed, node, PURPOSE), scale: scale(sigma, dt) }
    }

    /// Adds the noise of a step to the currents of the units from number `first` on. Units are
    /// counted over the batch.
    pub(crate) fn add(self, first: u64, step: u64, i: &mut [T]) {
        vectorize(Add { noise: self, first, step, i });
    }
}

/// σ/√dt, by which a standard normal number is multiplied.
pub(crate) fn scale<T: Real>(sigma: f64, dt: f64) -> T {
    T::of(sigma / dt.sqrt())
}

struct Add<'a, T> {
    noise: WhiteNoise<T>,
    first: u64,
    step: u64,
    i: &'a mut [T],
}

impl<T: Real> SimdLoop for Add<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        for (k, i) in self.i.iter_mut().enumerate() {
            let xi = T::from_f64(f64::from(self.noise.stream.normal(self.first + k as u64, self.step)));
            *i = xi.mul_add(self.noise.scale, *i);
        }
    }
}
