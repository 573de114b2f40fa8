//! Receptors with a rise, the magnesium block, and the kinetics of presynaptic release, compared
//! with runs of brainpy (tests/golden/README.md) and with plain loops.

use crate::common::{close, golden};
use crate::networks::cell::ScriptedCells;
use ndarray::ArrayD;
use overtime::network::{Ampa, BioNmda, Connect, Group, Kinetics, Magnesium, Network, Nmda, Projection, Receptor, Stp};
use overtime::{Init, Inputs, LoopOverTime, Real, Recording, Schema, Shared, State, System, Tick};

fn scripted(spikes: &ArrayD<f64>) -> ScriptedCells {
    let all = spikes.indexed_iter().filter(|(_, s)| **s != 0.0).map(|(at, _)| (at[0] as u64, at[1]));
    ScriptedCells { units: spikes.shape()[1], spikes: all.collect() }
}

/// A receptor that decays to e⁻¹⁰⁰ within a step, so its value is the amount that the last step
/// transmitted.
fn forgetful() -> Receptor {
    Receptor::exponential("s", 1e-3)
}

/// Runs the spike trains of the reference over one-to-one synapses of weight 1.
fn run<T: Real>(
    spikes: &ArrayD<f64>,
    receptor: Receptor,
    kinetics: Option<(Kinetics, &[(&str, f64)])>,
    vars: &[&str],
    delay: f64,
) -> Recording<T> {
    let mut synapses = Projection::new("p", "a", ("b", "s")).connect(Connect::OneToOne).delay(delay);
    if let Some((kinetics, at_first)) = kinetics {
        synapses =
            at_first.iter().fold(synapses.kinetics(kinetics), |synapses, (name, value)| synapses.init(*name, *value));
    }
    let b = ScriptedCells { units: spikes.shape()[1], spikes: Vec::new() };
    let network = Network::<T>::builder(0.1)
        .group(Group::new("a", scripted(spikes)))
        .group(Group::new("b", b).receptor(receptor));
    let built =
        LoopOverTime::builder(network.project(synapses).build().unwrap()).dt(0.1).out_vars(vars.to_vec()).build();
    built.unwrap().run_steps(spikes.shape()[0] as u64).unwrap()
}

fn wide<T: Real>(run: &Recording<T>, name: &str) -> ArrayD<f64> {
    run[name].mapv(|x| x.to_f64()).into_dyn()
}

fn is_brainpys<T: Real>(exact: f64, integers: f64) {
    let reference = golden("synapses");
    let spikes = reference.array("spikes");
    assert!(spikes.sum() > 30.0);
    for (name, receptor, tolerance) in [
        ("dual", Receptor::dual_exponential("s", 1.5, 12.0), exact),
        ("alpha", Receptor::alpha("s", 4.0), exact.max(5e-8)),
    ] {
        let run = run::<T>(spikes, receptor, None, &["b.s", "b.s.rise"], 0.0);
        close(name, &wide(&run, "b.s"), reference.array(&format!("{name}.out")), tolerance);
        if let Some(h) = reference.get(&format!("{name}.h")) {
            close(name, &wide(&run, "b.s.rise"), h, tolerance);
        }
    }
    let depressing = Stp { release: 0.5, tau_f: 20.0, tau_d: 700.0 };
    let cases: [(&str, Kinetics, &[&str]); 6] = [
        ("ampa", Ampa::default().into(), &["g"]),
        ("gaba_a", Ampa::gaba_a().into(), &["g"]),
        ("nmda", Nmda::default().into(), &["g", "x"]),
        ("bio_nmda", BioNmda::default().into(), &["g", "x"]),
        // These start from the initial values of brainpy.
        ("stp", Stp::default().into(), &["u", "x"]),
        ("depressing", depressing.into(), &["u", "x"]),
    ];
    for (name, kinetics, vars) in cases {
        let names: Vec<String> = vars.iter().map(|var| format!("p.{var}")).chain(["b.s".to_owned()]).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let at_first: &[(&str, f64)] = match kinetics {
            Kinetics::Stp(stp) => &[("u", stp.release)],
            _ => &[],
        };
        let receptor = if at_first.is_empty() { Receptor::graded("s") } else { forgetful() };
        let run = run::<T>(spikes, receptor, Some((kinetics, at_first)), &names, 0.0);
        for (var, full) in vars.iter().zip(&names) {
            let worst = close(name, &wide(&run, full), reference.array(&format!("{name}.{var}")), exact);
            println!("{name}.{var}: within {worst:e}");
        }
        // The transmitted amount is g, up to rounding to integers.
        if vars[0] == "g" {
            close(name, &wide(&run, "b.s"), reference.array(&format!("{name}.g")), integers);
        }
    }
}

