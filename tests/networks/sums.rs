//! Sums over synapses compared with a plain program in f64, and their accuracy.

use crate::networks::cell::ScriptedCells;
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Device, Init, LoopOverTime, Real};

/// Random numbers from a seed.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % n
    }
    fn unit(&mut self) -> f64 {
        self.below(1 << 30) as f64 / f64::from(1 << 30)
    }
}

const DECAYS: [f64; 2] = [5.0, 0.7];

fn check<T: Real>(seed: u64, sources: usize, targets: usize, synapses: usize, tolerance: f64) {
    println!("seed {seed}, {sources} × {targets}, {synapses} synapses");
    let mut dice = Dice(seed);
    let steps = 40;
    let spikes: Vec<(u64, usize)> = (0..sources * 6).map(|_| (dice.below(steps) as u64, dice.below(sources))).collect();
    let pre: Vec<u32> = (0..synapses).map(|_| dice.below(sources) as u32).collect();
    let post: Vec<u32> = (0..synapses).map(|_| dice.below(targets) as u32).collect();
    let weights: Vec<f64> = (0..synapses).map(|_| 20.0 * dice.unit() - 8.0).collect();
    let delays: Vec<usize> = (0..synapses).map(|_| dice.below(9)).collect();

    let mut network =
        Network::<T>::builder(0.1).group(Group::new("a", ScriptedCells { units: sources, spikes: spikes.clone() }));
    let mut group = Group::new("b", ScriptedCells { units: targets, spikes: Vec::new() });
    for (k, tau) in DECAYS.iter().enumerate() {
        group = group.receptor(Receptor::exponential(format!("s{k}"), *tau).init(k as f64));
    }
    network = network.group(group);
    for k in 0..DECAYS.len() {
        network = network.project(
            Projection::new(format!("p{k}"), "a", ("b", format!("s{k}")))
                .connect(Connect::Arrays { pre: pre.clone(), post: post.clone() })
                .weight(weights.clone())
                .delay(delays.iter().map(|d| *d as f64 * 0.1).collect::<Vec<f64>>()),
        );
    }
    let built = LoopOverTime::builder(network.build().unwrap()).dt(0.1).out_vars(["b.s0", "b.s1"]).build();
    let run = built.unwrap().run_steps(steps as u64).unwrap();

    for (k, tau) in DECAYS.iter().enumerate() {
        let mut s = vec![k as f64; targets];
        for step in 0..steps {
            s.iter_mut().for_each(|s| *s *= (-0.1 / tau).exp());
            for synapse in 0..synapses {
                let sent = step
                    .checked_sub(delays[synapse])
                    .is_some_and(|at| spikes.contains(&(at as u64, pre[synapse] as usize)));
                if sent {
                    s[post[synapse] as usize] += weights[synapse];
                }
            }
            for (unit, s) in s.iter().enumerate() {
                let got = run[&format!("b.s{k}")][[step, unit]].to_f64();
                assert!((got - s).abs() <= tolerance, "s{k}, step {step}, unit {unit}: {got} instead of {s}");
            }
        }
    }
}

/// Each weight is within 2^(e−31) of the given value; here e = 4, so the bound is 7.5e-9. A sum has
/// some dozens of weights.
#[test]
fn individual_weights_sum_up_as_in_a_plain_program() {
    for (seed, (sources, targets, synapses)) in [(1, 1, 1), (33, 17, 200), (5, 1025, 900)].into_iter().enumerate() {
        check::<f64>(seed as u64, sources, targets, synapses, 2e-7);
        check::<f32>(seed as u64, sources, targets, synapses, 1e-4);
    }
}

/// A sum of a million weights of the largest and the smallest magnitude is exact in any order.
#[test]
fn large_and_small_weights_cancel_exactly() {
    let n = 1000;
    let all = (0..n).map(|unit| (0, unit)).collect();
    let weights: Vec<f64> = (0..n).map(|k| [1.0, 2.0_f64.powi(-29), -1.0, 0.0][k % 4]).collect();
    let arrays = Connect::Arrays { pre: (0..n as u32).collect(), post: vec![0; n] };
    let network = Network::<f32>::builder(0.1)
        .group(Group::new("a", ScriptedCells { units: n, spikes: all }))
        .group(Group::new("b", ScriptedCells { units: 1, spikes: Vec::new() }).receptor(Receptor::delta("s", "kicked")))
        .project(Projection::new("p", "a", ("b", "s")).connect(arrays).weight(weights))
        .build()
        .unwrap();
    let run = LoopOverTime::builder(network).dt(0.1).out_vars("b.kicked").build().unwrap().run_steps(1).unwrap();
    assert_eq!(run["b.kicked"][[0, 0]], 250.0 * 2.0_f32.powi(-29));
}

