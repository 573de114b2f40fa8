//! Plastic weights: the bits of the CPU in every strategy.

use crate::cuda::child::{alone, apart};
use crate::cuda::device;
use crate::cuda::networks::{SEED, same_bits, values};
use crate::cuda::parity::STRATEGIES;
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stdp};
use overtime::{Builder, Error, Init, LoopOverTime, Real, Strategy, monitor};

/// Neurons that fire about every 20 steps, and plastic synapses between them: with one delay and
/// with many, by rules and from arrays, from and to parts, together with synapses that are not
/// plastic.
fn learning<T: Real>(n: usize) -> Network<T> {
    let few = n.div_ceil(3);
    let cells = |n: usize| Lif::<T>::new(n).param("tau", 1.5).unwrap().v(Init::uniform(-5.0, 20.0));
    let group = |name: &str, n: usize, current: f64| {
        let group =
            Group::new(name, cells(n)).receptor(Receptor::exponential("s", 2.0)).receptor(Receptor::delta("kick", "V"));
        group.current(current).noise(3.0)
    };
    let sources = n / 2..n;
    let own = sources.len() * n.div_ceil(2);
    let arrays = Connect::Arrays {
        pre: (0..own).map(|k| (k % sources.len()) as u32).collect(),
        post: (0..own).map(|k| (k * 7 % n) as u32).collect(),
    };
    let rule = Stdp::new(1.0).tau(3.0, 4.0).amplitudes(0.11, -0.12);
    let near = Projection::new("near", "E", ("I", "s"))
        .connect(Connect::FixedProb(0.5))
        .weight(Init::uniform(0.0, 1.0))
        .delay(0.3);
    let within = Projection::new("within", ("E", sources), ("E", "s")).connect(arrays).weight(values(
        "plastic weights",
        own,
        -0.4,
        0.9,
    ));
    let back = Projection::new("back", "I", ("E", n / 3..n, "kick")).weight(0.5);
    // The defaults for bounds that are not positive.
    let inhibits = Projection::new("inhibits", "I", ("E", "s")).weight(Init::uniform(-1.0, 0.0));
    Network::builder(0.1)
        .seed(9)
        .group(group("E", n, 24.0))
        .group(group("I", few, 27.0))
        .project(Projection::new("fixed", "E", ("I", "s")).connect(Connect::FixedProb(0.2)).weight(0.7).delay(0.2))
        .project(near.stdp(rule))
        .project(within.delay(values("plastic delays", own, 0.1, 4.1)).stdp(rule.min(-0.5)))
        .project(back.stdp(Stdp::new(2.0).tau(2.0, 2.0)))
        .project(inhibits.stdp(Stdp::new(0.0).min(-1.0).tau(2.0, 3.0)))
        .build()
        .unwrap()
}

fn builder<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    LoopOverTime::builder(learning(n)).dt(0.1).batch(batch).seed(SEED).out_vars([
        monitor("E.V"),
        monitor("I.spike").events().named("spikes"),
        monitor("near.w").every(3),
        monitor("near.pre"),
        monitor("near.post"),
        monitor("within.w"),
        monitor("within.pre").every(2),
        monitor("within.post").units([n - 1, 0].into_iter().take(n.min(2)).collect::<Vec<_>>()).every(5),
        monitor("back.w").units([0]).named("first"),
        monitor("back.post").every(7),
        monitor("inhibits.w").every(4),
    ])
}

#[test]
fn plasticity_in_f32_has_the_cpus_bits() {
    apart("stdp::plasticity_in_f32_has_the_cpus_bits", || {
        same_bits::<f32>(builder, &[(1, None, 3), (33, Some(3), 90), (131, None, 30)], &STRATEGIES);
    });
}

#[test]
fn plasticity_in_f64_has_the_cpus_bits() {
    apart("stdp::plasticity_in_f64_has_the_cpus_bits", || {
        same_bits::<f64>(builder, &[(33, None, 90), (70, Some(2), 40)], &STRATEGIES);
    });
}

/// There are more tasks than warps on the device.
#[test]
fn a_warp_may_have_several_tasks() {
    alone("stdp::a_warp_may_have_several_tasks", &[("FAKECUDA_ARCH", "sm_87")], || {
        same_bits::<f32>(builder, &[(33, Some(150), 8)], &[Strategy::Persistent])
    });
}

/// Weights and traces carry over from chunk to chunk, and from one device to another.
#[test]
fn weights_are_split_and_moved() {
    let Some(device) = device() else { return };
    let make = |device| builder::<f32>(33, Some(2)).chunk(4).device(device).build().unwrap();
    let (mut moving, mut staying) = (make(device), make(overtime::Device::Cpu));
    for (k, to) in [overtime::Device::Cpu, device, device].into_iter().enumerate() {
        let (a, b) = (moving.run_steps(31).unwrap(), staying.run_steps(31).unwrap());
        crate::cuda::bits::same_runs(&format!("before move {k}"), &a, &b);
        moving.to(to).unwrap();
        crate::cuda::bits::same_states(&format!("after move {k}"), &moving, &staying);
    }
}

#[test]
fn events_of_weights_are_refused() {
    let Some(device) = device() else { return };
    let built =
        LoopOverTime::builder(learning::<f32>(5)).dt(0.1).out_vars([monitor("near.w").events()]).device(device).build();
    assert!(matches!(built, Err(Error::Unsupported(why)) if why.contains("weights")));
}
