//! Gradients of whole runs: the adjoints of all steps, the last step first.

use super::{At, Forward};
use crate::equations::adjoint::AdjointOptions;
use crate::equations::samples::examples;
use crate::equations::surrogate::Surrogate;
use crate::integrator::Method;

fn example(name: &str) -> String {
    examples().into_iter().find(|(own, _)| own == name).unwrap().1
}

/// The states before each step and after the last one, and the outputs.
fn trajectory(forward: &Forward, start: &[f64], steps: &[At]) -> (Vec<Vec<f64>>, Vec<f64>) {
    let (mut states, mut outputs) = (vec![start.to_vec()], Vec::new());
    for at in steps {
        let mut after = forward.run(states.last().unwrap(), at);
        outputs.push(after.pop().unwrap());
        states.push(after);
    }
    (states, outputs)
}

/// The derivatives of the last V by the states at the start, by parameters, and by the inputs of each step.
fn gradient_of_last(
    forward: &Forward,
    options: &AdjointOptions,
    start: &[f64],
    steps: &[At],
    of_output: impl Fn(usize) -> f64,
) -> (Vec<f64>, Vec<Vec<f64>>) {
    let backward = forward.adjoint(options).unwrap();
    let (states, _) = trajectory(forward, start, steps);
    let mut adjoints = vec![0.0; start.len() + backward.program.by.len()];
    adjoints[0] = 1.0;
    let mut inputs = vec![Vec::new(); steps.len()];
    for (i, at) in steps.iter().enumerate().rev() {
        inputs[i] = backward.run(&states[i], at, of_output(i), &mut adjoints);
    }
    (adjoints, inputs)
}

/// Richardson's extrapolation of central differences.
fn difference(x: f64, h: f64, mut f: impl FnMut(f64) -> f64) -> f64 {
    let mut of = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    let (a, b, c) = (of(h), of(h / 2.0), of(h / 4.0));
    let (rough, fine) = ((4.0 * b - a) / 3.0, (4.0 * c - b) / 3.0);
    (16.0 * fine - rough) / 15.0
}

#[test]
fn a_run_of_hodgkin_and_huxley_has_the_gradient_of_differences() {
    let text = example("hh");
    for method in [Method::ExpAuto, Method::Rk4] {
        let forward = Forward::new(&text, method, 0.05);
        // 50 steps within a spike.
        let mut start = forward.start();
        for i in 0..30 {
            start = forward.run(&start, &forward.at(i, 25.0));
            start.pop();
        }
        let steps: Vec<At> = (30..80).map(|i| forward.at(i, 10.0)).collect();
        let names: Vec<String> = forward.model.params.iter().map(|param| param.name.clone()).collect();
        let options = AdjointOptions::default().by(&names);
        let (adjoints, inputs) = gradient_of_last(&forward, &options, &start, &steps, |_| 0.0);
        let last = |start: &[f64], steps: &[At]| trajectory(&forward, start, steps).0.last().unwrap()[0];
        let check = |what: &str, is: f64, expected: f64| {
            assert!((is - expected).abs() <= 1e-8 * expected.abs() + 1e-9, "{method} {what}: {is} and {expected}");
        };
        for (k, adjoint) in adjoints.iter().enumerate().take(4) {
            let expected = difference(start[k], if k == 0 { 1e-2 } else { 1e-4 }, |x| {
                let mut start = start.clone();
                start[k] = x;
                last(&start, &steps)
            });
            check(&format!("state {k}"), *adjoint, expected);
        }
        for (k, name) in names.iter().enumerate() {
            let value = steps[0].params[k];
            let expected = difference(value, 1e-4 * value.abs(), |x| {
                let mut steps = steps.clone();
                steps.iter_mut().for_each(|at| at.params[k] = x);
                last(&start, &steps)
            });
            check(name, adjoints[start.len() + k], expected);
        }
        for i in [0, 17, 49] {
            let expected = difference(10.0, 1e-2, |x| {
                let mut steps = steps.clone();
                steps[i].inputs[0] = x;
                last(&start, &steps)
            });
            check(&format!("input {i}"), inputs[i][0], expected);
        }
    }
}

/// The leaky neuron with its backward pass as formulas.
struct Leaky {
    rest: f64,
    threshold: f64,
    reset: f64,
    tau: f64,
    r: f64,
    hold: f64,
    dt: f64,
}

/// The gradient by V at the start, the parameters in the order of [`Leaky`], and the inputs.
struct LeakyGradient {
    start: f64,
    params: [f64; 5],
    inputs: Vec<f64>,
    spikes: usize,
}

