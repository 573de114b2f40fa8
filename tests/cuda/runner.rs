//! Runs in parts, and runners: a GPU gives the results of the CPU.

use crate::cuda::{bits, device};
use ndarray::Array2;
use overtime::models::Hh;
use overtime::runner::{Op, fix, func, series};
use overtime::{Builder, Device, Error, Input, LoopOverTime, Recording, monitor};
use std::sync::{Arc, Mutex};

fn builder(device: Device) -> Builder<f32, Hh<f32>> {
    let bits = monitor("spike").bits().named("bits");
    let vars = [monitor("V").units([32, 0, 7]).every(3), monitor("spike").events(), bits];
    LoopOverTime::builder(Hh::<f32>::new(33).noise(0.5)).seed(9).device(device).out_vars(vars)
}

#[test]
fn parts_are_the_cpus() {
    let Some(device) = device() else { return };
    let x = Array2::from_shape_fn((50, 33), |(k, n)| ((k * 5 + n) % 40) as f32);
    let parts = |device: Device| {
        let reported = Arc::new(Mutex::new(Vec::new()));
        let sink = reported.clone();
        let over_time = builder(device).progress(move |done, all| {
            sink.lock().unwrap().push((done, all));
            true
        });
        let mut over_time = over_time.build().unwrap();
        let mut parts: Vec<Recording<f32>> = Vec::new();
        let made = over_time.run_in_parts(Input::from(&x), 7, |part| -> Result<(), Error> {
            parts.push(part);
            Ok(())
        });
        assert_eq!((made.unwrap(), parts.len()), (50, 8));
        let reported = reported.lock().unwrap();
        assert!(
            reported.last() == Some(&(50, 50)) && reported.windows(2).all(|w| w[0].0 < w[1].0 && w[0].1 == 50),
            "{reported:?}"
        );
        (over_time, parts)
    };
    let ((a, ours), (b, theirs)) = (parts(device), parts(Device::Cpu));
    bits::same_states("after all parts", &a, &b);
    ours.iter().zip(&theirs).enumerate().for_each(|(k, (a, b))| bits::same_runs(&format!("part {k}"), a, b));
}

#[test]
fn a_runner_is_the_cpus() {
    let Some(device) = device() else { return };
    let x = Array2::from_shape_fn((40, 33), |(k, n)| ((k * 5 + n) % 40) as f32);
    for variable in [false, true] {
        let run = |device: Device| {
            let mut runner = builder(device)
                .runner()
                .input("input", series(&x))
                .input("x", func(|at| at.t))
                .input("x", fix(0.5).op(Op::Mul));
            if variable {
                runner = runner.input("V", fix(0.75)).input("V", func(|at| (at.i % 3) as f64).op(Op::Sub));
            }
            let runner = runner.monitor_fn("top", ["V", "m"], |seen| vec![seen[0][32] + seen[1][0]]);
            let mut runner = runner.build().unwrap();
            let runs = [runner.run_steps(3).unwrap(), runner.run_steps(if variable { 9 } else { 37 }).unwrap()];
            (runner, runs)
        };
        let ((a, ours), (b, theirs)) = (run(device), run(Device::Cpu));
        bits::same_states("after both runs", a.over_time(), b.over_time());
        ours.iter().zip(&theirs).for_each(|(a, b)| bits::same_runs(&format!("with a variable: {variable}"), a, b));
    }
}
