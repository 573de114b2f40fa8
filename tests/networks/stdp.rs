//! Plastic weights, compared with a run of Brian2 and with a plain loop over synapses, and their
//! general properties.

use crate::common::{Golden, close, golden};
use crate::networks::cell::ScriptedCells;
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stdp};
use overtime::rng::Stream;
use overtime::{Device, Error, Init, LoopOverTime, Real, Recording, monitor};

fn list(reference: &Golden, name: &str) -> Vec<f64> {
    reference.array(name).iter().copied().collect()
}

/// The network of the file.
fn song<T: Real>(reference: &Golden) -> Network<T> {
    let one = |name: &str| list(reference, name)[0];
    let whole = |name: &str| -> Vec<u32> { list(reference, name).iter().map(|k| *k as u32).collect() };
    let spikes = list(reference, "told_step")
        .iter()
        .zip(list(reference, "told_i"))
        .map(|(step, i)| (*step as u64, i as usize))
        .collect();
    let lif = Lif::<T>::new(one("n") as usize).v(Init::Constant(-60.0)).conductance();
    let lif = [("V_rest", -74.0), ("V_th", -54.0), ("V_reset", -60.0)]
        .into_iter()
        .fold(lif, |lif, (p, v)| lif.param(p, v).unwrap());
    let rule = Stdp::new(one("w_max")).tau(one("tau_pre"), one("tau_post")).amplitudes(one("a_pre"), one("a_post"));
    let delays = list(reference, "delay_steps").iter().map(|d| d * 0.1).collect::<Vec<_>>();
    let inputs =
        Projection::new("S", "in", ("P", "ge")).connect(Connect::Arrays { pre: whole("pre"), post: whole("post") });
    Network::builder(0.1)
        .group(Group::new("in", ScriptedCells { units: one("inputs") as usize, spikes }))
        .group(Group::new("P", lif).receptor(Receptor::exponential("ge", 5.0).coba(0.0)))
        .project(inputs.weight(list(reference, "w0")).delay(delays).stdp(rule))
        .build()
        .unwrap()
}

/// For each synapse of the network, its position in the file, whose order differs.
fn places(reference: &Golden, network: &Network<f64>) -> Vec<usize> {
    let (pre, post) = (list(reference, "pre"), list(reference, "post"));
    let synapses = network.synapses("S", Device::Cpu).unwrap();
    let place =
        |(s, t): (&u32, &u32)| (0..pre.len()).find(|k| (pre[*k], post[*k]) == (f64::from(*s), f64::from(*t))).unwrap();
    synapses.pre.iter().zip(&synapses.post).map(place).collect()
}

#[test]
fn every_spike_and_weight_is_brian2s() {
    let reference = golden("net/stdp");
    let network = song::<f64>(&reference);
    let places = places(&reference, &network);
    let vars = [monitor("P.spike").events(), monitor("S.w").every(500)];
    let mut over_time = LoopOverTime::builder(network).dt(0.1).out_vars(vars).build().unwrap();
    let run = over_time.run_steps(list(&reference, "steps")[0] as u64).unwrap();
    let events = run.events("P.spike").unwrap();
    let mut ours: Vec<_> = events.step.iter().copied().zip(events.unit.iter().copied()).collect();
    ours.sort_unstable();
    let theirs: Vec<_> = list(&reference, "spike_step")
        .iter()
        .zip(list(&reference, "spike_i"))
        .map(|(s, i)| (*s as u64, i as usize))
        .collect();
    assert!(theirs.len() > 50);
    assert_eq!(ours, theirs);
    let w = reference.array("w");
    let expected = ndarray::ArrayD::from_shape_fn(w.raw_dim(), |at| w[[at[0], places[at[1]]]]);
    // The bound is half a weight scale for weights below 0.0625, their initial value.
    let worst = close("w", &run["S.w"], &expected, 3e-11);
    println!("{} spikes, weights within {worst:e}", ours.len());
}

const SEED: u64 = 23;

fn draw(what: &str, k: u64) -> f64 {
    Stream::named(SEED, what).uniform(k, 0)
}

fn scripted(what: &str, units: usize, steps: u64, p: f64) -> ScriptedCells {
    let spikes = (0..steps * units as u64)
        .filter(|k| draw(what, *k) < p)
        .map(|k| (k / units as u64, k as usize % units))
        .collect();
    ScriptedCells { units, spikes }
}

