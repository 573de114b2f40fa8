//! The Traub-Miles neuron, compared with an independent loop, with Brian2, and with its own
//! documentation.

use crate::common;
use overtime::models::{Method, Param, TraubMiles};
use overtime::{Error, Init, Input, LoopOverTime};

const DT: f64 = 0.1;

/// (eˣ − 1)/x.
fn exprel(x: f64) -> f64 {
    if x == 0.0 { 1.0 } else { x.exp_m1() / x }
}

/// One step of Brian2's exponential Euler method with the default parameters, written from the
/// equations.
fn expected([v, m, h, n]: [f64; 4], i: f64, g: f64) -> [f64; 4] {
    let u = v + 63.0;
    let rates = [
        (m, 1.28 / exprel((13.0 - u) / 4.0), 1.4 / exprel((u - 40.0) / 5.0)),
        (h, 0.128 * ((17.0 - u) / 18.0).exp(), 4.0 / (1.0 + ((40.0 - u) / 5.0).exp())),
        (n, 0.16 / exprel((15.0 - u) / 5.0), 0.5 * ((10.0 - u) / 40.0).exp()),
    ];
    let (g_na, g_k) = (20_000.0 * m.powi(3) * h, 6000.0 * n.powi(4));
    let solve = |x: f64, a: f64, b: f64| (x + b / a) * (a * DT).exp() - b / a;
    let [m, h, n] = rates.map(|(x, alpha, beta)| solve(x, -(alpha + beta), alpha));
    let drive = 10.0 * -60.0 + g_na * 50.0 + g_k * -90.0 + i;
    [solve(v, -(10.0 + g_na + g_k + g) / 200.0, drive / 200.0), m, h, n]
}

/// Currents and conductances of 37 cells, which change from step to step. Some are below 0, as
/// drawn initial values of synapses may be.
fn drive(step: usize, unit: usize) -> (f64, f64) {
    let phase = (step as f64 * 0.01 + unit as f64).sin();
    (300.0 + 900.0 * phase, 40.0 * (0.8 + phase.abs() - if unit.is_multiple_of(5) { 1.3 } else { 0.0 }))
}

#[test]
fn every_unit_follows_an_independent_loop() {
    let (units, steps) = (37, 1500);
    let fill = |port: usize| {
        ndarray::Array2::from_shape_fn(
            (steps, units),
            |(k, unit)| if port == 0 { drive(k, unit).0 } else { drive(k, unit).1 },
        )
    };
    let (x, g) = (fill(0), fill(1));
    let v0: Vec<f64> = (0..units).map(|k| -75.0 + k as f64).collect();
    let gates = || Init::Constant(0.2);
    let cell = TraubMiles::<f64>::new(units).v(Init::Values(v0.clone())).gates(gates(), gates(), gates());
    let mut over_time =
        LoopOverTime::builder(cell).dt(DT).out_vars(["V", "m", "h", "n", "spike", "refractory"]).build().unwrap();
    let run = over_time.run(Input::from(&x).named("g", &g)).unwrap();
    let mut spikes = 0;
    for unit in 0..units {
        let (mut at, mut last) = ([v0[unit], 0.2, 0.2, 0.2], None);
        for k in 0..steps {
            at = expected(at, x[[k, unit]], g[[k, unit]]);
            for (name, right) in ["V", "m", "h", "n"].into_iter().zip(at) {
                let got = run[name][[k, unit]];
                assert!((got - right).abs() <= 1e-7, "{name}[{k}, {unit}] is {got}, not {right}");
            }
            let fires = at[0] > -20.0 && last.is_none_or(|l| k - l >= 30);
            spikes += usize::from(fires);
            last = if fires { Some(k) } else { last };
            assert_eq!(run["spike"][[k, unit]], f64::from(u8::from(fires)), "step {k}, unit {unit}");
            assert_eq!(run.output[[k, unit]], run["spike"][[k, unit]]);
            let left = last.map_or(0, |l| 30_usize.saturating_sub(k - l));
            assert_eq!(run["refractory"][[k, unit]], left as f64, "step {k}, unit {unit}");
        }
    }
    assert!(spikes > 300, "{spikes} spikes are too few for a comparison");
}

