//! Rows of a fixed probability: the gaps between targets are geometric, so that a row needs as many
//! draws as it has synapses.

use super::log::{ln, ln_one_minus};
use super::rng_streams::GAPS;
use crate::numeric::rng::Stream;
use crate::numeric::simd::{SimdLoop, vectorize};

/// The number of draws that are made at once.
const DRAWS: usize = 32;

/// Returns 1/ln(1 − p). Its product with the logarithm of a uniform number is the number of targets
/// that are skipped before the next one: P(gap ≥ k) = (1 − p)ᵏ.
pub(super) fn factor(p: f64) -> f64 {
    1.0 / ln_one_minus(p)
}

/// Writes a source's targets among `post` into `out`, ascending. `factor` follows from the
/// probability.
pub(super) fn row(stream: Stream, source: u32, post: u32, factor: f64, out: &mut Vec<u32>) {
    out.clear();
    vectorize(Row { stream, source, post, factor, out });
}

struct Row<'a> {
    stream: Stream,
    source: u32,
    post: u32,
    factor: f64,
    out: &'a mut Vec<u32>,
}

impl SimdLoop for Row<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { stream, source, post, factor, out } = self;
        let (mut at, mut block) = (0_u32, 0);
        loop {
            let mut gaps = [0_u32; DRAWS];
            draw(stream, source, block, factor, &mut gaps);
            for gap in gaps {
                if gap >= post - at {
                    return;
                }
                at += gap;
                out.push(at);
                at += 1;
            }
            block += DRAWS as u64 / 2;
        }
    }
}

/// Draws gaps from block number `first` on, two for each block.
#[inline(always)]
fn draw(stream: Stream, source: u32, first: u64, factor: f64, gaps: &mut [u32; DRAWS]) {
    const INTEGER: f64 = 4_503_599_627_370_496.0; // 2⁵²
    let mut words = [0_u64; DRAWS];
    for k in 0..DRAWS / 2 {
        let [a, b, c, d] = stream.words(u64::from(source), GAPS | (first + k as u64));
        words[2 * k] = u64::from(a) << 32 | u64::from(b);
        words[2 * k + 1] = u64::from(c) << 32 | u64::from(d);
    }
    for k in 0..DRAWS {
        // u is uniform in (0, 1], and a multiple of 2⁻⁵².
        let u = 2.0 - f64::from_bits(0x3ff0_0000_0000_0000 | words[k] >> 12);
        let gap = (ln(u) * factor).min(4_294_967_295.0).floor();
        gaps[k] = (gap + INTEGER).to_bits() as u32;
    }
}