impl Leaky {
    /// The gradient of the last V plus a weighted sum of spikes.
    fn gradient(
        &self,
        start: f64,
        inputs: &[f64],
        of_spike: &dyn Fn(usize) -> f64,
        slope: &dyn Fn(f64) -> f64,
        detached: bool,
    ) -> LeakyGradient {
        let a = (-self.dt / self.tau).exp();
        let share = 1.0 - a;
        let (mut v, mut left) = (start, 0.0);
        let mut kept = Vec::new();
        for x in inputs {
            let held = left > 1.0;
            let goal = self.rest + self.r * x;
            let free = if held { v } else { v + (goal - v) * share };
            let spike = !held && free >= self.threshold;
            kept.push((v, goal, held, free, spike));
            v = if spike { self.reset } else { free };
            left = if spike {
                self.hold
            } else if held {
                left - 1.0
            } else {
                0.0
            };
        }
        let (mut adjoint, mut params, mut of_inputs) = (1.0, [0.0; 5], vec![0.0; inputs.len()]);
        let mut spikes = 0;
        for (i, (v, goal, held, free, spike)) in kept.into_iter().enumerate().rev() {
            let k = f64::from(u8::from(spike));
            spikes += usize::from(spike);
            let of_k = of_spike(i) + if detached { 0.0 } else { (self.reset - free) * adjoint };
            let d = slope(free - self.threshold);
            params[1] -= d * of_k;
            params[2] += k * adjoint;
            let of_free = adjoint * (1.0 - k) + d * of_k;
            if held {
                adjoint = of_free;
                continue;
            }
            params[0] += share * of_free;
            params[3] -= self.dt / (self.tau * self.tau) * a * (goal - v) * of_free;
            params[4] += share * inputs[i] * of_free;
            of_inputs[i] = self.r * share * of_free;
            adjoint = a * of_free;
        }
        LeakyGradient { start: adjoint, params, inputs: of_inputs, spikes }
    }
}

#[test]
fn a_leaky_neuron_with_spikes_has_the_gradient_of_its_formulas() {
    let forward = Forward::new(&example("lif"), Method::ExpAuto, 0.1);
    let of_spike = |i: usize| 0.3 - 0.01 * i as f64;
    let sigmoid = |x: f64| 1.0 / (1.0 + (-x).exp());
    let slopes: [(Surrogate, &dyn Fn(f64) -> f64); 2] = [
        (Surrogate::Sigmoid { alpha: 2.0 }, &|x| 2.0 * sigmoid(2.0 * x) * sigmoid(-2.0 * x)),
        (Surrogate::InvSquareGrad { alpha: 0.5 }, &|x| (0.5 * x.abs() + 1.0).powi(-2)),
    ];
    for (surrogate, slope) in slopes {
        for detached in [false, true] {
            let inputs: Vec<f64> = (0..150).map(|i| 60.0 + 30.0 * (i as f64 * 0.1).sin()).collect();
            let steps: Vec<At> = inputs.iter().enumerate().map(|(i, x)| forward.at(i as u64, *x)).collect();
            let names = ["V_rest", "V_th", "V_reset", "tau", "R"];
            let options = AdjointOptions::default().by(names).surrogate(surrogate);
            let options = if detached { options.detach_reset() } else { options };
            let mut start = forward.start();
            start[0] = -52.0;
            let (adjoints, of_inputs) = gradient_of_last(&forward, &options, &start, &steps, of_spike);
            let hold = *steps[0].params.last().unwrap();
            assert_eq!(hold, 31.0);
            let leaky = Leaky { rest: -70.0, threshold: -50.0, reset: -70.0, tau: 10.0, r: 1.0, hold, dt: 0.1 };
            let expected = leaky.gradient(-52.0, &inputs, &of_spike, slope, detached);
            assert!(expected.spikes >= 2, "{} spikes", expected.spikes);
            let check = |what: &str, is: f64, expected: f64| {
                assert!(
                    (is - expected).abs() <= 1e-11 * (1.0 + expected.abs()),
                    "{surrogate:?} {detached} {what}: {is} and {expected}"
                );
            };
            check("V at the start", adjoints[0], expected.start);
            for (k, name) in names.iter().enumerate() {
                check(name, adjoints[start.len() + k], expected.params[k]);
            }
            for (i, x) in expected.inputs.iter().enumerate() {
                check(&format!("input {i}"), of_inputs[i][0], *x);
            }
        }
    }
}

