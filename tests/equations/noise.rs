//! White noise against closed forms.

use super::examples;
use overtime::{Equations, Input, LoopOverTime};

/// The stationary variance of x' = −x/τ + σ·√(2/τ)·ξ is σ², and the time constant of its
/// autocorrelation is τ.
#[test]
fn an_ornstein_uhlenbeck_process_has_its_variance_and_correlation() {
    let text = "param tau = 5 ms\nparam sigma = 3 mV\nx' = -x/tau + sigma*sqrt(2/tau)*xi : mV\nstate x = sigma*randn()";
    let mut over_time = LoopOverTime::<f64, _>::builder(Equations::new(text).unwrap().units(2000))
        .dt(0.05)
        .seed(3)
        .out_vars("x")
        .build()
        .unwrap();
    let run = over_time.run(Input::steps(400)).unwrap();
    let x = &run["x"];
    let at = |step: usize| x.index_axis(ndarray::Axis(0), step).to_owned();
    let mean = |a: &ndarray::ArrayD<f64>, b: &ndarray::ArrayD<f64>| (a * b).sum() / a.len() as f64;
    let (first, last, between) = (at(0), at(399), at(299));
    for state in [&first, &last] {
        // The standard error of a variance of 2,000 values is σ²·√(2/2000), 0.28.
        assert!((mean(state, state) - 9.0).abs() < 1.2, "{}", mean(state, state));
        assert!((state.sum() / 2000.0).abs() < 0.3);
    }
    // After 5 ms, e⁻¹.
    let correlation = mean(&last, &between) / 9.0;
    assert!((correlation - (-1.0_f64).exp()).abs() < 0.1, "{correlation}");
}

/// Siegert's formula for the mean rate of a leaky neuron in white noise.
fn siegert(mu: f64) -> f64 {
    let (tau, tau_ref, sigma, v_th, v_reset) = (20.0, 2.0, 5.0, 20.0, 10.0);
    let (from, to) = ((v_reset - mu) / sigma, (v_th - mu) / sigma);
    // e^{x²}(1 + erf x) by Simpson's rule. 1 + erf x = 2Φ(√2·x).
    let f = |x: f64| (x * x).exp() * 2.0 * overtime::math::normal_cdf(x * std::f64::consts::SQRT_2);
    let n = 2000;
    let h = (to - from) / f64::from(n);
    let sum: f64 = (0..=n)
        .map(|k| {
            f(from + h * f64::from(k))
                * if k == 0 || k == n {
                    1.0
                } else if k % 2 == 1 {
                    4.0
                } else {
                    2.0
                }
        })
        .sum();
    1.0 / (tau_ref + tau * std::f64::consts::PI.sqrt() * sum * h / 3.0)
}

#[test]
fn a_stochastic_leaky_neuron_has_the_rate_of_siegert() {
    let all = examples();
    let (_, text) = all.iter().find(|(name, _)| name == "stochastic_lif").unwrap();
    for mu in [15.0, 20.0] {
        let units = 1000;
        let dt = 0.01;
        let equations = Equations::new(text).unwrap().units(units);
        let mut over_time =
            LoopOverTime::<f32, _>::builder(equations).dt(dt).seed(5).out_vars("spike").build().unwrap();
        over_time.run(Input::duration(60.0).constant(mu as f32)).unwrap();
        let run = over_time.run(Input::duration(100.0).constant(mu as f32)).unwrap();
        let rate = f64::from(run["spike"].sum()) / units as f64 / 100.0;
        let expected = siegert(mu);
        // Euler's steps miss crossings within a step: the threshold is in effect higher by 0.58·σ·√(dt/τ), 0.3 mV at most.
        assert!((rate / expected - 1.0).abs() < 0.08, "mu = {mu}: {rate} spikes per ms, by the formula {expected}");
    }
}