/// V is held above the threshold, where Brian2's cell spikes at steps 0, 30, 60, …; or exactly at
/// the threshold, where it never spikes.
#[test]
fn the_refractory_period_is_counted_and_the_threshold_excluded() {
    let held = |v: f64, tau_ref: f64, dt: f64| {
        let mut cell = TraubMiles::<f64>::new(3).v(Init::Constant(v));
        for name in ["gNa", "gK", "gL"] {
            cell = cell.param(name, 0.0).unwrap();
        }
        let cell = cell.param("tau_ref", tau_ref).unwrap();
        let mut over_time = LoopOverTime::builder(cell)
            .dt(dt)
            .out_vars(overtime::monitor("spike").units([1]).events())
            .build()
            .unwrap();
        over_time.run_steps(200).unwrap().events("spike").unwrap().step.clone()
    };
    let every = |n: usize| (0..200).step_by(n).collect::<Vec<u64>>();
    assert_eq!(held(0.0, 3.0, 0.1), every(30));
    assert_eq!(held(-19.999_999, 3.0, 0.1), every(30));
    assert!(held(-20.0, 3.0, 0.1).is_empty());
    assert_eq!(held(0.0, 0.0, 0.1), every(1));
    assert_eq!(held(0.0, 0.1, 0.1), every(1));
    assert_eq!(held(0.0, 0.25, 0.1), every(2));
    assert_eq!(held(0.0, 2.1, 0.3), every(7));
}

/// V and spikes of 20 cells.
fn spiking<R: overtime::Real>() -> (Vec<f64>, Vec<f64>) {
    let each = |from: f64, by: f64| (0..20).map(|k| from + by * f64::from(k)).collect::<Vec<_>>();
    let v_t: Vec<R> = each(-64.0, 0.125).into_iter().map(R::of).collect();
    let cell = TraubMiles::<R>::new(20).v(Init::Values(each(-70.0, 0.5))).param("V_T", v_t).unwrap();
    let mut over_time = LoopOverTime::builder(cell).out_vars(["V", "spike"]).build().unwrap();
    let run = over_time.run(Input::steps(1000).constant(R::of(300.0))).unwrap();
    let [v, spike] = ["V", "spike"].map(|name| run[name].iter().map(|x| x.to_f64()).collect());
    (v, spike)
}

#[test]
fn single_precision_follows_double() {
    let (double, single) = (spiking::<f64>(), spiking::<f32>());
    assert!(double.1.iter().sum::<f64>() > 40.0);
    let late = double.1.iter().zip(&single.1).filter(|(a, b)| a != b).count();
    assert!(late <= 4, "{late} spikes are in different steps");
    let mut errors: Vec<f64> = double.0.iter().zip(&single.0).map(|(a, b)| (a - b).abs()).collect();
    assert!(errors.iter().all(|e| e.is_finite()));
    errors.sort_by(f64::total_cmp);
    println!("{late} spikes late; median {:e}, worst {:e} mV", errors[errors.len() / 2], errors[errors.len() - 1]);
    assert!(errors[errors.len() / 2] <= 5e-4 && errors[errors.len() * 9 / 10] <= 2e-2);
}

