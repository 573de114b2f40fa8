//! Synapses with delays of their own: the bits of the CPU with a ring of sums, and by delay.

use crate::cuda::child::{alone, apart, simulated};
use crate::cuda::machine::{self, Simulated};
use crate::cuda::networks::{SEED, same_bits};
use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use overtime::models::Lif;
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stdp, Stp};
use overtime::{Builder, Device, Init, LoopOverTime, Real, Strategy, monitor};

/// Rows of every length onto sums of every kind: of counts, of weights, and shared with one delay.
/// There are delays from 0 steps to more than a warp remembers, kinetics
/// and plastic weights beside them, and parts that start within a warp.
fn delayed<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let few = n.div_ceil(3);
    let current = |n: usize| (0..n).map(|k| T::of(22.0 + (k % 9) as f64)).collect::<Vec<T>>();
    let group = |name: &str, n: usize| {
        Group::new(name, Lif::<T>::new(n).v(Init::uniform(0.0, 20.0)).param("tau", 2.0).unwrap())
            .receptor(Receptor::exponential("s", 3.0))
            .receptor(Receptor::delta("jump", "V"))
            .current(current(n))
            .poisson("jump", 200.0, 2.0)
    };
    let own = || Init::normal(0.1, 0.5);
    let project = |name: &str, (from, to): (usize, usize), connect| {
        Projection::new(name, ("A", from..n), ("B", to..few, "s")).connect(connect)
    };
    let network = Network::builder(0.1)
        .seed(8)
        .group(group("A", n))
        .group(group("B", few))
        // They share sums.
        .project(project("all", (0, 0), Connect::FixedProb(0.6)).weight(own()).delay(Init::normal(0.4, 0.3)))
        .project(project("part", (n / 3, few / 2), Connect::AllToAll).weight(own()).delay(Init::uniform(0.0, 3.6)))
        // On the host its rows are joined with those of `all`.
        .project(
            project("too", (0, few / 4), Connect::FixedNumPost(few.min(9) / 2))
                .weight(own())
                .delay(Init::uniform(0.1, 1.2)),
        )
        .project(project("one", (n / 2, 0), Connect::FixedNumPost(1)).weight(own()).delay(0.7))
        // Counts, short rows, and delays of 0 steps.
        .project(
            project("equal", (n / 5, 0), Connect::FixedNumPost(few.min(7))).weight(0.3).delay(Init::uniform(0.2, 0.5)),
        )
        .project(Projection::new("back", "B", ("A", n / 4..n, "s")).weight(0.2).delay(Init::uniform(0.0, 0.9)))
        .project(Projection::new("none", "B", ("A", "jump")).weight(0.1).delay(Init::uniform(0.0, 0.04)))
        // No ring is for these, but they add to sums that have one.
        .project(
            Projection::new("learned", "A", ("B", "jump"))
                .weight(0.2)
                .delay(Init::uniform(0.0, 0.4))
                .stdp(Stdp::new(0.4)),
        )
        .project(
            Projection::new("tires", "B", ("A", "s"))
                .weight(0.5)
                .delay(Init::uniform(0.3, 0.32))
                .kinetics(Stp::default()),
        );
    let vars = ["A.V", "B.s", "A.s"].map(|name| monitor(name).every(3)).into_iter();
    let vars = vars.chain(["A.spike", "B.spike"].map(|name| monitor(name).events())).collect::<Vec<_>>();
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
}

#[test]
fn a_ring_of_sums_has_the_cpus_bits() {
    apart("delays::a_ring_of_sums_has_the_cpus_bits", || {
        same_bits::<f32>(delayed, &[(1, None, 90), (35, Some(3), 70)], &STRATEGIES);
        same_bits::<f64>(delayed, &[(33, None, 70)], &[Strategy::HostLoop, Strategy::Persistent]);
    });
}

/// Procedural rows that add to the sums of a ring.
#[test]
fn generated_rows_share_sums_with_a_ring() {
    let make = |n: usize, batch| {
        let group = |name: &str| Group::new(name, Lif::<f32>::new(n).v(Init::uniform(0.0, 20.0))).current(25.0);
        let project = |name: &str, connect| {
            Projection::new(name, "A", ("B", "s")).connect(connect).weight(Init::normal(0.1, 0.5))
        };
        let network = Network::builder(0.1)
            .group(group("A").receptor(Receptor::exponential("s", 3.0)))
            .group(group("B").receptor(Receptor::exponential("s", 3.0)))
            .project(project("all", Connect::FixedProb(0.6)).delay(Init::normal(0.4, 0.3)))
            .project(project("made", Connect::FixedProb(0.2)).delay(0.2).procedural());
        let vars = [monitor("B.s"), monitor("B.V")];
        LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
    };
    apart("delays::generated_rows_share_sums_with_a_ring", || {
        same_bits::<f32>(make, &[(35, Some(2), 60)], &[Strategy::Persistent]);
    });
}

/// Rows that the warps of a block share, in a network of several blocks.
#[test]
fn long_rows_add_to_a_ring() {
    apart("delays::long_rows_add_to_a_ring", || {
        same_bits::<f32>(delayed, &[(700, None, 8)], &[Strategy::Graph, Strategy::Persistent]);
    });
}

