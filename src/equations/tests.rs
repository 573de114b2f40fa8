//! The tape compared with a scalar interpreter of the same graph.

use super::evaluate::Evaluator;
use super::graph::{Id, Leaf};
use super::samples::examples;
use super::tape::{Units, compile};
use super::text::read;
use crate::integrator::Method;
use crate::system::param::Param;
use crate::system::{Inputs, Shared, Tick};

#[test]
fn the_tape_computes_what_a_scalar_interpreter_computes() {
    let units = 37;
    let mut failures = Vec::new();
    for (name, text) in examples() {
        let model = match read(&text) {
            Ok(model) => model,
            Err(error) => {
                failures.push(error.report(Some(&name), 1));
                continue;
            }
        };
        for method in [Method::ExpAuto, Method::Euler, Method::Rk4] {
            let mut params: Vec<Param<f64>> = model.params.iter().map(|param| Param::All(param.default)).collect();
            if let Some(first) = params.first_mut() {
                let value = first.at(0);
                *first = Param::Each((0..units).map(|k| value * (1.0 + 0.001 * k as f64)).collect());
            }
            let dt = 0.05;
            let program = match model.program::<f64>(method, dt, &params) {
                Ok(program) => program,
                Err(error) => {
                    failures.push(format!("{name}: {error}"));
                    continue;
                }
            };
            let tape = compile::<f64>(&program.graph, &program.after, program.output).unwrap();
            let states = program.after.len();
            let mut vars: Vec<Vec<f64>> =
                (0..states).map(|s| (0..units).map(|k| 0.3 * s as f64 + 0.01 * k as f64).collect()).collect();
            let input: Vec<f64> = (0..units).map(|k| k as f64).collect();
            let shared = Shared::new(7);
            let roots: Vec<Id> = program.after.iter().copied().chain([program.output]).collect();
            let mut scalar = Evaluator::new(&program.graph, &roots);
            for i in 0..20_u64 {
                let at = Tick { i, t: i as f64 * dt, dt, shared: &shared };
                let before = vars.clone();
                let mut y = vec![f64::NAN; units];
                {
                    let mut slices: Vec<&mut [f64]> = vars.iter_mut().map(Vec::as_mut_slice).collect();
                    let inputs = Inputs::new(&[&input, &input, &input, &input]);
                    let place = Units { first: 0, row: units, node: 0 };
                    tape.step(at, place, &inputs, &program.each, &mut slices, &mut y);
                }
                for k in 0..units {
                    scalar.run(|leaf| match leaf {
                        Leaf::State(s) => before[usize::from(s)][k],
                        Leaf::Param(p) => program.each[usize::from(p)][k],
                        Leaf::Input(_) => input[k],
                        Leaf::Time => at.t,
                        Leaf::Dt => dt,
                        Leaf::Normal(_) | Leaf::Uniform(_) => {
                            let purpose = super::tape::purpose(leaf).unwrap();
                            let stream = crate::numeric::rng::Stream::of_node(7, 0, &purpose);
                            if matches!(leaf, Leaf::Normal(_)) {
                                f64::from(stream.normal(k as u64, i))
                            } else {
                                stream.uniform(k as u64, i)
                            }
                        }
                    });
                    let same = |a: f64, b: f64| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
                    for (s, root) in program.after.iter().enumerate() {
                        let (is, expected) = (vars[s][k], scalar.value(*root));
                        assert!(
                            same(is, expected),
                            "{name} {method}, step {i}, unit {k}, state {s}: {is} and {expected}"
                        );
                    }
                    assert!(same(y[k], scalar.value(program.output)), "{name} {method}: output {}", y[k]);
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// The values of the states of a text without inputs after each of some steps of `dt` ms.
fn values(text: &str, method: Method, dt: f64, steps: u64) -> Vec<Vec<f64>> {
    use crate::{Equations, Input, LoopOverTime};
    let model = Equations::new(text).unwrap().method(method);
    let names: Vec<String> = model.variables().into_iter().map(|(name, _)| name.to_owned()).collect();
    let builder = LoopOverTime::<f64, _>::builder(model).dt(dt).out_vars(names.clone());
    let run = builder.build().unwrap().run(Input::steps(steps)).unwrap();
    names.iter().map(|name| run[name.as_str()].iter().copied().collect()).collect()
}

#[test]
fn a_stage_has_its_own_time() {
    // x = t⁴/4, which the fourth-order method integrates exactly, and the midpoint method to third order.
    let x = values("x' = t^3\nstate x = 0", Method::Rk4, 0.5, 4);
    assert!((x[0][3] - 4.0).abs() < 1e-14, "{x:?}");
    let x = values("x' = t\nstate x = 0", Method::Midpoint, 0.5, 4);
    assert!((x[0][3] - 2.0).abs() < 1e-15, "{x:?}");
    let x = values("x' = t\nstate x = 0", Method::Euler, 0.5, 4);
    assert!((x[0][3] - 1.5).abs() < 1e-15, "{x:?}");
}

#[test]
fn stages_hold_a_variable_in_the_refractory_period() {
    // V reaches 1 in the first step, is reset to 0.5 and stays there for 3 steps, in which w grows by V·dt.
    let text = "V' = 10\nw' = V\nstate V = 0.5\nstate w = 0\nspike when V >= 1\nreset V = 0.5; w = 0\n\
                refractory 0.3 holds V";
    for method in [Method::Rk4, Method::Midpoint, Method::Euler, Method::ExpAuto] {
        let [v, w, ..] = &values(text, method, 0.1, 4)[..] else { panic!("no variables") };
        assert_eq!(v, &[0.5; 4], "{method}");
        for (step, w) in w.iter().enumerate() {
            assert!((w - 0.05 * step as f64).abs() < 1e-15, "{method}: {w} in step {step}");
        }
    }
}

/// A reciprocal of a sum that may be nearly 0 is infinite, where the quotients are finite.
#[test]
fn quotients_by_a_small_sum_are_finite() {
    let text = "s = x + y\nf' = x/s - f\ng' = y/s - g\nx' = -x/10\ny' = -y/10\nstate x = 1\nstate y = 1\n";
    let model = read(text).unwrap();
    let program = model.program::<f32>(Method::ExpAuto, 0.1, &[]).unwrap();
    let tape = compile::<f32>(&program.graph, &program.after, program.output).unwrap();
    let names: Vec<&str> = model.states.iter().map(|state| state.name.as_str()).collect();
    let mut vars: Vec<Vec<f32>> =
        names.iter().map(|name| vec![if "xy".contains(name) { 5e-40 } else { 0.0 }]).collect();
    let shared = Shared::new(7);
    let at = Tick { i: 0, t: 0.0, dt: 0.1, shared: &shared };
    let mut slices: Vec<&mut [f32]> = vars.iter_mut().map(Vec::as_mut_slice).collect();
    let mut y = [0.0];
    tape.step(at, Units { first: 0, row: 1, node: 0 }, &Inputs::new(&[]), &[], &mut slices, &mut y);
    for (name, var) in names.iter().zip(&vars) {
        let expected = if "xy".contains(name) { 4.95e-40 } else { 0.0476 };
        assert!((var[0] / expected - 1.0).abs() < 1e-3, "{name}: {}", var[0]);
    }
}

#[test]
fn a_known_factor_beyond_the_element_type_is_an_error() {
    let model = read("state y = 0\nstate x = 0\ny' = 0\nx' = (y*1e30)*1e30 - x").unwrap();
    assert!(model.program::<f64>(Method::ExpAuto, 0.1, &[]).is_ok());
    let error = model.program::<f32>(Method::ExpAuto, 0.1, &[]).map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("is inf in f32"), "{error}");
}

#[test]
fn initial_values_are_no_matrices() {
    use crate::init::Init;
    use crate::system::System;
    let equations = super::Equations::new("x' = -x").unwrap().units(3);
    for init in [Init::Orthogonal(1.0), Init::XavierNormal] {
        let equations = equations.clone().init("x", init).unwrap();
        let error = System::<f64>::check(&equations).unwrap_err().to_string();
        assert!(error.contains("initial x") && error.contains("is defined for matrices only"), "{error}");
    }
}
