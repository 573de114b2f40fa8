//! The cortical microcircuit of Potjans & Diesmann (2014), compared with ten runs of NEST with other
//! seeds (tests/golden/README.md). Connectivity and spikes differ from seed to seed. Means over
//! seeds are compared by Student's two-sample t, and distributions over neurons or pairs of
//! neurons by the distance of Kolmogorov and Smirnov.

use crate::support::{Place, arrays, root};
use ndarray::{ArrayD, Axis};
use overtime_model::{ModelFile, SystemSpec};
use std::collections::BTreeMap;

const POPULATIONS: [&str; 8] = ["L23E", "L23I", "L4E", "L4I", "L5E", "L5I", "L6E", "L6I"];
/// The time that is left out, the time after it, and the length of a bin of correlations, in steps
/// of 0.1 ms.
const SKIP: u64 = 5_000;
const STEPS: u64 = 50_000;
const BIN: u64 = 20;
/// The neurons of a population for correlations.
const SAMPLE: usize = 200;
/// The largest t of equal means. 24 means are compared, and two runs have 10 degrees of freedom
/// together with NEST's ten: P(|t| > 5) is 5e-4 for one of them.
const LARGEST_T: f64 = 5.0;
/// The largest distance from NEST's seeds, in units of the largest distance between two of them.
const FURTHEST: f64 = 1.5;

fn examples() -> std::path::PathBuf {
    root().join("examples/models")
}

/// The mean and the variance, without Bessel's correction.
fn moments(values: &[f64]) -> (f64, f64) {
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (mean, values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n)
}

/// The percentiles 0 to 100 of these values, as numpy interpolates them. They are rounded to f32, as
/// those of the reference: many neurons have the same rate.
fn percentiles(mut values: Vec<f64>) -> Vec<f64> {
    values.sort_by(f64::total_cmp);
    let at = |q: usize| {
        let place = q as f64 / 100.0 * (values.len() - 1) as f64;
        let (low, high) = (values[place.floor() as usize], values[place.ceil() as usize]);
        f64::from((low + (high - low) * place.fract()) as f32)
    };
    if values.is_empty() { vec![f64::NAN; 101] } else { (0..=100).map(at).collect() }
}

/// The rates, CVs and correlations of a population of this size, of its spikes' steps and neurons.
fn statistics(steps: &[u64], neurons: &[usize], size: usize) -> [Vec<f64>; 3] {
    let mut trains = vec![Vec::new(); size];
    for (step, neuron) in steps.iter().zip(neurons) {
        if let Some(step) = step.checked_sub(SKIP).filter(|step| *step < STEPS) {
            trains[*neuron].push(step);
        }
    }
    trains.iter_mut().for_each(|train| train.sort_unstable());
    let rates = trains.iter().map(|train| train.len() as f64 / (STEPS as f64 * 1e-4)).collect();
    let cv = |train: &Vec<u64>| {
        let intervals: Vec<f64> = train.windows(2).map(|pair| (pair[1] - pair[0]) as f64).collect();
        let (mean, variance) = moments(&intervals);
        variance.sqrt() / mean
    };
    let cvs = trains.iter().filter(|train| train.len() >= 3).map(cv).collect();
    // Centred numbers of spikes, divided by their norm: a correlation is their product.
    let binned = |train: &Vec<u64>| {
        let mut bins = vec![0.0; (STEPS / BIN) as usize];
        train.iter().for_each(|step| bins[(step / BIN) as usize] += 1.0);
        let (mean, variance) = moments(&bins);
        let norm = (variance * bins.len() as f64).sqrt();
        bins.into_iter().map(|n| (n - mean) / norm).collect::<Vec<_>>()
    };
    let sample: Vec<Vec<f64>> = trains.iter().take(SAMPLE).filter(|train| !train.is_empty()).map(binned).collect();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut correlations = Vec::new();
    for (k, a) in sample.iter().enumerate() {
        correlations.extend(sample.iter().skip(k + 1).map(|b| product(a, b)));
    }
    [rates, cvs, correlations]
}

/// The statistics of each population of a run.
fn run(text: &str, flags: &str, seed: u64) -> Vec<[Vec<f64>; 3]> {
    let place = Place::new();
    place.write("pd14.toml", text);
    let ms = (SKIP + STEPS) as f64 * 0.1;
    place.ok(&format!("run pd14.toml {flags} --duration {ms} --seed {seed} --out out.npz --plot none.svg --quiet"));
    let got = place.read("out.npz");
    let SystemSpec::Network(mut net) = ModelFile::parse(text).unwrap().system else { panic!("no network") };
    net.scale(0.1, 1.0).unwrap();
    let of = |name: &&str| {
        let steps: Vec<u64> = got[&format!("{name}.spike_step")].iter().map(|x| *x as u64).collect();
        let neurons: Vec<usize> = got[&format!("{name}.spike_i")].iter().map(|x| *x as usize).collect();
        let size = net.groups.iter().find(|group| group.name == **name).unwrap().neurons.size;
        statistics(&steps, &neurons, size as usize)
    };
    POPULATIONS.iter().map(of).collect()
}

