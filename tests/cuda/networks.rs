//! Networks of all kinds: the bits of the CPU in every strategy.

use crate::cuda::calls::UNHURRIED;
use crate::cuda::child::{alone, apart, simulated};
use crate::cuda::machine::{Report, Simulated};
use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use ndarray::ArrayD;
use overtime::models::{AdExIf, Hh, Lif, Method, MorrisLecar, Param, PoissonGroup, Reset, TraubMiles};
use overtime::network::{Connect, Group, Network, Projection, Receptor, Stdp};
use overtime::rng::Stream;
use overtime::{Builder, Device, Error, Init, LoopOverTime, Real, Strategy, System, monitor};

pub(crate) const SEED: u64 = 51;

fn draws(what: &str, n: usize, below: usize) -> Vec<u32> {
    let stream = Stream::named(SEED, what);
    (0..n as u64).map(|k| (stream.uniform(k, 0) * below as f64) as u32).collect()
}

/// Pairs of `pre` and `post` neurons: four for each source, some of them twice.
fn arrays(what: &str, pre: usize, post: usize) -> Connect {
    Connect::Arrays { pre: draws(what, 4 * pre, pre), post: draws(&format!("{what} post"), 4 * pre, post) }
}

pub(crate) fn values(what: &str, n: usize, low: f64, high: f64) -> Init {
    let stream = Stream::named(SEED, what);
    Init::Values((0..n as u64).map(|k| low + (high - low) * stream.uniform(k, 0)).collect())
}

/// Two groups with receptors and drives of every kind, with one delay and with many, with a weight
/// for each synapse, and with parts of groups.
fn all_kinds<T: Real>(n: usize) -> Network<T> {
    let few = n.div_ceil(3);
    let sources = n / 2..n;
    let current: Vec<T> = (0..n).map(|k| T::of(8.0 + 6.0 * (k as f64 / n as f64))).collect();
    let excites = Group::new("E", Hh::<T>::new(n).noise(0.5))
        .receptor(Receptor::exponential("fast", 0.5).init(Init::uniform(0.0, 300.0)))
        .receptor(Receptor::delta("kick", "V"))
        .receptor(Receptor::exponential("slow", 7.0))
        .current(current)
        .noise(2.0)
        .poisson("slow", 4000.0, 0.7)
        .poisson("kick", 900.0, 0.3);
    let inhibits = Group::new("I", Lif::<T>::new(few).param("tau", 1.0).unwrap())
        .receptor(Receptor::exponential("i", 2.0))
        .receptor(Receptor::delta("jump", "V"))
        .current(25.0)
        .input();
    let own = 4 * (n - sources.start);
    Network::builder(0.1)
        .group(excites)
        .group(inhibits)
        .project(Projection::new("near", "E", ("I", "i")).connect(arrays("near", n, few)).weight(3.5))
        .project(
            Projection::new("late", "I", ("E", 0..n, "fast")).connect(arrays("late", few, n)).weight(-2.0).delay(0.3),
        )
        .project(
            Projection::new("many", ("E", sources.clone()), ("E", "kick"))
                .connect(arrays("many", n - sources.start, n))
                .weight(values("weights", own, -0.4, 0.9))
                .delay(values("delays", own, 0.0, 4.1)),
        )
        .project(
            Projection::new("heavy", "I", ("I", few / 2..few, "jump"))
                .weight(values("heavy", 0, 0.0, 1.0))
                .connect(Connect::Arrays { pre: vec![], post: vec![] }),
        )
        .project(Projection::new("one", "I", ("I", "i")).connect(Connect::OneToOne).weight(1.5).delay(0.1))
        .build()
        .unwrap()
}

pub(crate) fn builder<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    LoopOverTime::builder(all_kinds(n)).dt(0.1).batch(batch).seed(SEED).out_vars([
        monitor("E.V"),
        monitor("E.spike").events().named("spikes"),
        monitor("I.spike").events().named("others"),
        monitor("E.slow").units([n - 1, 0].into_iter().take(n.min(2)).collect::<Vec<_>>()).every(3),
        monitor("I.i").every(2),
        monitor("E.flight").every(5),
        monitor("E.flight").units([0]).named("first word"),
        monitor("E.spike").bits().every(2).named("spikes as bits"),
        monitor("E.spike").bits().units([n - 1, 0, n / 2]).named("three as bits"),
        // A kernel makes no bits of a spike ring: the host does.
        monitor("E.flight").bits().named("flight as bits"),
    ])
}

