//! The length of chunks follows the wall clock, and changes no bit. The tests use very different
//! target times, and a device that ends long launches.

use crate::cuda::bits;
use crate::cuda::child::{alone, simulated};
use crate::cuda::machine::{CHILD, Simulated, device};
use crate::cuda::networks;
use ndarray::Array3;
use overtime::models::{Activation, Dense, Gru, Hh, Lif, Lstm, Rnn, brainpy};
use overtime::{Builder, Device, Input, LoopOverTime, Products, Sequential, Strategy, System, monitor};

const PACE: &str = "OVERTIME_CHUNK_MS";
/// Target times: one step for each chunk, a length that changes from chunk to chunk, and all steps
/// in one chunk.
const PACES: [&str; 3] = ["0.000001", "2", "1e9"];
const STEPS: usize = 210;
const SEED: u64 = 31;

/// Runs a test in a process for each of these target times, and returns the output of each.
fn at_each(paces: &[&str], test: &str, set: &[(&str, &str)], body: impl Fn()) -> Vec<String> {
    if std::env::var(CHILD).is_ok() || device().is_none() {
        return alone(test, &[], body).into_iter().collect();
    }
    let child = |pace: &&str| alone(test, &[set, &[(PACE, *pace)]].concat(), &body);
    paces.iter().filter_map(child).collect()
}

type Boxed = Box<dyn System<f32>>;

/// A name, a function that makes the system, and the variables to record.
type Case = (&'static str, fn() -> Boxed, Vec<&'static str>);

fn systems() -> Vec<Case> {
    vec![
        ("hh", || Box::new(Hh::new(9).noise(1.0)), vec!["V", "m"]),
        ("gru", || Box::new(brainpy::GruCell::new(9, 8)), vec!["state"]),
        // This system is small enough for one kernel of all layers, in short chunks.
        (
            "small",
            || {
                Box::new(
                    Sequential::new().layer("a", brainpy::RnnCell::new(9, 7)).layer("b", Activation::Relu.layer([7])),
                )
            },
            vec!["a.state"],
        ),
        (
            "layers",
            || {
                let neurons = Sequential::new().layer("in", Dense::new(9, 6)).layer("hh", Hh::new(6));
                Box::new(neurons.layer("lstm", brainpy::LstmCell::new(6, 5)).layer("out", Dense::new(5, 4)))
            },
            vec!["hh.V", "lstm.state"],
        ),
        // This system has stages of every kind, which run one after the other over the whole run.
        (
            "sequence",
            || {
                let neurons = Sequential::new().layer("in", Dense::new(9, 6)).layer("hh", Hh::new(6).noise(1.0));
                let both = neurons
                    .layer("lstm", Lstm::new(6, 5).num_layers(2).bidirectional(true))
                    .layer("relu", Activation::Relu.layer([10]));
                Box::new(both.layer("gru", brainpy::GruCell::new(10, 6)).layer("out", Dense::new(6, 4)))
            },
            vec!["hh.V", "lstm.l1_reverse.state", "lstm.l0.c"],
        ),
        // The last stage records.
        ("both", || Box::new(Gru::new(9, 7).bidirectional(true)), vec!["l0_reverse.state", "l0.state"]),
    ]
}

