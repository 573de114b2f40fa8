//! Properties of any network: splits, chunks, threads, checkpoints and batches change no bit, and a
//! network without weights is its groups.

use crate::networks::cell::{Cobahh, ScriptedCells};
use ndarray::{Array2, Axis};
use overtime::models::Lif;
use overtime::network::{Connect, Group, Magnesium, Network, Nmda, Projection, Receptor, Stp};
use overtime::{Init, Input, LoopOverTime, Real, Recording, Sequential, System, monitor};

/// Two groups with many kinds of drives and synapses. Several threads share the larger group.
fn mixed<T: Real>(n: usize, random: bool) -> Network<T> {
    let sigma = if random { 2.0 } else { 0.0 };
    let noise = |group: Group<T>| {
        if random { group.noise(sigma).poisson("kick", 200.0, 0.5).poisson("e", 900.0, 1.5) } else { group }
    };
    let spread = |n: usize| Init::Values((0..n).map(|k| (k * 7919 % 19) as f64).collect());
    let a = Group::new("A", Lif::<T>::new(n).v(spread(n)).param("tau_ref", 0.5).unwrap());
    let b = Group::new("B", Cobahh { v: (0..33).map(|k| -70.0 + k as f64 / 3.0).collect() });
    let nmda = Receptor::graded("nmda").coba(0.0).magnesium(Magnesium::default());
    let dual = Receptor::dual_exponential("dual", 0.5, 3.0).coba(-70.0);
    let weights = Init::normal(0.4, 0.2);
    Network::builder(0.1)
        .seed(11)
        .group(
            noise(
                a.receptor(Receptor::exponential("e", 4.0))
                    .receptor(Receptor::delta("kick", "V"))
                    .receptor(Receptor::exponential("i", 8.0))
                    .receptor(Receptor::alpha("slow", 6.0)),
            )
            .current(24.0)
            .input(),
        )
        .group(
            b.receptor(Receptor::exponential("g", 5.0).coba(0.0).init(30.0))
                .receptor(Receptor::delta("kick", "V"))
                .receptor(nmda)
                .receptor(dual)
                .receptor(Receptor::gap("gap")),
        )
        .project(Projection::new("BG", "B", ("B", "gap")).connect(Connect::FixedProb(0.1)).weight(0.7))
        .project(
            Projection::new("AG", ("A", 1..n), ("B", 2..33, "gap"))
                .connect(Connect::FixedNumPre(3))
                .weight(Init::uniform(0.0, 0.2)),
        )
        .project(
            Projection::new("AA", "A", ("A", "e"))
                .connect(Connect::FixedProb(0.02))
                .weight(weights)
                .delay(Init::uniform(0.0, 2.5)),
        )
        .project(Projection::new("AB", ("A", 3..n - 1), ("B", "g")).connect(Connect::FixedNumPre(6)).weight(4.0))
        .project(Projection::new("BA", "B", ("A", 0..n - 2, "i")).weight(-3.0).delay(1.5))
        .project(
            Projection::new("AS", "A", ("A", "slow"))
                .connect(Connect::FixedProb(0.03))
                .weight(0.5)
                .kinetics(Stp::default())
                .delay(0.4),
        )
        .project(
            Projection::new("AN", ("A", 5..n - 1), ("B", "nmda"))
                .connect(Connect::FixedNumPre(9))
                .weight(Init::uniform(0.0, 2.0))
                .kinetics(Nmda::default()),
        )
        .project(Projection::new("BD", "B", ("B", "dual")).weight(0.7).kinetics(Stp {
            release: 0.6,
            tau_f: 9.0,
            tau_d: 90.0,
        }))
        .project(Projection::new("BB", "B", ("B", "kick")).connect(Connect::OneToOne).weight(0.25).delay(0.1))
        .build()
        .unwrap()
}

struct Options {
    n: usize,
    random: bool,
    rows: Option<usize>,
    threads: Option<usize>,
    chunk: Option<u64>,
}

const PLAIN: Options = Options { n: 70, random: true, rows: None, threads: None, chunk: None };

