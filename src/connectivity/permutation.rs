//! Distinct numbers without memory: a keyed permutation of 0..n.
//!
//! A Feistel network permutes the ⌈log₂ n⌉ bits of a number, in halves of nearly equal size (Luby &
//! Rackoff 1988). It is applied again until the result is below n (cycle walking, Black & Rogaway
//! 2002). The round function is the hash `lowbias32` of a half XOR a word of Philox. The first k
//! values are k distinct numbers, and all sets of k numbers are equally likely. Value number s can
//! be computed without the values before it.

use super::rng_streams::KEYS;
use crate::numeric::rng::Stream;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The maximum number of rounds, and of words of the key.
pub(super) const KEY_WORDS: usize = 16;

/// A permutation of 0..n.
#[derive(Clone, Copy, Debug)]
pub(super) struct Permutation {
    n: u32,
    low_bits: u32,
    low_mask: u32,
    high_mask: u32,
    rounds: usize,
    keys: [u32; KEY_WORDS],
}

impl Permutation {
    /// The permutation of 0..n for a neuron of a projection.
    pub(super) fn new(stream: Stream, neuron: u32, n: u32) -> Self {
        let bits = 32 - n.saturating_sub(1).leading_zeros();
        let (low, high) = (bits.div_ceil(2), bits / 2);
        // Halves with few bits need more rounds, because one round mixes them less.
        let rounds = if bits < 12 { KEY_WORDS } else { 8 };
        let mut keys = [0; KEY_WORDS];
        for (block, words) in (0..).zip(keys[..rounds].chunks_exact_mut(4)) {
            words.copy_from_slice(&stream.words(u64::from(neuron), KEYS | block));
        }
        Self { n, low_bits: low, low_mask: (1 << low) - 1, high_mask: (1 << high) - 1, rounds, keys }
    }

    /// Applies the network once to x, which is below 2^⌈log₂ n⌉.
    #[inline(always)]
    fn once(&self, x: u32) -> u32 {
        let (mut high, mut low) = (x >> self.low_bits, x & self.low_mask);
        for pair in self.keys[..self.rounds].chunks_exact(2) {
            low ^= hash(high ^ pair[0]) & self.low_mask;
            high ^= hash(low ^ pair[1]) & self.high_mask;
        }
        high << self.low_bits | low
    }

    /// Returns value number x, for x < n.
    #[inline(always)]
    pub(super) fn at(&self, x: u32) -> u32 {
        let mut x = self.once(x);
        while x >= self.n {
            x = self.once(x);
        }
        x
    }

    /// Whether any of these values is not below n.
    #[inline(always)]
    fn beyond(&self, x: &[u32; W]) -> bool {
        let mut any = false;
        for x in x {
            any |= *x >= self.n;
        }
        any
    }

    /// Writes the first `k` values into `out`. If `own` is among them, value number k replaces it.
    pub(super) fn first(&self, k: u32, own: Option<u32>, out: &mut Vec<u32>) {
        out.resize(k as usize, 0);
        vectorize(First { of: self, out: &mut *out });
        if let Some(place) = own.and_then(|own| out.iter().position(|x| *x == own)) {
            out[place] = self.at(k);
        }
    }
}

/// Computes the first values of a permutation.
struct First<'a> {
    of: &'a Permutation,
    out: &'a mut [u32],
}

/// The number of values that are computed at once.
const W: usize = 16;

impl First<'_> {
    /// Applies [`Permutation::once`] to each value.
    #[inline(always)]
    fn once(of: &Permutation, x: [u32; W]) -> [u32; W] {
        let (mut high, mut low) = ([0; W], [0; W]);
        for k in 0..W {
            (high[k], low[k]) = (x[k] >> of.low_bits, x[k] & of.low_mask);
        }
        for pair in of.keys[..of.rounds].chunks_exact(2) {
            for k in 0..W {
                low[k] ^= hash(high[k] ^ pair[0]) & of.low_mask;
            }
            for k in 0..W {
                high[k] ^= hash(low[k] ^ pair[1]) & of.high_mask;
            }
        }
        for k in 0..W {
            low[k] |= high[k] << of.low_bits;
        }
        low
    }
}