#[test]
fn in_f64_all_variables_are_brainpys() {
    is_brainpys::<f64>(1e-12, 6e-10);
}

#[test]
fn in_f32_all_variables_are_brainpys_within_its_precision() {
    is_brainpys::<f32>(2e-5, 2e-5);
}

/// The u·x of Tsodyks and Markram, with one weight and with several, and with and without a delay.
#[test]
fn a_spike_transmits_the_amount_of_the_paper() {
    let reference = golden("synapses");
    let spikes = reference.array("spikes");
    let stp = Stp { release: 0.4, tau_f: 50.0, tau_d: 120.0 };
    let left = |tau: f64| if tau > 0.0 { (-0.1 / tau).exp() } else { 0.0 };
    let of = |late: usize, tau_f: f64, tau_d: f64, at_first: (f64, f64)| {
        let mut expected = ArrayD::<f64>::zeros(spikes.raw_dim());
        for unit in 0..3 {
            let (mut u, mut x) = at_first;
            for k in 0..spikes.shape()[0] {
                u *= left(tau_f);
                x = 1.0 + (x - 1.0) * left(tau_d);
                if k >= late && spikes[[k - late, unit]] != 0.0 {
                    u += 0.4 * (1.0 - u);
                    expected[[k, unit]] = u * x;
                    x -= u * x;
                }
            }
        }
        expected
    };
    let plain = |late| of(late, 50.0, 120.0, (0.0, 1.0));
    for (late, delay) in [(0, 0.0), (1, 0.1), (47, 4.7)] {
        let run = run::<f64>(spikes, forgetful(), Some((stp.into(), &[])), &["b.s"], delay);
        let expected = plain(late);
        assert!(expected.iter().filter(|x| **x > 0.0).count() > 25);
        close("amounts", &wide(&run, "b.s"), &expected, 6e-10);
    }
    // Cases without facilitation, without depression, with neither, and with other initial values.
    for (tau_f, tau_d, at_first) in
        [(0.0, 120.0, (0.0, 1.0)), (50.0, 0.0, (0.0, 1.0)), (0.0, 0.0, (0.0, 1.0)), (50.0, 120.0, (0.9, 0.25))]
    {
        let (u, x) = at_first;
        let stp = Stp { tau_f, tau_d, ..stp };
        let run = run::<f64>(spikes, forgetful(), Some((stp.into(), &[("u", u), ("x", x)])), &["b.s"], 0.0);
        close("amounts", &wide(&run, "b.s"), &of(0, tau_f, tau_d, at_first), 6e-10);
    }
    let alone = of(0, 0.0, 0.0, (0.0, 1.0));
    assert!(alone.iter().all(|a| *a == 0.0 || *a == 0.4) && alone.sum() > 10.0);
    // Three sources connect to two targets, of which the first is unit 1.
    let weights = [0.5, -2.0, 0.0, 1.25, 3.0, 0.75];
    let b = ScriptedCells { units: 3, spikes: Vec::new() };
    let network = Network::<f64>::builder(0.1)
        .group(Group::new("a", scripted(spikes)))
        .group(Group::new("b", b).receptor(forgetful()))
        .project(Projection::new("p", "a", ("b", 1..3, "s")).weight(weights.to_vec()).kinetics(stp).delay(0.3))
        .project(
            Projection::new("q", ("a", 1..3), ("b", 0..1, "s"))
                .weight(2.0)
                .kinetics(stp)
                .init("x", vec![0.5, 1.0, 1.0]),
        )
        .build()
        .unwrap();
    let built = LoopOverTime::builder(network).dt(0.1).out_vars(["b.s", "q.x"]).build();
    let run = built.unwrap().run_steps(spikes.shape()[0] as u64).unwrap();
    let (late, now) = (plain(3), plain(0));
    let expected = ArrayD::from_shape_fn(spikes.raw_dim(), |at| match at[1] {
        0 => 2.0 * (now[[at[0], 1]] + now[[at[0], 2]]),
        j => (0..3).map(|i| weights[2 * i + j - 1] * late[[at[0], i]]).sum(),
    });
    close("sums", &wide(&run, "b.s"), &expected, 1e-8);
    assert!(
        wide(&run, "q.x").rows().into_iter().all(|x| x[0] == 0.5),
        "a neuron outside the projection's sources must keep its initial value"
    );
}

