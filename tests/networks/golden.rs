//! Two small COBAHH networks, compared with runs of Brian2 (tests/golden/README.md).

use crate::common::{Golden, golden};
use crate::networks::cell::Cobahh;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, LoopOverTime, Real, Recording, monitor};

fn list(reference: &Golden, name: &str) -> Vec<f64> {
    reference.array(name).iter().copied().collect()
}

/// The network of the file.
fn network<T: Real>(reference: &Golden) -> Network<T> {
    let cells = Cobahh { v: list(reference, "v0") };
    let n = cells.v.len();
    let excitatory = list(reference, "n_exc")[0] as usize;
    let (pre, post) = (list(reference, "pre"), list(reference, "post"));
    let arrays = |part: std::ops::Range<usize>| {
        let some = pre.iter().zip(&post).filter(|(p, _)| part.contains(&(**p as usize)));
        let (pre, post) = some.map(|(p, q)| (*p as u32 - part.start as u32, *q as u32)).unzip();
        Connect::Arrays { pre, post }
    };
    let delay = 0.1 * list(reference, "delay_steps")[0];
    let ge = Receptor::exponential("ge", 5.0).coba(0.0).init(list(reference, "ge0_nS"));
    let gi = Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::Values(list(reference, "gi0_nS")));
    let project = |name, part: std::ops::Range<usize>, receptor, weight: f64| {
        Projection::new(name, ("P", part.clone()), ("P", receptor)).connect(arrays(part)).weight(weight).delay(delay)
    };
    let network = Network::builder(0.1)
        .group(Group::new("P", cells).receptor(ge).receptor(gi))
        .project(project("Ce", 0..excitatory, "ge", 6.0))
        .project(project("Ci", excitatory..n, "gi", 67.0));
    network.build().unwrap_or_else(|e| panic!("{e}"))
}

fn run<T: Real>(reference: &Golden) -> Recording<T> {
    let rec: Vec<usize> = list(reference, "rec").iter().map(|k| *k as usize).collect();
    let vars = [monitor("P.spike").events(), monitor("P.V").units(rec)];
    let built = LoopOverTime::builder(network::<T>(reference)).dt(0.1).out_vars(vars).build();
    built
        .and_then(|mut over_time| over_time.run_steps(list(reference, "steps")[0] as u64))
        .unwrap_or_else(|e| panic!("{e}"))
}

/// Pairs (step, neuron), sorted.
type Spikes = Vec<(u64, usize)>;

fn spikes(steps: impl Iterator<Item = u64>, units: impl Iterator<Item = usize>) -> Spikes {
    let mut all: Vec<_> = steps.zip(units).collect();
    all.sort_unstable();
    all
}

fn both<T: Real>(name: &str) -> (Golden, Recording<T>, Spikes, Spikes) {
    let reference = golden(name);
    let run = run::<T>(&reference);
    let events = run.events("P.spike").unwrap_or_else(|e| panic!("{e}"));
    let ours = spikes(events.step.iter().copied(), events.unit.iter().copied());
    let theirs = spikes(
        list(&reference, "spike_step").iter().map(|s| *s as u64),
        list(&reference, "spike_i").iter().map(|k| *k as usize),
    );
    (reference, run, ours, theirs)
}

#[test]
fn in_f64_every_spike_is_brian2s() {
    for name in ["net/small_delay0", "net/small_delay15"] {
        let (reference, run, ours, theirs) = both::<f64>(name);
        assert_eq!(ours, theirs, "{name}");
        let worst = crate::common::close(name, &run["P.V"].clone().into_dyn(), reference.array("rec_v"), 1e-9);
        println!("{name}: {} spikes, V within {worst:e} mV", ours.len());
        // The output is the number of neurons that spike in each step.
        for (k, count) in run.output.iter().enumerate() {
            assert_eq!(*count, theirs.iter().filter(|(step, _)| *step == k as u64).count() as f64, "{name}, step {k}");
        }
    }
}

#[test]
fn in_f32_the_rate_is_the_same_and_v_until_the_first_spike() {
    for name in ["net/small_delay0", "net/small_delay15"] {
        let (reference, run, ours, theirs) = both::<f32>(name);
        let ratio = ours.len() as f64 / theirs.len() as f64;
        assert!((ratio - 1.0).abs() <= 0.02, "{name}: {} spikes instead of {}", ours.len(), theirs.len());
        let first = theirs[0].0 as usize;
        let (v, expected) = (&run["P.V"], reference.array("rec_v"));
        for k in 0..first {
            for j in 0..expected.shape()[1] {
                let apart = (f64::from(v[[k, j]]) - expected[[k, j]]).abs();
                assert!(apart <= 1e-2, "{name}: V[{k}, {j}] differs by {apart} mV");
            }
        }
        println!("{name}: {} spikes in f32, {} in f64", ours.len(), theirs.len());
    }
}
