//! Procedural projections give the same bits as projections with stored synapses.

use crate::networks::cell::ScriptedCells;
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::rng::Stream;
use overtime::{Distribution, Init, LoopOverTime, Real};

const SEED: u64 = 20_261_124;

/// Steps of three kinds: few spikes, many spikes, no spikes.
fn spikes(sources: usize, steps: u64) -> Vec<(u64, usize)> {
    let dice = Stream::new(SEED, 1);
    let fires = |step: u64, unit: usize| dice.uniform(unit as u64, step) < [0.02, 0.9, 0.0][step as usize % 3];
    (0..steps)
        .flat_map(|step| (0..sources).filter(move |unit| fires(step, *unit)).map(move |unit| (step, unit)))
        .collect()
}

/// Every connectivity rule, with one weight and with drawn weights, from a part of one group onto
/// parts of both.
fn network<T: Real>([n, m]: [usize; 2], steps: u64, procedural: bool) -> Network<T> {
    let cells = |name, units| Group::new(name, ScriptedCells { units, spikes: spikes(units, steps) });
    let with_receptor = |group: Group<T>| {
        group.receptor(Receptor::exponential("s", 5.0).init(0.5)).receptor(Receptor::delta("kick", "kicked"))
    };
    let mut builder =
        Network::<T>::builder(0.1).seed(SEED).group(with_receptor(cells("a", n))).group(with_receptor(cells("b", m)));
    let rules = [
        (Connect::FixedProb(0.13), false),
        (Connect::FixedProb(0.0), false),
        (Connect::FixedNumPost(m.div_ceil(3)), false),
        (Connect::FixedProb(1.0), false),
        (Connect::AllToAll, false),
        (Connect::FixedNumPost(m.min(1025)), false),
        (Connect::FixedTotalNumber(n * m.min(99)), true),
        (Connect::FixedNumPost(40), true),
    ];
    for (k, (rule, multapses)) in rules.into_iter().enumerate() {
        let bounded = Distribution::Normal(1.0, 2.0).redrawn(0.0..).into();
        let weight = [Init::Constant(0.3), Init::normal(1.0, 2.0), Init::uniform(-1.0, 0.25), bounded][k % 4].clone();
        let receptor = ["s", "kick"][k % 2];
        let onto = Projection::new(format!("ab{k}"), ("a", n / 3..n), ("b", receptor))
            .connect(rule)
            .multapses(multapses)
            .weight(weight)
            .delay(0.1 * k as f64);
        builder = builder.project(if procedural { onto.procedural() } else { onto });
    }
    // Some neurons are both sources and targets, without autapses.
    let own = n - n / 3 - 1;
    let rules = [
        Connect::FixedProb(0.5),
        Connect::FixedNumPost((own - own.min(1)).min(7)),
        Connect::AllToAll,
        Connect::OneToOne,
        Connect::FixedTotalNumber(own.saturating_sub(1) * 8),
    ];
    for (k, rule) in rules.into_iter().enumerate().filter(|_| own > 0) {
        let within = Projection::new(format!("aa{k}"), ("a", n / 3..n - 1), ("a", n / 3 + 1..n, ["kick", "s"][k % 2]))
            .connect(rule);
        let within = within.autapses(false).weight(Init::uniform(0.0, 1.0));
        builder = builder.project(if procedural { within.procedural() } else { within });
    }
    builder.build().unwrap()
}

fn bits<T: Real>(network: Network<T>, steps: u64, batch: Option<usize>, threads: usize) -> Vec<u64> {
    let vars = ["a.s", "a.kicked", "b.s", "b.kicked"];
    let mut over_time =
        LoopOverTime::builder(network).dt(0.1).batch(batch).threads(threads).out_vars(vars).build().unwrap();
    let run = over_time.run_steps(steps).unwrap();
    vars.iter().flat_map(|var| run[*var].iter().map(|x| x.to_f64().to_bits()).collect::<Vec<_>>()).collect()
}

