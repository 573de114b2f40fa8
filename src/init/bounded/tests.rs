//! Moments, bounds and bits of bounded values.

use super::*;
use crate::init::Init;
use crate::numeric::math::normal_cdf;

const SEED: u64 = 20_261_129;
const INF: f64 = f64::INFINITY;

/// φ(x), the density of the standard normal distribution; 0 at infinities.
fn density(x: f64) -> f64 {
    (-x * x / 2.0).exp() / std::f64::consts::TAU.sqrt()
}

/// Φ(x).
fn cdf(x: f64) -> f64 {
    normal_cdf(x)
}

/// x·φ(x), which is 0 at infinities.
fn weighted(x: f64) -> f64 {
    if x.is_finite() { x * density(x) } else { 0.0 }
}

/// The mean and the standard deviation of a truncated normal distribution.
fn truncated_normal(mean: f64, deviation: f64, low: f64, high: f64) -> (f64, f64) {
    let (a, b) = ((low - mean) / deviation, (high - mean) / deviation);
    let z = cdf(b) - cdf(a);
    let shift = (density(a) - density(b)) / z;
    let variance = 1.0 + (weighted(a) - weighted(b)) / z - shift * shift;
    (mean + deviation * shift, deviation * variance.sqrt())
}

/// The mean and the standard deviation of a clipped normal distribution.
fn clipped_normal(mean: f64, deviation: f64, low: f64, high: f64) -> (f64, f64) {
    let (a, b) = ((low - mean) / deviation, (high - mean) / deviation);
    let (below, above, z, slope) = (cdf(a), cdf(-b), cdf(b) - cdf(a), density(a) - density(b));
    // A clipped tail of probability 0 has an infinite bound.
    let tail = |probability: f64, bound: f64| if probability > 0.0 { probability * bound } else { 0.0 };
    let first = tail(below, low) + tail(above, high) + mean * z + deviation * slope;
    let inner = (mean * mean + deviation * deviation) * z
        + 2.0 * mean * deviation * slope
        + deviation * deviation * (weighted(a) - weighted(b));
    let second = tail(below, low * low) + tail(above, high * high) + inner;
    (first, (second - first * first).sqrt())
}

/// The mean and the standard deviation of a truncated log-normal distribution.
fn truncated_log_normal(mu: f64, sigma: f64, low: f64, high: f64) -> (f64, f64) {
    let (a, b) = ((low.ln() - mu) / sigma, (high.ln() - mu) / sigma);
    let moment = |k: f64| {
        (k * mu + k * k * sigma * sigma / 2.0).exp() * (cdf(b - k * sigma) - cdf(a - k * sigma)) / (cdf(b) - cdf(a))
    };
    (moment(1.0), (moment(2.0) - moment(1.0).powi(2)).sqrt())
}

/// Bounded values of every kind, with their means and standard deviations.
fn usual() -> Vec<(Bounded, (f64, f64))> {
    let (normal, log_normal) = (Distribution::Normal(1.5, 0.75), Distribution::LogNormal(-0.7, 0.5));
    let uniform = Distribution::Uniform(-70.0, -60.0);
    let flat = |low: f64, high: f64| ((low + high) / 2.0, (high - low) / 12.0_f64.sqrt());
    vec![
        (normal.redrawn(0.1..), truncated_normal(1.5, 0.75, 0.1, INF)),
        (normal.redrawn(..=1.0), truncated_normal(1.5, 0.75, -INF, 1.0)),
        (normal.redrawn(1.25..=1.5), truncated_normal(1.5, 0.75, 1.25, 1.5)),
        // 2.3 % of all values are inside.
        (normal.redrawn(3.0..), truncated_normal(1.5, 0.75, 3.0, INF)),
        (normal.clipped(1.0..=2.0), clipped_normal(1.5, 0.75, 1.0, 2.0)),
        (normal.clipped(1.0..), clipped_normal(1.5, 0.75, 1.0, INF)),
        (log_normal.redrawn(0.2..=1.0), truncated_log_normal(-0.7, 0.5, 0.2, 1.0)),
        (log_normal.redrawn(-1.0..=0.5), truncated_log_normal(-0.7, 0.5, 0.0, 0.5)),
        (uniform.redrawn(-67.0..), flat(-67.0, -60.0)),
        (uniform.redrawn(-1e300..=-69.5), flat(-70.0, -69.5)),
        // Three quarters of all values become −67.5.
        (
            uniform.clipped(-100.0..=-67.5),
            (-67.5 - 0.25 * 1.25, (0.25 * (25.0 / 12.0 - 0.25 * 1.25_f64.powi(2))).sqrt()),
        ),
    ]
}

