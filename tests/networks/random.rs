//! Poisson drives and noise: their moments, and their dependence on seed, neuron and step only.

use crate::networks::cell::ScriptedCells;
use overtime::network::{Group, Network, Receptor};
use overtime::{LoopOverTime, Recording};

fn run(
    n: usize,
    steps: u64,
    rows: usize,
    seed: u64,
    chunk: u64,
    drive: impl Fn(Group<f64>) -> Group<f64>,
) -> Recording<f64> {
    let scripted = ScriptedCells { units: n, spikes: Vec::new() };
    let group = drive(Group::new("a", scripted).receptor(Receptor::delta("hit", "kicked")));
    let network = Network::builder(0.1).group(group).build().unwrap();
    let builder =
        LoopOverTime::builder(network).dt(0.1).seed(seed).batch(rows).chunk(chunk).out_vars(["a.kicked", "a.x"]);
    builder.build().unwrap().run_steps(steps).unwrap()
}

/// The mean and the variance.
fn moments(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let all: Vec<f64> = values.collect();
    let mean = all.iter().sum::<f64>() / all.len() as f64;
    (mean, all.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / all.len() as f64)
}

#[test]
fn poisson_spikes_have_a_poisson_mean_and_variance() {
    // The rates are in Hz, and a step is 0.1 ms.
    for rate in [0.0, 300.0, 9_000.0, 150_000.0] {
        let (n, steps) = (203, 60);
        let counts = run(n, steps, 1, 9, 1024, |group| group.poisson("hit", rate, 1.0));
        let counts = counts["a.kicked"].iter().copied();
        // The variable accumulates the spikes, so only its last value counts.
        let total: Vec<f64> = counts.skip((steps as usize - 1) * n).collect();
        assert_eq!(total.len(), n);
        let expected = rate * 1e-4 * steps as f64;
        let (mean, variance) = moments(total.into_iter());
        // The bounds are five standard errors.
        assert!(
            (mean - expected).abs() <= 5.0 * (expected / n as f64).sqrt(),
            "{rate} Hz: {mean} instead of {expected}"
        );
        assert!(
            (variance - expected).abs() <= 5.0 * expected * (2.5 / n as f64).sqrt() + 1e-12,
            "{rate} Hz: variance {variance}"
        );
    }
}

#[test]
fn noise_has_the_given_intensity() {
    let x = run(203, 50, 1, 4, 1024, |group| group.noise(3.0));
    let (mean, variance) = moments(x["a.x"].iter().copied());
    let (n, expected) = (203.0 * 50.0, 9.0_f64 / 0.1);
    assert!(mean.abs() <= 5.0 * (expected / n).sqrt(), "{mean}");
    assert!((variance / expected - 1.0).abs() <= 5.0 * (2.0_f64 / n).sqrt(), "{variance}");
}

/// In its steps a drive has the spikes of a drive that always acts, and none in other steps.
#[test]
fn a_drive_acts_in_the_steps_of_its_time() {
    let (n, steps) = (33, 60);
    let always = run(n, steps, 2, 7, 1024, |group| group.poisson("hit", 2_000.0, 1.0));
    // The variable accumulates the spikes.
    let spikes = |of: &Recording<f64>| {
        let all = &of["a.kicked"];
        let mut before = all.index_axis(ndarray::Axis(0), 0).mapv(|_| 0.0);
        all.outer_iter()
            .map(|now| {
                let new = &now - &before;
                before = now.to_owned();
                new.into_iter().collect::<Vec<_>>()
            })
            .collect::<Vec<_>>()
    };
    let right = spikes(&always);
    for (range, active) in [
        (0.3..0.7, 3..7),
        (0.7..4.1, 7..41),
        (f64::NEG_INFINITY..0.1, 0..1),
        (0.0..f64::INFINITY, 0..60),
        (2.0..2.0, 0..0),
        (9.0..10.0, 0..0),
        (0.25..0.55, 3..6),
    ] {
        for chunk in [1, 7, 1024] {
            let drive = |group: Group<f64>| group.poisson_during("hit", 2_000.0, 1.0, range.clone());
            for (k, found) in spikes(&run(n, steps, 2, 7, chunk, drive)).into_iter().enumerate() {
                if active.contains(&k) {
                    assert_eq!(found, right[k], "{range:?}, step {k}");
                } else {
                    assert!(found.iter().all(|x| *x == 0.0), "{range:?}, step {k}");
                }
            }
        }
    }
}

#[test]
fn random_numbers_do_not_depend_on_chunks_and_differ_between_rows_seeds_and_drives() {
    let drive = |group: Group<f64>| group.noise(1.0).poisson("hit", 2_000.0, 1.0).poisson("hit", 2_000.0, 100.0);
    let whole = run(33, 60, 3, 7, 1024, drive);
    for chunk in [1, 7] {
        let again = run(33, 60, 3, 7, chunk, drive);
        for name in ["a.kicked", "a.x"] {
            assert_eq!(again[name], whole[name], "chunks of {chunk}");
        }
    }
    assert_ne!(run(33, 60, 3, 8, 1024, drive)["a.kicked"], whole["a.kicked"]);
    let last = whole["a.kicked"].index_axis(ndarray::Axis(0), 59);
    assert_ne!(last.index_axis(ndarray::Axis(0), 0), last.index_axis(ndarray::Axis(0), 1));
    let (ones, hundreds): (Vec<f64>, Vec<f64>) = last.iter().map(|v| (v % 100.0, (v / 100.0).floor())).unzip();
    assert_ne!(ones, hundreds);
}
