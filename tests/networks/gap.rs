//! Gap junctions, compared with a run of brainpy (tests/golden/README.md), and their general
//! properties.

use crate::common::{Golden, close, golden, same_spikes};
use ndarray::ArrayD;
use overtime::models::{Hh, Lif, Method};
use overtime::network::{Ampa, Connect, Group, Kinetics, Network, Projection, Receptor};
use overtime::{Builder, Error, Init, LoopOverTime, Real, Recording};

fn list(reference: &Golden, name: &str) -> Vec<f64> {
    reference.array(name).iter().copied().collect()
}

fn of_brainpy<T: Real>(joined: bool) -> (Recording<T>, Golden) {
    let reference = golden("gap");
    let cells = Hh::<T>::new(6).method(Method::Euler).v(list(&reference, "v0").into());
    let cells = cells.gates(Init::Constant(0.05), Init::Constant(0.6), Init::Constant(0.32)).conductance();
    let current: Vec<T> = list(&reference, "current").into_iter().map(T::from_f64).collect();
    let ends = |name: &str| list(&reference, name).into_iter().map(|k| k as u32).collect::<Vec<_>>();
    let join = |name: &str, pre: &str, post: &str| {
        let weight = list(&reference, "weight").into_iter().map(|w| if joined { w } else { 0.0 }).collect::<Vec<f64>>();
        Projection::new(name, "c", ("c", "gap"))
            .connect(Connect::Arrays { pre: ends(pre), post: ends(post) })
            .weight(weight)
    };
    let network = Network::builder(0.02)
        .group(Group::new("c", cells).receptor(Receptor::gap("gap")).current(current))
        .project(join("there", "pre", "post"))
        .project(join("back", "post", "pre"));
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.02).out_vars(["c.V", "c.spike"]).build();
    (built.unwrap().run_steps(1500).unwrap(), reference)
}

fn wide<T: Real>(run: &Recording<T>, name: &str) -> ArrayD<f64> {
    run[name].mapv(|x| x.to_f64()).into_dyn()
}

#[test]
fn in_f64_the_run_is_brainpys() {
    let (run, reference) = of_brainpy::<f64>(true);
    let worst = close("V", &wide(&run, "c.V"), reference.array("V"), 2e-5);
    println!("V within {worst:e} mV");
    close("spikes", &wide(&run, "c.spike"), reference.array("spike"), 0.0);
    // Most cells spike only because of their gap junctions.
    assert!(reference.array("spike").rows().into_iter().map(|s| s.sum()).sum::<f64>() >= 12.0);
    let (alone, _) = of_brainpy::<f64>(false);
    assert_eq!((0..6).filter(|k| alone["c.spike"].index_axis(ndarray::Axis(1), *k).sum() > 0.0).count(), 2);
}

#[test]
fn in_f32_the_spikes_are_brainpys() {
    let (run, reference) = of_brainpy::<f32>(true);
    same_spikes("spikes", &wide(&run, "c.spike"), reference.array("spike"), 1);
}

/// LIF neurons that never spike, compared with a plain loop. Coupled neurons act on each other in
/// the first step, too, and in the first step after a reset.
fn relaxes<T: Real>(tolerance: f64) {
    let v0 = vec![-30.0, 4.0, 11.5, -3.25];
    let weights = [0.5, 0.25, 0.125];
    let cells = Lif::<T>::new(4)
        .v(v0.clone().into())
        .param("V_th", overtime::models::Param::All(T::of(1e9)))
        .unwrap()
        .method(Method::Euler)
        .conductance();
    let network = Network::<T>::builder(0.1)
        .group(Group::new("c", cells).receptor(Receptor::gap("gap")))
        .project(Projection::new("one", ("c", 0..2), ("c", 1..3, "gap")).connect(Connect::OneToOne).weight(weights[0]))
        .project(Projection::new("own", ("c", 2..4), ("c", 0..1, "gap")).weight(weights[1..].to_vec()));
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars(["c.V", "c.gap", "c.gap.g"]).build();
    let mut over_time = built.unwrap();
    let tau = 10.0;
    for _ in 0..2 {
        let run = over_time.run_steps(200).unwrap();
        let mut v = v0.clone();
        let pairs = [(0, 1, weights[0]), (1, 2, weights[0]), (2, 0, weights[1]), (3, 0, weights[2])];
        let mut expected = ArrayD::<f64>::zeros(vec![200, 4]);
        for step in 0..200 {
            let mut i = [0.0; 4];
            pairs.iter().for_each(|(pre, post, w)| i[*post] += w * (v[*pre] - v[*post]));
            for k in 0..4 {
                v[k] += 0.1 * (i[k] - v[k]) / tau;
                expected[[step, k]] = v[k];
            }
        }
        close("V", &wide(&run, "c.V"), &expected, tolerance);
        let sums = ArrayD::from_shape_fn(vec![200, 4], |at| [0.375, 0.5, 0.5, 0.0][at[1]]);
        close("weights", &wide(&run, "c.gap.g"), &sums, 1e-9);
        let incoming = ArrayD::from_shape_fn(vec![200, 4], |at| {
            pairs.iter().filter(|p| p.1 == at[1]).map(|p| p.2 * expected[[at[0], p.0]]).sum()
        });
        close("potentials", &wide(&run, "c.gap"), &incoming, tolerance);
        over_time.reset_state(None).unwrap();
    }
}

#[test]
fn potentials_relax_towards_each_other() {
    relaxes::<f64>(2e-6);
    relaxes::<f32>(1e-4);
}