const RULE: fn() -> Stdp = || Stdp::new(0.9).min(-0.2).tau(3.0, 5.0).amplitudes(0.07, -0.06);

/// Groups with prescribed spikes. One projection within a group has a delay for each synapse.
/// Another has one delay, and connects a part of one group to a part of the other.
fn two<T: Real>(steps: u64) -> Network<T> {
    connected(steps, Connect::FixedProb(0.3), |to| to)
}

/// The same with several synapses of a pair.
fn repeated<T: Real>(steps: u64) -> Network<T> {
    connected(steps, Connect::FixedTotalNumber(1400), |to| to.connect(Connect::FixedNumPre(30)).multapses(true))
}

fn connected<T: Real>(steps: u64, rule: Connect, of_to: fn(Projection) -> Projection) -> Network<T> {
    let receptor = || Receptor::exponential("s", 5.0);
    let within = Projection::new("within", "a", ("a", "s")).connect(rule).weight(Init::uniform(-0.5, 1.0));
    let to = of_to(Projection::new("to", ("a", 5..30), ("b", 1..17, "s")).autapses(false).weight(0.4).delay(0.3));
    Network::builder(0.1)
        .seed(SEED)
        .group(Group::new("a", scripted("a", 33, steps, 0.04)).receptor(receptor()))
        .group(Group::new("b", scripted("b", 18, steps, 0.05)).receptor(receptor()))
        .project(within.delay(Init::uniform(0.2, 1.1)).stdp(RULE()))
        .project(to.stdp(RULE()))
        .build()
        .unwrap()
}

/// The rule's definition, applied synapse by synapse in f64.
#[test]
fn weights_are_those_of_a_plain_loop() {
    plain_loop(two);
}

#[test]
fn weights_of_parallel_synapses_are_those_of_a_plain_loop() {
    plain_loop(repeated);
}

fn plain_loop(make: fn(u64) -> Network<f64>) {
    let steps = 257;
    let network = make(steps);
    let synapses = ["within", "to"].map(|name| network.synapses(name, Device::Cpu).unwrap());
    let vars = ["within.w", "to.w", "within.post", "a.s", "b.s", "b.x"];
    let run = LoopOverTime::builder(network).dt(0.1).out_vars(vars).build().unwrap().run_steps(steps).unwrap();
    let (of_a, of_b) = (scripted("a", 33, steps, 0.04).spikes, scripted("b", 18, steps, 0.05).spikes);
    let decay = [3.0_f64, 5.0].map(|tau| (-0.1 / tau).exp());
    for (name, synapses, to, first, var) in
        [("within", &synapses[0], &of_a, [0, 0], "a.s"), ("to", &synapses[1], &of_b, [5, 1], "b.s")]
    {
        let len = synapses.pre.len();
        let mut w: Vec<f64> = synapses.weight.iter().map(|w| w.clamp(-0.2, 0.9)).collect();
        let (mut a_pre, mut a_post) = (vec![0.0; len], vec![0.0; len]);
        let mut s = vec![0.0; run[var].shape()[1]];
        let (mut low, mut high) = (0, 0);
        for step in 0..steps {
            s.iter_mut().for_each(|s| *s *= (-0.1_f64 / 5.0).exp());
            for k in 0..len {
                let (source, target) = (synapses.pre[k] as usize + first[0], synapses.post[k] as usize + first[1]);
                (a_pre[k], a_post[k]) = (a_pre[k] * decay[0], a_post[k] * decay[1]);
                if step >= u64::from(synapses.delay[k]) && of_a.contains(&(step - u64::from(synapses.delay[k]), source))
                {
                    s[target] += w[k];
                    a_pre[k] += 0.07;
                    w[k] = (w[k] + a_post[k]).clamp(-0.2, 0.9);
                }
                if to.contains(&(step, target)) {
                    a_post[k] -= 0.06;
                    w[k] = (w[k] + a_pre[k]).clamp(-0.2, 0.9);
                }
                low += usize::from(w[k] == -0.2);
                high += usize::from(w[k] == 0.9);
            }
            let at = step as usize;
            for (k, w) in w.iter().enumerate() {
                let found = run[&format!("{name}.w")][[at, k]];
                assert!((found - w).abs() <= 1e-12, "{name}, step {step}, synapse {k}: {found} {w}");
            }
            for (k, s) in s.iter().enumerate() {
                assert!(
                    (run[var][[at, k]] - s).abs() <= 1e-7,
                    "{name}, step {step}, target {k}: {} {s}",
                    run[var][[at, k]]
                );
            }
        }
        assert!(low > 0 && high > 0, "{name}: the weights never reach a bound, {low} {high}");
    }
    assert!(run["within.post"].iter().any(|p| *p < -0.06));
}