#[test]
fn values_have_the_moments_and_the_bounds() {
    let n = 200_000_u64;
    for (bounded, (mean, deviation)) in usual() {
        bounded.check("x").unwrap();
        let stream = Stream::new(SEED, 5);
        let values: Vec<f64> = (0..n).map(|k| bounded.draw(stream, k % 1000, k / 1000)).collect();
        let ((low, high), (min, max)) = (bounded.bounds(), bounded.limits());
        assert!(min <= low && low < high && high <= max, "{bounded}");
        assert!(values.iter().all(|x| (low..=high).contains(x)), "{bounded}");
        let n = n as f64;
        let found = values.iter().sum::<f64>() / n;
        let square = values.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
        println!("seed {SEED}, {bounded}: mean {found} of {mean}, deviation {} of {deviation}", square.sqrt());
        assert!((found - mean).abs() <= 5.0 * deviation / n.sqrt(), "{bounded}: mean {found}, not {mean}");
        assert!((square.sqrt() / deviation - 1.0).abs() <= 0.01, "{bounded}: {} of {deviation}", square.sqrt());
    }
}

/// Also of values times a factor.
#[test]
fn means_are_those_of_the_moments() {
    let normal = Distribution::Normal(1.5, 0.75);
    let more = [
        (normal.unbounded(), 1.5),
        (Distribution::Uniform(-70.0, -60.0).unbounded(), -65.0),
        (Distribution::LogNormal(-0.7, 0.5).unbounded(), (-0.7_f64 + 0.125).exp()),
        // A bound far away changes nothing.
        (Distribution::Normal(87.8, 8.78).redrawn(0.0..), 87.8),
        (Distribution::Normal(-351.2, 35.12).clipped(..=0.0), -351.2),
        // One value.
        (Distribution::Normal(2.0, 0.0).redrawn(1.0..), 2.0),
        (Distribution::Normal(2.0, 0.0).clipped(3.0..), 3.0),
        (Distribution::Uniform(2.0, 2.0).clipped(..=1.0), 1.0),
        (normal.clipped(1.0..=1.0), 1.0),
        (Distribution::LogNormal(-0.7, 0.5).clipped(-2.0..=-1.0), -1.0),
        (Distribution::Normal(0.0, 1.0).clipped(100.0..), 100.0),
    ];
    for (bounded, mean) in usual().into_iter().map(|(bounded, (mean, _))| (bounded, mean)).chain(more) {
        for factor in [1.0, 0.31, 4.0] {
            let (found, right) = (bounded.scaled(factor).mean(), mean * factor);
            assert!((found - right).abs() <= 1e-13 * right.abs().max(1.0), "{bounded}·{factor}: {found}, not {right}");
        }
    }
    // The values themselves are scaled.
    let stream = Stream::new(SEED, 7);
    for (bounded, _) in usual() {
        for unit in 0..100 {
            let (one, four) = (bounded.draw(stream, unit, 0), bounded.scaled(4.0).draw(stream, unit, 0));
            assert!((four - 4.0 * one).abs() <= 1e-13 * four.abs(), "{bounded}: {four}, not 4·{one}");
        }
    }
}

/// A value inside has its bits without bounds. A value outside is that of the next draw that is
/// inside, or a bound.
#[test]
fn values_inside_keep_their_bits() {
    let stream = Stream::new(SEED, 6);
    for (bounded, _) in usual() {
        let (low, high) = bounded.limits();
        let free = bounded.distribution.unbounded();
        let (mut kept, mut changed) = (0, 0);
        for k in 0..2000_u64 {
            let step = (3 << 56) + k * 7919;
            let first = free.draw(stream, 11, step);
            let expected = match bounded.outside {
                Outside::Redraw => {
                    let mut all = (0..DRAWS).map(|number| free.draw(stream, 11, step | number << 32));
                    all.find(|x| (low..=high).contains(x)).unwrap()
                }
                Outside::Clip => first.clamp(low, high),
            };
            let value = bounded.draw(stream, 11, step);
            assert_eq!(value.to_bits(), expected.to_bits(), "{bounded}");
            *(if value.to_bits() == first.to_bits() { &mut kept } else { &mut changed }) += 1;
        }
        assert!(kept > 20 && changed > 20, "{bounded}: {kept} {changed}");
    }
}

#[test]
fn many_values_are_the_single_values() {
    let stream = Stream::new(SEED, 6);
    for (bounded, _) in usual() {
        let steps: [u64; 16] = std::array::from_fn(|k| (k as u64 * 7919) << 3 | 2 << 56);
        for unit in [0, 1, u64::from(u32::MAX)] {
            for (value, step) in bounded.draw_each(stream, [unit; 16], steps).into_iter().zip(steps) {
                assert_eq!(value.to_bits(), bounded.draw(stream, unit, step).to_bits(), "{bounded}");
            }
        }
    }
}

