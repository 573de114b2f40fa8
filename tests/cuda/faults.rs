//! Device faults in the middle of a run, and values that are not finite.

use crate::cuda::child::{alone, simulated};
use crate::cuda::machine::{CHILD, Simulated};
use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device};
use ndarray::{Array2, s};
use overtime::models::{Dense, Hh, Lif, brainpy};
use overtime::{
    Device, Error, Init, Input, Inputs, LoopOverTime, Products, Program, Schema, Sequential, Shared, State, Strategy,
    System, Tick,
};

type Boxed = Box<dyn System<f32>>;
type Make = fn() -> Boxed;

fn hh() -> Boxed {
    Box::new(Hh::<f32>::new(9).noise(1.0))
}

fn built(device: Device, strategy: Strategy) -> LoopOverTime<f32, Boxed> {
    let builder = LoopOverTime::builder(hh()).seed(4).out_vars("V");
    if device == Device::Cpu { builder } else { builder.device(device).strategy(strategy) }.build().unwrap()
}

/// A launch that fails is an error. After it, the loop either continues from its clock with the
/// right bits, or returns only errors.
#[test]
fn a_failed_launch_never_gives_wrong_numbers() {
    simulated("faults::a_failed_launch_never_gives_wrong_numbers", &[], || {
        let driver = Simulated::new().unwrap();
        let x = Array2::from_shape_fn((24, 9), |(t, k)| (t + k) as f32);
        for strategy in STRATEGIES {
            let mut failed = 0;
            for k in 1.. {
                let mut over_time = built(Device::Cuda(0), strategy);
                driver.inject("launch", k);
                let first = over_time.run(&x);
                driver.inject("launch", 0);
                let mut on_cpu = built(Device::Cpu, strategy);
                let Err(error) = first else { break };
                failed += 1;
                assert!(!error.to_string().is_empty());
                match over_time.run(&x) {
                    Err(_) => {
                        assert!(
                            over_time.run(&x).is_err(),
                            "{strategy}, launch {k}: the loop must return only errors after the second one"
                        )
                    }
                    Ok(found) => {
                        on_cpu.run(x.slice(s![..(found.i - 24) as usize, ..])).unwrap();
                        bits::same_runs(
                            &format!("{strategy} after launch {k} failed"),
                            &found,
                            &on_cpu.run(&x).unwrap(),
                        );
                    }
                }
                assert!(k < 200, "{strategy}: the launches do not end");
            }
            println!("{strategy}: {failed} injected launch failures");
            assert!(failed > 0, "{strategy} launched nothing");
        }
    });
}

/// A device that is lost stays lost. Every call returns an error, and never numbers.
#[test]
fn a_device_that_is_lost_stays_lost() {
    for strategy in STRATEGIES {
        simulated("faults::a_device_that_is_lost_stays_lost", &[("STRATEGY", &strategy.to_string())], || {
            let strategy: Strategy = std::env::var("STRATEGY").unwrap().parse().unwrap();
            let driver = Simulated::new().unwrap();
            let (mut over_time, mut other) = (built(Device::Cuda(0), strategy), built(Device::Cuda(0), strategy));
            over_time.run_steps(3).unwrap();
            other.run_steps(3).unwrap();
            driver.inject("device", 1);
            let first = over_time.run_steps(5).unwrap_err();
            println!("{first}");
            driver.inject("device", 0);
            for again in 0..3 {
                assert!(over_time.run_steps(1).is_err() && other.run_steps(1).is_err(), "{again}");
            }
            assert!(over_time.to(Device::Cpu).is_err(), "a lost state was moved");
            let another = LoopOverTime::builder(hh()).device(Device::Cuda(0)).strategy(strategy).build();
            assert!(another.and_then(|mut l| l.run_steps(1)).is_err(), "a new loop ran on a lost device");
            // The CPU still works.
            built(Device::Cpu, strategy).run_steps(3).unwrap();
            // The device stays lost after the last loop is dropped. The error of a new build says
            // so.
            drop((over_time, other));
            let built = LoopOverTime::builder(hh()).device(Device::Cuda(0)).strategy(strategy).build().map(|_| ());
            let Err(Error::DeviceLost { device, reason }) = &built else { panic!("{built:?}") };
            assert!(device == "cuda:0" && reason.contains("DEVICE_UNAVAILABLE"), "{reason}");
            let said = built.unwrap_err().to_string();
            assert!(said.contains("was lost") && said.contains("a new process may"), "{said}");
        });
        if std::env::var_os(CHILD).is_some() {
            return;
        }
    }
}

