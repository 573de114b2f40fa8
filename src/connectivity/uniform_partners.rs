//! Uniform numbers with repetition: the targets of a source, or the sources of a target, if a pair
//! may have several synapses.
//!
//! Number k of a neuron follows from a counter, without the numbers before it. It is the high half
//! of a random word of 64 bits times n, so that the probabilities of two numbers differ by less
//! than 2⁻³² of themselves.

use super::rng_streams::PARTNERS;
use crate::numeric::rng::Stream;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The number of draws that are made at once, two for each block of random words.
pub(super) const DRAWS: usize = 32;
pub(super) const BLOCKS: usize = DRAWS / 2;

/// Writes the first `len` numbers of a neuron, from 0 to `n` − 1 without `own`, into `out`.
pub(super) fn row(stream: Stream, neuron: u32, n: u32, own: Option<u32>, len: usize, out: &mut Vec<u32>) {
    out.resize(len, 0);
    // Every number is below `n`, so that `n` excludes none.
    vectorize(Row { stream, neuron, n: n - u32::from(own.is_some()), own: own.unwrap_or(n), out });
}

struct Row<'a> {
    stream: Stream,
    neuron: u32,
    n: u32,
    own: u32,
    out: &'a mut [u32],
}

impl SimdLoop for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { stream, neuron, n, own, out } = self;
        let mut steps = [0; BLOCKS];
        for (block, out) in (0_u64..).zip(out.chunks_mut(DRAWS)) {
            for (step, block) in steps.iter_mut().zip(block * BLOCKS as u64..) {
                *step = PARTNERS | block;
            }
            let words = words(stream, [u64::from(neuron); BLOCKS], steps);
            let mut partners = [0; DRAWS];
            for k in 0..DRAWS {
                let partner = below(words[k], n);
                partners[k] = partner + u32::from(partner >= own);
            }
            out.copy_from_slice(&partners[..out.len()]);
        }
    }
}

/// The words of 64 bits of these blocks, two for each.
#[inline(always)]
pub(super) fn words(stream: Stream, units: [u64; BLOCKS], steps: [u64; BLOCKS]) -> [u64; DRAWS] {
    let mut words = [0; DRAWS];
    for k in 0..BLOCKS {
        let [a, b, c, d] = stream.words(units[k], steps[k]);
        words[2 * k] = u64::from(a) << 32 | u64::from(b);
        words[2 * k + 1] = u64::from(c) << 32 | u64::from(d);
    }
    words
}

/// A uniform number below n, from 64 random bits: their product with n, divided by 2⁶⁴. The factors
/// have 32 bits, as those of vector instructions. The counterpart is `below` in `connect.cuh`.
#[inline(always)]
pub(super) fn below(word: u64, n: u32) -> u32 {
    let n = u64::from(n);
    (((((word & 0xffff_ffff) * n) >> 32) + (word >> 32) * n) >> 32) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_the_high_half_of_the_product() {
        let stream = Stream::new(20_261_129, 1);
        for k in 0..10_000_u64 {
            let [a, b, c, _] = stream.words(k, 0);
            let word = u64::from(a) << 32 | u64::from(b);
            for n in [0, 1, 2, 3, c, u32::MAX] {
                for word in [word, 0, u64::MAX] {
                    assert_eq!(u128::from(below(word, n)), (u128::from(word) * u128::from(n)) >> 64);
                }
            }
        }
    }

    #[test]
    fn a_row_continues_its_beginning_and_leaves_out_one_number() {
        let stream = Stream::new(20_261_129, 2);
        let [mut long, mut short, mut without] = [const { Vec::new() }; 3];
        row(stream, 7, 5, None, 1000, &mut long);
        assert!((0..5).all(|x| long.contains(&x)) && long.iter().all(|x| *x < 5));
        for len in [0, 1, 31, 32, 33, 999] {
            row(stream, 7, 5, None, len, &mut short);
            assert_eq!(short, long[..len]);
        }
        for own in 0..5 {
            row(stream, 7, 5, Some(own), 1000, &mut without);
            assert!((0..5).all(|x| without.contains(&x) == (x != own)));
        }
        row(stream, 8, 5, None, 1000, &mut without);
        assert_ne!(long, without);
    }
}