/// Rest is a fixed point: the first spike transmits U, at any time.
#[test]
fn a_first_spike_transmits_the_release_fraction() {
    for (first, steps) in [(0, 1), (9, 10), (49_999, 50_000)] {
        let a = ScriptedCells { units: 1, spikes: vec![(first, 0)] };
        let b = ScriptedCells { units: 1, spikes: Vec::new() };
        let network = Network::<f64>::builder(0.1)
            .group(Group::new("a", a))
            .group(Group::new("b", b).receptor(forgetful()))
            .project(Projection::new("p", "a", ("b", "s")).kinetics(Stp::default()));
        let run = LoopOverTime::builder(network.build().unwrap())
            .dt(0.1)
            .out_vars("b.s")
            .build()
            .unwrap()
            .run_steps(steps)
            .unwrap();
        let last = wide(&run, "b.s").iter().copied().last().unwrap();
        assert!((last - 0.15).abs() <= 6e-10, "in step {first}: {last}");
    }
}

/// Every variable can have another initial value. It follows the equations of its kinetics without
/// a spike.
#[test]
fn kinetics_start_from_given_initial_values() {
    let begin = |kinetics: Kinetics, given: &[(&str, Init)], vars: &[&str]| {
        let group = |name: &str| Group::new(name, ScriptedCells { units: 2, spikes: Vec::new() });
        let p = given.iter().fold(Projection::new("p", "a", ("b", "s")).kinetics(kinetics), |p, (name, init)| {
            p.init(*name, init.clone())
        });
        let network =
            Network::<f64>::builder(0.1).group(group("a")).group(group("b").receptor(Receptor::graded("s"))).project(p);
        let mut over_time =
            LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(2).out_vars(vars.to_vec()).build().unwrap();
        over_time.run_steps(3).unwrap()
    };
    let each = |a: f64, b: f64| Init::Values(vec![a, b]);
    let ampa = Ampa::default();
    let run = begin(ampa.into(), &[("g", each(0.5, 0.25)), ("left", each(0.0, 2.0))], &["p.g", "b.s"]);
    for row in 0..2 {
        let off = |g: f64| g * (-0.1 * ampa.beta).exp();
        let on = |g: f64| {
            let (opens, limit) = (ampa.alpha * ampa.t, ampa.alpha * ampa.t / (ampa.alpha * ampa.t + ampa.beta));
            limit + (g - limit) * (-0.1 * (opens + ampa.beta)).exp()
        };
        let expected = [off(off(off(0.5))), off(on(on(0.25)))];
        for unit in 0..2 {
            assert!((run["p.g"][[2, row, unit]] - expected[unit]).abs() <= 1e-12);
            assert!((run["b.s"][[2, row, unit]] - expected.iter().sum::<f64>()).abs() <= 2e-9);
        }
    }
    let run = begin(Nmda::default().into(), &[("x", Init::Constant(3.0))], &["p.x", "p.g"]);
    assert!((run["p.x"][[2, 0, 0]] - 3.0 * (-0.15_f64).exp()).abs() <= 1e-12 && run["p.g"][[0, 1, 1]] > 0.1);
    let run = begin(BioNmda::default().into(), &[("x", Init::uniform(0.25, 0.75))], &["p.x"]);
    let first: Vec<f64> = run["p.x"].index_axis(ndarray::Axis(0), 0).iter().map(|x| x / (-0.05_f64).exp()).collect();
    assert!(
        first.iter().all(|x| (0.25..0.75).contains(x)) && first[0] != first[1] && first[0] != first[2],
        "{first:?}"
    );
    let plain =
        |given: &str, init: Init| Projection::new("p", "a", ("a", "s")).kinetics(Ampa::default()).init(given, init);
    refused(Receptor::graded("s"), plain("x", 0.5.into()), "no variable named `p.x`; there is: p.g, p.left");
    refused(Receptor::graded("s"), plain("g", 1.5.into()), "initial g of projection `p`: 1.5 is not between 0 and 1");
    refused(Receptor::graded("s"), plain("g", Init::normal(0.5, 0.1)), "is not between 0 and 1");
    refused(Receptor::graded("s"), plain("left", (-1.0).into()), "is not between 0 and 16777216");
    refused(Receptor::graded("s"), plain("g", vec![0.5].into()), "initial g of projection `p`");
    refused(Receptor::graded("s"), plain("g", f64::NAN.into()), "initial g of projection `p`");
    refused(Receptor::graded("s"), plain("g", Init::XavierNormal), "is defined for matrices only");
    refused(
        Receptor::exponential("s", 1.0),
        Projection::new("p", "a", ("a", "s")).init("u", 0.5),
        "`p` has no kinetics",
    );
}