/// Two networks of Brian2, compared spike by spike. The library computes the cells, and this test
/// the synapses.
#[test]
fn networks_agree_with_brian2() {
    for name in ["net/small_delay0", "net/small_delay15"] {
        let reference = common::golden(name);
        let number = |name: &str| reference.array(name).sum() as usize;
        let all = |name: &str| reference.array(name).iter().copied().collect::<Vec<f64>>();
        let (n, n_exc, delay, steps) = (number("n"), number("n_exc"), number("delay_steps"), number("steps"));
        let mut targets = vec![Vec::new(); n];
        for (pre, post) in all("pre").into_iter().zip(all("post")) {
            targets[pre as usize].push(post as usize);
        }
        let cell = TraubMiles::<f64>::new(n).v(Init::Values(all("v0"))).gates(Init::Zeros, Init::Zeros, Init::Zeros);
        let mut over_time = LoopOverTime::builder(cell).dt(DT).out_vars(["V", "spike"]).build().unwrap();
        let (mut ge, mut gi) = (all("ge0_nS"), all("gi0_nS"));
        let mut flight: Vec<Vec<usize>> = Vec::new();
        let (mut spikes, mut worst) = (Vec::new(), 0.0_f64);
        let recorded = all("rec");
        for k in 0..steps {
            let x = ndarray::Array2::from_shape_fn((1, n), |(_, j)| -80.0 * gi[j]);
            let g = ndarray::Array2::from_shape_fn((1, n), |(_, j)| ge[j] + gi[j]);
            let run = over_time.run(Input::from(&x).named("g", &g)).unwrap();
            for (column, j) in recorded.iter().enumerate() {
                let error = (run["V"][[0, *j as usize]] - reference.array("rec_v")[[k, column]]).abs();
                assert!(error <= 1e-9, "{name}, step {k}, cell {j}: {error:e} mV");
                worst = worst.max(error);
            }
            let fired: Vec<usize> = (0..n).filter(|j| run["spike"][[0, *j]] != 0.0).collect();
            spikes.extend(fired.iter().map(|j| (k, *j)));
            flight.push(fired);
            ge.iter_mut().for_each(|g| *g *= (-DT / 5.0).exp());
            gi.iter_mut().for_each(|g| *g *= (-DT / 10.0).exp());
            for pre in k.checked_sub(delay).map_or(&[][..], |then| &flight[then]) {
                let (to, weight) = if *pre < n_exc { (&mut ge, 6.0) } else { (&mut gi, 67.0) };
                targets[*pre].iter().for_each(|post| to[*post] += weight);
            }
        }
        let right =
            all("spike_step").into_iter().map(|k| k as usize).zip(all("spike_i").into_iter().map(|j| j as usize));
        let mut right: Vec<_> = right.collect();
        right.sort_unstable();
        assert_eq!(spikes, right, "{name}");
        println!("{name}: {} spikes, V within {worst:e} mV", spikes.len());
    }
}

/// The error of a smooth solution without a spike, compared with a fine solution, decreases with dt
/// to the power of the method's order.
#[test]
fn every_method_converges_with_its_order() {
    let end = |method: Method, steps: u32| {
        let cell = TraubMiles::<f64>::new(1).method(method).v(Init::Constant(-62.0));
        let mut over_time = LoopOverTime::builder(cell).dt(2.0 / f64::from(steps)).out_vars("V").build().unwrap();
        let input = Input::steps(steps.into()).constant(40.0).named_constant("g", 5.0);
        over_time.run(input).unwrap()["V"][[steps as usize - 1, 0]]
    };
    let exact = end(Method::Rk4, 8192);
    assert!((exact - end(Method::Ralston4, 8192)).abs() <= 1e-11);
    for method in crate::common::approximate_methods() {
        let order = f64::from(method.order());
        let steps = if method.order() == 4 { 128 } else { 256 };
        let error = |steps| (end(method, steps) - exact).abs();
        let found = (error(steps) / error(2 * steps)).log2();
        assert!((found - order).abs() <= 0.15, "{method}: order {found}, not {order}");
    }
}

