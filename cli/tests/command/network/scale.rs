//! `--scale` and `--scale-in-degrees`.

use super::ALL;
use crate::support::{Place, root};
use serde_json::Value;

#[test]
fn a_scaled_network_keeps_its_synapses_per_neuron() {
    let place = Place::new();
    let cobahh = root().join("examples/models/cobahh.toml");
    let run = |more: &str| -> Value {
        let text = place.ok(&format!("run {} --steps 2 --plot p.svg --json --quiet {more}", cobahh.display()));
        serde_json::from_str(&text).unwrap()
    };
    let (one, two) = (run(""), run("--scale 0.5"));
    let names = |json: &Value| {
        json["populations"]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| p["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let neurons = |json: &Value| {
        json["populations"].as_array().unwrap().iter().map(|p| p["neurons"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((names(&one), names(&two)), (vec!["E".into(), "I".into()], vec!["E".into(), "I".to_owned()]));
    assert_eq!((neurons(&one), neurons(&two)), (vec![3200, 800], vec![1600, 400]));
    assert_eq!((one["synapses"].as_f64(), two["synapses"].as_f64()), (Some(320_000.0), Some(160_000.0)));
    for (scale, says) in [("0", "positive"), ("-1", "positive"), ("nan", "positive"), ("0.01", "more than 1")] {
        let error = place.fails(2, &format!("run {} --steps 2 --scale {scale}", cobahh.display()));
        assert!(error.contains(says), "{error}");
    }
    assert!(place.fails(2, "run hh --steps 2 --scale 2").contains("--scale is for a network"));
    assert!(place.fails(2, &format!("run {} --size 3", cobahh.display())).contains("--scale"));
    place.write("all.toml", ALL);
    assert!(place.fails(2, "run all.toml --scale 2").contains("`IE`"));
    assert!(place.fails(2, "run all.toml --dtype f16").contains("cannot run in f16"));
}

/// Two groups of which the second receives spikes of the first.
const PAIR: &str = "seed = 3
[[group]]
name = 'A'
kind = 'PoissonGroup'
size = 2000
mean_rate = 50.0
parameters = { freqs = 50.0 }
[[group]]
name = 'B'
kind = 'LIF'
size = 100
method = 'exact'
receptor = [{ name = 's', tau = 0.5 }]
parameters = { V_rest = 0.0, V_reset = 0.0, V_th = 1000.0 }
initial = { V = 8.0 }
[[projection]]
name = 'p'
from = 'A'
to = 'B.s'
connect = { kind = 'fixed_num_pre', num = 200 }
weight = { normal = [1.6, 0.16], min = 0.0 }
delay = 0.1
";

/// A tenth of the synapses gives the mean and the variance of the potential of the full network.
#[test]
fn scaled_in_degrees_keep_the_mean_and_the_variance() {
    let place = Place::new();
    place.write("pair.toml", PAIR);
    let moments = |more: &str| {
        place.ok(&format!("run pair.toml --duration 1000 --out-vars B.V --out out.npz --quiet {more}"));
        let v = place.read("out.npz").remove("B.V").unwrap();
        let v: Vec<f64> = v.iter().copied().skip(1000 * 100).collect();
        let mean = v.iter().sum::<f64>() / v.len() as f64;
        (mean, (v.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / v.len() as f64).sqrt())
    };
    // The mean is 10/ms·w·τs = 8 mV. The variance is 10/ms·∫ V², which is (w·τs)²/(2·(τm + τs)) for
    // the potential V after a spike.
    let right = (8.0, 1.6 * f64::sqrt(10.0 * 0.5 * 0.5 / (2.0 * 10.5)));
    for more in ["", "--scale-in-degrees 0.1", "--scale 2 --scale-in-degrees 0.5", "--scale-in-degrees 2"] {
        let (mean, deviation) = moments(more);
        println!("seed 3, {more}: {mean} ± {deviation}, expected {right:?}");
        assert!((mean - right.0).abs() <= 0.15, "{more}: mean {mean}");
        assert!((deviation / right.1 - 1.0).abs() <= 0.07, "{more}: deviation {deviation}");
    }
}

#[test]
fn checkpoints_and_pictures_have_the_scaled_in_degrees() {
    let place = Place::new();
    place.write("pair.toml", PAIR);
    let scale = "--scale 0.5 --scale-in-degrees 0.2";
    place.ok(&format!("run pair.toml {scale} --steps 200 --out-vars B.V --out a.npz --plot a.svg --quiet"));
    let part = "--steps 200 --out-vars B.V --out b.npz --checkpoint c.safetensors --checkpoint-every 15 --quiet";
    place.ok(&format!("run pair.toml {scale} {part}"));
    place.ok("resume c.safetensors --out c.npz --quiet");
    assert_eq!(place.read("a.npz"), place.read("b.npz"));
    assert_eq!(place.read("a.npz"), place.read("c.npz"));
    assert_eq!(place.read("a.npz")["B.V"].shape(), [200, 50]);
    place.ok(&format!("plot a.npz -o b.svg --model pair.toml {scale} --quiet"));
    let read = |name: &str| std::fs::read_to_string(place.path(name)).unwrap();
    assert_eq!(read("a.svg"), read("b.svg"));
}

#[test]
fn in_degrees_that_cannot_be_scaled_are_errors() {
    let place = Place::new();
    place.write("pair.toml", PAIR);
    let cobahh = root().join("examples/models/cobahh.toml").display().to_string();
    for (run, says) in [
        ("hh --scale-in-degrees 2", "--scale-in-degrees is for a network"),
        ("pair.toml --scale-in-degrees 0", "must be a positive number"),
        ("pair.toml --scale-in-degrees nan", "must be a positive number"),
        ("pair.toml --scale-in-degrees -1", "must be a positive number"),
        ("pair.toml --scale-in-degrees 11", "2200 sources of a target are more than there are (2000)"),
        (&format!("{cobahh} --scale-in-degrees 0.5"), "is a conductance"),
    ] {
        let error = place.fails(2, &format!("run {run} --steps 2"));
        assert!(error.contains(says), "{run}: {error}");
    }
    place.write("silent.toml", PAIR.replace("mean_rate = 50.0\n", ""));
    let error = place.fails(2, "run silent.toml --scale-in-degrees 0.5 --steps 2");
    assert!(error.contains("group `A`, needs `mean_rate`"), "{error}");
    place.ok("run silent.toml --scale-in-degrees 1 --steps 2 --quiet");
}
