//! The leaky integrate-and-fire neuron, compared with an independent loop, with analysis, and with
//! its own documentation.

use crate::common;

use ndarray::{Array2, Axis};
use overtime::models::{Lif, Method, Param, Reset};
use overtime::{Error, Init, Input, LoopOverTime, Recorded};

const DT: f64 = 0.1;

/// Random multiples of 1/64 from an LCG, exactly representable in `f32`.
fn inputs(steps: usize, units: usize, seed: u64) -> Array2<f64> {
    let mut s = seed;
    Array2::from_shape_simple_fn((steps, units), || {
        s = s.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((s >> 40) % (60 * 64)) as f64 / 64.0
    })
}

struct Neuron {
    v: f64,
    last: i64,
}

/// The model by its equations, with the steps of the last spikes instead of counters.
fn expected(x: &Array2<f64>, tau: &[f64], tau_ref_steps: i64, v_th: f64) -> (Array2<f64>, Array2<f64>) {
    let (mut v, mut spikes) = (Array2::zeros(x.dim()), Array2::zeros(x.dim()));
    for unit in 0..x.ncols() {
        let mut neuron = Neuron { v: 0.0, last: i64::MIN / 2 };
        let decay = (-DT / tau[unit % tau.len()]).exp();
        for k in 0..x.nrows() {
            if k as i64 - neuron.last > tau_ref_steps {
                let goal = x[[k, unit]];
                neuron.v = goal + (neuron.v - goal) * decay;
            }
            if neuron.v >= v_th {
                (neuron.v, neuron.last) = (-5.0, k as i64);
                spikes[[k, unit]] = 1.0;
            }
            v[[k, unit]] = neuron.v;
        }
    }
    (v, spikes)
}

#[test]
fn every_unit_follows_an_independent_loop() {
    let tau = [10.0, 8.0, 12.5, 20.0, 5.0];
    let x = inputs(700, 5, 11);
    for (tau_ref, steps) in [(0.0, 0), (0.55, 5), (2.0, 20), (2.1, 21), (0.3, 3), (0.05, 0)] {
        let (v, spikes) = expected(&x, &tau, steps, 20.0);
        let system = Lif::<f64>::new(5).param("tau", tau.to_vec()).unwrap().param("tau_ref", tau_ref).unwrap();
        let mut over_time =
            LoopOverTime::builder(system).dt(DT).out_vars(["V", "spike", "refractory"]).build().unwrap();
        let run = over_time.run(&x).unwrap();
        assert!(spikes.sum() > 10.0, "the case has too few spikes for a comparison");
        assert_eq!(run.output, spikes.clone().into_dyn(), "tau_ref {tau_ref}");
        assert_eq!(run["spike"], spikes.clone().into_dyn());
        for (index, expected) in v.indexed_iter() {
            let given = run["V"][[index.0, index.1]];
            assert!((given - expected).abs() <= 1e-12, "tau_ref {tau_ref}, V[{index:?}] is {given}, not {expected}");
        }
        for unit in 0..5 {
            let counts = run["refractory"].index_axis(Axis(1), unit);
            let mut since = i64::MAX / 2;
            for (k, count) in counts.iter().enumerate() {
                since = if spikes[[k, unit]] == 1.0 { 0 } else { since + 1 };
                let left = (steps + 1 - since).max(0) as f64;
                assert!((count - left).abs() <= 0.0, "refractory[{k}, {unit}] is {count}, not {left}");
            }
        }
    }
}

/// In `f32`, the refractory period has the same number of steps, and a neuron alone gives the same
/// result as among others.
#[test]
fn single_precision_follows_double() {
    let x = inputs(700, 5, 12);
    for tau_ref in [0.55, 2.0, 2.1, 0.3, 12.3] {
        let double = Lif::<f64>::new(5).param("tau_ref", tau_ref).unwrap();
        let single = Lif::<f32>::new(5).param("tau_ref", tau_ref).unwrap();
        let double = LoopOverTime::builder(double).build().unwrap().run(&x).unwrap();
        let single = LoopOverTime::builder(single).build().unwrap().run(&x.mapv(|v| v as f32)).unwrap();
        for (a, b) in single.output.iter().zip(&double.output) {
            assert!((f64::from(*a) - b).abs() <= 0.0, "tau_ref {tau_ref}");
        }
    }
}

#[test]
fn the_default_method_is_exact_for_a_constant_current() {
    for dt in [0.01, 0.1, 1.0, 7.0] {
        let system = Lif::<f64>::new(1).param("V_th", 1e9).unwrap().param("tau", 12.5).unwrap().v(Init::Constant(-3.0));
        let mut over_time = LoopOverTime::builder(system).dt(dt).out_vars("V").build().unwrap();
        let run = over_time.run(Input::steps(200).constant(15.0)).unwrap();
        for (k, v) in run["V"].iter().enumerate() {
            let exact = 15.0 + (-3.0 - 15.0) * (-((k + 1) as f64) * dt / 12.5).exp();
            assert!((v - exact).abs() <= 1e-12, "dt {dt}, step {k}: {v} {exact}");
        }
    }
}