/// The input of `I`, with one value for all its neurons.
pub(crate) fn input<T: Real>(steps: usize, batch: Option<usize>) -> ArrayD<T> {
    let axes: Vec<usize> = std::iter::once(steps).chain(batch.map(|_| 1)).chain([1]).collect();
    ArrayD::from_shape_fn(axes, |at| T::of((at[0] % 7) as f64))
}

/// A small COBAHH of Brian2: conductances, and synapses that the device generates by rules.
fn cobahh<T: Real>(n: usize) -> Network<T> {
    let cells = Group::new("P", TraubMiles::<T>::new(n))
        .receptor(Receptor::exponential("ge", 5.0).coba(0.0).init(Init::uniform(0.0, 300.0)))
        .receptor(Receptor::exponential("gi", 10.0).coba(-80.0).init(Init::uniform(0.0, 40.0)));
    let most = n - n / 5;
    let excites = Projection::new("Ce", ("P", 0..most), ("P", "ge")).connect(Connect::FixedProb(0.1)).weight(6.0);
    let some = Projection::new("Cs", ("P", 0..most), ("P", 0..most, "gi")).connect(Connect::FixedNumPre(most.min(3)));
    let inhibits =
        Projection::new("Ci", ("P", n / 2..n), ("P", "gi")).connect(Connect::FixedNumPost(n.min(9))).weight(67.0);
    Network::builder(0.1)
        .seed(4)
        .group(cells)
        .project(excites)
        .project(some.weight(Init::uniform(0.0, 2.0)).delay(Init::uniform(0.2, 1.5)))
        .project(inhibits.delay(0.1))
        .build()
        .unwrap()
}

fn of_cobahh<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let vars = [monitor("P.V"), monitor("P.ge").every(2), monitor("P.spike").events()];
    LoopOverTime::builder(cobahh(n)).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
}

pub(crate) type Make<T> = fn(usize, Option<usize>) -> Builder<T, Network<T>>;

pub(crate) fn same_bits<T: Real>(make: Make<T>, shapes: &[(usize, Option<usize>, usize)], strategies: &[Strategy]) {
    let Some(device) = device() else { return };
    for &(n, batch, steps) in shapes {
        let x = input::<T>(steps, batch);
        let run = |builder: Builder<T, Network<T>>| {
            let mut over_time = builder.build().unwrap();
            let has_input = !over_time.system().schema().inputs.is_empty();
            let run = if has_input { over_time.run(&x) } else { over_time.run_steps(steps as u64) }.unwrap();
            (run, over_time)
        };
        let (expected, on_cpu) = run(make(n, batch));
        let spikes: f64 = expected.output.iter().map(|n| n.to_f64()).sum();
        println!("{n} {batch:?} {steps}: {spikes} spikes");
        assert!(spikes > 0.0 || steps < 4, "a network without spikes is no test");
        for &strategy in strategies {
            let (run, on_gpu) = run(make(n, batch).device(device).strategy(strategy));
            let what = format!("{} {strategy} {n} {batch:?} {steps}", T::DTYPE);
            bits::same_runs(&what, &run, &expected);
            bits::same_states(&what, &on_gpu, &on_cpu);
        }
    }
}

