//! Chunks are as long as the clock on the wall says, and no bit shows it: runs at paces that could not differ more, and a device that ends what
//! takes long.

use crate::bits;
use crate::child::{alone, simulated};
use crate::machine::{CHILD, Simulated, device};
use crate::networks;
use ndarray::Array3;
use overtime::models::{Activation, Dense, GruCell, Hh, Lif, LstmCell, RnnCell};
use overtime::{Builder, Device, LoopOverTime, Products, Sequential, Strategy, System, monitor};

const PACE: &str = "OVERTIME_CHUNK_MS";
/// From a step a chunk on, over what changes from chunk to chunk, to all that a run allows.
const PACES: [&str; 3] = ["0.000001", "2", "1e9"];
const STEPS: usize = 210;
const SEED: u64 = 31;

/// Runs a test in a process for each pace; what each printed.
fn at_each_pace(test: &str, set: &[(&str, &str)], body: impl Fn()) -> Vec<String> {
    if std::env::var(CHILD).is_ok() || device().is_none() {
        return alone(test, &[], body).into_iter().collect();
    }
    let child = |pace: &&str| alone(test, &[set, &[(PACE, *pace)]].concat(), &body);
    PACES.iter().filter_map(child).collect()
}

type Boxed = Box<dyn System<f32>>;

/// A name, what makes the system, and variables to record.
type Case = (&'static str, fn() -> Boxed, Vec<&'static str>);

fn systems() -> Vec<Case> {
    vec![
        ("hh", || Box::new(Hh::new(9).noise(1.0)), vec!["V", "m"]),
        ("gru", || Box::new(GruCell::new(9, 8)), vec!["state"]),
        // Small enough for one kernel of all layers, in short chunks.
        ("small", || Box::new(Sequential::new().layer("a", RnnCell::new(9, 7)).layer("b", Activation::Relu.layer([7]))), vec!["a.state"]),
        (
            "layers",
            || {
                let neurons = Sequential::new().layer("in", Dense::new(9, 6)).layer("hh", Hh::new(6));
                Box::new(neurons.layer("lstm", LstmCell::new(6, 5)).layer("out", Dense::new(5, 4)))
            },
            vec!["hh.V", "lstm.state"],
        ),
    ]
}

