//! The lengths of rows of the rule `FixedTotalNumber`: the source of each synapse is drawn, and the
//! synapses of each source are counted.
//!
//! The lengths are multinomial. With targets that are drawn independently, row by row, the synapses
//! have the joint distribution of N independent pairs.

use super::build::zeroed;
use super::rng_streams::SOURCES;
use super::spec::ConnectivitySpec;
use super::uniform_partners::{BLOCKS, DRAWS, below, words};
use crate::error::Result;
use crate::numeric::rng::Stream;
use crate::numeric::simd::{SimdLoop, vectorize};
use rayon::prelude::*;
use std::ops::Range;

/// The number of synapses that pays for counts of their own, and the maximum number of such counts.
const SHARE: u64 = 1 << 16;
const SHARES: u64 = 16;

/// The pairs that a synapse may have: all pairs, or all but those of a neuron with itself.
#[derive(Clone, Debug)]
pub(super) struct AllowedPairs {
    pre: u32,
    post: u32,
    /// The sources that are also targets, if autapses are excluded. They have one target less.
    within: Range<u32>,
}

impl AllowedPairs {
    pub(super) fn of(spec: &ConnectivitySpec) -> Self {
        let (pre, post) = (spec.pre.len() as u32, spec.post.len() as u32);
        let within = spec.own_shift().map_or(0..0, |shift| {
            let end = (i64::from(post) - shift).clamp(0, pre.into());
            (-shift).clamp(0, end) as u32..end as u32
        });
        Self { pre, post, within }
    }

    /// The number of pairs.
    pub(super) fn len(&self) -> u64 {
        u64::from(self.pre) * u64::from(self.post) - self.within.len() as u64
    }

    /// Whether all sources have the same number of targets.
    #[inline(always)]
    fn is_uniform(&self) -> bool {
        self.within.is_empty() || self.within.len() == self.pre as usize
    }

    /// The source of a uniform pair, from 64 random bits. Pairs are numbered by source. The
    /// counterpart is `AllowedPairs::source` in `connect.cuh`.
    #[inline(always)]
    fn source(&self, word: u64) -> u32 {
        let pair = ((u128::from(word) * u128::from(self.len())) >> 64) as u64;
        let (post, within) = (u64::from(self.post), self.within.len() as u64);
        let first = u64::from(self.within.start) * post;
        let source = if pair < first {
            pair / post
        } else if pair - first < within * (post - 1) {
            u64::from(self.within.start) + (pair - first) / (post - 1)
        } else {
            // The pairs that the sources within lack are added.
            (pair + within) / post
        };
        source as u32
    }
}

/// The number of ranges of synapses whose counts are separate.
fn shares(pre: u64, synapses: u64) -> u64 {
    (synapses / SHARE.max(pre)).clamp(1, SHARES)
}

/// The bytes that this rule needs beside the rows.
pub(super) fn bytes(pre: u64, synapses: u64) -> u64 {
    shares(pre, synapses).saturating_mul(pre * 4)
}

/// Returns the number of synapses of each row.
pub(super) fn lengths(spec: &ConnectivitySpec, synapses: u64) -> Result<Vec<u32>> {
    let (what, pairs) = (spec.of("synapses"), AllowedPairs::of(spec));
    let shares = shares(pairs.pre.into(), synapses);
    let share = synapses.div_ceil(shares).next_multiple_of(DRAWS as u64);
    let counts = (0..shares).into_par_iter().map(|k| {
        let mut counts = zeroed(&what, pairs.pre.into())?;
        let synapses = synapses.min(k * share)..synapses.min((k + 1) * share);
        vectorize(Count { stream: spec.stream, pairs: &pairs, synapses, counts: &mut counts });
        Ok(counts)
    });
    let sum = |mut sum: Vec<u32>, more: Vec<u32>| {
        sum.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        Ok(sum)
    };
    counts.try_reduce_with(sum).unwrap_or_else(|| zeroed(&what, pairs.pre.into()))
}

/// Counts the sources of a range of synapses, which starts with a new block of random words.
struct Count<'a> {
    stream: Stream,
    pairs: &'a AllowedPairs,
    synapses: Range<u64>,
    counts: &'a mut [u32],
}

impl SimdLoop for Count<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { stream, pairs, synapses, counts } = self;
        let (uniform, mut first) = (pairs.is_uniform(), synapses.start);
        while first < synapses.end {
            let mut units = [0; BLOCKS];
            for (unit, block) in units.iter_mut().zip(first / 2..) {
                *unit = block;
            }
            let words = words(stream, units, [SOURCES; BLOCKS]);
            let mut sources = [0; DRAWS];
            // The quotient of two products by the same number of targets: the same sources, but
            // computed with vectors.
            if uniform {
                for k in 0..DRAWS {
                    sources[k] = below(words[k], pairs.pre);
                }
            } else {
                for k in 0..DRAWS {
                    sources[k] = pairs.source(words[k]);
                }
            }
            let drawn = (synapses.end - first).min(DRAWS as u64) as usize;
            for source in &sources[..drawn] {
                counts[*source as usize] += 1;
            }
            first += DRAWS as u64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::Connect;
    use super::super::tests::spec;
    use super::*;

    /// The ranges of sources and targets in one group.
    const PARTS: [[Range<usize>; 2]; 7] =
        [[0..9, 0..9], [0..9, 3..5], [3..5, 0..9], [0..6, 4..9], [4..9, 0..6], [0..3, 3..9], [2..3, 2..3]];

    #[test]
    fn pairs_are_counted_and_their_sources_are_those_of_a_list() {
        for [pre, post] in PARTS {
            for autapses in [true, false] {
                let mut spec = spec(Connect::FixedTotalNumber(1), 1, 1);
                (spec.pre, spec.post, spec.autapses) = (pre.clone(), post.clone(), autapses);
                let pairs = AllowedPairs::of(&spec);
                let allowed = |s: usize| post.clone().filter(move |t| autapses || *t != s).map(move |_| s);
                let list: Vec<u32> = pre.clone().flat_map(allowed).map(|s| (s - pre.start) as u32).collect();
                assert_eq!(pairs.len(), list.len() as u64, "{pre:?} {post:?}");
                for (k, source) in list.iter().enumerate() {
                    // The first word of a pair, and the last.
                    let of = |pair: usize| (((pair as u128) << 64).div_ceil(list.len() as u128)) as u64;
                    for word in [of(k), of(k + 1).wrapping_sub(1)] {
                        assert_eq!(pairs.source(word), *source, "{pre:?} {post:?}: pair {k}");
                        assert!(!pairs.is_uniform() || below(word, pairs.pre) == *source);
                    }
                }
            }
        }
    }

    #[test]
    fn ranges_of_synapses_add_up() {
        for [pre, post] in PARTS.into_iter().take(6) {
            let mut spec = spec(Connect::FixedTotalNumber(1), 1, 1);
            (spec.pre, spec.post, spec.autapses) = (pre, post, false);
            let pairs = AllowedPairs::of(&spec);
            for synapses in [0, 1, 2, 31, 32, 33, 1001, 3 * SHARE + 5] {
                let mut one_by_one = vec![0; pairs.pre as usize];
                for k in 0..synapses {
                    let [a, b, c, d] = spec.stream.words(k / 2, SOURCES);
                    let [high, low] = if k % 2 == 0 { [a, b] } else { [c, d] };
                    one_by_one[pairs.source(u64::from(high) << 32 | u64::from(low)) as usize] += 1;
                }
                assert_eq!(lengths(&spec, synapses).unwrap(), one_by_one, "{synapses}");
            }
        }
    }
}