fn bits<T: Real>(run: &Recording<T>) -> Vec<Vec<u64>> {
    run.iter().map(|(name, _)| run[name].iter().map(|v| v.to_f64().to_bits()).collect()).collect()
}

const VARS: [&str; 8] = ["within.w", "within.pre", "within.post", "to.w", "to.pre", "to.post", "a.s", "b.s"];

/// Chunks, a batch, a split run, and a state file in between.
#[test]
fn weights_are_split_and_resumed_to_the_bit() {
    let steps = 120;
    let build = |chunk: Option<u64>, batch: Option<usize>| {
        let builder = LoopOverTime::builder(two::<f32>(steps)).dt(0.1).batch(batch).out_vars(VARS);
        if let Some(chunk) = chunk { builder.chunk(chunk) } else { builder }.build().unwrap()
    };
    let whole = build(None, None).run_steps(steps).unwrap();
    assert_eq!(whole["within.pre"].shape(), [120, 10, 33]);
    assert_eq!([whole["to.pre"].shape(), whole["to.post"].shape()], [[120, 25], [120, 16]]);
    assert!(bits(&build(Some(7), None).run_steps(steps).unwrap()) == bits(&whole));
    let rows = build(None, Some(3)).run_steps(steps).unwrap();
    for name in VARS {
        for row in 0..3 {
            assert!(rows[name].index_axis(ndarray::Axis(1), row) == whole[name], "{name}, row {row}");
        }
    }
    let path = std::env::temp_dir().join(format!("overtime-stdp-{}.safetensors", std::process::id()));
    let mut first = build(None, None);
    first.run_steps(71).unwrap();
    first.save_states(&path).unwrap();
    let on = first.run_steps(steps - 71).unwrap();
    let mut second = build(None, None);
    second.load_states(&path).unwrap();
    let resumed = second.run_steps(steps - 71).unwrap();
    std::fs::remove_file(&path).ok();
    assert!(bits(&resumed) == bits(&on));
    for name in VARS {
        assert!(on[name] == whole[name].slice_axis(ndarray::Axis(0), (71..).into()), "{name}");
    }
}

/// A step has synapses enough for several threads, which share weights and targets.
#[test]
fn threads_change_no_bit_of_many_weights() {
    let with = |threads| {
        let many = |delay: Init| {
            Projection::new("p", "a", ("a", "s")).connect(Connect::FixedProb(0.6)).weight(0.3).delay(delay).stdp(RULE())
        };
        let network = |delay| {
            let group = Group::new("a", scripted("many", 300, 6, 0.3)).receptor(Receptor::exponential("s", 5.0));
            Network::<f32>::builder(0.1).group(group).project(many(delay)).build().unwrap()
        };
        [Init::Constant(0.1), Init::uniform(0.0, 0.2)].map(|delay| {
            let built = LoopOverTime::builder(network(delay))
                .dt(0.1)
                .threads(threads)
                .out_vars(["p.w", "p.pre", "p.post", "a.s"])
                .build();
            bits(&built.and_then(|mut over_time| over_time.run_steps(6)).unwrap())
        })
    };
    let one = with(1);
    for threads in [2, 3, 8] {
        assert!(with(threads) == one, "{threads} threads");
    }
}

