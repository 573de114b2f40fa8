//! Orders of convergence, periods and steps, compared with analysis.

use super::at;
use overtime::models::{
    AdExIf, AdQuaIf, ExpIf, FitzHughNagumo, HindmarshRose, Izhikevich, Method, MorrisLecar, QuaIf, WangBuzsaki,
};
use overtime::{Input, LoopOverTime, Real, System};

/// The rates of the Wang-Buzsáki neuron are finite at their singularities and far away from them.
#[test]
fn wang_and_buzsakis_singularities() {
    fn check<R: Real>(tol: f64) {
        for v in [-35.0, -34.0, -35.000_01, -33.999_99, -300.0, 200.0] {
            let slope = |v: f64| {
                let neuron = WangBuzsaki::<R>::new(1).v(at(v)).method(Method::Euler);
                let mut over_time = LoopOverTime::builder(neuron).dt(0.001).out_vars(["V", "h", "n"]).build().unwrap();
                let run = over_time.run_steps(1).unwrap();
                ["V", "h", "n"].map(|name| run[name][[0, 0]].to_f64())
            };
            let (here, beside) = (slope(v), slope(v + 1e-3));
            for (a, b) in here.iter().zip(beside) {
                assert!((a - b).abs() <= tol, "{v}: {here:?} {beside:?}");
            }
        }
    }
    check::<f64>(2e-2);
    check::<f32>(2e-2);
}

/// The initial values, and one step without spikes, computed by hand from the equations.
#[test]
fn the_first_step_is_the_equations() {
    let first = |system: Box<dyn System<f64>>, vars: &[&'static str]| -> Vec<f64> {
        let mut over_time = LoopOverTime::builder(system).dt(0.5).out_vars(vars.to_vec()).build().unwrap();
        let run = over_time.run(Input::steps(1).constant(1.0)).unwrap();
        vars.iter().map(|v| run[*v][[0, 0]]).collect()
    };
    let euler = Method::Euler;
    let near = |what: &str, found: Vec<f64>, expected: &[f64]| {
        assert!(
            found.iter().zip(expected).all(|(a, b)| (a - b).abs() <= 1e-12 * b.abs().max(1.0)),
            "{what}: {found:?} {expected:?}"
        );
    };
    near(
        "izhikevich",
        first(Box::new(Izhikevich::new(1).method(euler)), &["V", "u"]),
        &[-70.0 + 0.5 * (196.0 - 350.0 + 140.0 + 14.0 + 1.0), -14.0],
    );
    near("fhn", first(Box::new(FitzHughNagumo::new(1).method(euler)), &["V", "w"]), &[0.5, 0.5 * 0.7 / 12.5]);
    near(
        "hindmarsh_rose",
        first(Box::new(HindmarshRose::new(1).method(euler)), &["V", "y", "z"]),
        &[-4.5, -10.0 + 0.5 * 11.0, 0.5 * 0.01 * 4.0 * 1.6],
    );
}

/// Every model with a current that causes no spike at the start, and the factor by which its time
/// scale demands a shorter step.
fn models(method: Method) -> Vec<(Box<dyn System<f64>>, f64, u64)> {
    vec![
        (Box::new(Izhikevich::new(1).method(method).v(at(-68.0))), 2.0, 4),
        (Box::new(AdExIf::new(1).method(method).v(at(-66.0)).param("a", 0.1).unwrap()), 2.0, 1),
        (Box::new(ExpIf::new(1).method(method).v(at(-66.0))), 2.0, 1),
        (Box::new(QuaIf::new(1).method(method).v(at(-61.0))), 2.0, 1),
        (Box::new(AdQuaIf::new(1).method(method).v(at(-61.0)).param("a", 0.1).unwrap()), 2.0, 1),
        (Box::new(MorrisLecar::new(1).method(method).v(at(-50.0))), 60.0, 1),
        (Box::new(WangBuzsaki::new(1).method(method).v(at(-64.0)).init("n", at(0.1)).unwrap()), 1.0, 8),
        (Box::new(FitzHughNagumo::new(1).method(method).v(at(-1.0))), 0.3, 8),
        (
            Box::new(HindmarshRose::new(1).method(method).init("y", at(1.0)).unwrap().param("V_th", 9.0).unwrap()),
            1.0,
            16,
        ),
    ]
}

