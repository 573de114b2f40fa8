//! The neuron HH.

use super::hh;
use overtime::{Init, Input, LoopOverTime};

/// brainpy `HH.spike`: V rises through `V_th` in this step. There is no reset.
#[test]
fn a_spike_is_a_crossing_without_reset() {
    let mut over_time = LoopOverTime::builder(hh(1).v(Init::Constant(-65.0))).out_vars(["V", "spike"]).build().unwrap();
    let run = over_time.run(Input::steps(1000).constant(10.0)).unwrap();
    let (mut before, mut spikes) = (-65.0, Vec::new());
    for (k, (v, spike)) in run["V"].iter().zip(&run["spike"]).enumerate() {
        assert_eq!(*spike, f64::from(u8::from(before < 20.0 && *v >= 20.0)), "step {k}");
        if *spike != 0.0 {
            spikes.push(k + 1);
        }
        before = *v;
    }
    assert_eq!(run.output, run["spike"]);
    assert_eq!(spikes[..5], [26, 176, 324, 472, 620]);
    assert!(run["V"].iter().any(|v| *v > 30.0), "a reset must not cut the spike");
}

/// brainpy `HH`: V₀ ~ U(−70, −60), gates at their steady values for V₀, `gL` = 0.03.
#[test]
fn hh_starts_as_brainpys_does() {
    let mut over_time = LoopOverTime::builder(hh(20_000)).dt(1e-9).out_vars(["V", "m", "h", "n"]).build().unwrap();
    let run = over_time.run_steps(1).unwrap();
    let v = &run["V"];
    assert!(v.iter().all(|v| (-70.0001..-59.9999).contains(v)));
    let mean = v.mean().unwrap();
    assert!((mean + 65.0).abs() <= 0.1, "mean {mean}");
    for (k, v) in v.iter().enumerate() {
        let exprel = |x: f64| if x == 0.0 { 1.0 } else { x.exp_m1() / x };
        let steady = |a: f64, b: f64| a / (a + b);
        let m = steady(1.0 / exprel(-(v + 40.0) / 10.0), 4.0 * (-(v + 65.0) / 18.0).exp());
        let h = steady(0.07 * (-(v + 65.0) / 20.0).exp(), 1.0 / (1.0 + (-(v + 35.0) / 10.0).exp()));
        let n = steady(0.1 / exprel(-(v + 55.0) / 10.0), 0.125 * (-(v + 65.0) / 80.0).exp());
        for (name, steady) in [("m", m), ("h", h), ("n", n)] {
            let given = run[name][[0, k]];
            assert!((given - steady).abs() <= 1e-7, "{name} at {v}: {given}, not {steady}");
        }
    }
    // At rest, the leak is gL (V − EL). The default gL = 0.03 is a tenth of the classic value, and
    // shows in the first change of V.
    let change = |g_l: f64| {
        let system = hh(1).v(Init::Constant(-65.0)).param("gL", g_l).unwrap();
        LoopOverTime::builder(system).out_vars("V").build().unwrap().run_steps(1).unwrap()["V"][[0, 0]]
    };
    let default =
        LoopOverTime::builder(hh(1).v(Init::Constant(-65.0))).out_vars("V").build().unwrap().run_steps(1).unwrap()["V"]
            [[0, 0]];
    assert_eq!(default, change(0.03));
    assert_ne!(default, change(0.3));
}
