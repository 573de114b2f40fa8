//! Numbers along an axis.

use std::ops::Range;

/// Never empty.
pub(super) fn span(low: f64, high: f64) -> Range<f64> {
    if high > low && (high - low).is_finite() { low..high } else { low - 0.5..low + 0.5 }
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
    fn labels_are_as_precise_as_their_distance() {
        assert_eq!(number(0.2, &[0.0, 0.2, 0.4]), "0.2");
        assert_eq!(number(-50.0, &[-50.0, 0.0]), "−50");
        assert_eq!(number(0.1 + 0.2, &[0.1, 0.2, 0.1 + 0.2]), "0.3");
    }
}