/// Projections onto one receptor share a sum whose weight scale is the largest, whatever their
/// delays, their parts and their storage. A projection of much smaller weights keeps its resolution.
/// The sums are those of a plain program over the synapses, to the last bit.
#[test]
fn projections_onto_a_receptor_share_a_sum() {
    let (sources, targets, steps) = (70, 90, 60);
    let mut dice = Dice(9);
    let spikes: Vec<(u64, usize)> = (0..sources * 9).map(|_| (dice.below(steps) as u64, dice.below(sources))).collect();
    let cells = |units, spikes| ScriptedCells { units, spikes };
    let project = |name: &str, to: std::ops::Range<usize>, high: f64| {
        Projection::new(name, ("a", 5..sources), ("b", to, "s"))
            .connect(Connect::FixedProb(0.2))
            .weight(Init::uniform(-high, high))
            .delay(0.3)
    };
    let network = || {
        Network::<f64>::builder(0.1)
            .seed(3)
            .group(Group::new("a", cells(sources, spikes.clone())))
            .group(Group::new("b", cells(targets, Vec::new())).receptor(Receptor::exponential("s", 5.0)))
            .project(project("strong", 0..targets, 60.0))
            .project(project("tiny", 3..targets, 1e-4))
            .project(project("part", 20..50, 1.0).delay(Init::uniform(0.0, 2.0)))
            .project(Projection::new("same", "a", ("b", "s")).connect(Connect::FixedNumPost(4)).weight(0.7))
            .project(project("made", 40..77, 9.0).delay(0.2).procedural())
            .build()
            .unwrap()
    };
    let names = ["strong", "tiny", "part", "same", "made"];
    let synapses = names.map(|name| network().synapses(name, Device::Cpu).unwrap());
    let first = [[5, 0], [5, 3], [5, 20], [0, 0], [5, 40]];
    // The scale of the largest weights; 2⁶ is above 60, and 2⁻¹³ above 1e-4.
    let scales = [0, 1, 0, 3, 0].map(|k: usize| [2.0_f64.powi(6 - 30), 2.0_f64.powi(-13 - 30), 0.0, 0.7][k]);
    for (k, synapses) in synapses.iter().enumerate() {
        assert!(synapses.weight.iter().all(|w| (w / scales[k]).fract() == 0.0), "{}", names[k]);
    }
    let mut s = vec![0.0_f64; targets];
    let built = LoopOverTime::builder(network()).dt(0.1).out_vars("b.s").build();
    let run = built.unwrap().run_steps(steps as u64).unwrap();
    for step in 0..steps {
        s.iter_mut().for_each(|s| *s *= overtime::math::exp(-0.1 / 5.0));
        let mut sums = vec![[0.0_f64; 5]; targets];
        for (k, synapses) in synapses.iter().enumerate() {
            for place in 0..synapses.pre.len() {
                let source = synapses.pre[place] as usize + first[k][0];
                let sent = step.checked_sub(synapses.delay[place] as usize);
                if sent.is_some_and(|at| spikes.contains(&(at as u64, source))) {
                    // The sum of `part` and `made` is that of `strong`.
                    let sum = [0, 1, 0, 3, 0][k];
                    sums[synapses.post[place] as usize + first[k][1]][sum] += synapses.weight[place] / scales[k];
                }
            }
        }
        for (s, sums) in s.iter_mut().zip(sums) {
            for sum in [0, 1, 3] {
                *s = sums[sum].mul_add(scales[sum], *s);
            }
        }
        for (unit, s) in s.iter().enumerate() {
            assert_eq!(run["b.s"][[step, unit]], *s, "step {step}, unit {unit}");
        }
    }
    assert!(s.iter().any(|s| *s != 0.0));
}

/// Beside larger weights, log-normal and given weights are those that they are alone. In a scale 256
/// times coarser most of these would be 0.
#[test]
fn weights_of_many_magnitudes_keep_their_scale_beside_larger_ones() {
    let (sources, targets) = (70, 90);
    let cells = |units| ScriptedCells { units, spikes: Vec::new() };
    let project = |name: &str, weight: Init| {
        Projection::new(name, "a", ("b", "s")).connect(Connect::AllToAll).weight(weight).delay(0.3)
    };
    let given: Vec<f64> = (0..sources * targets).map(|k| 4e7 * (-20.0 * k as f64 / 6299.0).exp()).collect();
    let weights = |name: &str, larger: bool| {
        let mut network = Network::<f64>::builder(0.1)
            .seed(3)
            .group(Group::new("a", cells(sources)))
            .group(Group::new("b", cells(targets)).receptor(Receptor::exponential("s", 5.0)))
            .project(project("drawn", Init::lognormal(0.0, 3.0)))
            .project(project("given", given.clone().into()));
        if larger {
            network = network.project(project("larger", Init::lognormal(5.5, 3.0)));
        }
        network.build().unwrap().synapses(name, Device::Cpu).unwrap().weight
    };
    for name in ["drawn", "given"] {
        let alone = weights(name, false);
        assert!(alone.iter().filter(|w| **w == 0.0).count() < alone.len() / 5, "{name}");
        assert_eq!(alone, weights(name, true), "{name}");
    }
}
