//! The conductance input: a conductance g and a current I act like the leak gL + g with the
//! reversal potential (gL·EL + I)/(gL + g), up to rounding.

use ndarray::{Array1, ArrayD};
use overtime::models::{Hh, Lif, Method, MorrisLecar, TraubMiles, WangBuzsaki};
use overtime::{Init, Input, LoopOverTime, System};

const STEPS: usize = 400;

/// V after each step under a constant current and, if given, a constant conductance.
fn run(system: impl System<f64>, i: f64, g: Option<f64>) -> ArrayD<f64> {
    let mut over_time = LoopOverTime::builder(system).dt(0.05).out_vars("V").build().unwrap();
    let input = Input::steps(STEPS as u64).named_constant("x", i);
    let run = over_time.run(match g {
        Some(g) => input.named_constant("g", g),
        None => input,
    });
    run.unwrap()["V"].clone()
}

#[track_caller]
fn close(what: &str, a: &ArrayD<f64>, b: &ArrayD<f64>, tol: f64) {
    assert_eq!(a.len(), b.len());
    assert!(a.iter().any(|v| (v - a[[0, 0]]).abs() > 0.5), "{what}: V does not change");
    for (k, (a, b)) in a.iter().zip(b).enumerate() {
        assert!((a - b).abs() <= tol, "{what}, step {k}: {a} {b}");
    }
}

#[test]
fn a_conductance_is_a_leak() {
    for method in [Method::ExpAuto, Method::Heun2, Method::Rk3, Method::Rk4] {
        let (g, i) = (0.4, 11.0);
        let hh = || Hh::<f64>::new(2).method(method).v(Init::Constant(-63.0));
        let leak = hh().param("gL", 0.03 + g).unwrap().param("EL", (0.03 * -54.387 + i) / (0.03 + g)).unwrap();
        close("Hh", &run(hh().conductance(), i, Some(g)), &run(leak, 0.0, None), 1e-7);

        let (g, i) = (35.0, 800.0);
        let cell = || TraubMiles::<f64>::new(2).method(method).v(Init::Constant(-63.0));
        let leak = cell().param("gL", 10.0 + g).unwrap().param("EL", (10.0 * -60.0 + i) / (10.0 + g)).unwrap();
        close("TraubMiles", &run(cell(), i, Some(g)), &run(leak, 0.0, None), 1e-7);

        let (g, i) = (1.5, 90.0);
        let cell = || MorrisLecar::<f64>::new(2).method(method).v(Init::Constant(-50.0));
        let leak = cell().param("g_leak", 2.0 + g).unwrap().param("V_leak", (2.0 * -60.0 + i) / (2.0 + g)).unwrap();
        close("MorrisLecar", &run(cell().conductance(), i, Some(g)), &run(leak, 0.0, None), 1e-7);

        let (g, i) = (0.05, 2.0);
        let cell = || WangBuzsaki::<f64>::new(2).method(method).v(Init::Constant(-62.0));
        let leak = cell().param("gL", 0.1 + g).unwrap().param("EL", (0.1 * -65.0 + i) / (0.1 + g)).unwrap();
        close("WangBuzsaki", &run(cell().conductance(), i, Some(g)), &run(leak, 0.0, None), 1e-7);

        // τ dV/dt = −(V − V_rest) + R (I − g V). So τ, R and V_rest shrink by the factor 1 + R g.
        let (g, i, r) = (0.7, 40.0, 1.5);
        let leak = 1.0 + r * g;
        let lif = || Lif::<f64>::new(2).method(method).v(Init::Constant(-3.0)).param("tau_ref", 1.0).unwrap();
        let with = lif().param("R", r).unwrap().param("V_rest", -2.0).unwrap().conductance();
        let leak = lif()
            .param("R", r / leak)
            .unwrap()
            .param("tau", 10.0 / leak)
            .unwrap()
            .param("V_rest", -2.0 / leak)
            .unwrap();
        close("Lif", &run(with, i, Some(g)), &run(leak, i, None), 1e-10);
    }
}