/// Potentials that currents drive to 1000 mV. A gap junction transmits the potential of the first
/// neuron of each row, and not that of the second.
fn carried<T: Real>(rows: Option<usize>, sign: f64) -> Builder<T, Network<T>> {
    let cells = Lif::<T>::new(3)
        .param("V_th", overtime::models::Param::All(T::of(1e9)))
        .unwrap()
        .method(Method::Euler)
        .conductance();
    let current = [1000.0, 2000.0, 0.0].map(|i| T::of(sign * i)).to_vec();
    let network = Network::builder(0.1)
        .group(Group::new("c", cells).receptor(Receptor::gap("gap")).current(current))
        .project(Projection::new("j", ("c", 0..1), ("c", 2..3, "gap")).weight(1e-3));
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(rows).out_vars("c.V")
}

fn goes_astray<T: Real>() {
    // V after n steps is 1000·(1 − 0.99ⁿ), which is above 512 from n = 72 on.
    for sign in [1.0, -1.0] {
        let mut over_time = carried::<T>(Some(2), sign).build().unwrap();
        let run = over_time.run_steps(71).unwrap();
        let v = run["c.V"][[70, 1, 0]].to_f64();
        assert!(
            (v - sign * 1000.0 * (1.0 - 0.99_f64.powi(71))).abs() <= 1e-3
                && run["c.V"][[70, 0, 1]].to_f64().abs() > 1000.0
        );
        match over_time.run_steps(100).unwrap_err() {
            Error::OutOfRange { variable, step: 71, index: 0, reason } => {
                assert!(
                    variable == "c.V"
                        && reason.contains("`j`")
                        && reason.contains("-512 to 512; a shorter dt may keep V there"),
                    "{variable}: {reason}"
                );
            }
            other => panic!("{other}"),
        }
        let run = carried::<T>(None, sign).allow_non_finite().build().unwrap().run_steps(100).unwrap();
        let v = |step: usize, unit: usize| run["c.V"][[step, unit]].to_f64();
        assert!(
            v(70, 0).is_finite()
                && v(71, 0).is_nan()
                && v(99, 0).is_nan()
                && v(99, 1).is_finite()
                && v(99, 2).is_finite()
        );
    }
}

#[test]
fn a_potential_out_of_range_ends_the_run() {
    goes_astray::<f64>();
    goes_astray::<f32>();
    // The initial potential is checked too, and every potential within the range is transmitted.
    let from = |v: f64| {
        let cells = Lif::<f64>::new(2)
            .v(vec![v, 0.0].into())
            .param("V_th", 1e9)
            .unwrap()
            .param("tau", 1e12)
            .unwrap()
            .conductance();
        let network = Network::builder(0.1)
            .group(Group::new("c", cells).receptor(Receptor::gap("gap")))
            .project(Projection::new("j", ("c", 0..1), ("c", 1..2, "gap")).weight(0.5));
        let mut over_time = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars("c.gap").build().unwrap();
        over_time.run_steps(3).map(|run| run["c.gap"][[2, 1]])
    };
    for v in [512.0, -512.0] {
        let half = from(v).unwrap();
        assert!((half - 0.5 * v).abs() <= 1e-6, "{half}");
        assert!(matches!(from(v * 1.01), Err(Error::OutOfRange { step: 0, index: 0, .. })));
    }
}

#[track_caller]
fn refused(receptor: Receptor, projection: Projection, says: &str) {
    let group = |name: &str| Group::new(name, Lif::<f32>::new(4).conductance()).receptor(receptor.clone());
    let network = Network::<f32>::builder(0.1).group(group("a")).group(group("b")).project(projection);
    let error = network.build().map(|_| ()).expect_err("the network was accepted");
    assert!(error.to_string().contains(says), "`{error}` does not contain `{says}`");
}

#[test]
fn impossible_gap_junctions_are_refused() {
    let gap = || Receptor::gap("s");
    let plain = || Projection::new("p", "a", ("b", "s"));
    refused(gap(), plain().delay(0.1), "`p`: gap junctions have no delay");
    refused(gap(), plain().delay(Init::uniform(0.0, 3.0)), "gap junctions");
    refused(gap(), plain().procedural(), "gap junctions, and its synapses must be stored");
    refused(gap(), plain().stdp(overtime::network::Stdp::new(1.0)), "gap junctions and plastic weights");
    refused(gap(), plain().kinetics(Ampa::default()), "which take no spikes");
    refused(Receptor::graded("s"), plain().kinetics(Kinetics::Gap), "is not gap junctions");
    // Sources without a potential, and targets without a conductance input.
    let build = |source: Group<f32>, target: Group<f32>| {
        let network = Network::<f32>::builder(0.1).group(source).group(target.receptor(gap()));
        network.project(plain()).build().map(|_| ()).unwrap_err().to_string()
    };
    let sources = Group::new("a", overtime::models::PoissonGroup::new(4, 10.0));
    let error = build(sources, Group::new("b", Lif::new(4).conductance()));
    assert!(error.contains("no variable named `V`"), "{error}");
    let rained = Group::new("b", Lif::<f32>::new(4).conductance()).poisson("s", 10.0, 1.0);
    let error = build(Group::new("a", Lif::new(4)), rained);
    assert!(error.contains("Poisson drive of `b` acts on gap junctions"), "{error}");
    let error = build(Group::new("a", Lif::new(4)), Group::new("b", Lif::new(4)));
    assert!(error.contains("has no input `g`"), "{error}");
}