/// The sums exceed L2.
#[test]
fn synapses_by_delay_have_the_cpus_bits() {
    alone("delays::synapses_by_delay_have_the_cpus_bits", &[("FAKECUDA_L2_KIB", "0")], || {
        same_bits::<f32>(delayed, &[(35, Some(2), 70)], &[Strategy::HostLoop, Strategy::Persistent]);
        same_bits::<f64>(delayed, &[(33, None, 50)], &[Strategy::Persistent]);
    });
}

/// Chunks and runs end while spikes are in transit, and a loop moves to another device.
#[test]
fn a_ring_is_filled_again_in_mid_flight() {
    let Some(device) = device() else { return };
    let make = |device, chunk| delayed::<f32>(35, Some(2)).chunk(chunk).device(device);
    for (chunk, strategy) in [(1, Strategy::Persistent), (3, Strategy::HostLoop), (17, Strategy::Auto)] {
        let mut moving = make(device, chunk).strategy(strategy).build().unwrap();
        let mut staying = make(Device::Cpu, 64).build().unwrap();
        for (k, to) in [device, Device::Cpu, device].into_iter().enumerate() {
            let steps = [29, 1, 38][k];
            let (a, b) = (moving.run_steps(steps).unwrap(), staying.run_steps(steps).unwrap());
            let what = format!("chunks of {chunk}, run {k}");
            bits::same_runs(&what, &a, &b);
            assert!(steps == 1 || b.output.iter().sum::<f32>() > 9.0, "too few spikes");
            if strategy == Strategy::Auto {
                moving.to(to).unwrap();
            }
            bits::same_states(&what, &moving, &staying);
        }
    }
}

/// More targets than 16 bits can index.
#[test]
fn wide_targets_have_a_ring() {
    let wide = |_, batch| {
        let targets = Group::new("B", Lif::<f32>::new(65_600)).receptor(Receptor::exponential("s", 5.0));
        let project = |name: &str, connect| Projection::new(name, "A", ("B", "s")).connect(connect);
        let network = Network::builder(0.1)
            .group(Group::new("A", Lif::<f32>::new(9).v(Init::Constant(19.9))).current(400.0))
            .group(targets)
            .project(project("few", Connect::FixedNumPost(30)).delay(Init::uniform(0.0, 0.3)))
            .project(
                project("many", Connect::FixedProb(0.01))
                    .weight(Init::uniform(0.0, 1.0))
                    .delay(Init::uniform(0.1, 0.4)),
            );
        LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).out_vars(["B.s"])
    };
    apart("delays::wide_targets_have_a_ring", || same_bits::<f32>(wide, &[(0, None, 5)], &[Strategy::Persistent]));
}

/// The kernel reads `ring_len`, the longest delay and one, instead of `sum_slots`, which is one
/// more: warps drain a copy while others add to it.
#[test]
fn a_ring_without_a_copy_for_the_last_step_is_caught() {
    let mistake = [("FAKECUDA_REPLACE", "+1476]=>+1408]")];
    simulated("delays::a_ring_without_a_copy_for_the_last_step_is_caught", &mistake, || {
        // One group in several blocks, whose synapses all add ahead.
        let cells = Group::new("A", Lif::<f32>::new(600).v(Init::uniform(0.0, 20.0)).param("tau", 2.0).unwrap());
        let within = Projection::new("within", "A", ("A", "s")).connect(Connect::FixedProb(0.1));
        let network = Network::builder(0.1)
            .group(cells.receptor(Receptor::exponential("s", 3.0)).current(25.0))
            .project(within.weight(Init::uniform(0.0, 0.1)).delay(Init::uniform(0.1, 0.5)));
        let driver = Simulated::new().unwrap();
        let over_time = LoopOverTime::builder(network.build().unwrap()).dt(0.1).device(Device::Cuda(0));
        assert!(over_time.build().unwrap().run_steps(15).is_err(), "the run did not fail");
        let said = driver.report().said.join("\n");
        assert!(said.contains("Race in kernel network_scan"), "{said}");
    });
}

/// A warp reads a row once: it takes fewer instructions than by delay.
fn instructions() -> u64 {
    let driver = Simulated::new().unwrap();
    let mut over_time = delayed::<f32>(300, None).device(Device::Cuda(0)).build().unwrap();
    driver.reset();
    over_time.run_steps(20).unwrap();
    driver.report().kernels.iter().filter(|(name, _)| name.starts_with("network")).map(|(_, (_, n))| n).sum()
}

#[test]
fn a_ring_takes_fewer_instructions() {
    if machine::device().is_none() || !machine::is_simulated() {
        return;
    }
    let print = || println!("instructions: {}", instructions());
    let mut counts = Vec::new();
    for kib in ["0", "51200"] {
        // In the child process `alone` returns `None`.
        let set = [("FAKECUDA_L2_KIB", kib)];
        let said = alone("delays::a_ring_takes_fewer_instructions", &set, print);
        let Some(said) = said else { return };
        let number = said.lines().find_map(|line| line.split_once("instructions: ")?.1.parse::<u64>().ok());
        counts.push(number.unwrap());
    }
    println!("by delay, ahead: {counts:?}");
    assert!(counts[1] < counts[0], "{counts:?}");
}