/// A model with a fixed V, which stores its inputs.
struct Clamped(Vec<f64>);

impl<R: Real> System<R> for Clamped {
    fn schema(&self) -> Schema {
        Schema::pointwise(self.0.len()).drive("x").drive("g").vars(["current", "conductance", "V"])
    }

    fn init(&self, _: &Shared, state: &mut State<'_, R>) {
        let [current, conductance, v] = state.vars();
        current.fill(R::of(0.0));
        conductance.fill(R::of(0.0));
        v.iter_mut().zip(&self.0).for_each(|(v, given)| *v = R::of(*given));
    }

    fn step(&self, _: Tick<'_>, x: &Inputs<'_, R>, state: &mut State<'_, R>, y: &mut [R]) {
        let [current, conductance, _] = state.vars();
        current.copy_from_slice(x.port(0));
        conductance.copy_from_slice(x.port(1));
        y.fill(R::of(0.0));
    }
}

#[test]
fn magnesium_blocks_as_brainpys_does() {
    let reference = golden("synapses");
    let [v, g, current] = ["mg.V", "mg.g", "mg.I"].map(|name| reference.array(name));
    let receptor = Receptor::exponential("s", 1e9)
        .init(g.iter().copied().collect::<Vec<f64>>())
        .coba(5.0)
        .magnesium(Magnesium::default());
    let group = Group::new("b", Clamped(v.iter().copied().collect())).receptor(receptor);
    let network = Network::<f64>::builder(0.1).group(group).build().unwrap();
    let built = LoopOverTime::builder(network).dt(0.1).out_vars(["b.current", "b.conductance"]).build();
    let run = built.unwrap().run_steps(1).unwrap();
    let found = ArrayD::from_shape_fn(v.raw_dim(), |at| {
        run["b.current"][[0, at[0]]] - run["b.conductance"][[0, at[0]]] * v[&at]
    });
    close("I", &found, current, 1e-11);
    assert!(current.iter().any(|i| i.abs() > 10.0));
}

