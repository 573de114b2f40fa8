//! The transfer of a loop's state to and from the device: moves, dictionaries, files, weights.

use crate::cuda::parity::STRATEGIES;
use crate::cuda::{bits, device, machine};
use ndarray::{Array3, ArrayD};
use overtime::models::{Dense, Hh, brainpy};
use overtime::{Device, Error, LoopOverTime, Products, Sequential, System};

type Stack = LoopOverTime<f32, Sequential<f32>>;

fn stack() -> Sequential<f32> {
    let stack = Sequential::new()
        .layer("rnn", brainpy::RnnCell::new(4, 9))
        .layer("lstm", brainpy::LstmCell::new(9, 5))
        .layer("hh", Hh::new(5).noise(1.0));
    stack.layer("gru", brainpy::GruCell::new(5, 3)).layer("dense", Dense::new(3, 2))
}

fn built(device: Device) -> Stack {
    LoopOverTime::builder(stack())
        .batch(3)
        .seed(8)
        .products(Products::Ordered)
        .out_vars(["rnn.state", "lstm.c", "hh.V", "gru.state"])
        .device(device)
        .build()
        .unwrap()
}

fn input(steps: usize) -> Array3<f32> {
    Array3::from_shape_fn((steps, 3, 4), |(t, b, k)| ((t * 7 + b * 3 + k) % 11) as f32 * 0.17 - 0.8)
}

/// A loop moves between devices in the middle of a run. No bit changes.
#[test]
fn a_loop_that_moves_goes_on() {
    let Some(device) = device() else { return };
    let (mut moving, mut staying) = (built(Device::Cpu), built(Device::Cpu));
    for (k, to) in [device, Device::Cpu, device, device, Device::Cpu].into_iter().enumerate() {
        let (a, b) = (moving.run(&input(13)).unwrap(), staying.run(&input(13)).unwrap());
        bits::same_runs(&format!("before move {k}"), &a, &b);
        moving.to(to).unwrap();
        assert_eq!(moving.device(), to);
        bits::same_states(&format!("after move {k}"), &moving, &staying);
    }
    moving.cuda().unwrap();
    assert_eq!(moving.device(), Device::Cuda(0));
    moving.cpu().unwrap();
    bits::same_runs("at last", &moving.run(&input(3)).unwrap(), &staying.run(&input(3)).unwrap());
}

/// A move to a missing device is an error, and the loop stays on its device.
#[test]
fn an_impossible_move_changes_nothing() {
    let Some(device) = device() else { return };
    let (mut moving, mut staying) = (built(device), built(Device::Cpu));
    moving.run(&input(3)).unwrap();
    staying.run(&input(3)).unwrap();
    assert!(matches!(moving.to(Device::Cuda(4000)), Err(Error::DeviceUnavailable { .. })));
    assert_eq!(moving.device(), device);
    bits::same_runs("after a move that failed", &moving.run(&input(3)).unwrap(), &staying.run(&input(3)).unwrap());
}

/// The state of one device continues on the other.
#[test]
fn dictionaries_and_files_carry_a_state_over() {
    let Some(device) = device() else { return };
    let folder = machine::scratch().join("states");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(format!("{}.safetensors", std::process::id()));
    for (from, to) in [(Device::Cpu, device), (device, Device::Cpu), (device, device)] {
        let (mut a, mut b, mut c) = (built(from), built(to), built(to));
        a.run(&input(21)).unwrap();
        a.save_states(&file).unwrap();
        assert!(b.load_state_dict(&a.state_dict().unwrap(), true).unwrap().is_empty());
        assert!(c.load_states(&file).unwrap().is_empty());
        bits::same_states("the dictionary's", &b, &a);
        bits::same_states("the file's", &c, &a);
        let expected = a.run(&input(8)).unwrap();
        bits::same_runs("after the dictionary", &b.run(&input(8)).unwrap(), &expected);
        bits::same_runs("after the file", &c.run(&input(8)).unwrap(), &expected);
    }
    let _ = std::fs::remove_file(file);
}

/// The kernels read the weights that were loaded.
#[test]
fn weights_that_are_loaded_are_used() {
    let Some(device) = device() else { return };
    let (mut found, mut expected) = (built(device), built(Device::Cpu));
    for round in 1..3 {
        let weights: Vec<(String, ArrayD<f64>)> = (expected.state_dict().unwrap().iter())
            .filter(|(n, _)| n.contains(".W") || n.ends_with(".b"))
            .map(|(n, a)| (n.to_owned(), a.mapv(|x| f64::from(x) * 0.5 + 0.01 * f64::from(round))))
            .collect();
        assert!(weights.len() >= 9, "{}", weights.len());
        for over_time in [&mut found, &mut expected] {
            over_time.load_weights(&weights, true).unwrap();
        }
        bits::same_runs(&format!("round {round}"), &found.run(&input(9)).unwrap(), &expected.run(&input(9)).unwrap());
    }
}

/// Two loops on one device do not affect each other, in any order, and a loop can move to another
/// thread.
#[test]
fn loops_on_one_device_do_not_affect_each_other() {
    let Some(device) = device() else { return };
    for strategy in STRATEGIES {
        let make = |seed, device| {
            let builder = LoopOverTime::<f64, _>::builder(Hh::new(33).noise(1.0)).seed(seed).out_vars("V");
            if device == Device::Cpu { builder } else { builder.device(device).strategy(strategy) }.build().unwrap()
        };
        let (mut a, mut b) = (make(1, device), make(2, device));
        let (mut c, mut d) = (make(1, Device::Cpu), make(2, Device::Cpu));
        for steps in [3, 20] {
            let (x, y) = (a.run_steps(steps).unwrap(), b.run_steps(steps).unwrap());
            bits::same_runs(&format!("{strategy}, the first"), &x, &c.run_steps(steps).unwrap());
            bits::same_runs(&format!("{strategy}, the second"), &y, &d.run_steps(steps).unwrap());
        }
        drop(b);
        let (x, y) = std::thread::spawn(move || (a.run_steps(5).unwrap(), c.run_steps(5).unwrap())).join().unwrap();
        bits::same_runs(&format!("{strategy}, in another thread"), &x, &y);
    }
}

/// The schema of a loop on the device is that of its system.
#[test]
fn the_schema_of_a_loop_on_the_device_is_its_systems() {
    let Some(device) = device() else { return };
    let over_time = built(device);
    assert_eq!(over_time.schema(), &System::<f32>::schema(&stack()));
    assert_eq!(over_time.batch(), Some(3));
}