/// `check` refuses this interval. A draw there still ends.
#[test]
fn a_value_that_is_never_inside_is_clipped() {
    let far = Distribution::Normal(0.0, 1.0).redrawn(100.0..=101.0);
    let values = far.draw_each(Stream::new(SEED, 7), [0; 3], [0, 1, 2]);
    assert_eq!((values, far.bounds()), ([100.0; 3], (100.0, 100.0)));
    far.check("x").unwrap_err();
    // All values may be clipped.
    let same = Distribution::Normal(0.0, 1.0).clipped(..=-10.0);
    same.check("x").unwrap();
    assert_eq!((same.draw(Stream::new(SEED, 7), 0, 0), same.bounds()), (-10.0, (-10.0, -10.0)));
}

#[test]
fn bounds_that_make_no_sense_are_refused() {
    let normal = Distribution::Normal(0.0, 1.0);
    let wide = |min, max, outside| Bounded { distribution: normal, min, max, outside };
    for (bounded, words) in [
        (normal.redrawn(f64::NAN..), "x: NaN is not a finite `min`"),
        (normal.clipped(..=INF), "x: inf is not a finite `max`"),
        (normal.clipped(-INF..), "x: -inf is not a finite `min`"),
        (wide(None, Some(f64::NAN), Outside::Clip), "x: NaN is not a finite `max`"),
        (normal.clipped(2.0..=1.0), "x: 2 is a `min` above the `max` 1"),
        (normal.redrawn(1e300..=-1e300), "x: 1e300 is a `min` above the `max` -1e300"),
        (normal.redrawn(1.0..=1.0), "x: 1 is both `min` and `max`, which leaves no interval: give one number, or"),
        (
            normal.redrawn(3.0..),
            "x: normal(0, 1) has a value in [3, ∞) with a probability of 0.0013, and a redraw needs 0.02 or more; outside =",
        ),
        (normal.redrawn(9.0..=1e300), "in [9, 1e300] with a probability of 0, and"),
        (normal.redrawn(1.0..1.0001), "in [1, 1.0000999999999998] with a probability of 0, and"),
        (Distribution::Uniform(0.0, 1.0).redrawn(..=-0.5), "in (−∞, -0.5] with a probability of 0, and"),
        (Distribution::Uniform(0.0, 100.0).redrawn(99.0..=f64::MAX), "with a probability of 0.01, and"),
        (Distribution::LogNormal(0.0, 1.0).redrawn(..=0.0), "lognormal(0, 1) has a value in (−∞, 0] with"),
        (Distribution::Normal(1.0, 0.0).redrawn(2.0..), "normal(1, 0) has a value in [2, ∞) with a probability of 0,"),
        // The distribution itself.
        (Distribution::Normal(0.0, -1.0).redrawn(0.0..), "-1 is a standard deviation below 0"),
        (Distribution::Normal(0.0, f64::MAX).clipped(0.0..=1.0), "has values that are too large for f64"),
    ] {
        let error = bounded.check("x").unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
        assert_eq!(Init::from(bounded).check("x", &[1]).unwrap_err().to_string(), error);
        // No hostile bound makes the library panic.
        let _ = (bounded.bounds(), bounded.draw(Stream::new(SEED, 8), 0, 0), bounded.to_string());
    }
    normal.redrawn(2.0..).check("x").unwrap();
    normal.clipped(1.0..=1.0).check("x").unwrap();
    Distribution::Normal(1.0, 0.0).redrawn(1.0..).check("x").unwrap();
}

#[test]
fn ranges_are_bounds() {
    let of = |bounded: Bounded| (bounded.min, bounded.max);
    let normal = Distribution::Normal(0.0, 1.0);
    assert_eq!(of(normal.redrawn(0.5..=1.5)), (Some(0.5), Some(1.5)));
    assert_eq!(of(normal.redrawn(0.5..1.5)), (Some(0.5), Some(1.5_f64.next_down())));
    assert_eq!(of(normal.clipped(..=1.5)), (None, Some(1.5)));
    assert_eq!(of(normal.clipped((Bound::Excluded(0.0), Bound::Unbounded))), (Some(0.0_f64.next_up()), None));
    // Without bounds, all values are those of the distribution.
    for all in [normal.redrawn(..), normal.clipped(..), normal.unbounded()] {
        assert_eq!((all.to_string(), all.bounds()), (normal.to_string(), normal.bounds()));
        let draw = |bounded: Bounded| bounded.draw_each(Stream::new(SEED, 9), [0; 2], [0, 1]).map(f64::to_bits);
        assert_eq!(draw(all), normal.draw_each(Stream::new(SEED, 9), [0; 2], [0, 1]).map(f64::to_bits));
    }
    for outside in Outside::ALL {
        assert_eq!(Outside::named(outside.name()).unwrap(), outside);
    }
    let error = Outside::named("redrawn").unwrap_err().to_string();
    assert_eq!(error, "no value of `outside` named `redrawn` (did you mean `redraw`?); there is: redraw, clip");
}
