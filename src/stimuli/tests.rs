use super::*;
use std::path::Path;

/// The array that brainpy computed, by name.
fn brainpy(name: &str) -> ArrayD<f64> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/inputs.npz");
    let found = overtime_npz::read(&path).unwrap().into_iter().find(|(n, _)| n == name);
    found.unwrap_or_else(|| panic!("no {name}")).1.to_f64()
}

fn same(name: &str, ours: Result<ArrayD<f64>>, tolerance: f64) {
    let (ours, theirs) = (ours.unwrap(), brainpy(name));
    assert_eq!(ours.shape(), theirs.shape(), "{name}");
    for (k, (a, b)) in ours.iter().zip(&theirs).enumerate() {
        assert!((a - b).abs() <= tolerance, "{name}[{k}]: {a}, brainpy {b}");
    }
}

#[test]
fn what_brainpy_makes() {
    same("constant", constant_input([(0.0, 10.0), (1.5, 5.05), (-3.0, 0.0), (2.0, 1.0)], 0.1).map(|x| x.0), 0.0);
    let each: [(Level, f64); 3] = [([1.0, -2.0, 0.25].into(), 2.0), (3.0.into(), 1.0), ([0.0, 0.5, 7.0].into(), 4.5)];
    same("constant_each", constant_input(each, 0.1).map(|x| x.0), 0.0);
    same("section", section_input([0.0, 1.0, 0.5], [10.0, 20.0, 2.5], 0.25), 0.0);
    same("spike", spike_input(&[10.0, 20.0, 20.5, 39.0], [1.0, 2.0, 0.5, 9.0], [0.5, 1.0, -1.0, 2.0], 40.0, 0.25), 0.0);
    same("spike_one", spike_input(&[1.0, 3.0], 1.0, 0.5, 5.0, 0.25), 0.0);
    same("ramp", ramp_input(-1.0, 9.0, Span::new(50.0, 0.1)), 1e-14);
    same("ramp_between", ramp_input(4.0, 1.0, Span::new(50.0, 0.25).between(12.5, 37.5)), 1e-14);
    let (all, part) = (Span::new(100.0, 0.1), Span::new(100.0, 0.25).between(25.0, 75.0));
    same("sinusoidal", sinusoidal_input(2.0, 31.0, false, all), 1e-13);
    same("sinusoidal_between", sinusoidal_input(0.5, 7.0, true, part), 1e-13);
    same("square", square_input(2.0, 31.0, false, all), 0.0);
    same("square_between", square_input(0.5, 7.3, true, part), 0.0);
}

#[test]
fn times_are_rounded_to_steps_that_are_meant() {
    // In brainpy this section has 12 steps and the pulse begins at step 2.
    assert_eq!(constant_input::<f64, _>([(1.0, 1.1)], 0.1).unwrap().0.len(), 11);
    let pulse = spike_input::<f64>(&[0.3], 0.1, 1.0, 1.0, 0.1).unwrap();
    assert_eq!(pulse.iter().position(|x| *x != 0.0), Some(3));
    // These times passed through f32, which moves them by up to 0.005 steps.
    for k in (3..100_000).step_by(4999) {
        let time = f64::from((f64::from(k) * 0.1) as f32);
        let pulse = spike_input::<f64>(&[time], 0.1, 1.0, 10_000.0, 0.1).unwrap();
        assert_eq!(pulse.iter().position(|x| *x != 0.0), Some(k as usize), "{time}");
        let sections = constant_input::<f64, _>([(0.0, time), (1.0, 0.1)], 0.1).unwrap().0;
        assert_eq!(sections.iter().position(|x| *x != 0.0), Some(k as usize), "{time}");
    }
    // A step at which a half period begins belongs to it, even at late times.
    let square = square_input::<f32>(1.0, 10.0, false, Span::new(1e5, 0.1)).unwrap();
    assert!(square.iter().enumerate().all(|(k, x)| *x == if k % 1000 < 500 { 1.0 } else { -1.0 }));
    // Edge cases: spans of 0 steps and of 1 step, and 0 units.
    assert_eq!(ramp_input::<f64>(3.0, 5.0, Span::new(0.0, 0.1)).unwrap().len(), 0);
    assert_eq!(ramp_input::<f64>(3.0, 5.0, Span::new(0.1, 0.1)).unwrap().as_slice().unwrap(), [3.0]);
    assert_eq!(wiener_process::<f64>(0, 1, Span::new(1.0, 0.1)).unwrap().shape(), [10, 0]);
}

