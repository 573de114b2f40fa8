//! The upstroke, the reset and the refractory period.

use super::at;
use overtime::models::{AdExIf, ExpIf, Izhikevich, Method, QuaIf, Reset};
use overtime::{Input, LoopOverTime, Real, System};

/// In the refractory period V is constant and u continues. The period is counted in steps.
#[test]
fn refractoriness_holds_the_potential_alone() {
    let neuron = Izhikevich::<f64>::new(1).v(at(29.0)).param("tau_ref", 0.5).unwrap();
    let mut over_time = LoopOverTime::builder(neuron).dt(0.1).out_vars(["V", "u", "refractory"]).build().unwrap();
    let run = over_time.run(Input::steps(8).constant(5.0)).unwrap();
    let of = |name: &str| run[name].iter().copied().collect::<Vec<f64>>();
    assert_eq!(run.output.iter().copied().collect::<Vec<_>>(), [1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(of("refractory"), [6.0, 5.0, 4.0, 3.0, 2.0, 1.0, 0.0, 0.0]);
    let (v, u) = (of("V"), of("u"));
    assert!(v[..6].iter().all(|v| *v == -65.0) && v[6] != -65.0, "{v:?}");
    assert!(u.windows(2).all(|u| u[0] != u[1]), "{u:?}");
    // u started at b·V, and the spike added d.
    assert!((u[0] - (0.2 * 29.0 + 8.0)).abs() <= 1e-12, "{u:?}");
}

/// A soft reset keeps the part of V above the threshold.
#[test]
fn a_soft_reset_keeps_the_excess_over_the_threshold() {
    let end = |reset: Reset| {
        let neuron = QuaIf::<f64>::new(1).v(at(-10.0)).param("tau", 1e9).unwrap().reset(reset);
        let mut over_time = LoopOverTime::builder(neuron).out_vars("V").build().unwrap();
        over_time.run_steps(1).unwrap()["V"][[0, 0]]
    };
    assert!((end(Reset::Hard) + 68.0).abs() <= 0.0);
    assert!((end(Reset::Soft) - (-10.0 - 38.0)).abs() <= 1e-6);
}

/// A step stays finite however far the upstroke overshoots, because V is reset.
#[test]
fn an_upstroke_stays_finite() {
    fn check<R: Real>(system: impl System<R>) {
        let kind = system.kind().to_owned();
        let mut over_time = LoopOverTime::builder(system).dt(0.5).out_vars("V").build().unwrap();
        let run = over_time.run(Input::steps(200).constant(R::of(100.0))).unwrap_or_else(|e| panic!("{kind}: {e}"));
        assert!(run.output.iter().filter(|s| **s != R::of(0.0)).count() > 10, "{kind}");
    }
    for method in [Method::ExpAuto, Method::Rk4] {
        check(AdExIf::<f32>::new(1).method(method).param("V_th", 0.0).unwrap().param("delta_T", 0.5).unwrap());
        check(ExpIf::<f32>::new(1).method(method).param("V_th", 0.0).unwrap().param("delta_T", 0.5).unwrap());
        check(ExpIf::<f64>::new(1).method(method).param("V_th", 0.0).unwrap().param("delta_T", 0.5).unwrap());
        check(QuaIf::<f32>::new(1).method(method));
        check(Izhikevich::<f32>::new(1).method(method));
    }
}

/// The upstroke of a spike exceeds the threshold within the stages of a Runge-Kutta method. It must
/// not affect the other variable: every method agrees with a plain loop of a thousandth of the
/// step.
#[test]
fn no_stage_takes_an_upstroke_beyond_the_threshold() {
    let adex = plain(
        [0.0, 0.0],
        -55.0,
        5_000_000,
        |v, w| [(-(v + 65.0) + 3.48 * ((v + 59.9) / 3.48).exp() + 60.0 - w) / 10.0, ((v + 65.0) - w) / 30.0],
        |w| [-68.0, w + 1.0],
    );
    let izhikevich = plain(
        [-70.0, -14.0],
        30.0,
        5_000_000,
        |v, u| [0.04 * v * v + 5.0 * v + 140.0 - u + 15.0, 0.02 * (0.2 * v - u)],
        |u| [-50.0, u + 2.0],
    );
    println!("{adex:?} {izhikevich:?}");
    fn run<R: Real>(system: impl System<R>, dt: f64, input: f64, var: &str) -> (usize, f64) {
        let mut over_time = LoopOverTime::builder(system).dt(dt).out_vars([var]).build().unwrap();
        let run = over_time.run(Input::duration(500.0).constant(R::of(input))).unwrap();
        let largest = run[var].iter().fold(0.0_f64, |most, x| most.max(x.to_f64().abs()));
        (run.output.iter().filter(|s| **s != R::of(0.0)).count(), largest)
    }
    let near = |what: String, found: (usize, f64), expected: (usize, f64), within: f64| {
        println!("{what}: {found:?}");
        let spikes = (found.0 as f64 / expected.0 as f64 - 1.0).abs() <= within;
        assert!(spikes && found.1 <= expected.1 + 3.0, "{what}: {found:?}, not {expected:?}");
    };
    for method in crate::common::approximate_methods() {
        let what = |kind: &str, dt: f64| format!("{kind} {method} dt {dt}");
        near(what("adex", 0.1), run(AdExIf::<f64>::new(1).method(method), 0.1, 60.0, "w"), adex, 0.06);
        near(what("adex f32", 0.1), run(AdExIf::<f32>::new(1).method(method), 0.1, 60.0, "w"), adex, 0.06);
        let chatters = || Izhikevich::<f64>::new(1).method(method).param("c", -50.0).unwrap().param("d", 2.0).unwrap();
        // The step is as long as an upstroke; this step is customary for this neuron.
        near(what("izhikevich", 1.0), run(chatters(), 1.0, 15.0, "u"), izhikevich, 0.2);
        near(what("izhikevich", 0.1), run(chatters(), 0.1, 15.0, "u"), izhikevich, 0.06);
        // A soft reset keeps at most the part of an upstroke that one step of the derivative at the
        // threshold makes.
        let soft =
            || AdExIf::<f64>::new(1).method(method).v(at(-65.0)).reset(Reset::Soft).param("V_th", -48.0).unwrap();
        let slope = (-17.0 + 3.48 * (11.9_f64 / 3.48).exp() + 60.0) / 10.0;
        let mut over_time = LoopOverTime::builder(soft()).out_vars("V").build().unwrap();
        let run = over_time.run(Input::steps(2_000).constant(60.0)).unwrap();
        let after = run.output.iter().zip(&run["V"]).filter(|(spike, _)| **spike != 0.0).map(|(_, v)| *v);
        assert!(after.clone().count() > 50 && after.into_iter().all(|v| v <= -48.0 + 0.1 * slope - 20.0), "{method}");
    }
}

/// The number of spikes, and the largest magnitude of the second variable, of a neuron with `v' =
/// f`. The plain loop uses Euler's method with steps of 1e-4 ms, and bounds V by the threshold in
/// the derivatives. `reset` gives V and the second variable after a spike.
fn plain(
    start: [f64; 2],
    v_th: f64,
    steps: usize,
    slopes: impl Fn(f64, f64) -> [f64; 2],
    reset: impl Fn(f64) -> [f64; 2],
) -> (usize, f64) {
    let ([mut v, mut w], mut spikes, mut largest) = (start, 0, 0.0_f64);
    for _ in 0..steps {
        let [dv, dw] = slopes(v.min(v_th), w);
        (v, w) = (v + 1e-4 * dv, w + 1e-4 * dw);
        if v >= v_th {
            [v, w] = reset(w);
            spikes += 1;
        }
        largest = largest.max(w.abs());
    }
    (spikes, largest)
}
