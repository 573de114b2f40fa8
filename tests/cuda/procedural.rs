//! Procedural projections on a device have the bits of the CPU with stored synapses.

use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Builder, Distribution, Init, LoopOverTime, Real, monitor};

/// A group that fires in volleys, with short and long rows by each rule, and with a projection that
/// is always stored.
fn volleys<T: Real>(takers: usize, batch: Option<usize>, procedural: bool) -> Builder<T, Network<T>> {
    let n = 70;
    let current: Vec<T> = (0..n).map(|k| T::of(if k % 3 == 0 { 60.0 } else { 25.0 })).collect();
    let sends = Group::new("a", Lif::<T>::new(n).param("tau", 1.0).unwrap())
        .current(current)
        .receptor(Receptor::delta("jump", "V"));
    let takes = Group::new("b", Lif::<T>::new(takers))
        .receptor(Receptor::exponential("s", 3.0))
        .receptor(Receptor::exponential("t", 1.0));
    let stored = Projection::new("stored", "a", ("b", "s")).connect(Connect::FixedProb(0.1)).weight(0.5);
    let mut builder = Network::builder(0.1).seed(3).group(sends).group(takes).project(stored);
    let rules = [
        (Connect::FixedProb(0.04), false),
        (Connect::FixedProb(0.7), false),
        (Connect::FixedNumPost(takers.min(5)), false),
        (Connect::FixedNumPost(takers.div_ceil(2)), false),
        (Connect::AllToAll, false),
        (Connect::FixedNumPost(takers.min(200)), true),
        // Rows of about 130 synapses, some of which are more than a piece.
        (Connect::FixedTotalNumber((n - 13) * takers.min(130)), true),
        (Connect::FixedTotalNumber(70), true),
    ];
    for (k, (rule, multapses)) in rules.into_iter().enumerate() {
        let bounded = Distribution::Normal(0.0, 0.3);
        let more: [Init; 3] =
            [Init::lognormal(-2.0, 0.5), bounded.redrawn(0.1..=0.3).into(), bounded.clipped(..=0.1).into()];
        // The kernel of a network without bounds has no loop of redraws.
        let more = more.into_iter().take(if batch.is_none() { 3 } else { 1 }).filter(|_| k == 0);
        for (each, weight) in [Init::Constant(0.1), Init::normal(0.0, 0.3)].into_iter().chain(more).enumerate() {
            let to = ("b", 0..takers, ["s", "t"][(k + each) % 2]);
            let onto = Projection::new(format!("ab{k}{each}"), ("a", 13..n), to).connect(rule.clone());
            let onto = onto.weight(weight).delay([0.0, 0.3, 3.7][k % 3]).multapses(multapses);
            builder = builder.project(if procedural { onto.procedural() } else { onto });
        }
    }
    let rules = [
        Connect::FixedProb(0.5),
        Connect::FixedNumPost(9),
        Connect::AllToAll,
        Connect::OneToOne,
        Connect::FixedTotalNumber(999),
    ];
    for (k, rule) in rules.into_iter().enumerate() {
        let within =
            Projection::new(format!("aa{k}"), ("a", 13..n - 1), ("a", 14..n, "jump")).connect(rule).autapses(false);
        let within = within.weight(Init::uniform(-0.02, 0.02)).delay(0.1);
        builder = builder.project(if procedural { within.procedural() } else { within });
    }
    let vars = [monitor("a.spike").events(), monitor("a.V").every(3), monitor("b.s").every(5), monitor("b.t").every(5)];
    LoopOverTime::builder(builder.build().unwrap()).dt(0.1).batch(batch).out_vars(vars)
}

fn same<T: Real>(takers: usize, batch: Option<usize>, steps: u64, strategies: &[overtime::Strategy]) {
    let Some(device) = device() else { return };
    let mut on_cpu = volleys::<T>(takers, batch, false).build().unwrap();
    let expected = on_cpu.run_steps(steps).unwrap();
    let spikes: f64 = expected.output.iter().map(|n| n.to_f64()).sum();
    println!("{takers} {batch:?}: {spikes} spikes");
    assert!(spikes > 50.0);
    for &strategy in strategies {
        let mut on_gpu = volleys::<T>(takers, batch, true).device(device).strategy(strategy).build().unwrap();
        let run = on_gpu.run_steps(steps).unwrap();
        let what = format!("{} {strategy}, {takers} targets, {batch:?}", T::DTYPE);
        bits::same_runs(&what, &run, &expected);
        bits::same_states(&what, &on_gpu, &on_cpu);
    }
}

#[test]
fn procedural_synapses_have_the_bits_of_stored_ones() {
    same::<f32>(310, None, 30, &STRATEGIES[..3]);
    same::<f64>(33, Some(2), 30, &STRATEGIES[..1]);
    same::<f32>(1, None, 30, &STRATEGIES[1..2]);
}

/// Rows with all neurons, which the warps of a block share, and rows with some.
#[test]
fn whole_rows_have_the_cpus_bits() {
    let Some(device) = device() else { return };
    let make = || {
        let n = 600;
        let current: Vec<f32> = (0..n).map(|k| if k == 9 { 4000.0 } else { 0.0 }).collect();
        let cells = Group::new("P", Lif::<f32>::new(n).param("tau", 1.0).unwrap())
            .receptor(Receptor::exponential("s", 50.0))
            .current(current);
        let project = |name, connect| Projection::new(name, "P", ("P", "s")).connect(connect).weight(0.25).procedural();
        let network = Network::builder(0.1).group(cells).project(project("all", Connect::AllToAll));
        LoopOverTime::builder(network.project(project("some", Connect::FixedProb(0.1))).build().unwrap())
            .dt(0.1)
            .out_vars("P.s")
    };
    let expected = make().build().unwrap().run_steps(2).unwrap();
    let run = make().device(device).build().unwrap().run_steps(2).unwrap();
    bits::same_runs("all to all", &run, &expected);
    assert!(expected["P.s"].iter().skip(600).all(|s| *s > 0.0));
}