/// A user's kernel that fails in step 5 of unit 3.
struct Astray(&'static str);

impl System<f32> for Astray {
    fn schema(&self) -> Schema {
        Schema::pointwise(9).drive("x").vars(["v"])
    }
    fn init(&self, _: &Shared, state: &mut State<'_, f32>) {
        state.var_mut(0).fill(1.0);
    }
    fn step(&self, _: Tick<'_>, _: &Inputs<'_, f32>, _: &mut State<'_, f32>, y: &mut [f32]) {
        y.fill(1.0);
    }
    fn program(&self, _: f64) -> Option<Program> {
        let text = r#"#include "system.cuh"
            struct Params {};
            struct State { acc_t v; };
            __device__ acc_t step(State& s, Input x, const Params& p, const Tick& at) {
                if (at.i == 5 && at.cell == 3) { FAULT; }
                s.v += acc_t(1);
                return s.v;
            }"#;
        Some(Program::pointwise("astray.cu", text.replace("FAULT", self.0)))
    }
}

#[test]
fn a_faulty_kernel_is_an_error_with_its_steps() {
    // The test also runs on a GPU: its context ends with the child process.
    for fault in ["*(volatile int*)8 = 1", "asm volatile(\"trap;\")"] {
        for strategy in STRATEGIES {
            let set = [("FAULT", fault), ("STRATEGY", &strategy.to_string())];
            alone("faults::a_faulty_kernel_is_an_error_with_its_steps", &set, || {
                let fault = Box::leak(std::env::var("FAULT").unwrap().into_boxed_str());
                let strategy: Strategy = std::env::var("STRATEGY").unwrap().parse().unwrap();
                let builder = LoopOverTime::<f32, _>::builder(Astray(fault)).device(Device::Cuda(0)).strategy(strategy);
                let mut over_time = builder.build().unwrap();
                over_time.run_steps(3).unwrap();
                let error = over_time.run_steps(20).unwrap_err().to_string();
                println!("{fault}: {error}");
                // The error names the steps that the engine was computing: from 3 to 23, or a chunk
                // among them.
                assert!(error.contains("step"), "{error}");
                for _ in 0..2 {
                    assert!(over_time.run_steps(1).is_err(), "a run succeeded after: {error}");
                }
                assert!(over_time.to(Device::Cpu).is_err());
            });
            if std::env::var_os(CHILD).is_some() {
                return;
            }
        }
    }
}

/// A value that is not finite is the same error as on the CPU, with the same variable, step and
/// unit.
#[test]
fn a_non_finite_value_is_found_at_its_place() {
    let Some(device) = device() else { return };
    let systems: [(&str, Make); 4] = [
        ("hh", || Box::new(Hh::<f32>::new(9).v(Init::Constant(-60.0)))),
        ("lif", || Box::new(Lif::<f32>::new(9).v(Init::Constant(1.0)))),
        ("rnn", || Box::new(brainpy::RnnCell::<f32>::new(9, 5).weight("Wi", &[1.0_f32; 45]).unwrap())),
        ("stack", || Box::new(Sequential::new().layer("hh", Hh::<f32>::new(9)).layer("out", Dense::new(9, 2)))),
    ];
    // These values are too large for any of the systems to stay finite, or are not finite
    // themselves.
    for (name, system) in systems {
        for value in [f32::MAX, f32::NAN, f32::NEG_INFINITY] {
            let mut x = Array2::from_elem((40, 9), 1.0_f32);
            x[[17, 4]] = value;
            x[[18, 2]] = value;
            let build = || LoopOverTime::builder(system()).seed(2).products(Products::Ordered);
            let mut on_cpu = build().build().unwrap();
            let expected = on_cpu.run(&x).map(|r| r.i).map_err(|e| e.to_string());
            for strategy in STRATEGIES {
                let mut over_time = build().device(device).strategy(strategy).build().unwrap();
                let found = over_time.run(&x).map(|r| r.i).map_err(|e| e.to_string());
                assert_eq!(found, expected, "{name}, {strategy}, {value}");
                let mut allowed = build().device(device).strategy(strategy).allow_non_finite().build().unwrap();
                let passed = build().allow_non_finite().build().unwrap().run(&x).unwrap();
                bits::same_runs(&format!("{name}, {strategy}, {value} allowed"), &allowed.run(&x).unwrap(), &passed);
            }
            println!("{name}, {value}: {expected:?}");
        }
    }
}

/// An input that does not fit is refused before any step runs, on the device as on the CPU, and the
/// state does not change.
#[test]
fn an_input_that_does_not_fit_is_refused_as_on_the_cpu() {
    let Some(device) = device() else { return };
    let (mut found, mut expected) = (built(device, Strategy::Auto), built(Device::Cpu, Strategy::Auto));
    for shape in [(3, 8), (3, 10), (0, 8)] {
        let x = Array2::<f32>::zeros(shape);
        let (a, b) = (found.run(&x).map(|r| r.i), expected.run(&x).map(|r| r.i));
        assert_eq!(a.map_err(|e| e.to_string()), b.map_err(|e| e.to_string()), "{shape:?}");
    }
    for duration in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        let (a, b) = (found.run_for(duration).map(|r| r.i), expected.run_for(duration).map(|r| r.i));
        assert!(b.is_err());
        assert_eq!(a.map_err(|e| e.to_string()), b.map_err(|e| e.to_string()), "{duration}");
    }
    bits::same_runs("after refusals", &found.run_steps(4).unwrap(), &expected.run_steps(4).unwrap());
    let bad = |device| {
        let hh = Hh::<f32>::new(3).param("C", vec![1.0, f32::NAN, 1.0]).unwrap();
        LoopOverTime::builder(hh).device(device).build().map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(bad(device), bad(Device::Cpu));
}

/// A strategy that the user names and that cannot run is an error, and never becomes another
/// strategy.
#[test]
fn a_strategy_needs_a_device() {
    for strategy in [Strategy::HostLoop, Strategy::Graph, Strategy::Persistent] {
        assert!(matches!(
            LoopOverTime::<f32, _>::builder(Lif::new(1)).strategy(strategy).build(),
            Err(Error::Unsupported(_))
        ));
    }
}

/// The error of a system without state is found in its output, and is that of the CPU, for any
/// recorded steps, and also if the output stays on the device.
#[test]
fn a_non_finite_output_is_found_at_its_place() {
    let Some(device) = device() else { return };
    let mut x = Array2::from_elem((21, 3), 0.1_f32);
    x[[11, 1]] = 10.0;
    for (every, chunk) in [(1, 64), (4, 64), (4, 9), (4, 5)] {
        let build = || {
            let layer = Dense::<f32>::new(3, 2).w_init(Init::Constant(3e38));
            LoopOverTime::builder(layer).i0(1).record_every(every).chunk(chunk).products(Products::Ordered)
        };
        let expected = build().build().unwrap().run(&x).unwrap_err();
        assert!(
            matches!(expected, Error::NotFinite { step: Some(12), index: 0, value: f64::INFINITY, .. }),
            "{expected}"
        );
        let mut over_time = build().device(device).build().unwrap();
        let found = over_time.run(&x).unwrap_err();
        assert_eq!(format!("{found:?}"), format!("{expected:?}"), "every {every}, chunks of {chunk}");
        over_time.reset_state(None).unwrap();
        let on_device = over_time.to_device(&x).unwrap();
        for input in [Input::from(&x), Input::from(&on_device)] {
            let found = over_time.run_on_device(input).unwrap_err();
            assert_eq!(
                format!("{found:?}"),
                format!("{expected:?}"),
                "every {every}, chunks of {chunk}, on the device"
            );
            over_time.reset_state(None).unwrap();
        }
    }
}

/// If the CPU does not reproduce a non-finite value of the device, the error reports the device's
/// value.
#[test]
fn a_non_finite_value_that_the_cpu_does_not_reproduce_is_an_error() {
    let Some(device) = device() else { return };
    for strategy in STRATEGIES {
        let build = || {
            LoopOverTime::<f32, _>::builder(Astray("s.v = acc_t(1) / acc_t(0)"))
                .device(device)
                .strategy(strategy)
                .chunk(4)
        };
        let mut over_time = build().build().unwrap();
        let error = over_time.run_steps(20).unwrap_err();
        // The step is the last of its chunk.
        let Error::NotFinite { variable, step: Some(7), index: 3, value: f64::INFINITY } = &error else {
            panic!("{strategy}: {error}")
        };
        assert_eq!((variable.as_str(), over_time.i()), ("v", 8), "{strategy}");
    }
}