#[test]
fn invalid_plasticity_is_refused() {
    let group = || Group::<f32>::new("a", scripted("a", 3, 1, 0.0)).receptor(Receptor::exponential("s", 5.0));
    let built = |name: &str, rule: Stdp| {
        let all = Projection::new(name, "a", ("a", "s")).stdp(rule);
        Network::builder(0.1).group(group()).project(all).build().map(|_| ())
    };
    let rule = || Stdp::new(1.0);
    let refused = [
        ("tau_pre", rule().tau(0.0, 1.0)),
        ("tau_post", rule().tau(1.0, f64::NAN)),
        ("A_pre", rule().amplitudes(f64::INFINITY, 0.0)),
        ("A_post", rule().amplitudes(0.0, f64::NAN)),
        ("weights", rule().min(1.5)),
        ("weights", Stdp::new(-1.0)),
        ("weights", Stdp::new(0.0).min(-1.0)),
        ("bounds", rule().min(1.0)),
        ("bounds", Stdp::new(0.0)),
        ("weights", rule().min(f64::NAN)),
        ("weights", Stdp::new(f64::NAN).amplitudes(0.0, 0.0)),
        ("weights", Stdp::new(1e31)),
    ];
    for (says, rule) in refused {
        match built("p", rule) {
            Err(Error::Value { argument, .. }) => {
                assert!(argument.starts_with(says) && argument.contains("`p`"), "{argument}, not {says}")
            }
            other => panic!("{says}: {other:?}"),
        }
    }
    assert!(matches!(built("a", rule()), Err(Error::Value { .. })), "the name of a group was accepted");
    built("p", rule()).unwrap();
    // Some weights may be out of bounds, and a weight at a bound is within.
    let weighs = |w: Init, rule: Stdp| {
        let all = Projection::new("p", "a", ("a", "s")).weight(w).stdp(rule);
        Network::builder(0.1).group(group()).project(all).build().map(|_| ()).map_err(|e| e.to_string())
    };
    assert!(
        weighs(Init::uniform(-3.0, 0.5), rule()).is_ok()
            && weighs(Init::Values(vec![1.0 / 3.0; 9]), Stdp::new(1.0 / 3.0)).is_ok()
    );
    let said = weighs(Init::Values((1..10).map(|k| -0.25 * f64::from(k)).collect()), rule()).unwrap_err();
    assert!(said.contains("-2.25 to -0.25") && said.contains("bounds of its plasticity, 0 to 1"), "{said}");
    assert!(weighs(Init::Constant(-0.5), rule()).unwrap_err().contains("-0.5 are all out of the bounds"));
}

/// Pairs of spikes in both orders, with bounds above 0, around 0 and below 0, compared with the
/// rule's definition.
#[test]
fn default_amplitudes_scale_with_the_distance_of_the_bounds() {
    for (min, max, w0) in [(0.0, 2.0, 1.0), (-1.0, 0.0, -0.5), (-3.0, -1.0, -2.0), (-1.0, 1.0, 0.0), (0.5, 1.0, 0.75)] {
        let scripted = |spikes: Vec<(u64, usize)>| ScriptedCells { units: 1, spikes };
        let network = Network::<f64>::builder(0.1)
            .group(Group::new("a", scripted(vec![(5, 0), (40, 0)])))
            .group(Group::new("b", scripted(vec![(25, 0), (30, 0)])).receptor(Receptor::exponential("s", 5.0)))
            .project(Projection::new("p", "a", ("b", "s")).weight(w0).stdp(Stdp::new(max).min(min)));
        let run = LoopOverTime::builder(network.build().unwrap())
            .dt(0.1)
            .out_vars("p.w")
            .build()
            .unwrap()
            .run_steps(50)
            .unwrap();
        let left = |steps: f64| (-0.1 * steps / 20.0_f64).exp();
        let room = max - min;
        let after = [w0, w0 + 0.01 * room * left(20.0), w0 + 0.01 * room * (left(20.0) + left(25.0))];
        let end = after[2] - 0.0105 * room * (left(15.0) + left(10.0));
        for (step, expected) in [(24, after[0]), (25, after[1]), (30, after[2]), (40, end)] {
            let found = run["p.w"][[step, 0]];
            assert!((found - expected).abs() <= 1e-12, "{min} to {max}, step {step}: {found}, not {expected}");
        }
        assert!((end - w0).abs() > 1e-4 * room, "the weight did not change");
    }
}

/// A NaN weight is found like NaN in any other state.
#[test]
fn nan_weights_are_found() {
    let mut over_time = LoopOverTime::builder(two::<f64>(5)).dt(0.1).build().unwrap();
    let mut dict = over_time.state_dict().unwrap();
    let w = dict.get("to.w").unwrap().mapv(|_| f64::NAN);
    dict.insert("to.w", w);
    let failed = over_time.load_state_dict(&dict, true).err().or_else(|| over_time.run_steps(5).err());
    assert!(matches!(failed, Some(Error::NotFinite { ref variable, .. }) if variable.contains("to.w")), "{failed:?}");
}
