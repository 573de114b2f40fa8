//! The numbers of Poisson spikes of a group in each step.

use super::plan::PoissonDrive;
use crate::error::{Error, Number, Result};
use crate::numeric::rng::Stream;
use crate::numeric::scalar::Real;
use crate::numeric::simd::{SimdLoop, store, vectorize};
use rayon::prelude::*;

/// The maximum mean number of spikes of a Poisson drive in a step, so that tables stay small.
const MOST: f64 = 256.0;

/// The purpose of the random numbers of Poisson drive number `k`.
pub(crate) fn drive(k: usize) -> String {
    format!("network.poisson{k}")
}

/// The thresholds for a mean of `mean` spikes a step: P(at most k spikes)·2³², rounded, for k = 0,
/// 1, … while the value is below 2³².
pub(crate) fn thresholds(argument: &str, mean: f64) -> Result<Vec<u32>> {
    if !(0.0..=MOST).contains(&mean) {
        return Err(Error::value(
            argument,
            format!("{} spikes a step", Number(mean)),
            format!("is not between 0 and {MOST}"),
        ));
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

/// Adds the Poisson spikes of a step to the receptors of the units from number `first` on. Units
/// are counted over the batch. Unit u uses word `u mod 4` of draw `u / 4`.
pub(super) fn add<T: Real>(stream: Stream, drive: &PoissonDrive, first: u64, step: u64, s: &mut [T]) {
    vectorize(AddPoisson { stream, drive, first, step, s });
}

/// Does the same as [`add`], on several threads if the units are many.
pub(super) fn add_shared<T: Real>(stream: Stream, drive: &PoissonDrive, first: u64, step: u64, s: &mut [T]) {
    if s.len() < 2 * PIECE {
        return add(stream, drive, first, step, s);
    }
    let pieces = s.par_chunks_mut(PIECE).enumerate();
    pieces.for_each(|(k, s)| add(stream, drive, first + (k * PIECE) as u64, step, s));
}

struct AddPoisson<'a, T> {
    stream: Stream,
    drive: &'a PoissonDrive,
    first: u64,
    step: u64,
    s: &'a mut [T],
}

/// The number of units whose spikes a thread draws at a time.
const PIECE: usize = 2048;
/// The number of units whose words are drawn together.
const WORDS: usize = 64;

impl<T: Real> SimdLoop for AddPoisson<'_, T> {
    type Output = ();
    #[inline(always)]
    fn run(self) {
        let weight = T::of(self.drive.weight);
        let mut unit = self.first;
        let mut rest = self.s;
        while !rest.is_empty() {
            let skip = (unit % 4) as usize;
            let (some, later) = rest.split_at_mut(rest.len().min(WORDS - skip));
            let (mut words, mut counts) = ([0_u32; WORDS], [0_i32; WORDS]);
            for k in 0..WORDS / 4 {
                let drawn = self.stream.words(unit / 4 + k as u64, self.step);
                words[4 * k] = drawn[0];
                words[4 * k + 1] = drawn[1];
                words[4 * k + 2] = drawn[2];
                words[4 * k + 3] = drawn[3];
            }
            // Thresholds ascend, and large counts are rare.
            let most = words.iter().fold(0, |most: u32, word| most.max(*word));
            for threshold in self.drive.thresholds.iter().take_while(|threshold| **threshold <= most) {
                for k in 0..WORDS {
                    counts[k] += i32::from(words[k] >= *threshold);
                }
            }
            // An array of its own, so that the compiler does not make conditional stores, which are
            // slow.
            let mut after = [T::of(0.0); WORDS];
            for ((after, s), count) in after.iter_mut().zip(&*some).zip(&counts[skip..]) {
                let more = T::of_count(*count).mul_add(weight, *s);
                *after = if *count != 0 { more } else { *s };
            }
            store(some, &after);
            unit += some.len() as u64;
            rest = later;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::active_time::ActiveTime;

    #[test]
    fn threads_draw_the_spikes_that_each_units_word_stands_for() {
        let (stream, step, first) = (Stream::new(7, 3), 11, 3);
        for (mean, len) in [(0.15, 2 * PIECE + 37), (2.0, 2 * PIECE), (30.0, PIECE - 1)] {
            let thresholds = thresholds("mean", mean).unwrap();
            let drive = PoissonDrive { receptor: 0, weight: 0.3, thresholds, active: ActiveTime::ALWAYS };
            let (mut all, mut expected) = (vec![-0.0_f64; len], vec![-0.0_f64; len]);
            add_shared(stream, &drive, first, step, &mut all);
            let mut spikes = 0;
            for (unit, s) in (first..).zip(&mut expected) {
                let word = stream.words(unit / 4, step)[(unit % 4) as usize];
                let count = drive.thresholds.iter().filter(|threshold| word >= **threshold).count();
                spikes += count;
                if count > 0 {
                    *s = (count as f64).mul_add(drive.weight, *s);
                }
            }
            let bits = |values: &[f64]| values.iter().map(|s| s.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&all), bits(&expected), "mean {mean}");
            // Within 6 standard deviations.
            let (n, most) = (mean * len as f64, 6.0 * (mean * len as f64).sqrt());
            assert!((spikes as f64 - n).abs() <= most, "{spikes} spikes, of {n} on average");
        }
    }
}
