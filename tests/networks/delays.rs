//! The delay of spikes: they arrive an exact number of steps later, for any chunk length.

use crate::networks::cell::ScriptedCells;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Init, LoopOverTime, Real};

const STEPS: usize = 400;

/// For each step, the amount that arrives at unit 0 of `b` from the three units of `a`, over one
/// synapse each.
fn arrivals<T: Real>(delay: impl Into<Init>, weight: impl Into<Init>, spikes: &[(u64, usize)], chunk: u64) -> Vec<f64> {
    let a = ScriptedCells { units: 3, spikes: spikes.to_vec() };
    let b = ScriptedCells { units: 1, spikes: Vec::new() };
    // The receptor decays to 0 at once, so that each step shows only the arrivals of the preceding
    // step.
    let s = Receptor::exponential("s", 1e-3);
    let network = Network::<T>::builder(0.1)
        .group(Group::new("a", a))
        .group(Group::new("b", b).receptor(s))
        .project(
            Projection::new("p", "a", ("b", "s"))
                .connect(Connect::Arrays { pre: vec![0, 1, 2], post: vec![0, 0, 0] })
                .weight(weight)
                .delay(delay),
        )
        .build()
        .unwrap();
    let mut over_time = LoopOverTime::builder(network).dt(0.1).chunk(chunk).out_vars(["b.s", "b.x"]).build().unwrap();
    let run = over_time.run_steps(STEPS as u64).unwrap();
    let arrived: Vec<f64> = run["b.s"].iter().map(|s| s.to_f64()).collect();
    // The unit reads the receptor one step later.
    for step in 1..STEPS {
        assert_eq!(run["b.x"][[step, 0]].to_f64(), arrived[step - 1], "step {step}");
    }
    arrived
}

fn expected(delays: [usize; 3], weights: [f64; 3], spikes: &[(u64, usize)]) -> Vec<f64> {
    let mut all = vec![0.0; STEPS];
    for (step, unit) in spikes {
        if let Some(place) = all.get_mut(*step as usize + delays[*unit]) {
            *place += weights[*unit];
        }
    }
    all
}

const SPIKES: [(u64, usize); 9] = [(0, 0), (0, 1), (1, 2), (7, 1), (7, 2), (8, 0), (100, 0), (101, 1), (399, 2)];

#[test]
fn a_delay_shifts_spikes_exactly() {
    for delay in [0, 1, 2, 15, 257] {
        for chunk in [1, 7, 1024] {
            let ms = delay as f64 * 0.1;
            let want = expected([delay; 3], [2.0; 3], &SPIKES);
            assert!(want.iter().any(|w| *w > 0.0));
            assert_eq!(arrivals::<f32>(ms, 2.0, &SPIKES, chunk), want, "{delay} steps, chunks of {chunk}");
            assert_eq!(arrivals::<f64>(ms, 2.0, &SPIKES, chunk), want, "{delay} steps, chunks of {chunk}");
        }
    }
}

#[test]
fn each_synapse_has_its_own_delay() {
    for delays in [[0, 1, 2], [3, 0, 290], [5, 5, 4]] {
        let ms: Vec<f64> = delays.iter().map(|d| *d as f64 * 0.1).collect();
        let weights = [0.5, -2.0, 1.25];
        for chunk in [1, 7, 1024] {
            let got = arrivals::<f64>(ms.clone(), weights.to_vec(), &SPIKES, chunk);
            assert_eq!(got, expected(delays, weights, &SPIKES), "{delays:?} steps, chunks of {chunk}");
        }
    }
}

/// Units 15 to 40 of a group, a range that starts and ends within words of the spike masks.
#[test]
fn only_the_given_subgroups_send_and_receive() {
    let scripted = |units, spikes| ScriptedCells { units, spikes };
    let all = (0..70).map(|unit| (2, unit)).collect();
    let network = Network::<f64>::builder(0.1)
        .group(Group::new("a", scripted(70, all)))
        .group(Group::new("b", scripted(60, Vec::new())).receptor(Receptor::delta("s", "kicked")))
        .project(Projection::new("p", ("a", 15..40), ("b", 7..32, "s")).connect(Connect::OneToOne))
        .project(Projection::new("q", ("a", 69..70), ("b", 50..60, "s")).weight(3.0))
        .build()
        .unwrap();
    let mut over_time = LoopOverTime::builder(network).dt(0.1).out_vars("b.kicked").build().unwrap();
    let run = over_time.run_steps(4).unwrap();
    for step in 0..4 {
        for unit in 0..60 {
            let want = if (7..32).contains(&unit) {
                1.0
            } else if unit >= 50 {
                3.0
            } else {
                0.0
            };
            assert_eq!(run["b.kicked"][[step, unit]], if step < 2 { 0.0 } else { want }, "step {step}, unit {unit}");
        }
    }
    assert_eq!(run.output.iter().copied().collect::<Vec<f64>>(), [0.0, 0.0, 0.0, 0.0, 70.0, 0.0, 0.0, 0.0]);
}
