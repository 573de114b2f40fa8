//! Deliveries of spikes along synapse rows of every length, few and many at once: the bits of the
//! CPU, and the spikes of Brian2.

use crate::common;
use crate::cuda::child::{alone, simulated};
use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use overtime::models::{Lif, TraubMiles};
use overtime::network::{Connect, Group, Network, Projection, Receptor};
use overtime::{Builder, Device, Error, Init, LoopOverTime, Real, Strategy, monitor};

/// A group that fires in volleys of a third and of two thirds of its neurons, with this number of
/// synapses for each row. With `each`, synapses have their own weights and delays, of up to 45
/// steps.
fn volleys<T: Real>(degree: usize, each: bool, batch: Option<usize>) -> Builder<T, Network<T>> {
    let (n, takers) = (70, 310);
    let current: Vec<T> = (0..n).map(|k| T::of(if k % 3 == 0 { 60.0 } else { 25.0 })).collect();
    let sends = Group::new("a", Lif::<T>::new(n).param("tau", 1.0).unwrap()).current(current);
    let takes = Group::new("b", Lif::<T>::new(takers))
        .receptor(Receptor::exponential("s", 3.0))
        .receptor(Receptor::delta("jump", "V"))
        .receptor(Receptor::exponential("t", 1.0));
    let connect = if degree == 1 { Connect::OneToOne } else { Connect::FixedNumPost(degree) };
    let to = |receptor| ("b", 0..if degree == 1 { n - 13 } else { takers }, receptor);
    let project = |name, receptor| Projection::new(name, ("a", 13..n), to(receptor)).connect(connect.clone());
    let (p, q) = (project("p", "s"), project("q", "jump"));
    let (p, q) = if each {
        (
            p.weight(Init::uniform(0.0, 0.3)).delay(Init::uniform(0.0, 4.5)),
            q.weight(0.01).delay(Init::uniform(0.2, 1.1)),
        )
    } else {
        (p.weight(0.1).delay(3.7), q.weight(Init::uniform(-0.1, 0.1)))
    };
    // One row is longer than a warp handles alone, and the other rows are empty.
    let hub = Connect::Arrays { pre: vec![20; 40], post: (0..40).map(|k| 7 * k).collect() };
    let network = Network::builder(0.1).seed(3).group(sends).group(takes).project(p).project(q);
    let network =
        network.project(Projection::new("hub", "a", ("b", "t")).connect(hub).weight(0.5).delay(0.1)).build().unwrap();
    let vars = [monitor("a.spike").events(), monitor("b.V").every(3), monitor("b.s").every(5)];
    LoopOverTime::builder(network).dt(0.1).batch(batch).out_vars(vars)
}

fn same<T: Real>(degree: usize, each: bool, batch: Option<usize>, steps: u64, strategies: &[Strategy]) {
    let Some(device) = device() else { return };
    let mut on_cpu = volleys::<T>(degree, each, batch).build().unwrap();
    let expected = on_cpu.run_steps(steps).unwrap();
    let spikes: Vec<f64> = expected.output.iter().map(|n| n.to_f64()).collect();
    println!("{degree} {each} {batch:?}: {} spikes", spikes.iter().sum::<f64>());
    assert!(spikes.contains(&24.0) && spikes.contains(&46.0), "the volleys have unexpected sizes");
    for &strategy in strategies {
        let mut on_gpu = volleys::<T>(degree, each, batch).device(device).strategy(strategy).build().unwrap();
        let run = on_gpu.run_steps(steps).unwrap();
        let what = format!("{} {strategy}, rows of {degree}, {each}, {batch:?}", T::DTYPE);
        bits::same_runs(&what, &run, &expected);
        bits::same_states(&what, &on_gpu, &on_cpu);
    }
}

#[test]
fn short_rows_and_long_ones_have_the_cpus_bits() {
    for (k, degree) in [1, 5, 32, 33, 137, 210].into_iter().enumerate() {
        for each in [false, true] {
            same::<f32>(degree, each, None, 60, &[STRATEGIES[(k + usize::from(each)) % 3]]);
        }
    }
    same::<f32>(20, true, Some(3), 60, &STRATEGIES[..3]);
    same::<f64>(140, true, Some(2), 60, &STRATEGIES[..3]);
}

