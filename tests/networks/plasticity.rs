//! Texts of plasticity, compared with runs of Brian2.

use crate::common::{Golden, golden, golden_folder};
use crate::networks::cell::ScriptedCells;
use crate::networks::kinetics_text::example;
use ndarray::ArrayD;
use overtime::models::Method;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Device, Equations, LoopOverTime};
use std::collections::HashMap;

const METHODS: [(&str, Method); 3] = [("exp_auto", Method::ExpAuto), ("euler", Method::Euler), ("rk4", Method::Rk4)];
/// The sources and the targets.
const UNITS: [usize; 2] = [3, 2];

fn list(reference: &Golden, name: &str) -> Vec<f64> {
    reference.array(name).iter().copied().collect()
}

fn one(reference: &Golden, name: &str) -> f64 {
    list(reference, name)[0]
}

/// A text that lies beside the runs.
fn beside(name: &str) -> Equations {
    let path = golden_folder().join(format!("plasticity/{name}.eq"));
    Equations::new(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// The numbers of the file whose names start with a prefix, by the rest of their names.
fn given<'r>(reference: &'r Golden, prefix: &'r str) -> impl Iterator<Item = (&'r str, f64)> {
    reference.with(prefix).map(|(name, array)| (name, array[[]]))
}

fn spikes(reference: &Golden, side: &str) -> Vec<(u64, usize)> {
    let steps = list(reference, &format!("{side}_step"));
    steps.iter().zip(list(reference, &format!("{side}_i"))).map(|(step, i)| (*step as u64, i as usize)).collect()
}

/// The network of a file. Spikes do not change the targets.
fn network(reference: &Golden, text: Equations, delays: &[f64]) -> Network<f64> {
    let dt = one(reference, "dt");
    let text = given(reference, "p_").fold(text, |text, (name, value)| text.param(name, value).unwrap());
    let text = given(reference, "i_").fold(text, |text, (name, value)| text.init(name, value.into()).unwrap());
    let targets = match reference.get("drive") {
        Some(drive) => Group::new("b", beside("target").units(UNITS[1]).method(Method::Euler))
            .current(drive.iter().copied().collect::<Vec<_>>())
            .receptor(Receptor::exponential("s", 5.0).coba(0.0)),
        None => Group::new("b", ScriptedCells { units: UNITS[1], spikes: spikes(reference, "target") })
            .receptor(Receptor::exponential("s", 5.0)),
    };
    let whole = |name: &str| -> Vec<u32> { list(reference, name).iter().map(|k| *k as u32).collect() };
    let projection = Projection::new("p", "a", ("b", "s"))
        .connect(Connect::Arrays { pre: whole("pre"), post: whole("post") })
        .weight(list(reference, "w0"))
        .delay(delays.iter().map(|steps| steps * dt).collect::<Vec<_>>())
        .plasticity(text);
    Network::builder(dt)
        .group(Group::new("a", ScriptedCells { units: UNITS[0], spikes: spikes(reference, "source") }))
        .group(targets)
        .project(projection)
        .build()
        .unwrap()
}

/// The values of each step, `[steps, …]`, of variables of the projection, and of the spikes of targets
/// with a potential.
fn run(reference: &Golden, network: Network<f64>, names: &[String]) -> HashMap<String, ArrayD<f64>> {
    let vars: Vec<String> = names.iter().map(|name| format!("p.{name}")).collect();
    let spike = reference.get("drive").map(|_| "b.spike");
    let vars = vars.iter().map(String::as_str).chain(spike).collect::<Vec<_>>();
    let mut over_time = LoopOverTime::builder(network).dt(one(reference, "dt")).out_vars(vars.clone()).build().unwrap();
    let steps = one(reference, "steps") as u64;
    let first = reference.get("change_step").map_or(steps, |step| step[[]] as u64);
    let mut parts = vec![over_time.run_steps(first).unwrap()];
    if first < steps {
        let mut state = over_time.state_dict().unwrap();
        for (name, amount) in given(reference, "c_") {
            let name = format!("p.{name}");
            let changed = state.get(&name).unwrap().mapv(|value| value + amount);
            state.insert(&name, changed);
        }
        over_time.load_state_dict(&state, true).unwrap();
        parts.push(over_time.run_steps(steps - first).unwrap());
    }
    let whole = |name: &&str| {
        let parts: Vec<_> = parts.iter().map(|part| part[*name].view()).collect();
        ndarray::concatenate(ndarray::Axis(0), &parts).unwrap().into_dyn()
    };
    vars.iter().map(|name| ((*name).to_owned(), whole(name))).collect()
}

/// Compares all variables of three runs with those of Brian2. `sources` and `targets` are the variables
/// with a value for each source and for each target.
fn is_brian2s(name: &str, text: &Equations, sources: &[&str], targets: &[&str]) {
    let reference = golden(&format!("plasticity/{name}"));
    let (steps, every) = (one(&reference, "steps") as usize, one(&reference, "every") as usize);
    let (pre, post) = (list(&reference, "pre"), list(&reference, "post"));
    let all_delays = reference.array("delay_steps");
    for (row, (label, method)) in METHODS.into_iter().enumerate() {
        let delays: Vec<f64> = all_delays.index_axis(ndarray::Axis(0), row).iter().copied().collect();
        let network = network(&reference, text.clone().method(method), &delays);
        let synapses = network.synapses("p", Device::Cpu).unwrap();
        let names: Vec<String> = reference.with(&format!("{label}.")).map(|(name, _)| name.to_owned()).collect();
        let found = run(&reference, network, &names);
        let least = delays.iter().copied().fold(f64::INFINITY, f64::min);
        // Where the network has the value of a synapse of the file.
        let place = |variable: &str, values: &ArrayD<f64>, k: usize| -> Vec<usize> {
            if sources.contains(&variable) {
                let class = (delays[k] - least) as usize;
                return if values.ndim() == 2 { vec![pre[k] as usize] } else { vec![class, pre[k] as usize] };
            }
            if targets.contains(&variable) {
                return vec![post[k] as usize];
            }
            let is_it = |(s, t): (&u32, &u32)| (f64::from(*s), f64::from(*t)) == (pre[k], post[k]);
            vec![synapses.pre.iter().zip(&synapses.post).position(is_it).unwrap()]
        };
        for variable in &names {
            let values = &found[&format!("p.{variable}")];
            let units = match variable.as_str() {
                v if sources.contains(&v) => UNITS[0],
                v if targets.contains(&v) => UNITS[1],
                _ => pre.len(),
            };
            assert_eq!(values.shape().last(), Some(&units), "{name} {variable}");
            let expected = reference.array(&format!("{label}.{variable}"));
            assert_eq!(expected.shape(), [steps.div_ceil(every), pre.len()], "{name} {label} {variable}");
            let (low, high) =
                expected.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), x| (low.min(*x), high.max(*x)));
            assert!(high > low, "{name} {label}: {variable} does not change");
            let mut worst = 0.0_f64;
            for (sample, row) in expected.outer_iter().enumerate() {
                for (k, expected) in row.iter().enumerate() {
                    let at = [vec![sample * every], place(variable, values, k)].concat();
                    let apart = (values[&at[..]] - expected).abs() / (high - low);
                    assert!(
                        apart <= 1e-12,
                        "{name} {label}: {variable} of synapse {k} in step {}: {} and {expected}",
                        sample * every,
                        values[&at[..]]
                    );
                    worst = worst.max(apart);
                }
            }
            println!("{name} {label}: {variable} within {worst:e} of its range");
        }
        if let Some(spike) = found.get("b.spike") {
            let ours = spike.indexed_iter().filter(|(_, s)| **s != 0.0).map(|(at, _)| (at[0] as u64, at[1]));
            let mut theirs = spikes(&reference, "target");
            theirs.sort_unstable();
            assert_eq!(ours.collect::<Vec<_>>(), theirs, "{name} {label}");
            assert!(theirs.len() > 20);
        }
    }
}

