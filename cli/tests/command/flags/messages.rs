//! Messages on stderr, and results on stdout.

use crate::support::{Place, texts};
use predicates::prelude::*;
use serde_json::Value;

#[test]
fn messages_go_to_stderr_and_results_to_stdout() {
    let place = Place::new();
    let output = place.run("-v run hh --input 5 --duration 100 --device cpu --strategy auto");
    let (out, err) = texts(&output);
    let lines = predicate::str::is_match(r"(?m)^100%  1000/1000 steps  .*/s  ETA").unwrap();
    assert!(lines.eval(&err), "{err}");
    assert!(err.contains("on cpu") && err.contains("not on a GPU: the CPU was requested"), "{err}");
    assert!(out.contains("ms") && out.contains("real-time factor") && out.contains("spikes"), "{out}");
    let output = place.run("-v run hh --input 5 --duration 100");
    assert!(texts(&output).1.contains("not on a GPU: ") || texts(&output).1.contains("on cuda"));
    let output = place.run("run hh --input 5 --duration 100 --quiet");
    assert_eq!(texts(&output), (String::new(), String::new()));
    let output = place.run("run hh --input 10 --duration 100 --quiet --json --out a.npz --out-vars spike");
    let (out, err) = texts(&output);
    assert_eq!(err, "");
    let json: Value = serde_json::from_str(&out).unwrap();
    let spikes = place.read("a.npz")["spike"].sum();
    assert_eq!(
        (json["steps"].as_u64(), json["i"].as_u64(), json["spikes"].as_f64()),
        (Some(1000), Some(1000), Some(spikes))
    );
    assert!(spikes > 3.0 && json["ms_per_step"].as_f64() > Some(0.0) && json["real_time_factor"].as_f64() > Some(0.0));
    assert_eq!(
        (json["device"].as_str(), json["dtype"].as_str(), json["kind"].as_str()),
        (Some("cpu"), Some("f32"), Some("HH"))
    );
    // All spikes are counted, even if few steps are recorded.
    let out = place.ok("run hh --input 10 --duration 100 --quiet --json --record-every 100 --out b.npz");
    assert_eq!(serde_json::from_str::<Value>(&out).unwrap()["spikes"].as_f64(), Some(spikes));
    assert!(texts(&place.run("-v run hh --steps 5 --quiet --out c.npz")).1.contains("written"));
}

/// A short run prints one line, and a long one its progress.
#[test]
fn short_runs_print_one_line() {
    let place = Place::new();
    let (out, err) = texts(&place.run("run hh --input 5 --duration 10 --out a.npz --device cpu"));
    assert_eq!(err, "");
    assert!(out.starts_with("hh: 1 HH neuron, f32, on cpu: 100 steps of 0.1 ms in "), "{out}");
    assert!(out.ends_with("spikes; wrote a.npz\n") && out.lines().count() == 1, "{out}");
    // The speed of the machine decides which run is long.
    let long = (0..8).map(|k| 1000_u64 << (2 * k)).find_map(|size| {
        let (out, err) = texts(&place.run(&format!("run hh --size {size} --duration 20 --device cpu")));
        err.contains("100%").then_some((out, err))
    });
    let (out, err) = long.expect("a run of more than a second");
    assert!(err.contains("HH neurons, f32, on cpu") && !err.contains("not on a GPU"), "{err}");
    assert!(out.contains("real-time factor"), "{out}");
}
