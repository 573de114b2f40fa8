//! Neurons whose spike is a crossing of the threshold. Every upward crossing of the recorded V is
//! one spike, whatever causes it.

use crate::networks::cell::ScriptedCells;
use overtime::models::{
    Channel, ChannelKind, CondNeuGroup, FitzHughNagumo, Hh, HindmarshRose, MorrisLecar, WangBuzsaki,
};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, LoopOverTime, Real, System};

const UNITS: usize = 5;
const STEPS: u64 = 900;

/// The steps in which the source spikes.
fn sent() -> Vec<u64> {
    // Single spikes, two in consecutive steps, and a burst within which V stays above the
    // threshold.
    (0..STEPS).filter(|k| matches!(k, 50 | 130 | 131 | 300..=306 | 520 | 700) || k % 211 == 5).collect()
}

fn network<T: Real>(model: impl System<T> + 'static, weights: [f64; UNITS]) -> Network<T> {
    let spikes = sent().into_iter().map(|step| (step, 0)).collect();
    Network::builder(0.05)
        .group(Group::new("a", ScriptedCells { units: 1, spikes }))
        .group(Group::new("b", model).receptor(Receptor::delta("s", "V")))
        .project(Projection::new("p", "a", ("b", "s")).connect(Connect::AllToAll).weight(weights.to_vec()))
        .build()
        .unwrap()
}

/// The recorded V determines the spikes. A crossing by the neuron's own dynamics is a spike in the
/// same step. A crossing by a synapse at the end of a step is a spike in the next step.
fn spikes_are_crossings<T: Real>(make: impl Fn() -> Box<dyn System<T>>, v_th: f64, up: f64) {
    let what = format!("{} {}", make().kind(), T::DTYPE);
    let weights = [1.0, 1.3, 0.8, 2.0, 0.01].map(|x| x * up);
    let build =
        || LoopOverTime::builder(network(make(), weights)).dt(0.05).out_vars(["b.V", "b.spike"]).build().unwrap();
    let run = build().run_steps(STEPS).unwrap();
    let sent = sent();
    let (mut by_synapses, mut by_flow) = (0, 0);
    for unit in 0..UNITS {
        let v: Vec<f64> = (0..STEPS as usize).map(|k| run["b.V"][[k, unit]].to_f64()).collect();
        let found: Vec<usize> = (0..STEPS as usize).filter(|k| run["b.spike"][[*k, unit]].to_f64() != 0.0).collect();
        let mut expected = Vec::new();
        for k in 1..v.len() {
            if v[k - 1] < v_th && v[k] >= v_th {
                let before = if sent.contains(&(k as u64)) { v[k] - weights[unit] } else { v[k] };
                assert!(
                    (before - v_th).abs() > 1e-3 || before.to_bits() == v[k].to_bits(),
                    "{what}: V is too close to the threshold for a comparison"
                );
                let by_synapse = before < v_th;
                expected.push(k + usize::from(by_synapse));
                *(if by_synapse { &mut by_synapses } else { &mut by_flow }) += 1;
            }
        }
        assert_eq!(found, expected, "{what}, unit {unit}");
    }
    println!("{what}: {by_synapses} by synapses, {by_flow} by the dynamics");
    assert!(by_synapses >= 5, "{what}: {by_synapses} crossings are too few for a comparison");

    // The state is also saved between the step in which a synapse lifts V and the step that spikes.
    let mut whole = build();
    for at in (0..STEPS).filter(|k| sent.contains(k)) {
        whole.run_steps(at + 1 - whole.i()).unwrap();
        let state = whole.state_dict().unwrap();
        let mut resumed = build();
        resumed.load_state_dict(&state, true).unwrap();
        let next = resumed.run_steps(2.min(STEPS - at - 1)).unwrap();
        for k in 0..next.steps as usize {
            for unit in 0..UNITS {
                let expected = run["b.spike"][[at as usize + 1 + k, unit]];
                assert!(next["b.spike"][[k, unit]] == expected, "{what}: resumed after step {at}");
            }
        }
    }
}

fn all<T: Real>() {
    spikes_are_crossings::<T>(|| Box::new(Hh::new(UNITS).v(Init::Constant(-65.0))), 20.0, 95.0);
    spikes_are_crossings::<T>(|| Box::new(WangBuzsaki::new(UNITS).v(Init::Constant(-64.0))), 20.0, 95.0);
    spikes_are_crossings::<T>(|| Box::new(MorrisLecar::new(UNITS)), 10.0, 55.0);
    spikes_are_crossings::<T>(|| Box::new(FitzHughNagumo::new(UNITS)), 1.8, 3.0);
    spikes_are_crossings::<T>(|| Box::new(HindmarshRose::new(UNITS)), 1.0, 3.5);
    let leak = || CondNeuGroup::new(UNITS).channel("IL", Channel::new(ChannelKind::IL)).v(Init::Constant(-60.0));
    spikes_are_crossings::<T>(move || Box::new(leak()), 0.0, 80.0);
    let active = || {
        let sodium = Channel::new(ChannelKind::INaHh1952);
        leak().channel("INa", sodium).channel("IK", Channel::new(ChannelKind::IKHh1952))
    };
    spikes_are_crossings::<T>(move || Box::new(active()), 0.0, 80.0);
}

#[test]
fn every_crossing_is_a_spike() {
    all::<f64>();
}

#[test]
fn every_crossing_is_a_spike_in_single_precision() {
    all::<f32>();
}

/// A start above the threshold is not a crossing. If a caller lifts a potential over the threshold,
/// that is one.
#[test]
fn a_start_above_the_threshold_is_no_spike() {
    let hh = Hh::<f64>::new(2).v(Init::Values(vec![30.0, -65.0])).param("V_th", 20.0).unwrap();
    let mut over_time = LoopOverTime::builder(hh).out_vars(["spike", "below"]).build().unwrap();
    let run = over_time.run_steps(3).unwrap();
    assert!(run["spike"].iter().all(|s| *s == 0.0), "{:?}", run["spike"]);
    let below: Vec<f64> = run["below"].iter().copied().collect();
    assert_eq!(below[..2], [0.0, 1.0]);
    let mut state = over_time.state_dict().unwrap();
    let mut v = state.get("V").unwrap().clone();
    v[[1]] = 35.0;
    state.insert("V", v);
    over_time.load_state_dict(&state, true).unwrap();
    let run = over_time.run_steps(3).unwrap();
    let spikes: Vec<f64> = run["spike"].iter().copied().collect();
    assert_eq!(spikes, [0.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
}