/// The distance of Kolmogorov and Smirnov of two distributions by their percentiles.
fn distance(a: &[f64], b: &[f64]) -> f64 {
    // The part of values up to x.
    let part = |all: &[f64], x: f64| {
        let above = all.partition_point(|y| *y <= x);
        match (above.checked_sub(1).map(|k| all[k]), all.get(above)) {
            (None, _) => 0.0,
            (_, None) => 1.0,
            (Some(low), Some(high)) => ((above - 1) as f64 + (x - low) / (high - low)) / 100.0,
        }
    };
    a.iter().chain(b).map(|x| (part(a, *x) - part(b, *x)).abs()).fold(0.0, f64::max)
}

fn rows(array: &ArrayD<f64>, population: usize) -> Vec<Vec<f64>> {
    array.axis_iter(Axis(0)).map(|seed| seed.index_axis(Axis(0), population).iter().copied().collect()).collect()
}

/// What differs between runs and the reference.
fn differences(runs: &[Vec<[Vec<f64>; 3]>], reference: &BTreeMap<String, ArrayD<f64>>) -> Vec<String> {
    let mut all = Vec::new();
    for (p, population) in POPULATIONS.iter().enumerate() {
        for (k, name) in ["rate", "cv", "correlation"].into_iter().enumerate() {
            let nest: Vec<f64> = rows(&reference[name], p).into_iter().flatten().collect();
            let ours: Vec<f64> = runs.iter().map(|run| moments(&run[p][k]).0).collect();
            // A silent population has no CV and no correlation.
            if nest.iter().all(|x| x.is_nan() || *x == 0.0) {
                if !runs.iter().all(|run| run[p][k].iter().all(|x| *x == 0.0)) {
                    all.push(format!("{population}: {name} {ours:?}, and NEST has none"));
                }
                continue;
            }
            let ((mean, spread), (own, own_spread)) = (moments(&nest), moments(&ours));
            let (n, m) = (nest.len() as f64, ours.len() as f64);
            let deviation = ((n * spread + m * own_spread) / (n + m - 2.0)).sqrt();
            let t = (own - mean) / (deviation * (1.0 / n + 1.0 / m).sqrt());
            let theirs = rows(&reference[&format!("{name}s")], p);
            let between =
                |k: usize| theirs.iter().skip(k + 1).map(|other| distance(&theirs[k], other)).collect::<Vec<_>>();
            let largest = (0..theirs.len()).flat_map(between).fold(0.0, f64::max);
            let mean_distance = |run: &Vec<[Vec<f64>; 3]>| {
                let own = percentiles(run[p][k].clone());
                theirs.iter().map(|seed| distance(&own, seed)).sum::<f64>() / n
            };
            let furthest = runs.iter().map(mean_distance).fold(0.0, f64::max);
            println!(
                "{population:>5} {name:<11} {own:>8.4}, NEST {mean:>8.4} ± {:.4}: t {t:>5.2}; distance {furthest:.3}, of seeds \
                 up to {largest:.3}",
                spread.sqrt()
            );
            let same = t.abs() < LARGEST_T && furthest <= FURTHEST * largest;
            if !same {
                all.push(format!(
                    "{population}: {name} {own} ± {own_spread}, NEST {mean} ± {spread}, {furthest}/{largest}"
                ));
            }
        }
    }
    all
}

fn text(name: &str) -> String {
    std::fs::read_to_string(examples().join(name)).unwrap()
}

/// A tenth of the neurons with a tenth of their synapses.
const TENTH: &str = "--scale 0.1 --scale-in-degrees 0.1";

fn compare(text: &str, flags: &str, reference: &str, seeds: std::ops::Range<u64>) {
    let reference = arrays(&root().join("tests/golden/microcircuit").join(reference));
    let runs: Vec<_> = seeds.map(|seed| run(text, flags, seed)).collect();
    let different = differences(&runs, &reference);
    assert!(different.is_empty(), "{different:#?}");
    // The comparison finds a weight that is 5 % larger.
    let other = text.replace("normal = [-351.234", "normal = [-368.796");
    assert!(other != text && !differences(&[run(&other, flags, 1)], &reference).is_empty());
}

#[test]
fn a_tenth_with_poisson_input_has_the_activity_of_nest() {
    // The thalamus is silent.
    let spontaneous = text("pd14_poisson.toml").replace("freqs = 120.0", "freqs = 0.0");
    compare(&spontaneous, TENTH, "tenth_poisson.npz", 1..3);
}

/// With a constant input, most populations of the scaled network stay below the threshold.
#[test]
fn a_tenth_with_a_constant_input_has_the_activity_of_nest() {
    let text = text("pd14.toml");
    let reference = arrays(&root().join("tests/golden/microcircuit/tenth_dc.npz"));
    let different = differences(&(1..3).map(|seed| run(&text, TENTH, seed)).collect::<Vec<_>>(), &reference);
    assert!(different.is_empty(), "{different:#?}");
}