#[test]
fn the_firing_period_is_the_analytic_one() {
    // The time from V_reset to V_th at constant current is tau·ln((RI − V_reset)/(RI − V_th)). The
    // refractory period follows.
    let (current, tau, tau_ref, dt) = (25.0_f64, 10.0, 3.0, 0.001);
    let rise = tau * ((current + 5.0) / (current - 20.0)).ln();
    let system = Lif::<f64>::new(1).param("tau_ref", tau_ref).unwrap();
    let mut over_time =
        LoopOverTime::builder(system).dt(dt).out_vars(overtime::monitor("spike").events()).build().unwrap();
    let run = over_time.run(Input::duration(200.0).constant(current)).unwrap();
    let steps = &run.events("spike").unwrap().step;
    assert!(steps.len() >= 8);
    for pair in steps.windows(2) {
        let period = (pair[1] - pair[0]) as f64 * dt;
        assert!((period - rise - tau_ref).abs() <= 1.01 * dt, "{period} {}", rise + tau_ref);
    }
}

#[test]
fn every_method_converges_with_its_order() {
    let last_v = |method: Method, steps: u32| {
        let system = Lif::<f64>::new(1).param("V_th", 1e9).unwrap().method(method);
        let mut over_time = LoopOverTime::builder(system).dt(20.0 / f64::from(steps)).out_vars("V").build().unwrap();
        let run = over_time.run(Input::steps(u64::from(steps)).constant(15.0)).unwrap();
        run["V"][[steps as usize - 1, 0]]
    };
    let exact = 15.0 * (1.0 - (-2.0_f64).exp());
    for method in Method::ALL.into_iter().filter(|m| ![Method::ExpAuto, Method::Exact].contains(m)) {
        let error = |steps| (last_v(method, steps) - exact).abs();
        let order = (error(40) / error(80)).log2();
        assert!((order - f64::from(method.order())).abs() <= 0.15, "{method}: order {order}");
    }
}

/// Four runs of brainpy, compared spike by spike.
#[test]
fn runs_agree_with_brainpy() {
    let reference = common::golden("lif_ref");
    let x = reference.array("in").clone();
    let each = |values: [f64; 6]| Param::Each(values.to_vec());
    let lif = || Lif::<f64>::new(6);
    let cases = [
        ("exp_auto", lif().param("tau_ref", 2.05)),
        ("rk4", lif().method(Method::Rk4).param("tau_ref", 1.25)),
        ("euler", lif().method(Method::Euler).param("tau_ref", 0.0)),
        (
            "each",
            (lif().param("tau_ref", 0.55).unwrap())
                .param("tau", each([10.0, 8.0, 12.5, 20.0, 5.0, 10.0]))
                .unwrap()
                .param("R", each([1.0, 0.5, 2.0, 1.25, 0.75, 1.0]))
                .unwrap()
                .param("V_rest", each([0.0, 1.0, -1.0, 2.0, 0.0, 0.0]))
                .unwrap()
                .param("V_th", each([20.0, 15.0, 18.0, 20.0, 10.0, 22.0])),
        ),
    ];
    for (name, system) in cases {
        let mut over_time =
            LoopOverTime::builder(system.unwrap()).dt(DT).out_vars(["V", "spike", "refractory"]).build().unwrap();
        let run = over_time.run(&x).unwrap();
        common::close(name, &run["V"], reference.array(&format!("{name}.V")), 1e-10);
        assert_eq!(run.output, *reference.array(&format!("{name}.out")), "{name}");
        assert_eq!(run["spike"], *reference.array(&format!("{name}.spike")), "{name}");
        let refractory = run["refractory"].mapv(|left| f64::from(u8::from(left != 0.0)));
        assert_eq!(refractory, *reference.array(&format!("{name}.refractory")), "{name}");
    }
}

/// A soft reset keeps the part of V above the threshold, as in brainpy.
#[test]
fn a_soft_reset_keeps_the_excess_over_the_threshold() {
    let step = |v: f64, reset: Reset| {
        let lif = Lif::<f64>::new(1).v(Init::Constant(v)).param("tau", 1e9).unwrap().reset(reset);
        LoopOverTime::builder(lif).out_vars("V").build().unwrap().run_steps(1).unwrap()["V"][[0, 0]]
    };
    assert!((step(23.0, Reset::Hard) + 5.0).abs() <= 0.0);
    assert!((step(23.0, Reset::Soft) - (23.0 - 25.0)).abs() <= 1e-7);
    assert!((step(19.0, Reset::Soft) - 19.0).abs() <= 1e-7);
}

#[test]
fn invalid_parameters_are_refused() {
    assert!(matches!(Lif::<f64>::new(3).param("C", 1.0), Err(Error::Unknown { .. })));
    let built =
        |name: &str, value: Param<f64>| LoopOverTime::new(Lif::<f64>::new(3).param(name, value).unwrap()).map(|_| ());
    assert!(matches!(built("tau", 0.0.into()), Err(Error::Value { .. })));
    assert!(matches!(built("tau_ref", (-1.0).into()), Err(Error::Value { .. })));
    assert!(matches!(built("R", f64::NAN.into()), Err(Error::NotFinite { .. })));
    assert!(matches!(built("V_th", vec![1.0, 2.0].into()), Err(Error::Shape { expected: 3, given: 2, .. })));
}

#[test]
fn nothing_to_run_is_an_empty_result() {
    let mut over_time = LoopOverTime::builder(Lif::<f32>::new(0)).out_vars("V").build().unwrap();
    let run = over_time.run_for(1.0).unwrap();
    assert_eq!(run.output.shape(), [10, 0]);
    let Some(Recorded::Dense(v)) = run.out_vars().and_then(|t| t.leaf().copied()) else { panic!("V is missing") };
    assert_eq!(v.shape(), [10, 0]);
}
