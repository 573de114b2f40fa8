//! Exact integration of a linear neuron, against the solution of its equations, and its refusals.

use overtime::models::{Hh, Lif, Method, Param, SpikeTimeGroup, WhiteNoise};
use overtime::network::{Connect, Group, Kinetics, Network, Projection, Receptor, Stdp, Stp};
use overtime::{Init, LoopOverTime, monitor};

const DT: f64 = 0.25;

/// The potential of a membrane at rest at the times t after a current starts at s = `s`, h = `h`, by a
/// sum of exponentials: s(t) = (s + h·k)·e^(−t/τs) − h·k·e^(−t/τr), with k = scale/(1/τr − 1/τs).
fn potential(t: f64, tau: f64, r: f64, [tau_s, tau_r]: [f64; 2], [s, h]: [f64; 2], scale: f64) -> f64 {
    let response = |tau_c: f64| (f64::exp(-t / tau_c) - f64::exp(-t / tau)) / (1.0 / tau - 1.0 / tau_c) * r / tau;
    let k = if h == 0.0 { 0.0 } else { h * scale / (1.0 / tau_r - 1.0 / tau_s) };
    (s + k) * response(tau_s) - if k == 0.0 { 0.0 } else { k * response(tau_r) }
}

/// V follows the solution of the equations at every step, for each neuron's own τ and R.
#[test]
fn the_potential_is_the_solution_at_any_step() {
    let (taus, rs) = ([10.0, 3.0, 20.0, 0.5], [1.0, 0.04, 2.0, 100.0]);
    let dual_scale = {
        let (rise, decay) = (0.6_f64, 4.0_f64);
        let peak = (decay / rise).ln() / (1.0 / rise - 1.0 / decay);
        (1.0 / rise - 1.0 / decay) / (f64::exp(-peak / decay) - f64::exp(-peak / rise))
    };
    let cases: [(Receptor, [f64; 2], [f64; 2], f64); 3] = [
        (Receptor::exponential("r", 2.5), [2.5, 1.0], [7.0, 0.0], 0.0),
        (Receptor::dual_exponential("r", 0.6, 4.0), [4.0, 0.6], [0.0, 8.0], dual_scale),
        (Receptor::dual_exponential("r", 0.6, 4.0), [4.0, 0.6], [5.0, 3.0], dual_scale),
    ];
    for (receptor, time_constants, [s, h], scale) in cases {
        let cells = Lif::<f64>::new(4).method(Method::Exact).param("tau", Param::Each(taus.to_vec())).unwrap();
        let cells = cells.param("R", Param::Each(rs.to_vec())).unwrap().param("V_th", 1e9).unwrap();
        // A spike of weight h arrives at the end of the first step.
        let source = SpikeTimeGroup::new(1, &[0], &[0.0]).unwrap();
        let network = Network::builder(DT)
            .group(Group::new("S", source))
            .group(Group::new("P", cells).receptor(receptor.init(s)))
            .project(Projection::new("p", "S", ("P", "r")).connect(Connect::AllToAll).weight(h))
            .build()
            .unwrap();
        let mut over_time = LoopOverTime::builder(network).dt(DT).out_vars([monitor("P.V")]).build().unwrap();
        let run = over_time.run_steps(200).unwrap();
        for (at, v) in run["P.V"].indexed_iter() {
            let (step, unit) = (at[0], at[1]);
            let t = (step + 1) as f64 * DT;
            let of = |t: f64, start| potential(t, taus[unit], rs[unit], time_constants, start, scale);
            let exact = of(t, [s, 0.0]) + of(t - DT, [0.0, h]);
            let allowed = 1e-11 * rs[unit] * (s + h);
            assert!((v - exact).abs() <= allowed, "neuron {unit} at {t} ms: {v} instead of {exact}");
        }
    }
}