#[test]
fn every_method_converges_with_its_order() {
    let methods = [Method::ExpAuto, Method::Euler, Method::Midpoint, Method::Rk3, Method::Rk4];
    // The differential variables of each model at the end.
    let ends = |method: Method, steps: u64| -> Vec<(String, Vec<f64>)> {
        let all = models(method).into_iter().map(|(system, i, finer)| {
            let steps = if method.order() >= 3 { steps * finer } else { steps * finer.max(8) / 8 };
            let names: Vec<String> = system.schema().state.iter().map(|v| v.name.to_string()).collect();
            let kind = system.kind().to_owned();
            let mut over_time =
                LoopOverTime::builder(system).dt(2.0 / steps as f64).out_vars(names.clone()).build().unwrap();
            let run = over_time.run(Input::steps(steps).constant(i)).unwrap();
            assert!(run["spike"].iter().all(|s| *s == 0.0), "{kind}");
            let differential = names.iter().take_while(|name| *name != "spike");
            (kind, differential.map(|name| run[name.as_str()][[steps as usize - 1, 0]]).collect())
        });
        all.collect()
    };
    let exact = ends(Method::Rk4, 512);
    let mut wrong = Vec::new();
    for method in methods {
        let steps = if method.order() >= 3 { 8 } else { 128 };
        let (coarse, fine) = (ends(method, steps), ends(method, 2 * steps));
        for (((kind, exact), (_, coarse)), (_, fine)) in exact.iter().zip(&coarse).zip(&fine) {
            // The error is relative to the values, so that no variable hides another.
            let error = |found: &[f64]| found.iter().zip(exact).map(|(a, b)| ((a - b) / b).powi(2)).sum::<f64>().sqrt();
            let found = (error(coarse) / error(fine)).log2();
            // With a single variable, its own derivative is the whole Jacobian. The exponential
            // Euler method is then a Rosenbrock method of order 2.
            let order = if exact.len() == 1 && method == Method::ExpAuto { 2 } else { method.order() };
            println!("{kind} {method}: {found}");
            let right = (found - f64::from(order)).abs() <= 0.15;
            if !right {
                wrong.push(format!("{kind} {method}: order {found}, not {order}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// τ dV/dt = c (V − a)(V − b) + R I has a tangent as its solution. This gives the time from V_reset
/// to V_th.
#[test]
fn the_quadratic_neurons_period_is_the_analytic_one() {
    let (a, b, c, tau, i, tau_ref, dt) = (-65.0_f64, -50.0, 0.07, 10.0, 20.0, 1.5, 0.002);
    let root = (i / c - (a - b).powi(2) / 4.0).sqrt();
    let angle = |v: f64| ((v - (a + b) / 2.0) / root).atan();
    let period = tau / (c * root) * (angle(-30.0) - angle(-68.0)) + tau_ref;
    for method in [Method::ExpAuto, Method::Rk4] {
        let neuron = QuaIf::<f64>::new(1).method(method).v(at(-68.0)).param("tau_ref", tau_ref).unwrap();
        let mut over_time =
            LoopOverTime::builder(neuron).dt(dt).out_vars(overtime::monitor("spike").events()).build().unwrap();
        let run = over_time.run(Input::duration(80.0).constant(i)).unwrap();
        let steps = &run.events("spike").unwrap().step;
        assert!(steps.len() >= 4, "{steps:?}");
        for pair in steps.windows(2) {
            let found = (pair[1] - pair[0]) as f64 * dt;
            assert!((found - period).abs() <= 2e-3 * period, "{method}: {found} instead of {period}");
        }
    }
}