/// A unit with its own parameters gives the same result alone.
#[test]
fn a_unit_alone_is_that_unit() {
    let names = ["ENa", "gNa", "EK", "gK", "EL", "gL", "C", "V_th", "V_T", "tau_ref"];
    let from = [50.0, 20_000.0, -90.0, 6000.0, -60.0, 10.0, 200.0, -20.0, -63.0, 3.0];
    let run = |units: std::ops::Range<usize>, method: Method| {
        let mut cell = TraubMiles::<f64>::new(units.len()).method(method).v(Init::Constant(-63.0));
        for (k, (name, from)) in names.into_iter().zip(from).enumerate() {
            let values = units.clone().map(|unit| from * (1.0 + 0.01 * ((unit * (k + 3)) % 7) as f64)).collect();
            cell = cell.param(name, Param::Each(values)).unwrap();
        }
        let mut over_time = LoopOverTime::builder(cell).dt(0.02).out_vars(["V", "refractory"]).build().unwrap();
        let run = over_time.run(Input::steps(400).constant(700.0)).unwrap();
        ["V", "refractory"].map(|name| run[name].clone())
    };
    for method in [Method::ExpAuto, Method::Rk4] {
        let all = run(0..35, method);
        for unit in [0, 17, 33, 34] {
            for (all, alone) in all.iter().zip(run(unit..unit + 1, method)) {
                assert_eq!(all.column_of(unit), alone.column_of(0), "{method}, unit {unit}");
            }
        }
    }
}

trait Column {
    fn column_of(&self, unit: usize) -> Vec<u64>;
}

impl Column for ndarray::ArrayD<f64> {
    fn column_of(&self, unit: usize) -> Vec<u64> {
        self.index_axis(ndarray::Axis(1), unit).iter().map(|x| x.to_bits()).collect()
    }
}

#[test]
fn it_starts_at_rest() {
    let mut over_time =
        LoopOverTime::builder(TraubMiles::<f64>::new(2000)).seed(3).out_vars(["V", "m", "h", "n"]).build().unwrap();
    let state = over_time.state_dict().unwrap();
    let v: Vec<f64> = state.get("V").unwrap().iter().copied().collect();
    let mean = v.iter().sum::<f64>() / 2000.0;
    let deviation = (v.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / 2000.0).sqrt();
    assert!((mean + 65.0).abs() <= 0.5 && (deviation - 5.0).abs() <= 0.4, "{mean} {deviation}");
    // Gates at their steady values stay constant while V is constant.
    for (name, k) in [("m", 1), ("h", 2), ("n", 3)] {
        for (x, v) in state.get(name).unwrap().iter().zip(&v).take(50) {
            let at = [*v, *state.get("m").unwrap().first().unwrap(), 0.5, 0.5];
            let mut at = at;
            at[k] = *x;
            assert!((expected(at, 0.0, 0.0)[k] - x).abs() <= 1e-12, "{name} at {v}");
        }
    }
    assert_eq!(over_time.run_for(1.0).unwrap().output.shape(), [10, 2000]);
}

#[test]
fn invalid_parameters_are_refused() {
    assert!(matches!(TraubMiles::<f64>::new(3).param("R", 1.0), Err(Error::Unknown { .. })));
    let built = |name: &str, value: Param<f64>| {
        LoopOverTime::new(TraubMiles::<f64>::new(3).param(name, value).unwrap()).map(|_| ())
    };
    assert!(matches!(built("C", 0.0.into()), Err(Error::Value { .. })));
    assert!(matches!(built("gK", (-1.0).into()), Err(Error::Value { .. })));
    assert!(matches!(built("tau_ref", (-1.0).into()), Err(Error::Value { .. })));
    assert!(matches!(built("V_T", f64::NAN.into()), Err(Error::NotFinite { .. })));
    assert!(matches!(built("V_th", vec![1.0, 2.0].into()), Err(Error::Shape { expected: 3, given: 2, .. })));
    let gates = TraubMiles::<f64>::new(3).gates(Init::Zeros, Init::Values(vec![0.0]), Init::Zeros);
    assert!(matches!(LoopOverTime::new(gates), Err(Error::Shape { .. })));
}

#[test]
fn nothing_to_run_is_an_empty_result() {
    let mut over_time = LoopOverTime::builder(TraubMiles::<f32>::new(0)).out_vars("V").build().unwrap();
    assert_eq!(over_time.run_for(1.0).unwrap()["V"].shape(), [10, 0]);
}
