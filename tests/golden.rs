//! The Hodgkin-Huxley neuron compared with runs of brainpy, in f64 and f32. The tests of CUDA
//! include this file: `super::device` selects the device.

use crate::common::{self, Golden, close, close_mostly, golden, narrow, same_spikes, widen};
use ndarray::{ArrayD, Axis};
use overtime::models::{Hh, Method};
use overtime::{Device, Init, Input, LoopOverTime, Real, Recording, Result};
use std::str::FromStr;

struct Case {
    name: &'static str,
    method: &'static str,
    dt: f64,
    steps: u64,
    calls: usize,
    params: &'static [(&'static str, f64)],
}

const fn case(name: &'static str, method: &'static str, dt: f64, steps: u64) -> Case {
    Case { name, method, dt, steps, calls: 1, params: &[] }
}

const CASES: [Case; 13] = [
    case("hh_duration", "exp_auto", 0.1, 1000),
    case("hh_const_input", "exp_auto", 0.1, 1000),
    Case { calls: 2, ..case("hh_two_calls", "exp_auto", 0.1, 1000) },
    case("hh_noise_input", "exp_auto", 0.1, 400),
    case("hh_batched", "exp_auto", 0.1, 400),
    Case {
        params: &[("gL", 0.3), ("gNa", 100.0), ("ENa", 55.0), ("C", 1.2), ("V_th", 0.0)],
        ..case("hh_params", "exp_auto", 0.1, 600)
    },
    case("hh_method_euler", "euler", 0.01, 500),
    case("hh_method_rk2", "rk2", 0.01, 500),
    case("hh_method_midpoint", "midpoint", 0.01, 500),
    case("hh_method_heun2", "heun2", 0.01, 500),
    case("hh_method_rk3", "rk3", 0.02, 500),
    case("hh_method_rk4", "rk4", 0.02, 500),
    case("hh_method_exp_auto", "exp_auto", 0.02, 500),
];

const VARS: [&str; 5] = ["V", "m", "h", "n", "spike"];

/// Runs a case from its initial state with its input, in as many calls as the run of brainpy had.
fn run<R: Real>(case: &Case, reference: &Golden, device: Device) -> Result<Vec<Recording<R>>> {
    let initial = |name: &str| Init::Values(reference.array(name).iter().copied().collect());
    let first = reference.array("s0.V");
    // The rows of a batch have different initial states. So all rows together are given as one
    // array of neurons.
    let batch = (first.ndim() == 2).then(|| first.shape()[0]);
    let mut hh = Hh::<R>::new(first.len()).method(Method::from_str(case.method)?).v(initial("s0.V"));
    hh = hh.gates(initial("s0.m"), initial("s0.h"), initial("s0.n"));
    for (name, value) in case.params {
        hh = hh.param(name, *value)?;
    }
    let mut over_time = LoopOverTime::builder(hh).device(device).dt(case.dt).out_vars(VARS).build()?;
    let Some(input) = reference.get("in") else {
        return Ok(vec![over_time.run_for(case.steps as f64 * case.dt)?]);
    };
    let steps = input.shape()[0];
    let input = match batch {
        Some(_) => input.to_shape(vec![steps, first.len()]).unwrap().into_owned(),
        None => input.clone(),
    };
    let input = narrow::<R>(&input);
    let calls = input.axis_chunks_iter(Axis(0), steps / case.calls);
    calls.map(|part| over_time.run(Input::from(part))).collect()
}

fn joined<R: Real>(runs: &[Recording<R>], name: &str, like: &ArrayD<f64>) -> ArrayD<f64> {
    let parts: Vec<ArrayD<f64>> =
        runs.iter().map(|r| widen(if name == "out" { &r.output } else { &r[name] })).collect();
    let views: Vec<_> = parts.iter().map(|p| p.view()).collect();
    ndarray::concatenate(Axis(0), &views).unwrap().into_shape_with_order(like.raw_dim()).unwrap()
}