/// Deltas of all kinds on refractory neurons, and on neurons whose spike is a crossing.
fn deltas<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let held = |reset| AdExIf::<T>::new(n).reset(reset).param("tau_ref", 1.0).unwrap().param("V_th", -40.0).unwrap();
    let kicked = |name: &str, model: Box<dyn System<T>>, up: f64| {
        Group::new(name, model).receptor(Receptor::delta("s", "V")).poisson("s", 900.0, up)
    };
    let leaky = Lif::<T>::new(n).reset(Reset::Soft).param("tau_ref", 1.5).unwrap();
    let sources = Group::new("S", PoissonGroup::<T>::new(n, 800.0));
    let project = |name: &str, to: &str| Projection::new(name, "S", (to, "s")).connect(Connect::FixedNumPost(n.min(3)));
    let network = Network::builder(0.1)
        .group(sources)
        .group(kicked("soft", Box::new(leaky), 7.0))
        .group(kicked("hard", Box::new(held(Reset::Hard)), 9.0).receptor(Receptor::delta("adaptation", "w")))
        .group(kicked("adex", Box::new(held(Reset::Soft)), 9.0))
        .group(kicked("hh", Box::new(Hh::<T>::new(n)), 90.0))
        .group(kicked("ml", Box::new(MorrisLecar::<T>::new(n)), 50.0))
        .project(project("learned", "soft").weight(3.0).stdp(Stdp::new(6.0)))
        .project(project("strong", "hard").weight(5.0))
        .project(Projection::new("adapts", "S", ("hard", "adaptation")).weight(0.1))
        .project(project("own", "adex").weight(Init::uniform(-3.0, 9.0)).delay(Init::uniform(0.0, 1.0)))
        .project(project("lifts", "hh").weight(100.0))
        .project(project("more", "ml").weight(40.0).delay(0.2));
    let spikes = ["soft", "hard", "adex", "hh", "ml"].map(|name| monitor(format!("{name}.spike")).events());
    let vars =
        spikes.into_iter().chain(["soft.V", "soft.refractory", "adex.V", "hh.below"].map(monitor)).collect::<Vec<_>>();
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
}

#[test]
fn deltas_on_refractory_neurons_and_on_crossings_have_the_cpus_bits() {
    apart("networks::deltas_on_refractory_neurons_and_on_crossings_have_the_cpus_bits", || {
        same_bits::<f32>(deltas, &[(33, Some(2), 50), (1, None, 60)], &STRATEGIES);
        same_bits::<f64>(deltas, &[(35, None, 40)], &[Strategy::Persistent]);
    });
}

/// Generated rows that add deltas to refractory neurons.
#[test]
fn generated_deltas_on_refractory_neurons_have_the_cpus_bits() {
    let make = |n: usize, batch| {
        let held = AdExIf::<f32>::new(n).param("tau_ref", 1.0).unwrap().param("V_th", -40.0).unwrap();
        let network = Network::builder(0.1)
            .group(Group::new("S", PoissonGroup::<f32>::new(n, 800.0)))
            .group(Group::new("hard", held).receptor(Receptor::delta("s", "V")).poisson("s", 900.0, 9.0))
            .project(
                Projection::new("made", "S", ("hard", "s")).connect(Connect::FixedNumPost(3)).weight(5.0).procedural(),
            );
        let vars = [monitor("hard.V"), monitor("hard.spike").events()];
        LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
    };
    apart("networks::generated_deltas_on_refractory_neurons_have_the_cpus_bits", || {
        same_bits::<f32>(make, &[(33, Some(2), 50)], &[Strategy::Persistent]);
    });
}

/// Poisson drives and sources that are active for a time, beside others that always are.
fn timed<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let group = |name: &str| {
        Group::new(name, Lif::<T>::new(n))
            .receptor(Receptor::exponential("s", 2.0))
            .receptor(Receptor::delta("kick", "V"))
            .poisson("s", 3000.0, 0.5)
    };
    let network = Network::builder(0.1)
        .group(Group::new("S", PoissonGroup::<T>::new(n, 2000.0).during(0.7..2.5)))
        .group(group("A").poisson_during("s", 9000.0, 1.0, 0.3..1.9).poisson_during(
            "kick",
            800.0,
            2.0,
            1.2..f64::INFINITY,
        ))
        .group(group("B"))
        .group(group("C").poisson_during("kick", 9000.0, 2.0, f64::NEG_INFINITY..0.2))
        .project(Projection::new("SA", "S", ("A", "s")).connect(Connect::OneToOne).weight(3.0).delay(0.2))
        .project(Projection::new("SB", "S", ("B", "kick")).connect(Connect::OneToOne).weight(3.0));
    let vars = ["A.s", "A.V", "B.s", "B.V", "C.V", "S.spike"];
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).t0(-0.4).batch(batch).seed(SEED).out_vars(vars)
}

