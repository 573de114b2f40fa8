//! `--scale`.

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