fn check<R: Real>(name: &str) {
    let case = CASES.iter().find(|c| c.name == name).unwrap();
    let reference = golden(name);
    let Some(device) = super::device() else { return };
    let runs = run::<R>(case, &reference, device).unwrap();
    assert_eq!(runs.iter().map(|r| r.steps).sum::<u64>(), case.steps);
    let last = runs.last().unwrap();
    assert_eq!(last.i, case.steps);
    assert!((last.t - case.steps as f64 * case.dt).abs() <= 1e-9);
    for var in VARS {
        let expected = reference.array(&format!("mon.{var}"));
        let (what, found) = (format!("{name} {} {var}", R::DTYPE), joined(&runs, var, expected));
        match (size_of::<R>(), var) {
            (8, "spike") => assert_eq!(found, expected, "{what}"),
            // The documentation promises 1e-6 mV.
            (8, "V") => println!("{what}: {:e}", close(&what, &found, expected, 1e-8)),
            (8, _) => println!("{what}: {:e}", close(&what, &found, expected, 1e-9)),
            (_, "spike") => same_spikes(&what, &found, expected, 1),
            (_, "V") => close_mostly(&what, &found, expected, 1e-4, 5e-2),
            (_, _) => close_mostly(&what, &found, expected, 1e-5, 1e-3),
        }
    }
    let out = reference.array("out");
    let found = joined(&runs, "out", out);
    if size_of::<R>() == 8 {
        assert_eq!(found, out, "{name}: the output must equal the spikes");
    } else {
        same_spikes(name, &found, out, 1);
    }
}

macro_rules! cases {
    ($($name:ident)*) => {
        $(mod $name {
            #[test]
            fn f64() { super::check::<f64>(stringify!($name)); }
            #[test]
            fn f32() { super::check::<f32>(stringify!($name)); }
        })*
        const TESTED: &[&str] = &[$(stringify!($name)),*];
    };
}

cases! {
    hh_duration hh_const_input hh_two_calls hh_noise_input hh_batched hh_params hh_method_euler hh_method_rk2
    hh_method_midpoint hh_method_heun2 hh_method_rk3 hh_method_rk4 hh_method_exp_auto
}

#[test]
fn no_case_is_left_out() {
    let mut there: Vec<String> = std::fs::read_dir(common::golden_folder())
        .unwrap()
        .filter_map(|e| e.unwrap().file_name().into_string().unwrap().strip_suffix(".npz").map(str::to_owned))
        .collect();
    // These files belong to other neurons and to helpers. Other tests use them.
    there.retain(|n| !["gap", "inputs", "lif_ref", "neurons", "normal", "runner", "synapses"].contains(&n.as_str()));
    assert_eq!(there.len(), 20, "{there:?}");
    there.retain(|n| n.starts_with("hh_"));
    assert!(there.iter().all(|n| TESTED.contains(&n.as_str())) && there.len() == TESTED.len(), "{there:?}");
}

#[test]
fn a_batch_is_the_same_as_its_rows_side_by_side() {
    let reference = golden("hh_batched");
    let [row, units] = [1, 5];
    let initial = |name: &str| Init::Values(reference.array(name).index_axis(Axis(0), row).iter().copied().collect());
    let hh = Hh::<f64>::new(units).v(initial("s0.V")).gates(initial("s0.m"), initial("s0.h"), initial("s0.n"));
    let Some(device) = super::device() else { return };
    let mut over_time = LoopOverTime::builder(hh).device(device).batch(2).dt(0.1).out_vars("V").build().unwrap();
    let x = reference.array("in").index_axis(Axis(1), row).insert_axis(Axis(1)).to_owned();
    let run = over_time.run(&x).unwrap();
    for copy in 0..2 {
        let found = run["V"].index_axis(Axis(1), copy).to_owned();
        close("V", &found, &reference.array("mon.V").index_axis(Axis(1), row).to_owned(), 1e-8);
    }
}

/// A run with known values: HH(1) from −65 mV, with input 10 and dt 0.1.
#[test]
fn known_values() {
    let hh = Hh::<f64>::new(1).v(Init::Constant(-65.0));
    let Some(device) = super::device() else { return };
    let mut over_time = LoopOverTime::builder(hh).device(device).dt(0.1).out_vars(["V", "spike"]).build().unwrap();
    let run = over_time.run(Input::steps(1000).constant(10.0)).unwrap();
    let known = [
        (1, -64.300_469_625_424_77),
        (2, -63.628_855_571_119_715),
        (10, -58.340_743_425_196_15),
        (100, -70.419_831_117_455_5),
        (1000, -67.851_778_897_103_7),
    ];
    for (step, v) in known {
        let found = run["V"][[step - 1, 0]];
        assert!((found - v).abs() <= 1e-9, "V after step {step}: {found} instead of {v}");
    }
    let spikes: Vec<usize> = (0..1000).filter(|k| run["spike"][[*k, 0]] != 0.0).map(|k| k + 1).collect();
    assert_eq!(spikes[..5], [26, 176, 324, 472, 620]);
}
