//! Names, moments, bounds and probabilities of distributions.

use super::*;

const SEED: u64 = 20_261_129;
/// Usual parameters of each distribution, with the mean and the standard deviation of its
/// values.
const USUAL: [(Distribution, f64, f64); 3] = [
    // (high − low)/√12
    (Distribution::Uniform(-70.0, -60.0), -65.0, 2.886_751_345_948_129),
    (Distribution::Normal(-65.0, 5.0), -65.0, 5.0),
    // m = e^(mu + sigma²/2), and m·√(e^(sigma²) − 1)
    (Distribution::LogNormal(-0.7, 0.5), 0.562_704_868_806_955_7, 0.299_888_129_744_319_6),
];

#[test]
fn distributions_are_found_by_name() {
    assert_eq!(Distribution::all().count(), USUAL.len());
    for (distribution, ..) in USUAL {
        let info = distribution.info();
        assert_eq!(Distribution::named(info.name, distribution.parameters()).unwrap(), distribution);
        assert_eq!(Distribution::all().filter(|other| other.name == info.name).count(), 1);
        assert!(info.example.contains(&format!("{{ {} = [", info.name)), "{}", info.example);
    }
    let error = Distribution::named("unifrom", [0.0, 1.0]).unwrap_err().to_string();
    assert!(error.contains("`uniform`") && error.contains("normal"), "{error}");
    assert!(Distribution::named("", [0.0, 1.0]).is_err());
}

/// The numbers in kernels differ, and none is that of one value for all.
#[test]
#[cfg(feature = "cuda")]
fn numbers_in_kernels_are_distinct() {
    let mut numbers: Vec<u32> = USUAL.iter().map(|(distribution, ..)| distribution.on_device().0).collect();
    numbers.push(SAME);
    numbers.sort_unstable();
    assert_eq!(numbers, (0..DISTRIBUTIONS.len() as u32).collect::<Vec<_>>());
}

#[test]
fn values_have_the_moments_and_the_bounds() {
    let n = 200_000;
    for (distribution, mean, deviation) in USUAL {
        distribution.check("x").unwrap();
        let stream = Stream::new(SEED, 5);
        let values: Vec<f64> = (0..n).map(|k| distribution.unbounded().draw(stream, k % 1000, k / 1000)).collect();
        let (low, high) = distribution.bounds();
        assert!(values.iter().all(|x| (low..=high).contains(x)), "{distribution:?}");
        let n = n as f64;
        let found = values.iter().sum::<f64>() / n;
        let square = values.iter().map(|x| (x - found).powi(2)).sum::<f64>() / n;
        println!("seed {SEED}, {distribution:?}: mean {found}, deviation {}", square.sqrt());
        assert!((found - mean).abs() <= 5.0 * deviation / n.sqrt(), "{distribution:?}: mean {found}");
        assert!((square.sqrt() / deviation - 1.0).abs() <= 0.01, "{distribution:?}: {}", square.sqrt());
    }
}

#[test]
fn many_values_are_the_single_values() {
    let stream = Stream::new(SEED, 6);
    for (distribution, ..) in USUAL {
        let steps: [u64; 16] = std::array::from_fn(|k| (k as u64 * 7919) << 3 | 2 << 56);
        for unit in [0, 1, u64::from(u32::MAX)] {
            let many = distribution.draw_each(stream, [unit; 16], steps);
            for (value, step) in many.into_iter().zip(steps) {
                assert_eq!(
                    value.to_bits(),
                    distribution.unbounded().draw(stream, unit, step).to_bits(),
                    "{distribution:?}"
                );
            }
        }
    }
}

