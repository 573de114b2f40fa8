//! The networks with graded transmission of `examples/models`, compared with independent programs
//! (tests/golden/README.md) and with the theory of Kuramoto's model.

use crate::common::{Golden, close, golden, root};
use overtime::models::Method;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Equations, Init, LoopOverTime, Recording, monitor};
use std::f64::consts::{PI, TAU};
use toml::{Table, Value};

fn model(name: &str) -> Table {
    let path = root().join(format!("examples/models/{name}.toml"));
    std::fs::read_to_string(path).unwrap().parse().unwrap()
}

fn equations(table: &Value) -> Equations {
    let text = Equations::new(table["equations"].as_str().unwrap()).unwrap();
    let method = table.get("method").map(|name| name.as_str().unwrap().parse::<Method>().unwrap());
    method.into_iter().fold(text, Equations::method)
}

/// The group of this name with its receptors, its size and its own text.
fn group(model: &Table, name: &str, n: usize, change: impl FnOnce(Equations) -> Equations) -> Group<f64> {
    let all = model["group"].as_array().unwrap();
    let table = all.iter().find(|group| group["name"].as_str() == Some(name)).unwrap();
    let mut made = Group::new(name, change(equations(table).units(n)));
    for receptor in table["receptor"].as_array().unwrap() {
        let graded = Receptor::graded(receptor["name"].as_str().unwrap());
        assert_eq!(receptor["kind"].as_str(), Some("graded"));
        made = made.receptor(match receptor.get("reversal").and_then(Value::as_float) {
            Some(reversal) => graded.coba(reversal),
            None => graded,
        });
    }
    made
}

/// A projection with the kinetics of the projection `from` of the model.
fn project(model: &Table, from: &str, to: (&str, &str), connect: Connect, weight: f64) -> Projection {
    let all = model["projection"].as_array().unwrap();
    let table = all.iter().find(|projection| projection["name"].as_str() == Some(from)).unwrap();
    let source = table["from"].as_str().unwrap();
    let name = format!("{from}_{}", to.0);
    Projection::new(name, source, to).connect(connect).weight(weight).kinetics(equations(&table["kinetics"]))
}

fn list(of: &Golden, name: &str) -> Vec<f64> {
    of.array(name).iter().copied().collect()
}

fn number(of: &Golden, name: &str) -> f64 {
    of.array(name).first().copied().unwrap()
}

fn run(network: overtime::network::Builder<f64>, dt: f64, steps: u64, vars: Vec<overtime::Monitor>) -> Recording<f64> {
    let built = LoopOverTime::builder(network.build().unwrap()).dt(dt).out_vars(vars).build();
    built.unwrap().run_steps(steps).unwrap()
}

fn kuramoto(of: &Golden, coupling: f64) -> Recording<f64> {
    let model = model("kuramoto");
    let (omega, v0) = (list(of, "omega"), list(of, "v0"));
    let (n, dt) = (omega.len(), number(of, "dt"));
    let cells = group(&model, "P", n, |text| {
        // Per second, as in the text.
        let per_second: Vec<f64> = omega.iter().map(|w| w * 1e3).collect();
        let text = text.param("omega", per_second).and_then(|text| text.param("K", coupling * 1e3));
        text.and_then(|text| text.init("V", Init::Values(v0))).unwrap()
    });
    let weight = 1.0 / n as f64;
    let network = Network::builder(dt)
        .group(cells)
        .project(project(&model, "sine", ("P", "S"), Connect::AllToAll, weight))
        .project(project(&model, "cosine", ("P", "C"), Connect::AllToAll, weight));
    run(network, dt, number(of, "steps") as u64, vec![monitor("P.V"), monitor("P.r").units([0])])
}

/// Amounts are multiples of 2⁻³⁰. An error of 2⁻³¹ in each of the two sums changes a phase by at most
/// √2·2⁻³¹·K·dt in a step: 4e-8 in 6,000 steps. The errors of 64 sources mostly cancel.
#[test]
fn oscillators_follow_the_sum_over_all_pairs() {
    let of = golden("net/kuramoto");
    let run = kuramoto(&of, number(&of, "k"));
    let (v, expected) = (&run["P.V"], of.array("v"));
    let mut worst = 0.0;
    for ((row, unit), expected) in expected.clone().into_dimensionality::<ndarray::Ix2>().unwrap().indexed_iter() {
        let apart = (v[[row * 100 + 99, unit]] - expected).abs();
        // A phase near 0 is near 2π, too.
        worst = f64::max(worst, apart.min((apart - TAU).abs()));
    }
    println!("phases within {worst:e}");
    assert!(worst <= 1e-9, "{worst:e}");
    for (row, order) in list(&of, "order").iter().enumerate() {
        assert!((run["P.r"][[row * 100 + 99, 0]] - order).abs() <= 1e-9, "r in row {row}");
    }
}

/// Oscillators with the frequencies ω that all are locked have r = Σ √(1 − ((ω − Ω)/(K·r))²)/N.
#[test]
fn the_order_parameter_is_that_of_the_theory() {
    let of = golden("net/kuramoto");
    let omega = list(&of, "omega");
    let n = omega.len() as f64;
    let mean = omega.iter().sum::<f64>() / n;
    let sigma = 2e-3 * PI;
    let critical = 2.0 * sigma * (2.0 * PI).sqrt() / PI;
    let last = |run: &Recording<f64>| run["P.r"][[run["P.r"].shape()[0] - 1, 0]];
    for times in [1.8, 2.5, 4.0] {
        let k = times * critical;
        let mut expected = 1.0_f64;
        for _ in 0..10_000 {
            let part = |w: &f64| (1.0 - ((w - mean) / (k * expected)).powi(2)).max(0.0).sqrt();
            expected = omega.iter().map(part).sum::<f64>() / n;
        }
        let found = last(&kuramoto(&of, k));
        println!("K = {times} K_c: r = {found} and {expected}");
        assert!((found - expected).abs() <= 1e-6, "K = {times} K_c: r = {found}, and {expected} by the theory");
    }
    // Below the critical coupling r is of the order of 1/√N.
    let run = kuramoto(&of, 0.6 * critical);
    let later = run["P.r"].iter().skip(3000);
    let mean = later.clone().sum::<f64>() / later.count() as f64;
    println!("below K_c r = {mean}");
    assert!(mean < 3.0 / n.sqrt(), "r = {mean}");
}