fn build<T: Real>(options: &Options) -> LoopOverTime<T, Network<T>> {
    let network = mixed::<T>(options.n, options.random);
    let vars: Vec<String> = System::<T>::schema(&network).state.iter().map(|v| v.name.to_string()).collect();
    let mut builder = LoopOverTime::builder(network).dt(0.1).seed(5).batch(options.rows).out_vars(vars);
    if let Some(threads) = options.threads {
        builder = builder.threads(threads);
    }
    if let Some(chunk) = options.chunk {
        builder = builder.chunk(chunk);
    }
    builder.build().unwrap()
}

fn drive<'a, T: Real>(steps: u64) -> Input<'a, T> {
    Input::steps(steps).named_constant("A", T::of(3.0))
}

/// The output and all variables as bits.
fn bits<T: Real>(run: &Recording<T>) -> Vec<(String, Vec<u64>)> {
    let of = |array: &ndarray::ArrayD<T>| array.iter().map(|v| v.to_f64().to_bits()).collect();
    let mut all = vec![("output".to_owned(), of(&run.output))];
    all.extend(run.iter().map(|(name, _)| (name.to_owned(), of(&run[name]))));
    all
}

fn run<T: Real>(options: &Options, steps: u64) -> Recording<T> {
    build::<T>(options).run(drive(steps)).unwrap()
}

/// Asserts that both groups spike: without spikes the test has no meaning.
fn lively<T: Real>(run: &Recording<T>) {
    for name in ["A.spike", "B.spike"] {
        assert!(run[name].iter().any(|s| s.to_f64() > 0.0), "{name}: no spikes");
    }
}

fn chunks_and_splits<T: Real>() {
    let whole = run::<T>(&PLAIN, 257);
    lively(&whole);
    for chunk in [1, 2, 15] {
        assert!(bits(&run::<T>(&Options { chunk: Some(chunk), ..PLAIN }, 257)) == bits(&whole), "chunks of {chunk}");
    }
    for cut in [1, 100, 256] {
        let mut over_time = build::<T>(&PLAIN);
        let parts = [cut, 257 - cut].map(|n| over_time.run(drive(n)).unwrap());
        let joined = |name: &str| {
            let views = [parts[0][name].view(), parts[1][name].view()];
            ndarray::concatenate(Axis(0), &views).unwrap()
        };
        for (name, _) in whole.iter() {
            assert!(
                joined(name).iter().map(|v| v.to_f64()).eq(whole[name].iter().map(|v| v.to_f64())),
                "{name}, cut at {cut}"
            );
        }
    }
}

#[test]
fn chunks_and_splits_change_no_bit() {
    chunks_and_splits::<f32>();
    chunks_and_splits::<f64>();
}

#[test]
fn threads_change_no_bit() {
    // There are enough neurons that several threads share a step.
    let options = |threads| Options { n: 2100, threads: Some(threads), ..PLAIN };
    let one = run::<f32>(&options(1), 60);
    lively(&one);
    for threads in [2, 8] {
        assert!(bits(&run::<f32>(&options(threads), 60)) == bits(&one), "{threads} threads");
    }
}

/// A step has synapses enough for several threads, which share their targets.
#[test]
fn threads_change_no_bit_of_a_large_delivery() {
    let network = |weight: Init| {
        let scripted =
            || ScriptedCells { units: 300, spikes: (0..300).filter(|k| k % 5 != 0).map(|k| (1, k)).collect() };
        Network::<f32>::builder(0.1)
            .group(Group::new("a", scripted()).receptor(Receptor::exponential("s", 5.0)))
            .project(Projection::new("p", "a", ("a", "s")).connect(Connect::FixedProb(0.6)).weight(weight).delay(0.2))
            .build()
            .unwrap()
    };
    for weight in [Init::Constant(0.3), Init::uniform(-1.0, 1.0)] {
        let with = |threads| {
            let built = LoopOverTime::builder(network(weight.clone())).dt(0.1).threads(threads).out_vars("a.s").build();
            built.and_then(|mut over_time| over_time.run_steps(5)).unwrap()
        };
        let one = with(1);
        assert!(one["a.s"].iter().any(|s| *s != 0.0));
        for threads in [2, 3, 8] {
            assert!(bits(&with(threads)) == bits(&one), "{threads} threads");
        }
    }
}