#[test]
fn pairs_of_spikes_are_brian2s() {
    is_brian2s("stdp", &example("stdp"), &["pre"], &["post"]);
}

#[test]
fn triplets_of_spikes_are_brian2s() {
    is_brian2s("triplet", &example("triplet"), &["r1", "r2"], &["o1", "o2"]);
}

#[test]
fn inhibitory_plasticity_is_brian2s() {
    is_brian2s("vogels_2011", &example("vogels_2011"), &["pre"], &["post"]);
}

#[test]
fn traces_of_the_last_spike_are_brian2s() {
    is_brian2s("diehl_cook", &example("diehl_cook"), &["pre"], &["post1", "post2"]);
}

#[test]
fn plasticity_by_the_potential_is_brian2s() {
    is_brian2s("clopath", &example("clopath"), &["x"], &["lag_1", "lag_2", "u_minus", "u_plus"]);
}

/// The concentration of dopamine changes between two parts of the run.
#[test]
fn plasticity_by_reward_is_brian2s() {
    is_brian2s("reward_stdp", &example("reward_stdp"), &["pre"], &["post", "d"]);
}

/// Each kind of line and variable, with equations that are not linear, `each step`, the potential in
/// events, and bounds in other units than the weight.
#[test]
fn all_kinds_of_lines_are_brian2s() {
    is_brian2s("mixed", &beside("mixed"), &["a", "k"], &["b", "f"]);
}
