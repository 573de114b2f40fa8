//! How often which value is there.

use std::ops::Range;

/// Most bins.
const BINS: usize = 60;

/// Numbers of values in bins of one width.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Histogram {
    /// Ends of the first bin and of the last.
    pub(crate) range: Range<f64>,
    pub(crate) counts: Vec<u64>,
}

impl Histogram {
    /// Of those values that are finite.
    pub(crate) fn new(values: &[f64]) -> Self {
        let finite = || values.iter().copied().filter(|x| x.is_finite());
        let (low, high) = finite().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(x), high.max(x)));
        // One value has a bin around it; none, an empty one.
        let range = match high - low {
            wide if wide > 0.0 && wide.is_finite() => low..high,
            _ if low.is_finite() && high.is_finite() && high - low == 0.0 => {
                let half = (0.5 * low.abs()).max(0.5);
                low - half..low + half
            }
            _ => 0.0..1.0,
        };
        let mut counts = vec![0; BINS.min(finite().count().max(1))];
        for x in finite() {
            let at = (x - range.start) / (range.end - range.start) * counts.len() as f64;
            // The greatest is in the last.
            let last = counts.len() - 1;
            if let Some(count) = counts.get_mut((at as usize).min(last)) {
                *count += 1;
            }
        }
        Self { range, counts }
    }

    /// The largest bin.
    pub(crate) fn most(&self) -> u64 {
        self.counts.iter().copied().max().unwrap_or(0)
    }

    /// The ends of a bin.
    pub(crate) fn bin(&self, k: usize) -> Range<f64> {
        let at = |k: usize| {
            self.range.start + (self.range.end - self.range.start) * k as f64 / self.counts.len().max(1) as f64
        };
        at(k)..at(k + 1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_finite_value_is_in_its_bin() {
        let values: Vec<f64> =
            (0..1000).map(|k| f64::from(k % 120) / 119.0 * 3.0 - 1.0).chain([f64::NAN, f64::INFINITY]).collect();
        let histogram = Histogram::new(&values);
        assert_eq!(
            (histogram.range.clone(), histogram.counts.len(), histogram.counts.iter().sum::<u64>()),
            (-1.0..2.0, 60, 1000)
        );
        for (k, count) in histogram.counts.iter().enumerate() {
            let bin = histogram.bin(k);
            let last = k + 1 == histogram.counts.len();
            let inside =
                values.iter().filter(|x| bin.start <= **x && (**x < bin.end || last && **x <= bin.end)).count();
            assert!(inside.abs_diff(*count as usize) <= 9, "bin {k}: {count}, not {inside}");
        }
        assert_eq!(histogram.most(), 18);
    }

    #[test]
    fn one_value_and_none() {
        for (values, range, counts) in [
            (vec![], 0.0..1.0, vec![0]),
            (vec![f64::NAN], 0.0..1.0, vec![0]),
            (vec![3.0], 1.5..4.5, vec![1]),
            (vec![0.0, 0.0], -0.5..0.5, vec![0, 2]),
            (vec![-f64::MAX, f64::MAX], 0.0..1.0, vec![1, 1]),
        ] {
            let histogram = Histogram::new(&values);
            assert_eq!((histogram.range.clone(), &histogram.counts), (range, &counts), "{values:?}");
        }
    }
}