fn builder(system: Boxed, vars: &[&'static str]) -> Builder<f32, Boxed> {
    let all = vars
        .iter()
        .map(|v| monitor(*v))
        .chain([monitor(vars[0]).every(7).named("seldom"), monitor(vars[0]).events().named("bits")]);
    LoopOverTime::builder(system)
        .batch(2)
        .seed(SEED)
        .products(Products::Ordered)
        .record_every(3)
        .out_vars(all.collect::<Vec<_>>())
}

/// A run of this many steps.
type Run<'a, S> = &'a dyn Fn(&mut LoopOverTime<f32, S>, usize) -> overtime::Recording<f32>;

/// Compares runs of a loop on the device and on the CPU, one after the other, with and without a
/// progress callback.
fn compare<S: System<f32>>(name: &str, make: &dyn Fn() -> Builder<f32, S>, run: Run<'_, S>) {
    let mut on_cpu = make().build().unwrap();
    // The later runs have fewer steps than a chunk of the first run, and the loop keeps its
    // estimate of the time of a step.
    let expected = [STEPS, 70, 3].map(|steps| run(&mut on_cpu, steps));
    for strategy in [Strategy::HostLoop, Strategy::Graph, Strategy::Persistent] {
        for with_callback in [false, true].into_iter().take(if strategy == Strategy::Persistent { 2 } else { 1 }) {
            let builder = make().device(Device::Cuda(0)).strategy(strategy);
            let mut over_time = if with_callback { builder.progress(|_, _| true) } else { builder }.build().unwrap();
            for (steps, expected) in [STEPS, 70, 3].into_iter().zip(&expected) {
                bits::same_runs(
                    &format!("{name}, {strategy}, {steps} steps, progress callback {with_callback}"),
                    &run(&mut over_time, steps),
                    expected,
                );
            }
            bits::same_states(&format!("{name}, {strategy}, progress callback {with_callback}"), &over_time, &on_cpu);
        }
    }
}

#[test]
fn no_pace_changes_a_bit() {
    at_each(&PACES, "chunk_length::no_pace_changes_a_bit", &[], || {
        for (name, system, vars) in systems() {
            let x =
                Array3::from_shape_fn((STEPS, 2, 9), |(t, b, k)| ((t * 31 + b * 5 + k * 7) % 100) as f32 * 0.2 - 4.0);
            compare(name, &|| builder(system(), &vars), &|l, steps| {
                l.run(x.slice(ndarray::s![..steps, .., ..])).unwrap()
            });
        }
    });
}

/// The length of each row counts from the sequence's first step, wherever a launch starts.
#[test]
fn no_pace_changes_rows_of_unequal_length() {
    at_each(&PACES, "chunk_length::no_pace_changes_rows_of_unequal_length", &[], || {
        let x = Array3::from_shape_fn((STEPS, 5, 9), |(t, b, k)| ((t * 31 + b * 5 + k * 7) % 100) as f32 * 0.02 - 1.0);
        let of_rows = |steps: usize| [steps, 0, steps / 2, 1, steps - 1];
        let run = |l: &mut LoopOverTime<_, _>, steps: usize| {
            l.run(Input::from(x.slice(ndarray::s![..steps, .., ..])).lengths(&of_rows(steps))).unwrap()
        };
        let systems: [fn() -> Boxed; 3] = [
            || Box::new(Lstm::new(9, 4)),
            || Box::new(Rnn::new(9, 6).num_layers(2).bidirectional(true)),
            || {
                Box::new(
                    Sequential::new().layer("rnn", Gru::new(9, 4).bidirectional(true)).layer("out", Dense::new(8, 3)),
                )
            },
        ];
        for (n, system) in systems.into_iter().enumerate() {
            let vars = ["l0.state", "l1_reverse.state", "rnn.l0_reverse.state"];
            compare(&format!("lengths {n}"), &|| builder(system(), &vars[n..=n]).batch(5), &run);
        }
    });
}

#[test]
fn no_pace_changes_a_network() {
    at_each(&PACES, "chunk_length::no_pace_changes_a_network", &[], || {
        let run =
            |l: &mut LoopOverTime<_, _>, steps: usize| l.run(&networks::input::<f32>(steps / 3, Some(2))).unwrap();
        compare("network", &|| networks::builder::<f32>(21, Some(2)), &run);
    });
}

/// The fast kernels of cells, whose order of summation is their own, give the same bits for any
/// target time.
#[test]
fn no_pace_changes_a_tier() {
    let run = || {
        let make = || LoopOverTime::builder(brainpy::GruCell::<f32>::new(9, 40)).batch(3).seed(SEED).out_vars("state");
        let x = Array3::from_shape_fn((131, 3, 9), |(t, b, k)| ((t * 31 + b * 5 + k * 7) % 100) as f32 * 0.02 - 1.0);
        let mut whole = make().device(Device::Cuda(0)).build().unwrap();
        let found = whole.run(&x).unwrap();
        // A fixed chunk length splits the run where the target time does not.
        let mut cut = make().device(Device::Cuda(0)).chunk(23).build().unwrap();
        bits::same_runs("with fixed chunks", &cut.run(&x).unwrap(), &found);
        let bytes: &[u8] = bytemuck::cast_slice(found.output.as_slice().unwrap());
        println!("sum {}", bytes.iter().fold(7_u64, |sum, b| sum.wrapping_mul(1_099_511_628_211) ^ u64::from(*b)));
        // Both directions of time, with chunks by the target time and with fixed chunks.
        let make = || {
            LoopOverTime::builder(Gru::<f32>::new(9, 12).bidirectional(true))
                .batch(3)
                .device(Device::Cuda(0))
                .out_vars("l0_reverse.state")
        };
        let x = x.slice(ndarray::s![..66, .., ..]);
        let (whole, by_hand) =
            (make().build().unwrap().run(x).unwrap(), make().chunk(23).build().unwrap().run(x).unwrap());
        bits::same_runs("a sequence with fixed chunks", &by_hand, &whole);
    };
    for tier in ["block", "cluster", "grid", "step", "product"] {
        let said =
            at_each(&[PACES[0], PACES[2]], "chunk_length::no_pace_changes_a_tier", &[("OVERTIME_CELLS", tier)], run);
        let sums: Vec<_> = said.iter().map(|text| text.lines().find_map(|line| line.split("sum ").nth(1))).collect();
        assert!(sums.iter().all(|sum| sum.is_some() && *sum == sums[0]), "{tier}: {sums:?}");
        if std::env::var(CHILD).is_ok() {
            return;
        }
    }
}

fn launches(kernel: &str, runs: &[usize], strategy: Strategy) -> Vec<u64> {
    let driver = Simulated::new().unwrap();
    let mut over_time =
        LoopOverTime::<f32, _>::builder(Lif::new(3)).device(Device::Cuda(0)).strategy(strategy).build().unwrap();
    counted(&driver, kernel, runs, |steps| over_time.run_steps(steps as u64).map(|_| ()))
}

/// The number of launches in each of these runs, of kernels whose names end with `kernel`.
fn counted(
    driver: &Simulated,
    kernel: &str,
    runs: &[usize],
    mut run: impl FnMut(usize) -> overtime::Result<()>,
) -> Vec<u64> {
    let each = runs.iter().map(|steps| {
        driver.reset();
        run(*steps).unwrap();
        driver.report().kernels.iter().filter(|(name, _)| name.ends_with(kernel)).map(|(_, k)| k.0).sum()
    });
    each.collect()
}

/// Both directions of a recurrent layer.
fn both_ways() -> LoopOverTime<f32, Rnn<f32>> {
    LoopOverTime::builder(Rnn::new(1, 2).bidirectional(true))
        .batch(1)
        .products(Products::Ordered)
        .device(Device::Cuda(0))
        .build()
        .unwrap()
}

#[test]
fn the_first_chunk_is_short_and_estimates_are_kept() {
    simulated("chunk_length::the_first_chunk_is_short_and_estimates_are_kept", &[(PACE, "1e9")], || {
        // The chunks have 64 steps; 64 steps, enqueued before the first time is known; 256, 256 and
        // 1,024 steps; and the rest. After that there is no reason to split a run.
        assert_eq!(launches("pointwise_scan", &[64, 1000, 1900], Strategy::Persistent)[2], 1);
        assert_eq!(launches("pointwise_scan", &[2000], Strategy::Persistent), [6]);
        assert_eq!(launches("pointwise_step", &[300], Strategy::HostLoop), [300]);
    });
}

#[test]
fn a_device_that_is_slow_gets_few_steps() {
    simulated("chunk_length::a_device_that_is_slow_gets_few_steps", &[(PACE, "0.000001")], || {
        // A chunk has one step once the time of a chunk is known. Two chunks are enqueued before
        // that.
        let found = launches("pointwise_scan", &[200], Strategy::Persistent);
        assert_eq!(found, [2 + 200 - 128]);
    });
}

/// Every stage of a sequence starts with 64 steps, and ends with the rest. A run that is known to
/// be short enough is not split.
#[test]
fn a_sequence_is_cut_until_it_is_known_to_be_short() {
    simulated("chunk_length::a_sequence_is_cut_until_it_is_known_to_be_short", &[(PACE, "1e9")], || {
        let (driver, mut over_time) = (Simulated::new().unwrap(), both_ways());
        let mut run = |steps: usize| over_time.run(&Array3::zeros((steps, 1, 1))).map(|_| ());
        // The chunks have 64, 256 and 680 steps in both directions. The second run is one kernel. A
        // run of up to 4,000 steps is known to be short, and one of up to 2,720 for each direction.
        assert_eq!(counted(&driver, "_scan", &[1000, 1000, 4100], &mut run), [6, 1, 4]);
    });
}

/// A device that also drives a display ends a launch after some seconds, and the process can no
/// longer use the device.
#[test]
fn a_watchdog_finds_nothing_to_end() {
    // 128 threads with about 200 instructions for each step: 64 steps take 1.6 million
    // instructions.
    let run = || LoopOverTime::<f32, _>::builder(Hh::new(128)).device(Device::Cuda(0)).build().unwrap().run_steps(2000);
    let watched = |pace| [("FAKECUDA_WATCHDOG", "6000000"), (PACE, pace)];
    simulated("chunk_length::a_watchdog_finds_nothing_to_end", &watched("0.000001"), || {
        match std::env::var(PACE).as_deref() {
            Ok("0.000001") => assert_eq!(run().unwrap().i, 2000),
            _ => {
                let error = run().unwrap_err().to_string();
                assert!(error.contains("CUDA_ERROR_LAUNCH_TIMEOUT"), "{error}");
                let after = LoopOverTime::<f32, _>::builder(Lif::new(1))
                    .device(Device::Cuda(0))
                    .build()
                    .map(|_| ())
                    .unwrap_err()
                    .to_string();
                assert!(after.contains("was lost") && after.contains("LAUNCH_TIMEOUT"), "{after}");
            }
        }
    });
    // Without the short target time, the watchdog ends a launch.
    simulated("chunk_length::a_watchdog_finds_nothing_to_end", &watched("1e9"), || {});
}

/// The watchdog ends no stage of a sequence either: a direction, a function of rows, neurons.
#[test]
fn a_watchdog_finds_nothing_to_end_in_a_sequence() {
    let test = "chunk_length::a_watchdog_finds_nothing_to_end_in_a_sequence";
    let both = || Rnn::new(1, 2).bidirectional(true);
    let make = |name: &str| -> Boxed {
        match name {
            "both" => Box::new(both()),
            "rows" => Box::new(Sequential::new().layer("rnn", both()).layer("out", Dense::new(4, 100))),
            _ => Box::new(Sequential::new().layer("hh", Hh::new(1)).layer("rnn", both())),
        }
    };
    for name in ["both", "rows", "neurons"] {
        for pace in ["0.000001", "1e9"] {
            simulated(test, &[("FAKECUDA_WATCHDOG", "1000000"), (PACE, pace), ("SYSTEM", name)], || {
                let system = make(&std::env::var("SYSTEM").unwrap());
                let builder =
                    LoopOverTime::builder(system).batch(1).products(Products::Ordered).device(Device::Cuda(0));
                let run = builder.build().unwrap().run(&Array3::zeros((3000, 1, 1)));
                match std::env::var(PACE).as_deref() {
                    Ok("0.000001") => assert_eq!(run.unwrap().output.shape()[0], 3000),
                    _ => assert!(run.unwrap_err().to_string().contains("CUDA_ERROR_LAUNCH_TIMEOUT")),
                }
            });
            // The child process runs one of the cases.
            if std::env::var(CHILD).is_ok() {
                return;
            }
        }
    }
}

#[test]
fn an_invalid_target_time_is_refused() {
    for pace in ["0", "-1", "NaN", "inf", "soon"] {
        simulated("chunk_length::an_invalid_target_time_is_refused", &[(PACE, pace)], || {
            let error = LoopOverTime::<f32, _>::builder(Lif::new(1))
                .device(Device::Cuda(0))
                .build()
                .map(|_| ())
                .unwrap_err()
                .to_string();
            assert!(error.contains(PACE) && error.contains("milliseconds"), "{error}");
        });
    }
}
