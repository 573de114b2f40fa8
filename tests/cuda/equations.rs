//! The example texts of equations have the same bits on the CPU and in CUDA, in every strategy.

use crate::cuda::child::apart;
use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use crate::equations::examples;
use overtime::models::Method;
use overtime::rng::Stream;
use overtime::{Equations, Init, Input, LoopOverTime, Real, Strategy};

/// Runs a text on both devices. The first parameter differs between units.
fn differences<R: Real>(name: &str, text: &str, method: Method, strategies: &[Strategy]) -> Vec<String> {
    let Some(device) = device() else { return Vec::new() };
    let (units, steps) = (33, 9);
    let build = || {
        let mut equations = Equations::new(text).unwrap().units(units).method(method);
        let first = equations.parameters().first().map(|(name, _, value)| ((*name).to_owned(), value.values()[0]));
        if let Some((name, value)) = first {
            let values: Vec<f64> = (0..units).map(|k| value * (1.0 + 0.002 * k as f64)).collect();
            equations = equations.param(&name, values).unwrap();
        }
        let names: Vec<String> = equations.variables().iter().map(|(name, _)| (*name).to_owned()).collect();
        // Some units start above a threshold. Some equations have no finite values there.
        let first = Init::Values((0..units).map(|k| -80.0 + 4.0 * k as f64).collect());
        let equations = equations.init(&names[0], first).unwrap();
        LoopOverTime::<R, _>::builder(equations).batch(2).dt(0.01).seed(11).allow_non_finite().out_vars(names)
    };
    let mut on_cpu = build().build().unwrap();
    let stream = Stream::named(11, "test input");
    let x = ndarray::Array3::from_shape_fn((steps, 2, units), |(t, b, k)| {
        R::of(1.5 * stream.uniform(((t * 2 + b) * units + k) as u64, 0))
    });
    let names: Vec<String> =
        Equations::new(text).unwrap().inputs().iter().map(|(name, _)| (*name).to_owned()).collect();
    let given = || names.iter().fold(Input::steps(steps as u64), |input, name| input.named(name.as_str(), &x));
    let expected = on_cpu.run(given()).unwrap_or_else(|error| panic!("{name} {method}: {error}"));
    let mut found = Vec::new();
    for &strategy in strategies {
        let what = format!("{name} {method} {} {strategy}", R::DTYPE);
        match build().device(device).strategy(strategy).build().and_then(|mut built| Ok((built.run(given())?, built))) {
            Err(error) => found.push(format!("{what}: {error}")),
            Ok((run, built)) => {
                let difference = bits::of_runs(&run, &expected).or_else(|| bits::of_states(&built, &on_cpu));
                found.extend(difference.map(|difference| format!("{what}: {difference}")));
            }
        }
    }
    found
}

#[test]
fn the_examples_have_the_bits_of_the_cpu() {
    apart("equations::the_examples_have_the_bits_of_the_cpu", || {
        let mut found = Vec::new();
        for (k, (name, text)) in examples().iter().enumerate() {
            // Each text compiles for one type by one method, and some for all.
            let (persistent, all) = ([Strategy::Persistent], k % 8 == 0);
            let strategies = if all { &STRATEGIES[..] } else { &persistent[..] };
            if all || k % 2 == 0 {
                found.extend(differences::<f64>(name, text, Method::ExpAuto, strategies));
            }
            if all || k % 2 == 1 {
                found.extend(differences::<f32>(name, text, Method::ExpAuto, strategies));
            }
            if k % 4 == 1 {
                found.extend(differences::<f32>(name, text, Method::Rk4, &persistent));
            }
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
    });
}