fn builder(system: Boxed, vars: &[&'static str]) -> Builder<f32, Boxed> {
    let all = vars.iter().map(|v| monitor(*v)).chain([monitor(vars[0]).every(7).named("seldom"), monitor(vars[0]).events().named("bits")]);
    LoopOverTime::builder(system).batch(2).seed(SEED).products(Products::Ordered).record_every(3).out_vars(all.collect::<Vec<_>>())
}

/// A run of so many steps.
type Run<'a, S> = &'a dyn Fn(&mut LoopOverTime<f32, S>, usize) -> overtime::Recording<f32>;

/// Runs of a loop on the device and on the CPU, one after the other, with and without somebody who is told.
fn compare<S: System<f32>>(name: &str, make: &dyn Fn() -> Builder<f32, S>, run: Run<'_, S>) {
    let mut on_cpu = make().build().unwrap();
    // Of the second some steps are fewer than a chunk of the first had, and what was learnt is kept.
    let expected = [STEPS, 70, 3].map(|steps| run(&mut on_cpu, steps));
    for strategy in [Strategy::HostLoop, Strategy::Graph, Strategy::Persistent] {
        for told in [false, true].into_iter().take(if strategy == Strategy::Persistent { 2 } else { 1 }) {
            let builder = make().device(Device::Cuda(0)).strategy(strategy);
            let mut over_time = if told { builder.progress(|_, _| true) } else { builder }.build().unwrap();
            for (steps, expected) in [STEPS, 70, 3].into_iter().zip(&expected) {
                bits::same_runs(&format!("{name}, {strategy}, {steps} steps, told {told}"), &run(&mut over_time, steps), expected);
            }
            bits::same_states(&format!("{name}, {strategy}, told {told}"), &over_time, &on_cpu);
        }
    }
}

#[test]
fn no_pace_changes_a_bit() {
    at_each_pace("pace::no_pace_changes_a_bit", &[], || {
        for (name, system, vars) in systems() {
            let x = Array3::from_shape_fn((STEPS, 2, 9), |(t, b, k)| ((t * 31 + b * 5 + k * 7) % 100) as f32 * 0.2 - 4.0);
            compare(name, &|| builder(system(), &vars), &|l, steps| l.run(x.slice(ndarray::s![..steps, .., ..])).unwrap());
        }
    });
}

#[test]
fn no_pace_changes_a_network() {
    at_each_pace("pace::no_pace_changes_a_network", &[], || {
        let run = |l: &mut LoopOverTime<_, _>, steps: usize| l.run(&networks::input::<f32>(steps / 3, Some(2))).unwrap();
        compare("network", &|| networks::builder::<f32>(21, Some(2)), &run);
    });
}

/// The fast kernels of cells, whose sums have an order of their own: the same at any pace.
#[test]
fn no_pace_changes_a_tier() {
    let run = || {
        let make = || LoopOverTime::builder(GruCell::<f32>::new(9, 40)).batch(3).seed(SEED).out_vars("state");
        let x = Array3::from_shape_fn((200, 3, 9), |(t, b, k)| ((t * 31 + b * 5 + k * 7) % 100) as f32 * 0.02 - 1.0);
        let mut whole = make().device(Device::Cuda(0)).build().unwrap();
        let found = whole.run(&x).unwrap();
        // Cut as it is where nothing is paced: by hand.
        let mut cut = make().device(Device::Cuda(0)).chunk(23).build().unwrap();
        bits::same_runs("cut by hand", &cut.run(&x).unwrap(), &found);
        let bytes: &[u8] = bytemuck::cast_slice(found.output.as_slice().unwrap());
        println!("sum {}", bytes.iter().fold(7_u64, |sum, b| sum.wrapping_mul(1_099_511_628_211) ^ u64::from(*b)));
    };
    for tier in ["block", "cluster", "grid", "step", "product"] {
        let said = at_each_pace("pace::no_pace_changes_a_tier", &[("OVERTIME_CELLS", tier)], run);
        let sums: Vec<_> = said.iter().map(|text| text.lines().find_map(|line| line.split("sum ").nth(1))).collect();
        assert!(sums.iter().all(|sum| sum.is_some() && *sum == sums[0]), "{tier}: {sums:?}");
        if std::env::var(CHILD).is_ok() {
            return;
        }
    }
}

fn launches(kernel: &str, runs: &[usize], strategy: Strategy) -> Vec<u64> {
    let driver = Simulated::new().unwrap();
    let mut over_time = LoopOverTime::<f32, _>::builder(Lif::new(3)).device(Device::Cuda(0)).strategy(strategy).build().unwrap();
    let counted = |steps: &usize| {
        driver.reset();
        over_time.run_steps(*steps as u64).unwrap();
        driver.report().kernels.get(kernel).map_or(0, |k| k.0)
    };
    runs.iter().map(counted).collect()
}

#[test]
fn the_first_chunk_is_short_and_what_is_learnt_is_kept() {
    simulated("pace::the_first_chunk_is_short_and_what_is_learnt_is_kept", &[(PACE, "1e9")], || {
        // 64; 64 more, asked for before anything is known; 256, 256, 1,024, and the rest. Then there is no reason to cut.
        assert_eq!(launches("pointwise_scan", &[64, 1000, 1900], Strategy::Persistent)[2], 1);
        assert_eq!(launches("pointwise_scan", &[2000], Strategy::Persistent), [6]);
        assert_eq!(launches("pointwise_step", &[300], Strategy::HostLoop), [300]);
    });
}

#[test]
fn a_device_that_is_slow_gets_few_steps() {
    simulated("pace::a_device_that_is_slow_gets_few_steps", &[(PACE, "0.000001")], || {
        // A step a chunk as soon as one chunk was seen, of which two are asked for at once.
        let found = launches("pointwise_scan", &[200], Strategy::Persistent);
        assert_eq!(found, [2 + 200 - 128]);
    });
}

/// A device that also draws a screen ends a launch after some seconds, and with it the process's use of it.
#[test]
fn a_watchdog_finds_nothing_to_end() {
    // 128 threads of some 200 instructions a step: 64 steps are 1.6 million.
    let run = || LoopOverTime::<f32, _>::builder(Hh::new(128)).device(Device::Cuda(0)).build().unwrap().run_steps(2000);
    let watched = |pace| [("FAKECUDA_WATCHDOG", "6000000"), (PACE, pace)];
    simulated("pace::a_watchdog_finds_nothing_to_end", &watched("0.000001"), || match std::env::var(PACE).as_deref() {
        Ok("0.000001") => assert_eq!(run().unwrap().i, 2000),
        _ => {
            let error = run().unwrap_err().to_string();
            assert!(error.contains("CUDA_ERROR_LAUNCH_TIMEOUT"), "{error}");
            let after = LoopOverTime::<f32, _>::builder(Lif::new(1)).device(Device::Cuda(0)).build().map(|_| ()).unwrap_err().to_string();
            assert!(after.contains("was lost") && after.contains("LAUNCH_TIMEOUT"), "{after}");
        }
    });
    // The watchdog is one: without the pace it ends a launch.
    simulated("pace::a_watchdog_finds_nothing_to_end", &watched("1e9"), || {});
}

#[test]
fn a_pace_that_is_none_is_refused() {
    for pace in ["0", "-1", "NaN", "inf", "soon"] {
        simulated("pace::a_pace_that_is_none_is_refused", &[(PACE, pace)], || {
            let error = LoopOverTime::<f32, _>::builder(Lif::new(1)).device(Device::Cuda(0)).build().map(|_| ()).unwrap_err().to_string();
            assert!(error.contains(PACE) && error.contains("milliseconds"), "{error}");
        });
    }
}
