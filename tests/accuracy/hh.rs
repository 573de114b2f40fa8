//! Steps of the neuron HH.

use super::uniforms;
use ndarray::Array2;
use overtime::models::{Hh, Method};
use overtime::{Init, Input, LoopOverTime, Real};

/// One step of `Hh` from a given V, by textbook formulas in doubles.
fn step_from(v: f64, current: f64, dt: f64) -> [f64; 4] {
    let exprel = |x: f64| if x == 0.0 { 1.0 } else { x.exp_m1() / x };
    let rates = [
        (1.0 / exprel(-(v + 40.0) / 10.0), 4.0 * (-(v + 65.0) / 18.0).exp()),
        (0.07 * (-(v + 65.0) / 20.0).exp(), 1.0 / (1.0 + (-(v + 35.0) / 10.0).exp())),
        (0.1 / exprel(-(v + 55.0) / 10.0), 0.125 * (-(v + 65.0) / 80.0).exp()),
    ];
    let gates = [0.3, 0.4, 0.5];
    let [m, h, n] = gates;
    let (g_na, g_k, g_l) = (120.0 * m * m * m * h, 36.0 * n * n * n * n, 0.03);
    let f = current - g_na * (v - 50.0) - g_k * (v + 77.0) - g_l * (v + 54.387);
    let grow = |x: f64, f: f64, slope: f64| x + dt * exprel(dt * slope) * f;
    let mut after = [grow(v, f, -(g_na + g_k + g_l)), 0.0, 0.0, 0.0];
    for (k, ((a, b), x)) in rates.into_iter().zip(gates).enumerate() {
        after[k + 1] = grow(x, a * (1.0 - x) - b * x, -(a + b));
    }
    after
}

fn steps_near<R: Real>(points: &[R], tolerance: f64) {
    let hh = Hh::<R>::new(points.len()).v(Init::Values(points.iter().map(|v| v.to_f64()).collect()));
    let hh = hh.gates(Init::Constant(0.3), Init::Constant(0.4), Init::Constant(0.5));
    let mut over_time = LoopOverTime::builder(hh).out_vars(["V", "m", "h", "n"]).build().unwrap();
    let run = over_time.run(Input::steps(1).constant(R::of(5.0))).unwrap();
    for (unit, v) in points.iter().enumerate() {
        let expected = step_from(v.to_f64(), 5.0, 0.1);
        for (name, expected) in ["V", "m", "h", "n"].into_iter().zip(expected) {
            let given = run[name][[0, unit]].to_f64();
            let bound = tolerance * expected.abs().max(1.0);
            assert!((given - expected).abs() <= bound, "from V = {v}: {name} is {given}, not {expected}");
        }
    }
}

/// V near the removable singularities of the rates, −40 and −55: at the point, one ulp away, and at
/// the ends of the series.
#[test]
fn hh_is_right_at_and_around_its_singularities() {
    let around64 = |v: f64| {
        [v, v.next_up(), v.next_down(), v + 1e-9, v - 1e-9, v + 1e-3, v - 1e-3, v + 4.999, v + 5.001, v - 5.0, v + 5.0]
    };
    let around32 = |v: f32| {
        [v, v.next_up(), v.next_down(), v + 1e-4, v - 1e-4, v + 1e-2, v - 1e-2, v + 4.999, v + 5.001, v - 5.0, v + 5.0]
    };
    steps_near::<f64>(&[-40.0, -55.0, -35.0, -65.0].map(around64).concat(), 2e-14);
    steps_near::<f32>(&[-40.0, -55.0, -35.0, -65.0].map(around32).concat(), 1e-6);
}

/// V anywhere else in a wide range, including values that a neuron does not reach.
#[test]
fn hh_is_right_wherever_v_is() {
    let far: Vec<f64> =
        uniforms(4).take(20_000).map(|u| (u - 0.5) * 300.0 - 20.0).chain([-250.0, -150.0, 150.0, 200.0]).collect();
    steps_near::<f64>(&far, 1e-12);
    steps_near::<f32>(&far.iter().map(|v| *v as f32).collect::<Vec<_>>(), 4e-6);
}

/// Single precision compared with double precision over 1,000 steps: V differs by at most 1e-4 mV
/// in the median and 5e-2 mV in 99 %. The number of spikes is the same, and each spike is within
/// one step.
#[test]
fn single_precision_follows_double_precision() {
    let units = 200;
    let v0: Vec<f64> = (0..units).map(|k| -70.0 + f64::from(k) / 32.0).collect();
    let x = Array2::from_shape_fn((1000, units as usize), |(t, n)| ((t / 50 + n) % 24) as f64 * 0.5);
    for method in [Method::ExpAuto, Method::Rk4] {
        let double = Hh::<f64>::new(units as usize).v(Init::Values(v0.clone())).method(method);
        let single = Hh::<f32>::new(units as usize).v(Init::Values(v0.clone())).method(method);
        let double = LoopOverTime::builder(double).dt(0.05).out_vars(["V", "spike"]).build().unwrap().run(&x).unwrap();
        let x = x.mapv(|v| v as f32);
        let single = LoopOverTime::builder(single).dt(0.05).out_vars(["V", "spike"]).build().unwrap().run(&x).unwrap();
        let mut off: Vec<f64> = double["V"].iter().zip(&single["V"]).map(|(a, b)| (a - f64::from(*b)).abs()).collect();
        assert!(off.iter().all(|d| d.is_finite()));
        off.sort_by(f64::total_cmp);
        let (median, most) = (off[off.len() / 2], off[off.len() * 99 / 100]);
        println!("{method}: median {median:.1e} mV, 99% {most:.1e} mV");
        assert!(median <= 1e-4 && most <= 5e-2, "{method}: median {median}, 99% {most}");
        let mut spikes = 0;
        for unit in 0..units as usize {
            let a: Vec<usize> = (0..1000).filter(|t| double["spike"][[*t, unit]] == 1.0).collect();
            let b: Vec<usize> = (0..1000).filter(|t| single["spike"][[*t, unit]] == 1.0).collect();
            assert_eq!(a.len(), b.len(), "unit {unit}");
            assert!(a.iter().zip(&b).all(|(a, b)| a.abs_diff(*b) <= 1), "unit {unit}: {a:?} {b:?}");
            spikes += a.len();
        }
        assert!(spikes > units as usize, "too few spikes for a comparison: {spikes}");
    }
}