#[track_caller]
fn refused(receptor: Receptor, projection: Projection, says: &str) {
    let group = Group::new("a", ScriptedCells { units: 4, spikes: Vec::new() }).receptor(receptor);
    let error = Network::<f32>::builder(0.1)
        .group(group)
        .project(projection)
        .build()
        .map(|_| ())
        .expect_err("the network was accepted");
    assert!(error.to_string().contains(says), "`{error}` does not contain `{says}`");
}

#[test]
fn invalid_kinetics_are_refused() {
    let plain = || Projection::new("p", "a", ("a", "s"));
    let graded = || Receptor::graded("s");
    for bad in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        refused(Receptor::alpha("s", bad), plain(), "time constant of `a.s`");
        refused(Receptor::dual_exponential("s", bad, 5.0), plain(), "time constant of `a.s`");
        refused(Receptor::dual_exponential("s", 5.0, bad), plain(), "time constant of `a.s`");
        if bad != 0.0 {
            refused(graded(), plain().kinetics(Stp { tau_f: bad, ..Stp::default() }), "tau_f of projection `p`");
            refused(graded(), plain().kinetics(Stp { tau_d: bad, ..Stp::default() }), "tau_d of projection `p`");
        }
        refused(graded(), plain().kinetics(Stp { release: bad, ..Stp::default() }), "release of projection `p`");
        refused(graded(), plain().kinetics(Nmda { tau_rise: bad, ..Nmda::default() }), "tau_rise of projection `p`");
        refused(graded(), plain().kinetics(BioNmda { beta1: bad, ..BioNmda::default() }), "beta1 of projection `p`");
    }
    refused(graded(), plain().kinetics(Stp { release: 1.5, ..Stp::default() }), "more than 1");
    refused(graded(), plain().kinetics(Ampa { t_dur: -1.0, ..Ampa::default() }), "t_dur");
    refused(Receptor::exponential("s", 5.0), plain().kinetics(Nmda::default()), "is not a graded receptor");
    // A graded receptor stores nothing, so the effect of a spike would depend on dt.
    for spikes in [
        plain(),
        plain().procedural(),
        plain().stdp(overtime::network::Stdp::new(1.0)),
        plain().kinetics(Stp::default()),
    ] {
        refused(graded(), spikes, "projection `p` adds spikes to `a.s`, which keeps no value for the next step");
    }
    let rained = Group::new("a", Clamped(vec![0.0])).receptor(graded()).poisson("s", 10.0, 1.0);
    let error = Network::<f32>::builder(0.1).group(rained).build().map(|_| ()).unwrap_err().to_string();
    assert!(
        error.contains("Poisson drive of `a` adds spikes to `a.s`") && error.contains("such as an exponential one"),
        "{error}"
    );
    refused(graded(), plain().kinetics(Stp::default()).delay(overtime::Init::uniform(0.0, 1.0)), "must have one");
    refused(graded(), Projection::new("a", "a", ("a", "s")).kinetics(Stp::default()), "twice");
    refused(Receptor::exponential("s", 5.0).magnesium(Magnesium::default()), plain(), "magnesium blocks conductances");
    let blocked = |block| {
        let group = Group::new("a", Clamped(vec![0.0])).receptor(Receptor::alpha("s", 5.0).coba(0.0).magnesium(block));
        Network::<f32>::builder(0.1).group(group).build().map(|_| ())
    };
    assert!(blocked(Magnesium::default()).is_ok());
    for bad in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(blocked(Magnesium { mg: bad, ..Magnesium::default() }).unwrap_err().to_string().contains("mg"));
    }
    assert!(blocked(Magnesium { beta: 0.0, ..Magnesium::default() }).unwrap_err().to_string().contains("beta"));
}
