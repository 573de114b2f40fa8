//! Runs in which the memory is exhausted, and runs that are larger than the memory. Each uses the
//! simulated driver in its own process.

use crate::cuda::bits;
use crate::cuda::child::simulated;
use crate::cuda::machine::Simulated;
use crate::cuda::parity::STRATEGIES;
use ndarray::Array2;
use overtime::models::{Hh, Lif, brainpy};
use overtime::{Device, Error, LoopOverTime, Products, Sequential, System, monitor};

type Boxed = Box<dyn System<f32>>;

fn stack() -> Boxed {
    Box::new(Sequential::new().layer("hh", Hh::<f32>::new(9).noise(1.0)).layer("lstm", brainpy::LstmCell::new(9, 5)))
}

#[test]
fn a_failed_allocation_loses_nothing() {
    simulated("memory::a_failed_allocation_loses_nothing", &[], || {
        let driver = Simulated::new().unwrap();
        let x = Array2::from_elem((30, 9), 11.0_f32);
        for strategy in STRATEGIES {
            let builder = || {
                LoopOverTime::builder(stack())
                    .seed(3)
                    .products(Products::Ordered)
                    .out_vars(vec![monitor("hh.V"), monitor("hh.spike").events()])
            };
            let build = || builder().device(Device::Cuda(0)).strategy(strategy).build();
            // After the first loop, everything that loops share is in place.
            drop(build().unwrap().run(&x).unwrap());
            let held = driver.report().held;
            let mut on_cpu = builder().build().unwrap();
            let expected = on_cpu.run(&x).unwrap();
            // First, allocations fail while the loop is built.
            let mut k = 1;
            let mut over_time = loop {
                driver.inject("alloc", k);
                let built = build();
                let asked = driver.report();
                driver.inject("alloc", 0);
                match built {
                    Ok(over_time) => break over_time,
                    Err(Error::OutOfMemory { what, need, .. }) => {
                        assert!(!what.is_empty() && need > 0, "{what} {need}")
                    }
                    Err(other) => panic!("{strategy}, allocation {k}: {other}"),
                }
                assert_eq!(
                    driver.report().held,
                    held,
                    "{strategy}: allocation {k} of a build failed, and earlier allocations were not freed"
                );
                assert!(asked.calls(&["cuLaunch"]) == 0 || k > 1, "{:?}", asked.calls);
                k += 1;
                assert!(k < 500);
            };
            println!("{strategy}: {} allocations to build", k - 1);
            assert!(k > 1, "{strategy}: no allocation was made, or none failed");
            // Then allocations fail during a run. The state does not change, and the run can be
            // repeated.
            let mut k = 1;
            let found = loop {
                driver.inject("alloc", k);
                let run = over_time.run(&x);
                driver.inject("alloc", 0);
                match run {
                    Ok(run) => break run,
                    Err(Error::OutOfMemory { .. }) => assert_eq!(over_time.i(), 0),
                    Err(other) => panic!("{strategy}, allocation {k} of a run: {other}"),
                }
                k += 1;
                assert!(k < 500);
            };
            println!("{strategy}: {} allocations to run", k - 1);
            bits::same_runs(&format!("{strategy} after failures"), &found, &expected);
            // A reset that fails does not change the loop.
            let mut k = 1;
            loop {
                driver.inject("alloc", k);
                let reset = over_time.reset_state(4);
                driver.inject("alloc", 0);
                match reset {
                    Ok(()) => break,
                    Err(Error::OutOfMemory { .. }) => {
                        bits::same_states(&format!("{strategy}, a reset that failed"), &over_time, &on_cpu)
                    }
                    Err(other) => panic!("{strategy}, allocation {k} of a reset: {other}"),
                }
                k += 1;
                assert!(k < 500);
            }
            drop(over_time);
            assert_eq!(driver.report().held, held, "{strategy}: resources are still in use at the end");
        }
    });
}

/// A loop that needs more memory than the device has is refused before any launch, and leaves no
/// allocation. The error has the needed and the free bytes.
#[test]
fn a_loop_that_does_not_fit_is_refused_before_it_runs() {
    simulated("memory::a_loop_that_does_not_fit_is_refused_before_it_runs", &[("FAKECUDA_MEMORY_MIB", "64")], || {
        let driver = Simulated::new().unwrap();
        // A small loop runs first, so that the context and its module are not what is refused.
        drop(
            LoopOverTime::<f64, _>::builder(Lif::new(3)).device(Device::Cuda(0)).build().unwrap().run_steps(1).unwrap(),
        );
        let before = driver.report().held;
        for strategy in STRATEGIES {
            driver.reset();
            // Three variables of eight bytes take 96 MB.
            let built =
                LoopOverTime::<f64, _>::builder(Lif::new(4_000_000)).device(Device::Cuda(0)).strategy(strategy).build();
            let Err(Error::OutOfMemory { what, need, free }) = built else { panic!("{strategy}: {:?}", built.is_ok()) };
            println!("{what} {need} {free}");
            assert!(need >= 96_000_000 && free <= 64 << 20 && !what.is_empty(), "{what} {need} {free}");
            let report = driver.report();
            assert_eq!(report.calls(&["cuLaunch", "cuGraphLaunch"]), 0, "{:?}", report.calls);
            assert_eq!(report.held, before);
        }
        // The state fits in memory, but the recordings of a single step do not.
        let wide = LoopOverTime::<f64, _>::builder(Lif::new(1_200_000)).device(Device::Cuda(0)).out_vars([
            "V",
            "refractory",
            "spike",
        ]);
        match wide.build().and_then(|mut l| l.run_steps(2)) {
            Err(Error::OutOfMemory { need, free, .. }) => assert!(need > free || need > 64 << 20, "{need} {free}"),
            other => panic!("{:?}", other.map(|r| r.steps)),
        }
        // After these errors the device still works.
        LoopOverTime::<f64, _>::builder(Lif::new(3)).device(Device::Cuda(0)).build().unwrap().run_steps(5).unwrap();
    });
}

/// Recordings larger than the device's memory are split into chunks, and no bit changes.
#[test]
fn a_run_larger_than_the_memory_is_split() {
    simulated("memory::a_run_larger_than_the_memory_is_split", &[("FAKECUDA_MEMORY_MIB", "4")], || {
        let driver = Simulated::new().unwrap();
        let build = || {
            LoopOverTime::<f32, _>::builder(Lif::new(1025))
                .seed(3)
                .out_vars(vec![monitor("V"), monitor("spike").events()])
        };
        let x = Array2::from_shape_fn((800, 1025), |(t, k)| ((t * 31 + k * 7) % 100) as f32 * 0.5);
        let expected = build().build().unwrap().run(&x).unwrap();
        for strategy in STRATEGIES {
            let mut over_time = build().device(Device::Cuda(0)).strategy(strategy).build().unwrap();
            driver.reset();
            let found = over_time.run(&x).unwrap();
            let report = driver.report();
            bits::same_runs(&strategy.to_string(), &found, &expected);
            // Input, output and V take 3.3 MB each, in a memory of 4 MB.
            assert!(report.calls(&["cuMemcpyDtoH"]) >= 3, "{strategy}: {:?}", report.calls);
        }
    });
}