/// The synapses of a matrix `[target, source]` that numpy packed to bits.
fn pairs(of: &Golden, name: &str, targets: usize, sources: usize) -> Connect {
    let bytes = list(of, name);
    let is_set = |bit: usize| bytes[bit / 8] as u8 >> (7 - bit % 8) & 1 == 1;
    let all = (0..targets).flat_map(|post| (0..sources).map(move |pre| (pre, post)));
    let some = all.filter(|(pre, post)| is_set(post * sources + pre));
    let (pre, post) = some.map(|(pre, post)| (pre as u32, post as u32)).unzip();
    Connect::Arrays { pre, post }
}

fn ping(of: &Golden) -> Recording<f64> {
    let model = model("ping");
    let [n_e, n_i] = [0, 1].map(|k| list(of, "n")[k] as usize);
    let p = number(of, "p");
    let weight = |sources: usize| 0.25 / (p * sources as f64);
    let e = group(&model, "E", n_e, |text| {
        text.param("drive", list(of, "drive")).and_then(|text| text.init("V", Init::Values(list(of, "v0")))).unwrap()
    });
    let network = Network::builder(0.01)
        .group(e)
        .group(group(&model, "I", n_i, |text| text))
        .project(project(&model, "EI", ("I", "e"), pairs(of, "ei", n_i, n_e), weight(n_e)))
        .project(project(&model, "I", ("E", "i"), pairs(of, "ie", n_e, n_i), weight(n_i)))
        .project(project(&model, "I", ("I", "i"), pairs(of, "ii", n_i, n_i), weight(n_i)));
    let vars = ["E", "I"].map(|name| [format!("{name}.spike").as_str(), format!("{name}.V").as_str()].map(monitor));
    let [[e, ev], [i, iv]] = vars;
    let vars = vec![e.events(), i.events(), ev.units([0, 1.min(n_e - 1)]), iv.units([0])];
    run(network, 0.01, number(of, "steps") as u64, vars)
}

fn same_spikes(of: &Golden, run: &Recording<f64>) {
    for (name, own) in [("e", "E.spike"), ("i", "I.spike")] {
        let events = run.events(own).unwrap();
        let mut ours: Vec<_> = events.step.iter().copied().zip(events.unit.iter().copied()).collect();
        let steps = list(of, &format!("{name}_spike_step"));
        let units = list(of, &format!("{name}_spike_i"));
        let mut theirs: Vec<_> = steps.iter().zip(&units).map(|(s, k)| (*s as u64, *k as usize)).collect();
        ours.sort_unstable();
        theirs.sort_unstable();
        assert!(!theirs.is_empty());
        assert_eq!(ours, theirs, "{own}");
    }
}

#[test]
fn potentials_of_three_cells_are_brian2s() {
    let of = golden("net/ping_small");
    let run = ping(&of);
    same_spikes(&of, &run);
    for (name, own) in [("e_v", "E.V"), ("i_v", "I.V")] {
        // Every tenth step, after the first.
        let found = run[own].slice(ndarray::s![..;10, ..]).to_owned().into_dyn();
        println!("{own} within {:e} mV", close(own, &found, of.array(name), 1e-8));
    }
}

#[test]
fn spikes_of_the_gamma_rhythm_are_brian2s() {
    let of = golden("net/ping");
    same_spikes(&of, &ping(&of));
}

/// The output of a text without spikes is its first variable. In a network this is no spike.
#[test]
fn a_group_without_spikes_never_spikes() {
    let text = |text: &str| Equations::new(text).unwrap();
    let rates = text("input I\nx' = (I - x)/10\nstate x = 0.25").units(3);
    let target = || text("input I\nx' = (I - x)/10").units(3);
    let graded = text("state y = 0.5\ntransmit y");
    let network = Network::builder(0.1)
        .group(Group::new("a", rates.clone()).current(1.0))
        .group(Group::new("b", target()).receptor(Receptor::exponential("s", 5.0)))
        .group(Group::new("c", target()).receptor(Receptor::graded("s")))
        .project(Projection::new("spikes", "a", ("b", "s")).connect(Connect::AllToAll))
        .project(Projection::new("amounts", "a", ("c", "s")).connect(Connect::AllToAll).kinetics(graded));
    let vars = ["a.x", "a.spike", "b.x", "c.s"].map(monitor).to_vec();
    let run = run(network, 0.1, 100, vars);
    assert!(run.output.iter().all(|spikes| *spikes == 0.0));
    assert!(run["a.spike"].iter().chain(run["b.x"].iter()).all(|value| *value == 0.0));
    assert!(run["a.x"].iter().all(|x| *x > 0.25) && run["c.s"].iter().all(|s| *s == 1.5));
    // Alone, the text has its own output.
    let alone = LoopOverTime::<f64, _>::builder(rates).dt(0.1).build().unwrap().run_steps(1).unwrap();
    assert!(alone.output.iter().all(|x| *x > 0.0));
}
