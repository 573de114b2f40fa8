//! The example texts compared with runs of Brian2 (`tests/golden/make_equations.py`), in `f64`.

use super::examples;
use crate::common::{Golden, golden_folder};
use ndarray::{ArrayD, Axis, IxDyn};
use overtime::{Equations, Input, LoopOverTime};

/// The largest difference of V, relative to the larger of 1 and the range of the values.
const TOLERANCE: f64 = 1e-9;

/// The methods of a file, with their names here.
const METHODS: [(&str, &str); 5] =
    [("euler", "euler"), ("rk4", "rk4"), ("exponential_euler", "exp_auto"), ("exp_auto", "exp_auto"), ("map", "euler")];

#[test]
fn the_examples_are_those_of_brian2() {
    let (mut compared, mut found) = (0, Vec::new());
    for (name, text) in examples() {
        let path = golden_folder().join(format!("equations/{name}.npz"));
        if !path.exists() {
            continue;
        }
        let golden = Golden::read(&path);
        if golden.get("warm").is_some() {
            continue;
        }
        for (method, own) in METHODS {
            let states: Vec<(String, ArrayD<f64>)> =
                golden.with(&format!("{method}.")).map(|(state, values)| (state.to_owned(), values.clone())).collect();
            if states.is_empty() {
                continue;
            }
            compared += 1;
            found.extend(differences(&name, &text, own, &golden, &states));
        }
    }
    assert!(compared >= 50, "{compared} runs");
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn differences(name: &str, text: &str, method: &str, golden: &Golden, states: &[(String, ArrayD<f64>)]) -> Vec<String> {
    let number = |key: &str| golden.array(key).iter().next().copied().unwrap();
    let (dt, steps, every) = (number("dt"), number("steps") as usize, number("every") as usize);
    let equations = Equations::new(text).unwrap().units(3).method(method.parse().unwrap());
    let names: Vec<String> = equations.inputs().iter().map(|(name, _)| (*name).to_owned()).collect();
    let out: Vec<String> = states.iter().map(|(state, _)| state.clone()).collect();
    let mut over_time = LoopOverTime::<f64, _>::builder(equations).dt(dt).out_vars(out).build().unwrap();
    // One array for each input: the same values in each step.
    let given: Vec<ArrayD<f64>> = (0..names.len())
        .map(|k| {
            let row = golden.array("in").index_axis(Axis(0), k).to_owned();
            ArrayD::from_shape_fn(IxDyn(&[steps, 3]), |at| row[at[1]])
        })
        .collect();
    let mut input = Input::steps(steps as u64);
    for (name, values) in names.iter().zip(&given) {
        input = input.named(name.as_str(), values);
    }
    let run = over_time.run(input).unwrap();
    let mut found = Vec::new();
    for (state, expected) in states {
        let own = &run[state.as_str()];
        if state == "spike" {
            let differ = own.iter().zip(expected).filter(|(a, b)| a != b).count();
            if differ > 0 {
                found.push(format!("{name} {method}: {differ} spikes of {} differ", expected.sum()));
            }
            continue;
        }
        let stored = own.select(Axis(0), &(1..=steps / every).map(|k| k * every - 1).collect::<Vec<_>>());
        assert_eq!(stored.shape(), expected.shape(), "{name} {method} {state}");
        let (low, high) = expected.iter().fold((f64::MAX, f64::MIN), |(low, high), x| (low.min(*x), high.max(*x)));
        let bound = TOLERANCE * (high - low).max(1.0);
        let worst = stored.iter().zip(expected).map(|(a, b)| if (a - b).is_nan() { f64::MAX } else { (a - b).abs() });
        let worst = worst.fold(0.0, f64::max);
        if worst > bound {
            found.push(format!("{name} {method} {state}: {worst:e} is more than {bound:e}"));
        }
    }
    found
}