fn same<T: Real>(sizes: [usize; 2], steps: u64, batch: Option<usize>) {
    println!("seed {SEED}, {sizes:?}, {steps} steps, {batch:?}");
    let stored = bits(network::<T>(sizes, steps, false), steps, batch, 2);
    assert!(stored.iter().all(|x| f64::from_bits(*x).is_finite()));
    let sent = stored.iter().filter(|x| f64::from_bits(**x) != 0.0).count();
    assert!(steps < 3 || sent > stored.len() / 4, "{sent} of {}", stored.len());
    for threads in [1, 7] {
        assert!(bits(network::<T>(sizes, steps, true), steps, batch, threads) == stored, "{threads} threads");
    }
}

#[test]
fn procedural_synapses_have_the_bits_of_stored_ones() {
    for sizes in [[1, 1], [4, 33], [33, 1]] {
        same::<f64>(sizes, 8, None);
        same::<f32>(sizes, 8, Some(3));
    }
    same::<f32>([40, 33], 1, Some(7));
    // The sums have many targets, few of which receive a spike; one case has more than 2¹⁶ targets,
    // and several workers share them.
    same::<f32>([9, 3000], 7, None);
    same::<f64>([5, 70_000], 2, None);
    same::<f32>([240, 1025], 2, None);
    same::<f64>([33, 1025], 3, Some(2));
}

/// A network of 10¹⁰ synapses, which would take 40 GB.
#[test]
fn ten_thousand_million_synapses_take_the_memory_of_their_neurons() {
    let n = 1_000_000;
    let project = |name, connect| Projection::new(name, "P", ("P", "s")).connect(connect).procedural();
    let rules = [
        (Connect::FixedProb(0.01), 0.01),
        (Connect::FixedNumPost(10_000), 0.01),
        // The lengths of rows are drawn before the run; fewer synapses save time.
        (Connect::FixedTotalNumber(100_000_000), 1e-4),
    ];
    for (k, (connect, p)) in rules.into_iter().enumerate() {
        // One neuron in 100,000 is above the threshold in each step.
        let current: Vec<f32> = (0..n).map(|k| if k % 100_000 == 7 { 1000.0 } else { 0.0 }).collect();
        let cells = Group::new("P", Lif::<f32>::new(n)).current(current).receptor(Receptor::exponential("s", 5.0));
        let net = Network::builder(0.1)
            .seed(SEED)
            .group(cells)
            .project(project("all", connect).weight(2.0_f64.powi(-10)))
            .build()
            .unwrap();
        let mut over_time = LoopOverTime::builder(net).dt(0.1).out_vars("P.s").build().unwrap();
        let run = over_time.run_steps(6).unwrap();
        let spikes: f64 = run.output.iter().map(|x| f64::from(*x)).sum();
        let reached = run["P.s"].iter().skip(5 * n).filter(|s| **s > 0.0).count() as f64;
        println!("rule {k}: {spikes} spikes with {reached} targets");
        // Ten neurons spike. Each has about p of a million neurons as targets, and some targets are
        // shared.
        assert!((10.0..=20.0).contains(&spikes), "{spikes} spikes");
        let expected = f64::from(n as u32) * (1.0 - (1.0_f64 - p).powi(10));
        assert!((reached - expected).abs() <= 6.0 * expected.sqrt(), "{reached}, not {expected}");
    }
}

#[test]
fn projections_that_cannot_be_procedural_are_refused() {
    let refused = |projection: Projection, words: &str| {
        let cells =
            Group::new("a", ScriptedCells { units: 4, spikes: Vec::new() }).receptor(Receptor::exponential("s", 5.0));
        let error = Network::<f64>::builder(0.1).group(cells).project(projection.procedural()).build().unwrap_err();
        assert!(error.to_string().contains(words) && error.to_string().contains("projection `p`"), "{error}");
    };
    let p = || Projection::new("p", "a", ("a", "s"));
    refused(p().connect(Connect::FixedNumPre(2)), "FixedNumPre chooses the sources of each target");
    refused(p().connect(Connect::Arrays { pre: vec![0], post: vec![1] }), "Arrays must be stored");
    refused(p().weight(vec![1.0; 16]), "stores no weights");
    refused(p().delay(Init::uniform(0.0, 1.0)), "has one delay");
    refused(p().connect(Connect::FixedProb(1.5)), "is not in [0, 1]");
}