#[test]
fn sources_that_are_active_for_a_time_have_the_cpus_bits() {
    apart("networks::sources_that_are_active_for_a_time_have_the_cpus_bits", || {
        same_bits::<f32>(timed, &[(1, None, 3), (35, Some(2), 40)], &STRATEGIES);
        same_bits::<f64>(timed, &[(33, None, 40)], &[Strategy::Persistent]);
    });
}

/// Neurons that are integrated exactly: currents of all time courses and deltas, with one time
/// constant for all neurons, and with one for each.
fn exact<T: Real>(n: usize, batch: Option<usize>) -> Builder<T, Network<T>> {
    let group = |name: &str, tau: Param<T>| {
        let cells = Lif::<T>::new(n).method(Method::Exact).param("tau", tau).unwrap().param("tau_ref", 0.5).unwrap();
        Group::new(name, cells.v(Init::uniform(0.0, 20.0)))
            .receptor(Receptor::exponential("e", 0.7).init(Init::uniform(0.0, 30.0)))
            .receptor(Receptor::alpha("a", 2.0))
            .receptor(Receptor::dual_exponential("d", 0.4, 9.0))
            .receptor(Receptor::delta("jump", "V"))
            .current(22.0)
            .poisson("jump", 300.0, 0.7)
    };
    let taus = (0..n).map(|k| T::of(5.0 + 10.0 * (k as f64 / n as f64))).collect();
    let project = |from: &str, to: &str, receptor: &str| {
        Projection::new(format!("{from}{to}{receptor}"), from, (to, receptor))
            .connect(Connect::FixedNumPost(n.min(5)))
            .weight(Init::uniform(-2.0, 9.0))
            .delay(Init::uniform(0.06, 1.2))
    };
    let network = ["e", "a", "d", "jump"].into_iter().fold(
        Network::builder(0.1).group(group("A", Param::All(T::of(10.0)))).group(group("B", Param::Each(taus))),
        |network, receptor| network.project(project("A", "B", receptor)).project(project("B", "A", receptor)),
    );
    let network = network.project(Projection::new("made", "A", ("A", "jump")).weight(0.2).delay(0.1).procedural());
    let vars = ["A.spike", "B.spike"].map(|name| monitor(name).events()).into_iter();
    let vars = vars.chain(["A.V", "B.V", "B.a.rise", "B.jump"].map(monitor)).collect::<Vec<_>>();
    LoopOverTime::builder(network.build().unwrap()).dt(0.1).batch(batch).seed(SEED).out_vars(vars)
}

#[test]
fn neurons_that_are_integrated_exactly_have_the_cpus_bits() {
    apart("networks::neurons_that_are_integrated_exactly_have_the_cpus_bits", || {
        same_bits::<f32>(exact, &[(1, None, 3), (35, Some(2), 60)], &STRATEGIES);
        same_bits::<f64>(exact, &[(33, None, 60)], &[Strategy::Persistent]);
    });
}

const SHAPES: &[(usize, Option<usize>, usize)] = &[(1, None, 1), (33, Some(3), 66), (1025, None, 4)];

#[test]
fn networks_in_f32_have_the_cpus_bits() {
    apart("networks::networks_in_f32_have_the_cpus_bits", || {
        same_bits::<f32>(builder, SHAPES, &STRATEGIES);
        same_bits::<f32>(of_cobahh, &[(1, None, 2), (131, Some(2), 40)], &STRATEGIES);
    });
}

#[test]
fn networks_in_f64_have_the_cpus_bits() {
    apart("networks::networks_in_f64_have_the_cpus_bits", || {
        same_bits::<f64>(builder, &SHAPES[..2], &STRATEGIES);
        same_bits::<f64>(of_cobahh, &[(33, None, 40), (1025, None, 3)], &STRATEGIES);
    });
}

/// Spikes in transit are part of the state. Runs are split into chunks, and moved from device to
/// device while spikes are in transit.
#[test]
fn runs_are_split_and_moved_in_mid_flight() {
    let Some(device) = device() else { return };
    let make = |device: Device| builder::<f32>(33, Some(2)).chunk(3).device(device).build().unwrap();
    let (mut moving, mut staying) = (make(Device::Cpu), make(Device::Cpu));
    for (k, to) in [device, device, Device::Cpu, device].into_iter().enumerate() {
        let x = input::<f32>(19, Some(2));
        let (a, b) = (moving.run(&x).unwrap(), staying.run(&x).unwrap());
        bits::same_runs(&format!("before move {k}"), &a, &b);
        moving.to(to).unwrap();
        bits::same_states(&format!("after move {k}"), &moving, &staying);
    }
}