#[test]
fn spikes_without_a_surrogate_have_no_slope() {
    let forward = Forward::new(&example("lif"), Method::ExpAuto, 0.1);
    let refused = |name: &str| forward.adjoint(&AdjointOptions::default().by([name])).err().unwrap().to_string();
    assert_eq!(
        refused("V_th"),
        "there is no gradient by `V_th`: the step compares with it, and a comparison has no slope"
    );
    assert_eq!(
        refused("tau_ref"),
        "there is no gradient by `tau_ref`: the refractory period is a whole number of steps"
    );
    assert!(refused("taus").contains("`taus`"));
    assert!(forward.adjoint(&AdjointOptions::default().by(["tau", "tau"])).is_err());
    let without = forward.adjoint(&AdjointOptions::default()).unwrap().program.without_gradient(&forward.model);
    assert_eq!(without, ["spike", "refractory", "output"]);
    let options = AdjointOptions::default().surrogate("sigmoid".parse().unwrap());
    let with = forward.adjoint(&options).unwrap().program.without_gradient(&forward.model);
    assert_eq!(with, ["refractory"]);
    let refused = |text: &str| Forward::new(text, Method::ExpAuto, 0.1).adjoint(&options).err().unwrap().to_string();
    assert_eq!(refused("x' = -x"), "a surrogate is for spikes, and the equations have none");
    let no_comparison = "a surrogate is for spikes, and the condition of a spike has no `<`, `<=`, `>` or `>=`";
    assert_eq!(refused("x' = -x\nspike when x == 1"), no_comparison);
}

#[test]
fn a_crossing_and_joined_conditions_have_the_slope_of_the_surrogate() {
    // d(spike)/dV = slope(V − V_th), by the V after the step.
    let surrogate = Surrogate::Arctan { alpha: 0.5 };
    let slope = |x: f64| 0.25 / (1.0 + (std::f64::consts::PI * 0.25 * x).powi(2));
    let a = 1.0 - 0.1;
    let of_v = |spike: &str, v: f64| {
        let text = format!("V' = -V\nw' = 0\nspike when {spike}\n");
        let forward = Forward::new(&text, Method::Euler, 0.1);
        let backward = forward.adjoint(&AdjointOptions::default().surrogate(surrogate)).unwrap();
        let mut states = vec![0.0; forward.step.step.after.len()];
        (states[0], states[1]) = (v, 2.0);
        let mut adjoints = vec![0.0; states.len()];
        backward.run(&states, &forward.at(0, 0.0), 1.0, &mut adjoints);
        adjoints[0]
    };
    let near = |is: f64, expected: f64| assert!((is - expected).abs() < 1e-14, "{is} and {expected}");
    near(of_v("V crosses 1", 0.8), a * slope(0.8 * a - 1.0));
    // It was above the threshold.
    near(of_v("V crosses 1", 1.5), 0.0);
    near(of_v("V > 1 and w > 1", 0.8), a * slope(0.8 * a - 1.0));
    near(of_v("V > 1 and w > 3", 0.8), 0.0);
    near(of_v("V > 1 or w > 3", 0.8), a * slope(0.8 * a - 1.0));
    near(of_v("V > 1 or w > 1", 0.8), 0.0);
    near(of_v("not V > 1", 0.8), -a * slope(0.8 * a - 1.0));
    near(of_v("V < 1", 0.8), -a * slope(1.0 - 0.8 * a));
}

#[test]
fn surrogates_have_their_slopes() {
    use crate::equations::evaluate::Evaluator;
    use crate::equations::graph::{Graph, Leaf};
    let pi = std::f64::consts::PI;
    let sigma = |x: f64| 1.0 / (1.0 + (-x).exp());
    let formulas: [(&str, &dyn Fn(f64) -> f64); 10] = [
        ("sigmoid", &|x| 4.0 * sigma(4.0 * x) * (1.0 - sigma(4.0 * x))),
        ("piecewise_quadratic", &|x| if x.abs() > 1.0 { 0.0 } else { 1.0 - x.abs() }),
        ("piecewise_exp", &|x| 0.5 * (-x.abs()).exp()),
        ("soft_sign", &|x| 0.5 / (1.0 + x.abs()).powi(2)),
        ("arctan", &|x| 0.5 / (1.0 + (pi * x / 2.0).powi(2))),
        ("erf", &|x| (-x * x).exp() / pi.sqrt()),
        ("relu_grad", &|x| (0.3 - 0.3 * x.abs()).max(0.0)),
        ("gaussian_grad", &|x| 0.5 * (-x * x / (2.0 * 0.25)).exp() / (0.5 * (2.0 * pi).sqrt())),
        ("inv_square_grad", &|x| 1.0 / (100.0 * x.abs() + 1.0).powi(2)),
        ("slayer_grad", &|x| (-x.abs()).exp()),
    ];
    for (name, formula) in formulas {
        let mut graph = Graph::default();
        let x = graph.leaf(Leaf::State(0));
        let slope = name.parse::<Surrogate>().unwrap().slope(&mut graph, x);
        for x in [-1e6, -3.0, -1.0, -0.3, 0.0, 0.02, 0.9, 5.0, 1e6] {
            let mut evaluator = Evaluator::new(&graph, &[slope]);
            evaluator.run(|_| x);
            let (is, expected) = (evaluator.value(slope), formula(x));
            assert!((is - expected).abs() <= 1e-14, "{name} at {x}: {is} and {expected}");
        }
    }
    assert!("sigmoids".parse::<Surrogate>().unwrap_err().to_string().contains("sigmoid"));
}