#[test]
fn parameters_that_make_no_sense_are_refused() {
    for of in Distribution::ALL {
        for (place, value) in [(0, f64::NAN), (1, f64::INFINITY), (0, f64::NEG_INFINITY), (1, f64::NAN)] {
            let mut parameters = [0.0, 1.0];
            parameters[place] = value;
            let error = of(parameters[0], parameters[1]).check("x").unwrap_err();
            assert!(matches!(error, Error::NotFinite { index, .. } if index == place), "{error}");
        }
        // Without a spread, all values are the same.
        let same = of(0.0, 0.0);
        same.check("x").unwrap();
        let stream = Stream::new(SEED, 7);
        assert_eq!(same.unbounded().draw(stream, 0, 0).to_bits(), same.unbounded().draw(stream, 1, 3).to_bits());
        assert_eq!(same.bounds(), (same.unbounded().draw(stream, 0, 0), same.unbounded().draw(stream, 0, 0)));
    }
    for (distribution, words) in [
        (Distribution::Uniform(5.0, 1.0), "x: 5 is the low end of uniform values, above the high end 1"),
        (Distribution::Uniform(-f64::MAX, f64::MAX), "has a width that is not a finite number"),
        (Distribution::Normal(5.0, -1.0), "x: -1 is a standard deviation below 0"),
        (Distribution::Normal(0.0, f64::MAX), "has values that are too large for f64"),
        (Distribution::LogNormal(5.0, -1.0), "x: -1 is a standard deviation below 0"),
        (Distribution::LogNormal(800.0, 0.0), "x: lognormal(800, 0) has values that are too large for f64"),
        (Distribution::LogNormal(0.0, 121.0), "has values that are too large for f64"),
        (Distribution::LogNormal(f64::MAX, f64::MAX), "has values that are too large for f64"),
    ] {
        let error = distribution.check("x").unwrap_err().to_string();
        assert!(error.contains(words), "{error}");
    }
    Distribution::Uniform(f64::MAX, f64::MAX).check("x").unwrap();
    Distribution::LogNormal(709.0, 0.0).check("x").unwrap();
    Distribution::LogNormal(-f64::MAX, 0.0).check("x").unwrap();
}

#[test]
fn log_normal_values_are_powers_of_normal_values() {
    let stream = Stream::new(SEED, 8);
    for k in 0..10_000 {
        let normal = Distribution::Normal(-0.7, 0.5).unbounded().draw(stream, k, 0);
        let value = Distribution::LogNormal(-0.7, 0.5).unbounded().draw(stream, k, 0);
        assert!((value / normal.exp() - 1.0).abs() <= 1e-15, "{normal}: {value}");
    }
}

#[test]
fn probabilities_are_those_of_the_distribution_functions() {
    const ALL: f64 = f64::INFINITY;
    // Of standard normal numbers: below −1, and beyond 6.
    let (below, beyond) = (0.158_655_253_931_457_05, 9.865_876_450_376_946e-10);
    let (normal, log_normal) = (Distribution::Normal(3.0, 2.0), Distribution::LogNormal(0.5, 0.25));
    for (distribution, low, high, expected) in [
        (Distribution::Uniform(2.0, 6.0), 3.0, 5.0, 0.5),
        (Distribution::Uniform(2.0, 6.0), -ALL, 3.0, 0.25),
        (Distribution::Uniform(2.0, 6.0), 7.0, ALL, 0.0),
        (Distribution::Uniform(2.0, 6.0), -ALL, ALL, 1.0),
        (normal, -ALL, ALL, 1.0),
        (normal, 1.0, 5.0, 1.0 - 2.0 * below),
        (normal, -ALL, 1.0, below),
        (normal, 5.0, ALL, below),
        (normal, 15.0, 1e300, beyond),
        (normal, -1e300, -9.0, beyond),
        (log_normal, -ALL, ALL, 1.0),
        (log_normal, -3.0, 0.0, 0.0),
        (log_normal, 0.75_f64.exp(), ALL, below),
        (log_normal, -1.0, 0.25_f64.exp(), below),
        (Distribution::Normal(1.0, 0.0), 0.0, 1.0, 1.0),
        (Distribution::Normal(1.0, 0.0), 1.5, 2.0, 0.0),
        (Distribution::Uniform(1.0, 1.0), -ALL, 0.5, 0.0),
        (Distribution::LogNormal(0.0, 0.0), 0.5, 2.0, 1.0),
    ] {
        let found = distribution.probability(low, high);
        assert!((found - expected).abs() <= 1e-13 * expected.max(1e-3), "{distribution} {low} {high}: {found}");
    }
}