#[test]
fn noise_has_its_moments_and_is_a_function_of_seed_unit_and_step() {
    let (dt, units) = (0.1, 33);
    let long = Span::new(2000.0, dt).between(100.0, 2000.0);
    let x: ArrayD<f64> = wiener_process(units, 5, long).unwrap();
    assert_eq!(x.shape(), [20_000, units]);
    let (before, after) = x.view().split_at(ndarray::Axis(0), 1000);
    assert!(before.iter().all(|x| *x == 0.0));
    let n = after.len() as f64;
    let (mean, square) = (after.sum() / n, after.iter().map(|x| x * x).sum::<f64>() / n);
    assert!(mean.abs() <= 4.0 * (dt / n).sqrt() && (square / dt - 1.0).abs() <= 0.01, "{mean} {square}");

    let (mean, sigma, tau) = (4.0, 0.5, 10.0);
    let ou: ArrayD<f64> = ou_process(mean, sigma, tau, units, 5, Span::new(2000.0, dt)).unwrap();
    let lag = (tau / dt) as usize;
    let at = |k: usize, unit: usize| ou[[k, unit]] - mean;
    let (mut sum, mut square, mut product, mut n) = (0.0, 0.0, 0.0, 0.0);
    for k in 1000..20_000 - lag {
        for unit in 0..units {
            (sum, square, product, n) =
                (sum + at(k, unit), square + at(k, unit).powi(2), product + at(k, unit) * at(k + lag, unit), n + 1.0);
        }
    }
    // 33 units for 190 correlation times each are about 3,000 independent values.
    let variance = sigma * sigma * tau / 2.0;
    assert!((sum / n).abs() <= 0.1 * variance.sqrt(), "{}", sum / n);
    assert!((square / n / variance - 1.0).abs() <= 0.15, "{} {variance}", square / n);
    assert!((product / square - (-1.0_f64).exp()).abs() <= 0.06, "{}", product / square);

    let short: ArrayD<f64> = ou_process(mean, sigma, tau, 7, 5, Span::new(3.0, dt)).unwrap();
    assert!(short.indexed_iter().all(|(at, x)| *x == ou[[at[0], at[1]]]));
    assert_ne!(short, ou_process::<f64>(mean, sigma, tau, 7, 6, Span::new(3.0, dt)).unwrap());
    assert_eq!(ou_process::<f32>(mean, sigma, tau, 1, 5, Span::new(3.0, dt)).unwrap().shape(), [30]);
}

#[test]
fn what_makes_no_sense_is_refused_by_name() {
    let says = |result: Result<ArrayD<f64>>, what: &str| {
        let error = result.unwrap_err().to_string();
        assert!(error.contains(what), "{error} does not contain {what}");
    };
    let span = Span::new(10.0, 0.1);
    for dt in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        says(ramp_input(0.0, 1.0, Span::new(10.0, dt)), "dt");
        says(square_input(0.0, 1.0, false, Span::new(10.0, dt)), "dt");
        says(section_input([1.0], [1.0], dt), "dt");
        says(wiener_process(2, 0, Span::new(10.0, dt)), "dt");
    }
    for time in [-1.0, f64::NAN, 1e300] {
        says(ramp_input(0.0, 1.0, Span::new(time, 0.1)), "duration");
        says(spike_input(&[time], 1.0, 1.0, 10.0, 0.1), "times[0]");
        says(section_input([1.0], [time], 0.1), "section 0");
    }
    says(ramp_input(0.0, f64::NAN, span), "c_end");
    says(ramp_input(0.0, 1.0, span.between(5.0, 11.0)), "t_end");
    says(sinusoidal_input(1.0, 1.0, false, span.between(5.0, 4.0)), "t_start");
    says(sinusoidal_input(f64::INFINITY, 1.0, false, span), "amplitude");
    says(square_input(1.0, f64::MAX, false, Span::new(1e300, 1e299)), "frequency");
    says(spike_input(&[1.0, 2.0], [1.0], 1.0, 10.0, 0.1), "lengths");
    says(spike_input(&[1.0], -1.0, 1.0, 10.0, 0.1), "lengths[0]");
    says(spike_input(&[1.0], 1.0, f64::NAN, 10.0, 0.1), "sizes[0]");
    says(section_input([1.0, 2.0], [1.0], 0.1), "durations");
    says(constant_input([(vec![1.0], 1.0), (vec![1.0, 2.0], 1.0)], 0.1).map(|x| x.0), "section 1");
    says(ou_process(0.0, 1.0, 0.0, 1, 0, span), "tau");
    assert!(matches!(wiener_process::<f64>(usize::MAX, 0, span), Err(Error::OutOfMemory { .. })));
    assert!(matches!(ou_process::<f64>(0.0, 1.0, 1.0, usize::MAX / 2, 0, span), Err(Error::OutOfMemory { .. })));
}