/// There are more tasks than warps on the device, so neurons are not kept in registers.
#[test]
fn a_warp_may_have_several_tasks() {
    alone("networks::a_warp_may_have_several_tasks", &[("FAKECUDA_ARCH", "sm_87")], || {
        same_bits::<f32>(builder, &[(1, Some(200), 5)], &[Strategy::Persistent])
    });
}

fn ran(n: usize, strategy: Strategy, steps: usize) -> Report {
    let driver = Simulated::new().unwrap();
    let mut over_time = builder::<f32>(n, None).device(Device::Cuda(0)).strategy(strategy).build().unwrap();
    over_time.run(&input::<f32>(steps, None)).unwrap();
    driver.reset();
    over_time.run(&input::<f32>(steps, None)).unwrap();
    driver.report()
}

/// Nothing is read back within a chunk, and a step takes at most one launch.
#[test]
fn a_step_is_at_most_a_launch() {
    simulated("networks::a_step_is_at_most_a_launch", &[UNHURRIED], || {
        let launches = |r: &Report| {
            r.kernels.iter().filter(|(name, _)| name.starts_with("network")).map(|(_, k)| k.0).sum::<u64>()
        };
        for (strategy, passes) in
            [(Strategy::Persistent, [1, 1]), (Strategy::HostLoop, [10, 131]), (Strategy::Graph, [10, 131])]
        {
            let [few, many] = [9, 130].map(|steps| ran(33, strategy, steps));
            println!("{strategy}: {few:?} {many:?}");
            assert_eq!([launches(&few), launches(&many)], passes, "{strategy}");
            for what in [
                "cuMemcpyDtoH",
                "cuMemAlloc",
                "cuMemHostAlloc",
                "cuModuleLoad",
                "cuGraphInstantiate",
                "cuStreamSynchronize",
            ] {
                assert_eq!(
                    few.calls(&[what]),
                    many.calls(&[what]),
                    "{strategy} {what}: {:?}, {:?}",
                    few.calls,
                    many.calls
                );
            }
            assert_eq!(many.said, Vec::<String>::new());
        }
    });
}

macro_rules! planted {
    ($($name:ident: $n:literal, $mistake:literal;)*) => {$(
        #[test]
        fn $name() {
            simulated(concat!("networks::", stringify!($name)), &[("FAKECUDA_REPLACE", $mistake)], || {
                let driver = Simulated::new().unwrap();
                let mut over_time = builder::<f32>($n, None).device(Device::Cuda(0)).build().unwrap();
                assert!(over_time.run(&input::<f32>(40, None)).is_err(), "the run did not fail");
                let said = driver.report().said.join("\n");
                println!("{said}");
                assert!(said.contains("Race in kernel network_scan"), "{said}");
            });
        }
    )*};
}
planted! {
    blocks_that_hand_nothing_on_are_caught: 600, "ld.acquire.gpu=>ld.relaxed.gpu";
    blocks_that_do_not_wait_are_caught: 600, "red.release.gpu=>red.relaxed.gpu";
}

/// The driver does not detect races between the warps of one block here, so the result is compared
/// with the CPU.
#[test]
fn a_block_without_its_barrier_differs() {
    simulated("networks::a_block_without_its_barrier_differs", &[("FAKECUDA_REPLACE", "bar.sync \t0;=>")], || {
        let run = |device| builder::<f32>(200, None).device(device).build().unwrap().run(&input::<f32>(40, None));
        let (expected, found) = (run(Device::Cpu).unwrap(), run(Device::Cuda(0)));
        assert!(found.is_err() || found.is_ok_and(|run| bits::of_runs(&run, &expected).is_some()));
    });
}

#[test]
fn events_of_the_spike_ring_are_refused() {
    let Some(device) = device() else { return };
    let built = LoopOverTime::builder(all_kinds::<f32>(5))
        .dt(0.1)
        .out_vars([monitor("E.flight").events()])
        .device(device)
        .build();
    assert!(matches!(built, Err(Error::Unsupported(why)) if why.contains("E.flight")));
}