/// Warps with several tasks, or with none, share rows like other warps.
#[test]
fn warps_with_several_tasks_share_rows() {
    alone("rows::warps_with_several_tasks_share_rows", &[("FAKECUDA_ARCH", "sm_87")], || {
        same::<f32>(140, false, Some(35), 25, &[Strategy::Persistent]);
    });
}

/// Tests the barrier before the warps of a block process the rows that they share.
#[test]
fn rows_shared_too_early_are_caught() {
    simulated("rows::rows_shared_too_early_are_caught", &[("FAKECUDA_REPLACE", "bar.sync 1;=>")], || {
        let run = |device, degree| volleys::<f32>(degree, false, None).device(device).build().unwrap().run_steps(60);
        for (degree, differs) in [(128, false), (129, true)] {
            let (expected, found) = (run(Device::Cpu, degree).unwrap(), run(Device::Cuda(0), degree));
            assert_eq!(found.map_or(true, |run| bits::of_runs(&run, &expected).is_some()), differs, "rows of {degree}");
        }
    });
}

/// The first 300 steps of Brian2's run of 200 cells with 3,928 synapses.
#[test]
fn a_device_gives_the_spikes_of_brian2() {
    let Some(device) = device() else { return };
    let reference = common::golden("net/small_delay15");
    let list = |name: &str| reference.array(name).iter().copied().collect::<Vec<f64>>();
    let (n, excitatory, steps) = (list("v0").len(), list("n_exc")[0] as usize, 300);
    let cells = TraubMiles::<f64>::new(n).v(Init::Values(list("v0"))).gates(Init::Zeros, Init::Zeros, Init::Zeros);
    let cells = Group::new("P", cells)
        .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::Values(list("ge0_nS"))))
        .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::Values(list("gi0_nS"))));
    let project = |name, part: std::ops::Range<usize>, receptor, weight: f64| {
        let all = list("pre").into_iter().zip(list("post")).map(|(p, q)| (p as usize, q as u32));
        let (pre, post) = all.filter(|(p, _)| part.contains(p)).map(|(p, q)| ((p - part.start) as u32, q)).unzip();
        let connect = Connect::Arrays { pre, post };
        Projection::new(name, ("P", part.clone()), ("P", receptor))
            .connect(connect)
            .weight(weight)
            .delay(0.1 * list("delay_steps")[0])
    };
    let network = Network::builder(0.1)
        .group(cells)
        .project(project("Ce", 0..excitatory, "ge", 6.0))
        .project(project("Ci", excitatory..n, "gi", 67.0))
        .build()
        .unwrap();
    let mut over_time =
        LoopOverTime::builder(network).dt(0.1).out_vars([monitor("P.spike").events()]).device(device).build().unwrap();
    let run = over_time.run_steps(steps).unwrap();
    let events = run.events("P.spike").unwrap();
    let sorted = |mut all: Vec<(u64, usize)>| {
        all.sort_unstable();
        all
    };
    let ours = sorted(events.step.iter().copied().zip(events.unit.iter().copied()).collect());
    let theirs = list("spike_step").into_iter().map(|k| k as u64).zip(list("spike_i").into_iter().map(|j| j as usize));
    let theirs = sorted(theirs.filter(|(step, _)| *step < steps).collect());
    assert!(theirs.len() == 110);
    assert_eq!(ours, theirs);
}

/// Sums that are too large for the type are found at the same place and step as on the CPU.
#[test]
fn a_non_finite_sum_is_the_cpus_error() {
    let Some(device) = device() else { return };
    let make = || {
        let cells = Lif::<f32>::new(40).param("tau", 1.0).unwrap();
        let cells = Group::new("a", cells).receptor(Receptor::exponential("s", 50.0)).current(25.0);
        let project =
            Projection::new("p", "a", ("a", 3..40, "s")).connect(Connect::FixedNumPost(5)).weight(1e38).delay(0.2);
        let network = Network::builder(0.1).group(cells).project(project).build().unwrap();
        LoopOverTime::builder(network).dt(0.1).chunk(16)
    };
    let expected = make().build().unwrap().run_steps(60).unwrap_err();
    println!("{expected}");
    assert!(matches!(expected, Error::NotFinite { step: Some(_), .. }));
    for strategy in STRATEGIES {
        let found = make().device(device).strategy(strategy).build().unwrap().run_steps(60).unwrap_err();
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "{strategy}");
    }
}
