//! White noise in the current of any neuron: the bits of a network's noise, and refused arguments.

use ndarray::{Array3, ArrayD};
use overtime::models::{Channel, ChannelKind, CondNeuGroup, Family, Hh, Lif, PoissonGroup, RnnCell, WhiteNoise};
use overtime::network::{Group, Network};
use overtime::{Error, Init, Input, LoopOverTime, Real, System, models};

/// Neurons of each kind, with constant initial potentials.
fn each<R: Real>(units: usize) -> Vec<(&'static str, Box<dyn System<R>>)> {
    let kinds = models::all().iter().filter(|info| info.family == Family::Neuron && !info.takes("channel"));
    let mut all: Vec<(_, Box<dyn System<R>>)> = kinds
        .map(|info| {
            let mut group = models::neurons::<R>(&info.name, units).unwrap();
            group.set_init(&info.variables[0].name, Init::Constant(-65.0)).unwrap();
            (&*info.name, group as Box<dyn System<R>>)
        })
        .collect();
    let channels = CondNeuGroup::new(units).v(Init::Constant(-65.0)).channel("IL", Channel::new(ChannelKind::IL));
    all.push(("CondNeuGroup", Box::new(channels)));
    all
}

/// The first variable of neurons with noise, and of the same neurons as the group of a network.
fn both<R: Real>(alone: Box<dyn System<R>>, group: Box<dyn System<R>>, rows: usize) -> [ArrayD<R>; 2] {
    let (name, units) = (alone.schema().state[0].name.clone(), alone.schema().output_len());
    let x = Array3::from_shape_fn((40, rows, units), |(k, b, n)| R::of((k + 3 * b + n % 7) as f64 * 0.1));
    let alone = LoopOverTime::builder(WhiteNoise::new(alone, 2.5)).seed(9).batch(rows).out_vars(&*name);
    let network = Network::builder(0.1).group(Group::new("G", group).input().noise(2.5)).build().unwrap();
    let network = LoopOverTime::builder(network).seed(9).batch(rows).out_vars(&*format!("G.{name}"));
    let alone = alone.build().unwrap().run(&x).unwrap()[&*name].clone();
    [alone, network.build().unwrap().run(&x).unwrap()[&*format!("G.{name}")].clone()]
}

fn has_the_bits_of_a_network<R: Real>() {
    for (units, rows) in [(1, 1), (7, 3), (1030, 2)] {
        for ((kind, alone), (_, group)) in each::<R>(units).into_iter().zip(each::<R>(units)) {
            let [alone, group] = both(alone, group, rows);
            assert!(alone == group, "{kind} of {units} neurons in {rows} rows, {}", R::DTYPE);
        }
    }
}

#[test]
fn a_neuron_with_noise_has_the_bits_of_a_network_of_one_group() {
    has_the_bits_of_a_network::<f32>();
    has_the_bits_of_a_network::<f64>();
}

fn potentials(sigma: f64, seed: u64, parts: &[u64], threads: usize) -> Vec<f64> {
    let neurons = WhiteNoise::new(Lif::<f64>::new(700).param("tau_ref", 0.5).unwrap(), sigma);
    let builder = LoopOverTime::builder(neurons).seed(seed).threads(threads).out_vars("V");
    let mut over_time = builder.build().unwrap();
    let run = |steps: &u64| over_time.run(Input::steps(*steps).constant(19.0)).unwrap()["V"].iter().copied().collect();
    parts.iter().map(run).collect::<Vec<Vec<f64>>>().concat()
}

#[test]
fn the_noise_is_white_and_depends_on_seed_neuron_and_step_alone() {
    let whole = potentials(3.0, 1, &[60], 1);
    assert!(potentials(3.0, 1, &[7, 53], 1) == whole && potentials(3.0, 1, &[60], 3) == whole);
    assert!(potentials(3.0, 2, &[60], 1) != whole);
    // V' = (−V + R·(I + noise))/τ with V = 0 at first: after one step V is R·(I + σ·ξ/√dt)·(1 − e^(−dt/τ)).
    let share = -(-0.1_f64 / 10.0).exp_m1();
    let xi: Vec<f64> = whole[..700].iter().map(|v| (v / share - 19.0) / (3.0 / 0.1_f64.sqrt())).collect();
    let mean = xi.iter().sum::<f64>() / 700.0;
    let variance = xi.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / 700.0;
    assert!(mean.abs() <= 5.0 / 700.0_f64.sqrt(), "{mean}");
    assert!((variance - 1.0).abs() <= 5.0 * (2.0 / 700.0_f64).sqrt(), "{variance}");
}

#[test]
fn noise_of_0_changes_nothing() {
    let mut plain =
        LoopOverTime::builder(Lif::<f64>::new(700).param("tau_ref", 0.5).unwrap()).out_vars("V").build().unwrap();
    let plain = plain.run(Input::steps(60).constant(19.0)).unwrap();
    assert!(plain["V"].iter().copied().eq(potentials(0.0, 5, &[60], 1)));
}

#[test]
fn what_cannot_have_noise_is_refused() {
    for sigma in [f64::NAN, f64::INFINITY, -1.0, -f64::MIN_POSITIVE] {
        let error = LoopOverTime::builder(WhiteNoise::new(Lif::<f32>::new(3), sigma)).build().unwrap_err();
        assert!(matches!(error, Error::Value { .. }) && error.to_string().contains("noise"), "{sigma}: {error}");
    }
    let refused = |error: Error, kind: &str| {
        assert!(matches!(error, Error::Unsupported(_)) && error.to_string().contains(kind), "{error}");
    };
    let source = WhiteNoise::new(PoissonGroup::<f64>::new(3, 10.0), 1.0);
    refused(LoopOverTime::builder(source).build().unwrap_err(), "PoissonGroup");
    let cell = WhiteNoise::new(RnnCell::<f64>::new(2, 2), 1.0);
    refused(LoopOverTime::builder(cell).build().unwrap_err(), "RNNCell");
    // The model's own checks hold as well.
    let error = LoopOverTime::builder(WhiteNoise::new(Hh::<f64>::new(2).param("C", -1.0).unwrap(), 1.0)).build();
    assert!(error.unwrap_err().to_string().contains('C'));
}

#[test]
fn no_neurons_and_a_run_without_input_are_allowed() {
    let run = |units| {
        let neurons = WhiteNoise::new(Lif::<f64>::new(units), 9.0);
        LoopOverTime::builder(neurons).out_vars("V").build().unwrap().run_steps(30).unwrap()["V"].clone()
    };
    assert_eq!(run(0).shape(), [30, 0]);
    assert!(run(5).iter().all(|v| *v != 0.0));
}