#[test]
fn a_state_file_holds_the_spikes_in_transit() {
    let path = std::env::temp_dir().join(format!("overtime-network-{}.safetensors", std::process::id()));
    let mut first = build::<f32>(&PLAIN);
    first.run(drive(93)).unwrap();
    let dict = first.state_dict().unwrap();
    assert!(
        ["A.flight", "B.flight"].iter().all(|name| dict.get(name).unwrap().iter().any(|word| *word != 0.0)),
        "no spike is in transit"
    );
    first.save_states(&path).unwrap();
    let on = first.run(drive(100)).unwrap();
    lively(&on);
    let mut second = build::<f32>(&PLAIN);
    second.load_states(&path).unwrap();
    let resumed = second.run(drive(100)).unwrap();
    std::fs::remove_file(&path).ok();
    assert!(bits(&resumed) == bits(&on));
    // Without the spikes in transit, the run differs.
    let mut third = build::<f32>(&PLAIN);
    third.run(drive(93)).unwrap();
    let mut dict = third.state_dict().unwrap();
    for name in ["A.flight", "B.flight"] {
        let empty = dict.get(name).unwrap().mapv(|_| 0.0);
        dict.insert(name, empty);
    }
    third.load_state_dict(&dict, true).unwrap();
    assert!(bits(&third.run(drive(100)).unwrap()) != bits(&on));
}

#[test]
fn rows_of_a_batch_are_independent_networks() {
    // The rows differ only in their input.
    let options = Options { n: 40, random: false, rows: Some(7), ..PLAIN };
    let x = Array2::from_shape_fn((7, 40), |(row, _)| row as f32);
    let series = x.clone().insert_axis(Axis(0)).broadcast((90, 7, 40)).map(|v| v.to_owned()).unwrap_or_default();
    let whole = build::<f32>(&options).run(Input::series().named("A", &series)).unwrap();
    lively(&whole);
    for row in 0..7 {
        let part = series.slice(ndarray::s![.., row, ..]).to_owned();
        let alone = build::<f32>(&Options { rows: None, ..options }).run(Input::series().named("A", &part)).unwrap();
        for (name, _) in alone.iter() {
            let of_row = whole[name].index_axis(Axis(1), row);
            assert!(
                alone[name].iter().map(|v| v.to_bits()).eq(of_row.iter().map(|v| v.to_bits())),
                "{name}, row {row}"
            );
        }
    }
}

#[test]
fn without_weights_a_network_is_its_groups() {
    let lif = || Lif::<f64>::new(65).v(Init::uniform(0.0, 19.0));
    let network = Network::builder(0.1)
        .group(Group::new("A", lif()).receptor(Receptor::exponential("e", 5.0)).current(21.0))
        .project(Projection::new("AA", "A", ("A", "e")).weight(0.0).delay(0.3))
        .build();
    let vars = ["A.V", "A.spike", "A.refractory"];
    let built = network.and_then(|n| LoopOverTime::builder(n).dt(0.1).seed(3).out_vars(vars).build());
    let together = built.and_then(|mut over_time| over_time.run_steps(500)).unwrap();
    let alone = Sequential::new().layer("A", lif());
    let built = LoopOverTime::builder(alone).dt(0.1).seed(3).out_vars(vars).build();
    let input = Input::steps(500).constant(21.0);
    let alone = built.and_then(|mut over_time| over_time.run(input)).unwrap();
    assert!(together["A.spike"].iter().any(|s| *s > 0.0));
    assert!(bits(&together)[1..] == bits(&alone)[1..]);
}

/// The spike masks and the events contain the same spikes.
#[test]
fn masks_and_events_have_the_same_spikes() {
    let network = mixed::<f32>(70, true);
    let vars = [monitor("A.flight"), monitor("A.spike").events()];
    let built = LoopOverTime::builder(network).dt(0.1).out_vars(vars).build();
    let run = built.and_then(|mut over_time| over_time.run(drive(200))).unwrap();
    let masks = &run["A.flight"];
    let slots = masks.shape()[1];
    assert_eq!((slots, masks.shape()[2]), (26, 5));
    let events = run.events("A.spike").unwrap();
    let mut counted = 0;
    for step in 0..200 {
        for unit in 0..70 {
            let bit = masks[[step, step % slots, unit / 16]] as u32 >> (unit % 16) & 1;
            let spiked = events.step.iter().zip(&events.unit).any(|(s, u)| (*s, *u) == (step as u64, unit));
            assert_eq!(bit == 1, spiked, "step {step}, neuron {unit}");
            counted += bit;
        }
    }
    assert!(counted > 5, "{counted}");
}
