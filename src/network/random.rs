//! What a group draws in each step: noise, and the numbers of Poisson spikes.

use crate::error::{Error, Result};
use crate::rng::Stream;

/// Most spikes a step that a Poisson drive may have in the mean: tables stay small.
const MOST: f64 = 256.0;

/// The stream of `purpose` of the group with this number of its own.
pub(crate) fn stream(seed: u64, node: u16, purpose: &str) -> Stream {
    Stream::named(seed ^ u64::from(node).rotate_left(40), purpose)
}

/// Purpose of the noise, and of Poisson drive number `k`.
pub(crate) const NOISE: &str = "network.noise";
pub(crate) fn rain(k: usize) -> String {
    format!("network.poisson{k}")
}

/// For a mean of `mean` spikes a step: P(at most k spikes)·2³² rounded, for k from 0 on while that is below 2³².
pub(crate) fn thresholds(argument: &str, mean: f64) -> Result<Vec<u32>> {
    if !(0.0..=MOST).contains(&mean) {
        return Err(Error::value(argument, format!("{mean} spikes a step"), format!("is not between 0 and {MOST}")));
    }
    let (mut p, mut sum, mut table) = ((-mean).exp(), 0.0, Vec::new());
    for k in 1..4 * MOST as u32 {
        sum += p;
        let threshold = (sum * 4_294_967_296.0).round();
        if threshold > f64::from(u32::MAX) {
            break;
        }
        table.push(threshold as u32);
        p *= mean / f64::from(k);
    }
    Ok(table)
}

/// How many spikes the word means.
#[inline(always)]
pub(crate) fn count(thresholds: &[u32], word: u32) -> u32 {
    let mut k = 0;
    while k < thresholds.len() && word >= thresholds[k] {
        k += 1;
    }
    k as u32
}