impl SimdLoop for First<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { of, out } = self;
        let last = (out.len() as u32).saturating_sub(1);
        for (block, out) in (0_u32..).zip(out.chunks_mut(W)) {
            let mut x = [0; W];
            for (k, x) in x.iter_mut().enumerate() {
                // Elements beyond the end repeat the last number.
                *x = (block * W as u32 + k as u32).min(last);
            }
            x = Self::once(of, x);
            while of.beyond(&x) {
                let on = Self::once(of, x);
                for k in 0..W {
                    x[k] = if x[k] >= of.n { on[k] } else { x[k] };
                }
            }
            out.copy_from_slice(&x[..out.len()]);
        }
    }
}

/// `lowbias32` (Wellons 2018): each input bit flips each output bit with a probability of about one
/// half.
#[inline(always)]
fn hash(mut x: u32) -> u32 {
    x ^= x >> 16;
    x = x.wrapping_mul(0x7feb_352d);
    x ^= x >> 15;
    x = x.wrapping_mul(0x846c_a68b);
    x ^ x >> 16
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: u64 = 20_261_122;

    #[test]
    fn it_is_a_permutation() {
        for n in [1, 2, 3, 5, 16, 17, 1000, 1024, 1025, 70_000] {
            for neuron in 0..5 {
                let p = Permutation::new(Stream::new(SEED, 1), neuron, n);
                let mut seen = vec![false; n as usize];
                for x in 0..n {
                    assert!(!std::mem::replace(&mut seen[p.at(x) as usize], true), "{n}: a value twice");
                }
            }
        }
    }

    #[test]
    fn small_permutations_are_equally_likely() {
        // The test counts all orders of 3 and of 4 values over 24,000 keys: χ² with 5 and 23
        // degrees of freedom.
        for (n, orders, bound) in [(3_u32, 6, 27.9), (4, 24, 58.6)] {
            let keys = 24_000;
            let mut counts = std::collections::BTreeMap::new();
            for neuron in 0..keys {
                let p = Permutation::new(Stream::new(SEED, 2), neuron, n);
                *counts.entry((0..n).map(|x| p.at(x)).collect::<Vec<_>>()).or_insert(0) += 1;
            }
            let expected = f64::from(keys) / f64::from(orders);
            let chi: f64 = counts.values().map(|c| (f64::from(*c) - expected).powi(2) / expected).sum();
            println!("seed {SEED}, n = {n}: χ² {chi:.1} of {} orders", counts.len());
            assert_eq!(counts.len(), orders as usize);
            // The probability of exceeding the bound is 5 in 100,000.
            assert!(chi < bound, "{n}: χ² {chi}");
        }
    }

    #[test]
    fn pairs_of_values_are_equally_likely() {
        // The first two of n values are one of n(n − 1) pairs; the test draws each pair 20 times on
        // average.
        for n in [5_u32, 11, 33, 65] {
            let pairs = n * (n - 1);
            let mut counts = vec![0_u32; (n * n) as usize];
            for neuron in 0..20 * pairs {
                let p = Permutation::new(Stream::new(SEED, 3), neuron, n);
                counts[(p.at(0) * n + p.at(1)) as usize] += 1;
            }
            let chi: f64 = (0..n * n)
                .filter(|c| c / n != c % n)
                .map(|c| (f64::from(counts[c as usize]) - 20.0).powi(2) / 20.0)
                .sum();
            let freedom = f64::from(pairs - 1);
            println!("seed {SEED}, n = {n}: χ² {chi:.0} of {freedom}");
            assert!((chi - freedom).abs() < 4.5 * (2.0 * freedom).sqrt(), "{n}: χ² {chi} of {freedom}");
        }
    }

    #[test]
    fn excluding_one_value_keeps_the_others() {
        let p = Permutation::new(Stream::new(SEED, 4), 7, 100);
        let (mut with, mut without) = (Vec::new(), Vec::new());
        p.first(20, None, &mut with);
        p.first(20, Some(with[3]), &mut without);
        assert!(!without.contains(&with[3]) && without.len() == 20);
        assert_eq!(with.iter().filter(|x| without.contains(x)).count(), 19);
        p.first(20, Some(p.at(20)), &mut without);
        assert_eq!(with, without);
    }
}