/// Without receptors `exact` is `exp_auto`, which is exact for a constant current.
#[test]
fn without_a_network_the_method_is_exponential_euler() {
    let run = |method| {
        let cells = Lif::<f32>::new(7).method(method).param("tau_ref", 1.0).unwrap();
        let noisy = WhiteNoise::new(cells, 3.0);
        LoopOverTime::builder(noisy)
            .dt(0.1)
            .seed(3)
            .out_vars(["V"])
            .build()
            .unwrap()
            .run(&ndarray::Array2::from_elem((300, 1), 25.0))
            .unwrap()
    };
    let (exact, euler) = (run(Method::Exact), run(Method::ExpAuto));
    assert!(exact.output.sum() > 0.0);
    assert_eq!(exact["V"], euler["V"]);
}

/// A delta arrives after the potential has advanced, and before the threshold.
#[test]
fn a_delta_acts_before_the_threshold() {
    let cells = Lif::<f64>::new(2)
        .method(Method::Exact)
        .v(Init::Values(vec![30.0, 0.0]))
        .param("tau_ref", 1.0)
        .and_then(|lif| lif.param("V_reset", 0.0))
        .unwrap();
    let project = Projection::new("p", ("P", 0..1), ("P", 1..2, "d")).connect(Connect::OneToOne);
    let network = Network::builder(0.1).group(Group::new("P", cells).receptor(Receptor::delta("d", "V")));
    let network = network.project(project.weight(20.5).delay(0.3)).build().unwrap();
    let synapses = network.synapses("p", overtime::Device::Cpu).unwrap();
    assert_eq!(synapses.delay, [3]);
    let vars = [monitor("P.V"), monitor("P.spike")];
    let run = LoopOverTime::builder(network).dt(0.1).out_vars(vars).build().unwrap().run_steps(6).unwrap();
    // Neuron 0 spikes in step 0, and neuron 1 in the step 3 in which the spike arrives.
    let spikes: Vec<_> =
        run["P.spike"].indexed_iter().filter(|(_, s)| **s != 0.0).map(|(at, _)| (at[0], at[1])).collect();
    assert_eq!(spikes, [(0, 0), (3, 1)]);
    assert_eq!(run["P.V"][[3, 1]], 0.0);
}

#[track_caller]
fn refused(group: Group<f32>, project: Option<Projection>, says: &str) {
    let mut network = Network::builder(0.1).group(group);
    if let Some(project) = project {
        network = network.project(project);
    }
    let error = network.build().map(|_| ()).expect_err("the network was accepted").to_string();
    assert!(error.contains(says), "`{error}` does not contain `{says}`");
}

#[test]
fn equations_that_are_not_linear_are_refused() {
    let lif = || Lif::<f32>::new(3).method(Method::Exact);
    let hh = LoopOverTime::builder(Hh::<f32>::new(2).method(Method::Exact)).dt(0.1).build().map(|_| ()).unwrap_err();
    assert!(hh.to_string().contains("method `exact` of HH: its equations are not linear"), "{hh}");
    refused(Group::new("P", lif().conductance()), None, "not linear with a conductance");
    let coba = Receptor::exponential("e", 5.0).coba(0.0);
    refused(Group::new("P", lif()).receptor(coba), None, "`P.e` is a conductance");
    refused(Group::new("P", lif()).receptor(Receptor::gap("g")), None, "`P.g` is a conductance");
    refused(Group::new("P", lif()).receptor(Receptor::delta("d", "refractory")), None, "`refractory`");
    let delta = |lif| Group::new("P", lif).receptor(Receptor::delta("d", "V"));
    refused(delta(lif().param("R", 0.0).unwrap()), None, "needs R > 0");
    let own = || Projection::new("p", "P", ("P", "d"));
    refused(delta(lif()), Some(own()), "is less than a step");
    refused(delta(lif()), Some(own().delay(Init::uniform(0.0, 2.0))), "is less than a step");
    refused(delta(lif()), Some(own().delay(0.1).stdp(Stdp::new(1.0))), "plastic weights");
    // Plasticity of the sources is allowed.
    let stp = own().delay(0.2).kinetics(Kinetics::from(Stp::default()));
    assert!(Network::builder(0.1).group(delta(lif())).project(stp).build().is_ok());
}
