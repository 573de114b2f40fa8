//! Kinetics that are texts of equations, compared with the kinetics of the library and with plain
//! loops.

use crate::networks::cell::ScriptedCells;
use ndarray::{ArrayD, Axis};
use overtime::models::{Lif, Method, TraubMiles};
use overtime::network::{Ampa, Connect, Group, Kinetics, Network, Projection, Receptor, Stdp, Stp};
use overtime::{Equations, Error, Init, LoopOverTime, Real, Recording};

/// The text of an example.
pub(crate) fn example(name: &str) -> Equations {
    let path = format!("{}/../examples/equations/synapses/{name}.eq", env!("CARGO_MANIFEST_DIR"));
    Equations::new(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Irregular spikes: those of unit k in the steps that this is true for.
fn spikes_in(step: u64, unit: usize) -> bool {
    let mixed = (step * 7919 + unit as u64 * 104_729).wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40;
    mixed.is_multiple_of(31)
}

const UNITS: usize = 37;
const STEPS: u64 = 400;

fn sources() -> ScriptedCells {
    let all = (0..STEPS).flat_map(|step| (0..UNITS).map(move |unit| (step, unit)));
    ScriptedCells { units: UNITS, spikes: all.filter(|(step, unit)| spikes_in(*step, *unit)).collect() }
}

/// A receptor that decays to e⁻¹⁰⁰ within a step, so its value is the amount that the last step
/// transmitted.
fn forgetful() -> Receptor {
    Receptor::exponential("s", 1e-3)
}

/// A run of projections with these kinetics, each from `a` to a group of its own with a receptor `s`.
fn run<T: Real>(receptor: &Receptor, all: &[(&str, Kinetics, f64)], vars: &[&str]) -> Recording<T> {
    let mut network = Network::<T>::builder(0.1).group(Group::new("a", sources()));
    for (name, kinetics, delay) in all {
        let to = format!("{name}_to");
        let cells = ScriptedCells { units: UNITS, spikes: Vec::new() };
        network = network.group(Group::new(to.as_str(), cells).receptor(receptor.clone()));
        let projection = Projection::new(*name, "a", (to.as_str(), "s")).connect(Connect::OneToOne).delay(*delay);
        network = network.project(projection.kinetics(kinetics.clone()));
    }
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars(vars.to_vec()).build();
    built.unwrap().run_steps(STEPS).unwrap()
}

fn wide<T: Real>(run: &Recording<T>, name: &str) -> ArrayD<f64> {
    run[name].mapv(|x| x.to_f64()).into_dyn()
}

#[track_caller]
fn close(what: &str, found: &ArrayD<f64>, expected: &ArrayD<f64>, tolerance: f64) {
    assert_eq!(found.shape(), expected.shape(), "{what}");
    let worst = found.iter().zip(expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(worst <= tolerance, "{what}: {worst:e}");
    assert!(expected.iter().any(|x| x.abs() > 1e-3), "{what}: nothing is compared");
}

fn is_the_librarys<T: Real>(tolerance: f64) {
    let stp = Stp { release: 0.4, tau_f: 50.0, tau_d: 120.0 };
    let text = example("stp").param("U", 0.4).unwrap().param("tau_f", 50.0).unwrap().param("tau_d", 120.0).unwrap();
    for delay in [0.0, 0.7, 3.3] {
        let all = [("p", text.clone().into(), delay), ("q", stp.into(), delay)];
        let vars = ["p.u", "p.x", "p_to.s", "q.u", "q.x", "q_to.s", "p.transmitted"];
        let run = run::<T>(&forgetful(), &all, &vars);
        for (own, other) in [("p.u", "q.u"), ("p.x", "q.x"), ("p_to.s", "q_to.s"), ("p.transmitted", "q_to.s")] {
            close(own, &wide(&run, own), &wide(&run, other), tolerance.max(1e-9));
        }
    }
    // The pulse of the text starts a step later.
    let all = [("p", example("ampa").into(), 0.2), ("q", Ampa::default().into(), 0.3)];
    let run = run::<T>(&Receptor::graded("s"), &all, &["p.g", "q.g", "p_to.s", "q_to.s"]);
    close("g", &wide(&run, "p.g"), &wide(&run, "q.g"), tolerance);
    close("s", &wide(&run, "p_to.s"), &wide(&run, "q_to.s"), tolerance.max(1e-9));
}

#[test]
fn texts_are_the_kinetics_of_the_library_within_rounding() {
    is_the_librarys::<f64>(1e-13);
    is_the_librarys::<f32>(2e-6);
}

#[test]
fn three_states_of_the_resources_follow_the_equations() {
    let run = run::<f64>(
        &Receptor::graded("s"),
        &[("p", example("tsodyks_2000").init("z", 0.25.into()).unwrap().into(), 0.4)],
        &["p.u", "p.y", "p.z", "p.transmitted", "p_to.s"],
    );
    let [mut us, mut ys, mut zs] = [(); 3].map(|()| ArrayD::<f64>::zeros(vec![STEPS as usize, UNITS]));
    let left = |tau: f64| (-0.1_f64 / tau).exp();
    for unit in 0..UNITS {
        let (mut u, mut y, mut z) = (0.0, 0.0, 0.25);
        for step in 0..STEPS {
            // z relaxes to the y of the step before, times τ_rec/τ_I.
            let to: f64 = y / 3.0 * 100.0;
            (u, y, z) = (u * left(1000.0), y * left(3.0), to + (z - to) * left(100.0));
            if step >= 4 && spikes_in(step - 4, unit) {
                u += 0.04 * (1.0 - u);
                y += u * (1.0 - y - z);
            }
            let at = [step as usize, unit];
            (us[at], ys[at], zs[at]) = (u, y, z);
        }
    }
    for (name, expected, tolerance) in [
        ("p.u", &us, 1e-13),
        ("p.y", &ys, 1e-13),
        ("p.z", &zs, 1e-13),
        ("p.transmitted", &ys, 1e-13),
        ("p_to.s", &ys, 1e-9),
    ] {
        close(name, &wide(&run, name), expected, tolerance);
    }
}

/// The slope is that at the potential after the neuron's step of the same step.
#[test]
fn graded_transmission_follows_the_potential_of_the_source() {
    let network = Network::<f64>::builder(0.1)
        .group(Group::new("a", TraubMiles::<f64>::new(5)).current(vec![0.0, 200.0, 400.0, 600.0, 800.0]))
        .group(Group::new("b", ScriptedCells { units: 5, spikes: Vec::new() }).receptor(Receptor::graded("s")))
        .project(
            Projection::new("p", "a", ("b", "s")).connect(Connect::OneToOne).weight(-3.0).kinetics(example("graded")),
        );
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars(["a.V", "p.s", "b.s"]).build();
    let run = built.unwrap().run_steps(600).unwrap();
    let mut expected = ArrayD::<f64>::zeros(vec![600, 5]);
    for unit in 0..5 {
        let mut s = 0.0;
        for step in 0..600 {
            let f = 1.0 / (1.0 + (-run["a.V"][[step, unit]] / 2.0).exp());
            let rate = 12.0 * f + 0.1;
            let limit = 12.0 * f / rate;
            s = limit + (s - limit) * (-rate * 0.1_f64).exp();
            expected[[step, unit]] = s;
        }
    }
    assert!(expected.iter().any(|s| *s > 0.9));
    close("s", &wide(&run, "p.s"), &expected, 1e-11);
    close("sum", &wide(&run, "b.s"), &expected.mapv(|s| -3.0 * s), 1e-8);
}

/// `transmit` has the values at its place among the assignments. `each step` comes before them.
#[test]
fn assignments_and_the_amount_follow_one_another() {
    let text = "
        x' = 1/64
        state x = 0.5
        each step: y = x; x *= 3/4
        on spike: x = y + x; transmit x/16; x -= 1.5; y = x
        state y = 0
    ";
    let kinetics = Equations::new(text).unwrap().method(Method::Euler);
    let run = run::<f64>(&forgetful(), &[("p", kinetics.into(), 0.0)], &["p.x", "p.y", "p.transmitted", "p_to.s"]);
    for unit in 0..UNITS {
        let mut x = 0.5;
        for step in 0..STEPS {
            x += 0.1 / 64.0;
            let mut y = x;
            x *= 0.75;
            let mut amount = 0.0;
            if spikes_in(step, unit) {
                x += y;
                amount = x / 16.0;
                x -= 1.5;
                y = x;
            }
            let at = [step as usize, unit];
            for (name, expected, tolerance) in
                [("p.x", x, 1e-11), ("p.y", y, 1e-11), ("p.transmitted", amount, 1e-12), ("p_to.s", amount, 1e-9)]
            {
                let found = run[name][at];
                assert!((found - expected).abs() <= tolerance, "{name} in step {step}: {found} and {expected}");
            }
        }
    }
}

fn graded_network<T: Real>(n: usize) -> Network<T> {
    let cells = Group::new("P", TraubMiles::<T>::new(n))
        .receptor(Receptor::graded("gaba").coba(-80.0))
        .receptor(Receptor::exponential("ampa", 2.0))
        .poisson("ampa", 500.0, 300.0);
    let stp = Equations::new(
        "u' = -u/20\nx' = (1 - x)/300\nstate x = rand()\non spike: u += 0.5*(1 - u); transmit u*x; x -= u*x",
    );
    Network::builder(0.1)
        .group(cells)
        .project(
            Projection::new("G", "P", ("P", "gaba"))
                .connect(Connect::FixedProb(0.3))
                .weight(8.0)
                .kinetics(example("graded")),
        )
        .project(
            Projection::new("S", "P", ("P", "ampa"))
                .connect(Connect::FixedProb(0.3))
                .weight(Init::uniform(0.0, 90.0))
                .delay(1.7)
                .kinetics(stp.unwrap())
                .init("u", Init::uniform(0.0, 0.5)),
        )
        .build()
        .unwrap()
}

#[test]
fn a_split_run_is_a_whole_run() {
    fn check<T: Real>(n: usize) {
        let build = |seed| {
            let vars = ["G.s", "S.u", "S.x", "S.transmitted", "P.V"];
            LoopOverTime::builder(graded_network::<T>(n)).dt(0.1).batch(2).seed(seed).out_vars(vars).build().unwrap()
        };
        let (mut whole, mut first, mut then) = (build(4), build(4), build(5));
        let all = whole.run_steps(300).unwrap();
        first.run_steps(123).unwrap();
        assert!(then.load_state_dict(&first.state_dict().unwrap(), true).unwrap().is_empty());
        let rest = first.run_steps(177).unwrap();
        for name in ["G.s", "S.u", "S.x", "S.transmitted", "P.V"] {
            assert_eq!(rest[name], all[name].slice_axis(Axis(0), (123..).into()), "{name}");
        }
        let x = &all["S.x"];
        assert!(x[[0, 0, 0]] != x[[0, 0, 1]] && x[[0, 0, 0]] != x[[0, 1, 0]], "initial values are random");
        let amounts = &all["S.transmitted"];
        assert!(amounts.iter().filter(|a| **a > T::of(0.0)).count() > 20, "no spikes");
        assert_eq!(first.state_dict().unwrap(), whole.state_dict().unwrap());
    }
    check::<f64>(33);
    check::<f32>(61);
}

fn build(group: Group<f64>, projection: Projection) -> overtime::Result<Network<f64>> {
    Network::builder(0.1).group(group).project(projection).build()
}

fn lif() -> Group<f64> {
    Group::new("a", Lif::<f64>::new(3).param("V_th", 1e9).unwrap()).receptor(Receptor::exponential("s", 5.0))
}

#[test]
fn an_amount_out_of_range_ends_the_run() {
    let scripted =
        |receptor| Group::new("a", ScriptedCells { units: 3, spikes: vec![(2, 1), (7, 2)] }).receptor(receptor);
    let p = |text: &str| Projection::new("p", "a", ("a", "s")).kinetics(Equations::new(text).unwrap());
    let cases = [
        // A spike transmits 0.75, and the next one of the same source too much.
        (p("on spike: transmit 1.25"), 2, 1),
        (p("x' = 1\non spike: transmit x*2"), 7, 2),
        (p("x' = 1\non spike: transmit -2*x"), 7, 2),
        (p("x' = 1\non spike: transmit log(0.5 - x)/4"), 7, 2),
    ];
    for (projection, at, unit) in cases {
        let network = || {
            let group = scripted(Receptor::exponential("s", 5.0));
            LoopOverTime::builder(build(group, projection.clone()).unwrap()).dt(0.1).out_vars(["p.transmitted", "a.s"])
        };
        let error = network().build().unwrap().run_steps(50).map(|_| ()).unwrap_err();
        let right = matches!(&error, Error::OutOfRange { variable, step, index, reason }
            if variable == "p.transmitted" && *step == at && *index == unit && reason.contains("amounts from -1 to 1"));
        assert!(right, "{error}");
        let run = network().allow_non_finite().build().unwrap().run_steps(50).unwrap();
        assert!(run["p.transmitted"][[49, unit]].is_nan() && run["p.transmitted"][[49, 0]] == 0.0);
        assert!(run["a.s"].iter().all(|s| s.is_finite()));
    }
    // A variable that is not finite has the error of its own name.
    let group = scripted(Receptor::graded("s"));
    let network = build(group, p("x' = 50*x\nstate x = 1\ntransmit sigmoid(x)")).unwrap();
    let error = LoopOverTime::builder(network).dt(1.0).build().map(|_| ()).unwrap_err();
    assert!(error.to_string().contains("dt"), "{error}");
    let network = build(scripted(Receptor::graded("s")), p("x' = 5000*x\nstate x = 1\ntransmit 1/(1 + x)")).unwrap();
    let error = LoopOverTime::builder(network).dt(0.1).build().unwrap().run_steps(20).map(|_| ()).unwrap_err();
    assert!(matches!(&error, Error::NotFinite { variable, .. } if variable == "p.x"), "{error}");
}

#[track_caller]
fn refused(group: Group<f64>, projection: Projection, says: &str) {
    let error = build(group, projection).map(|_| ()).expect_err("the network was accepted").to_string();
    assert!(error.contains(says), "`{error}` does not contain `{says}`");
}

#[test]
fn texts_that_cannot_be_kinetics_are_refused() {
    let text = |text: &str| Equations::new(text).unwrap();
    let p = |kinetics: Equations| Projection::new("p", "a", ("a", "s")).kinetics(kinetics);
    let graded = || Group::new("a", Lif::<f64>::new(3)).receptor(Receptor::graded("s"));
    refused(lif(), p(text("x' = -x")), "projection `p` are a text without `on spike` and `transmit`");
    refused(lif(), p(example("graded")), "is not a graded receptor");
    refused(graded(), p(example("stp")), "adds spikes to `a.s`, which keeps no value");
    refused(
        graded(),
        p(example("graded")).delay(0.1),
        "read the present potential of the source, and so have no delay",
    );
    let each = example("stp").param("U", vec![0.1, 0.2, 0.3]).unwrap();
    refused(lif(), p(each), "`U` of projection `p` has one value for each source, but kinetics have one for all");
    refused(lif(), p(example("stp").param("U", f64::NAN).unwrap()), "U");
    refused(lif(), p(example("stp").param("tau_f", 0.0).unwrap()), "the parameters are impossible");
    refused(lif(), p(example("stp").method(Method::Exact)), "method `exact`");
    refused(lif(), p(example("stp")).init("y", 0.5), "no variable named `p.y`; there is: p.u, p.x");
    refused(lif(), p(example("stp")).init("transmitted", 0.5), "no variable named `p.transmitted`");
    refused(lif(), p(example("stp")).init("u", vec![0.5]), "initial u of projection `p`: axis");
    for matrix in [Init::Orthogonal(1.0), Init::XavierNormal] {
        refused(lif(), p(example("stp")).init("u", matrix.clone()), "is defined for matrices only");
        refused(lif(), p(example("stp").init("u", matrix).unwrap()), "is defined for matrices only");
    }
    refused(lif(), p(example("stp")).delay(Init::uniform(0.0, 1.0)), "must have one delay");
    refused(lif(), p(example("stp")).procedural(), "it is procedural");
    refused(lif(), p(example("stp")).stdp(Stdp::new(1.0)), "plastic weights");
    let scripted = Group::new("a", ScriptedCells { units: 3, spikes: Vec::new() }).receptor(Receptor::graded("s"));
    refused(scripted, p(example("graded")), "the kinetics of projection `p` read the potential `V` of `a`");
    let neuron = Group::new("a", example("stp")).receptor(Receptor::exponential("s", 5.0));
    refused(neuron, Projection::new("p", "a", ("a", "s")), "describes synapses; `Projection::kinetics` takes it");
    let alone = LoopOverTime::<f64, _>::builder(example("stp")).build().map(|_| ()).unwrap_err();
    assert!(alone.to_string().contains("describes synapses"), "{alone}");
    assert!(example("stp").describes_synapses() && !text("x' = -x").describes_synapses());
    assert!(example("stp").adjoint_text::<f64>(0.1, &overtime::AdjointOptions::default()).is_err());
    assert_eq!(Kinetics::from(example("stp")), Kinetics::from(example("stp")));
    assert_ne!(Kinetics::from(example("stp")), Kinetics::from(example("stp").param("U", 0.25).unwrap()));
}
