//! Numbers along an axis.

use std::ops::Range;

/// Never empty.
pub(super) fn span(low: f64, high: f64) -> Range<f64> {
    if high > low && (high - low).is_finite() { low..high } else { low - 0.5..low + 0.5 }
}

/// Round numbers in a range, at most about `most`, and two at least where the range has any.
pub(super) fn two_ticks(range: &Range<f64>, most: usize) -> Vec<f64> {
    (most..most + 6).map(|most| ticks(range, most)).find(|all| all.len() > 1).unwrap_or_else(|| ticks(range, most))
}

/// Round numbers in a range, at most about `most`.
pub(super) fn ticks(range: &Range<f64>, most: usize) -> Vec<f64> {
    let raw = (range.end - range.start) / most as f64;
    if !(raw.is_finite() && raw > 0.0) {
        return Vec::new();
    }
    let magnitude = 10_f64.powf(raw.log10().floor());
    let step = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|m| m * magnitude)
        .find(|s| *s >= raw * 0.999)
        .unwrap_or(10.0 * magnitude);
    let first = (range.start / step - 1e-9).ceil();
    (0..=2 * most).map(|k| (first + k as f64) * step).take_while(|x| *x <= range.end + step * 1e-9).collect()
}

/// A tick's label, as precise as the distance between ticks asks for.
pub(super) fn number(x: f64, ticks: &[f64]) -> String {
    let step = ticks.windows(2).find_map(|w| Some(w.get(1)? - w.first()?)).unwrap_or(x.abs()).abs();
    let x = if x.abs() < step * 1e-6 { 0.0 } else { x };
    let largest = ticks.iter().fold(0.0_f64, |m, t| m.max(t.abs()));
    if largest >= 1e6 || (largest > 0.0 && largest < 1e-3) {
        return format!("{x:.2e}");
    }
    let digits = if step > 0.0 { (-step.log10().floor()).clamp(0.0, 6.0) as usize } else { 0 };
    // A minus sign, not a hyphen.
    format!("{x:.digits$}").replace('-', "−")
}

/// The unit of the axis of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct TimeUnit {
    /// What the axis says.
    pub(super) label: &'static str,
    /// Its length, in the unit of the run's clock.
    pub(super) length: f64,
}

/// The unit for a range of ms: numbers of at most four digits.
pub(super) fn time_unit(ms: &Range<f64>) -> TimeUnit {
    match ms.start.abs().max(ms.end.abs()) {
        short if short <= 5000.0 => TimeUnit { label: "time (ms)", length: 1.0 },
        long if long <= 600_000.0 => TimeUnit { label: "time (s)", length: 1000.0 },
        _ => TimeUnit { label: "time (min)", length: 60_000.0 },
    }
}

/// A range that ends at ticks, so that the first and the last have their numbers.
pub(super) fn to_ticks(range: &Range<f64>, most: usize) -> Range<f64> {
    let all = ticks(range, most);
    let (Some(first), Some(second)) = (all.first(), all.get(1)) else { return range.clone() };
    let step = second - first;
    let out = |x: f64, round: fn(f64) -> f64| {
        let near = (x / step).round();
        if (x / step - near).abs() < 1e-6 { near * step } else { round(x / step) * step }
    };
    out(range.start, f64::floor)..out(range.end, f64::ceil)
}

/// `2nd`, `10th`.
pub(super) fn ordinal(n: usize) -> String {
    let ending = match (n % 10, n % 100) {
        (_, 11..=13) => "th",
        (1, _) => "st",
        (2, _) => "nd",
        (3, _) => "rd",
        _ => "th",
    };
    format!("{n}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(&(0.0..100.0), 10), (0..=10).map(|k| f64::from(k) * 10.0).collect::<Vec<_>>());
        assert_eq!(ticks(&(-87.2..43.1), 8), [-80.0, -60.0, -40.0, -20.0, 0.0, 20.0, 40.0]);
        for range in [0.0..0.0, 1.0..1.0, f64::NAN..1.0, 0.0..f64::INFINITY] {
            assert!(ticks(&range, 5).is_empty());
        }
    }

    #[test]
    fn time_is_told_in_few_digits() {
        for (end, label) in [(0.5, "ms"), (1000.0, "ms"), (5000.0, "ms"), (100_000.0, "s"), (6e5, "s"), (36e5, "min")] {
            assert_eq!(time_unit(&(0.0..end)).label, format!("time ({label})"), "{end}");
        }
    }

    #[test]
    fn a_range_is_widened_to_its_ticks() {
        assert_eq!(to_ticks(&(0.0..0.009_99), 10), 0.0..0.01);
        assert_eq!(to_ticks(&(0.0..10.0), 10), 0.0..10.0);
        assert_eq!(to_ticks(&(-7.2..43.1), 8), -10.0..50.0);
        assert_eq!(to_ticks(&(1.0..1.0), 8), 1.0..1.0);
    }

    #[test]
    fn ordinals() {
        let all = [1, 2, 3, 4, 10, 11, 12, 13, 16, 21, 22, 101, 111].map(ordinal);
        assert_eq!(all.join(" "), "1st 2nd 3rd 4th 10th 11th 12th 13th 16th 21st 22nd 101st 111th");
    }

    #[test]
    fn labels_are_as_precise_as_their_distance() {
        assert_eq!(number(0.2, &[0.0, 0.2, 0.4]), "0.2");
        assert_eq!(number(-50.0, &[-50.0, 0.0]), "−50");
        assert_eq!(number(0.1 + 0.2, &[0.1, 0.2, 0.1 + 0.2]), "0.3");
    }
}
