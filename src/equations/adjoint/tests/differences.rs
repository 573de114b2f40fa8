//! Adjoints of the example texts against differences in `f64`, away from spikes.

use super::{At, Forward};
use crate::equations::adjoint::AdjointOptions;
use crate::equations::evaluate::Evaluator;
use crate::equations::graph::{Binary, Id, Node, Unary};
use crate::equations::samples::{Random, examples};
use crate::integrator::Method;

/// A sum of the states after a step and of the output, with the truth of all conditions, and the sum of the
/// absolute values.
fn weighted(forward: &Forward, kinks: &[Id], weights: &[f64], states: &[f64], at: &At) -> (f64, f64, Vec<bool>) {
    let graph = &forward.step.step.graph;
    let roots = forward.roots();
    let all: Vec<Id> = roots.iter().chain(kinks).copied().collect();
    let mut evaluator = Evaluator::new(graph, &all);
    evaluator.run(|leaf| forward.leaf(leaf, states, at));
    let terms = roots.iter().zip(weights).map(|(root, weight)| weight * evaluator.value(*root));
    let (sum, size) = terms.fold((0.0, 0.0), |(sum, size), term| (sum + term, size + f64::abs(term)));
    let truth = kinks.iter().map(|kink| match graph.node(*kink) {
        Node::Unary(_, a) => evaluator.value(a) < 0.0,
        Node::Binary(Binary::Min | Binary::Max, a, b) => evaluator.value(a) < evaluator.value(b),
        _ => evaluator.value(*kink) != 0.0,
    });
    (sum, size, truth.collect())
}

/// The nodes at which a step is not smooth.
fn kinks(forward: &Forward) -> Vec<Id> {
    let graph = &forward.step.step.graph;
    let reached = graph.reached(&forward.roots());
    let mut kinks = Vec::new();
    for (id, node) in graph.all().filter(|(id, _)| reached[id.index()]) {
        use Binary::{Equal, Less, LessEqual, Max, Min};
        match node {
            Node::Select(condition, ..) => kinks.push(condition),
            Node::Unary(Unary::Abs, _) | Node::Binary(Less | LessEqual | Equal | Min | Max, ..) => kinks.push(id),
            _ => {}
        }
    }
    kinks
}

/// The derivative of a function by Richardson's extrapolation of central differences, with a bound of its
/// error: the last correction, and the rounding errors of the values over the smallest distance.
fn derivative(x: f64, mut f: impl FnMut(f64) -> Option<(f64, f64)>) -> Option<(f64, f64)> {
    let mut best: Option<(f64, f64)> = None;
    for share in [3e-2, 1e-2, 3e-3, 1e-3, 1e-4, 1e-5] {
        let h = share * x.abs().max(0.05);
        let mut size = 0.0_f64;
        let mut difference = |h: f64| {
            let (high, low) = (f(x + h)?, f(x - h)?);
            size = size.max(high.1).max(low.1);
            Some((high.0 - low.0) / (2.0 * h))
        };
        let (Some(a), Some(b), Some(c)) = (difference(h), difference(h / 2.0), difference(h / 4.0)) else { continue };
        let (rough, fine) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
        let value = (16.0 * fine - rough) / 15.0;
        let error = (value - fine).abs() + 16.0 * f64::EPSILON * size / h;
        if value.is_finite() && best.is_none_or(|(_, known)| error < known) {
            best = Some((value, error));
        }
    }
    best
}