/// A conductance below 0, which noise and initial values of synapses can cause. The total is
/// negative or 0, and V diverges as e^{|g|t/C}.
#[test]
fn a_conductance_may_be_negative() {
    for g in [-10.0, -10.0 - 1e-14, -35.0] {
        let mut cell = TraubMiles::<f64>::new(2).v(Init::Constant(-61.0)).param("V_th", 1e9).unwrap();
        for name in ["gNa", "gK"] {
            cell = cell.param(name, 0.0).unwrap();
        }
        let v = run(cell, 0.0, Some(g));
        let hh = ["gNa", "gK"]
            .into_iter()
            .try_fold(Hh::<f64>::new(2).v(Init::Constant(-61.0)), |hh, name| hh.param(name, 0.0));
        let hh = hh.unwrap().param("gL", 10.0).unwrap().param("EL", -60.0).unwrap().param("C", 200.0).unwrap();
        let most = v.iter().fold(1.0, |most: f64, v| most.max(v.abs()));
        close("Hh", &run(hh.conductance(), 0.0, Some(g)), &v, 1e-12 * most);
        let lif =
            Lif::<f64>::new(2).param("V_rest", -60.0).unwrap().param("tau", 20.0).unwrap().param("R", 0.1).unwrap();
        let lif = lif.param("V_th", 1e9).unwrap().v(Init::Constant(-61.0)).conductance();
        let (rate, drive) = ((10.0 + g) / 200.0, -600.0 / 200.0);
        close("Lif", &run(lif, 0.0, Some(g)), &v, 1e-10 * most);
        for (k, v) in v.iter().enumerate() {
            let t = 0.05 * (k / 2 + 1) as f64;
            // (e^{−rate·t} − 1)/−rate, which is t at rate 0.
            let run = if rate.abs() < 1e-10 { t } else { (-rate * t).exp_m1() / -rate };
            let exact = -61.0 + (drive - rate * -61.0) * run;
            assert!((v - exact).abs() <= 1e-9 * exact.abs(), "g = {g}, step {k}: {v} {exact}");
        }
    }
}

#[test]
fn a_conductance_input_without_a_value_changes_nothing() {
    for method in crate::common::approximate_methods() {
        let hh = || Hh::<f64>::new(3).method(method).v(Init::Constant(-63.0));
        assert_eq!(run(hh().conductance(), 9.0, None), run(hh(), 9.0, None));
        let lif = || Lif::<f64>::new(3).method(method);
        close("Lif", &run(lif().conductance(), 30.0, None), &run(lif(), 30.0, None), 1e-11);
    }
}

/// An array without a name is the current. The conductance is given by its name.
#[test]
fn the_first_input_needs_no_name() {
    let x = Array1::from_elem(STEPS, 9.0);
    let run = |input: Input<'_, f64>| {
        let hh = Hh::<f64>::new(3).v(Init::Constant(-63.0)).conductance();
        LoopOverTime::builder(hh).out_vars("V").build().unwrap().run(input).unwrap()["V"].clone()
    };
    let named = run(Input::series().named("x", &x));
    assert_eq!(run(Input::from(&x)), named);
    assert_eq!(run(Input::steps(STEPS as u64).constant(9.0)), named);
    let g = Array1::from_elem(STEPS, 0.4);
    assert_eq!(run(Input::from(&x).named("g", &g)), run(Input::series().named("g", &g).named("x", &x)));
    assert_ne!(run(Input::from(&x).named("g", &g)), named);
    let hh = Hh::<f64>::new(3).conductance();
    let twice = LoopOverTime::new(hh).unwrap().run(Input::from(&x).named("x", &x)).unwrap_err().to_string();
    assert!(twice.contains("given twice"), "{twice}");
}