#[test]
fn adjoints_of_examples_are_quotients_of_differences() {
    let (mut compared, mut sharp, mut failures) = (0, 0, Vec::new());
    for (name, text) in examples() {
        let mut least = usize::MAX;
        for method in [Method::ExpAuto, Method::Euler, Method::Rk4] {
            let forward = Forward::new(&text, method, 0.02);
            let names = forward.model.params.iter().map(|param| param.name.clone());
            let has = |name: &String| forward.adjoint(&AdjointOptions::default().by([name])).is_ok();
            let by: Vec<String> = names.filter(has).collect();
            let backward = forward.adjoint(&AdjointOptions::default().by(&by)).unwrap();
            let kinks = kinks(&forward);
            let mut random = Random(5);
            let mut states = forward.start();
            let (count, mut of_method) = (states.len(), 0);
            for i in 0..600 {
                let at = forward.at(i, if i < 300 { 12.0 } else { 1.0 });
                let after = forward.run(&states, &at);
                if !after.iter().all(|x| x.is_finite()) {
                    break;
                }
                if i % 40 == 3 {
                    let weights: Vec<f64> = (0..=count).map(|_| random.number()).collect();
                    let mut adjoints = weights[..count].to_vec();
                    adjoints.resize(count + by.len(), 0.0);
                    let inputs = backward.run(&states, &at, weights[count], &mut adjoints);
                    let truth = weighted(&forward, &kinks, &weights, &states, &at).2;
                    let mut check = |what: &str, is: f64, x: f64, put: &dyn Fn(&mut Vec<f64>, &mut At, f64)| {
                        let differences = derivative(x, |x| {
                            let (mut states, mut at) = (states.clone(), at.clone());
                            put(&mut states, &mut at, x);
                            let (sum, size, now) = weighted(&forward, &kinks, &weights, &states, &at);
                            (now == truth).then_some((sum, size))
                        });
                        let Some((expected, error)) = differences else { return };
                        compared += 1;
                        of_method += 1;
                        sharp += usize::from(error <= 1e-6 * expected.abs().max(1e-6));
                        let is_near = (is - expected).abs() <= 1e-9 * expected.abs() + 3.0 * error;
                        if !is_near {
                            failures.push(format!("{name} {method}, step {i}, {what}: {is} and {expected} ± {error}"));
                        }
                    };
                    for (k, adjoint) in adjoints.iter().enumerate().take(forward.model.states.len()) {
                        let put = |states: &mut Vec<f64>, _: &mut At, x: f64| states[k] = x;
                        check(&format!("state {k}"), *adjoint, states[k], &put);
                    }
                    for (k, adjoint) in inputs.iter().enumerate() {
                        let put = |_: &mut Vec<f64>, at: &mut At, x: f64| at.inputs[k] = x;
                        check(&format!("input {k}"), *adjoint, at.inputs[k], &put);
                    }
                    for (k, name) in by.iter().enumerate() {
                        let number = forward.model.params.iter().position(|param| param.name == *name).unwrap();
                        let put = |_: &mut Vec<f64>, at: &mut At, x: f64| at.params[number] = x;
                        check(name, adjoints[count + k], at.params[number], &put);
                    }
                }
                states = after[..count].to_vec();
            }
            least = least.min(of_method);
        }
        assert!(least > 0, "{name}: nothing is compared");
    }
    println!("{compared} derivatives are compared, {sharp} with a relative error below 1e-6");
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures[..failures.len().min(40)].join("\n"));
    assert!(compared > 5000 && sharp * 5 > compared * 4, "{sharp} of {compared}");
}

#[test]
fn rates_with_a_removable_singularity_have_derivatives_there() {
    let text = examples().into_iter().find(|(name, _)| name == "hh").unwrap().1;
    for method in [Method::ExpAuto, Method::Rk4] {
        let forward = Forward::new(&text, method, 0.05);
        let backward = forward.adjoint(&AdjointOptions::default()).unwrap();
        let at = forward.at(0, 10.0);
        // The weights of V, m, h and n after the step, of `spike`, `below` and of the output.
        let weights = [0.7, -30.0, 20.0, 45.0, 0.0, 0.0, 0.0];
        // The stages of rk4 overflow far from the usual potentials.
        let far = if method == Method::ExpAuto { [-400.0, 300.0] } else { [-80.0, 20.0] };
        let near = [-40.0, -55.0, -40.0 + 2.0_f64.powi(-30), -55.0 - 2.0_f64.powi(-20)];
        for v in near.into_iter().chain(far) {
            let states = [v, 0.2, 0.4, 0.5, 0.0, 1.0];
            let mut adjoints = weights[..6].to_vec();
            backward.run(&states, &at, 0.0, &mut adjoints);
            let (expected, error) = derivative(v, |v| {
                let mut states = states;
                states[0] = v;
                let (sum, size, _) = weighted(&forward, &[], &weights, &states, &at);
                Some((sum, size))
            })
            .unwrap_or_else(|| panic!("{method} at {v}: no difference is finite"));
            let limit = 1e-9 * expected.abs() + 3.0 * error;
            assert!(error < 1e-7 * (1.0 + expected.abs()), "{method} at {v}: ± {error}");
            assert!((adjoints[0] - expected).abs() <= limit, "{method} at {v}: {} and {expected}", adjoints[0]);
        }
    }
}
