//! The memory of a run: the state and the recordings, and little more. It does not grow with the
//! number of steps.

use crate::common::alone;
use crate::counting::measure;
use overtime::models::Hh;
use overtime::{Input, LoopOverTime, monitor};

/// Runs in its own process, so that no other test allocates at the same time.
#[test]
fn a_run_takes_its_state_and_recordings_and_little_more() {
    alone(module_path!(), "a_run_takes_its_state_and_recordings_and_little_more", |_| {}, a_run);
}

fn a_run() {
    // There are many neurons and few recorded ones, so the state is the largest part.
    let units = 300_000;
    let state = units * 6 * 4;
    let ((), peak, _) = measure(|| {
        let vars = monitor("V").units([0, 7, 299_999]);
        let mut over_time = LoopOverTime::builder(Hh::<f32>::new(units))
            .record_output(false)
            .out_vars(vars)
            .threads(2)
            .build()
            .unwrap();
        over_time.run(Input::steps(50).constant(5.0)).unwrap();
    });
    assert!(peak <= state + state / 10 + (1 << 20), "{peak} bytes for a state of {state}");

    // There are few neurons, and all are recorded, so the recordings are the largest part.
    let (units, steps) = (1000, 2500);
    let recorded = 2 * units * steps * 4;
    let mut over_time = LoopOverTime::builder(Hh::<f32>::new(units)).out_vars("V").threads(2).build().unwrap();
    let (run, peak, _) = measure(|| over_time.run_steps(steps as u64).unwrap());
    assert_eq!(run["V"].shape(), [steps, units]);
    assert!(peak <= recorded + recorded / 10 + (1 << 20), "{peak} bytes for recordings of {recorded}");
    drop(run);

    // A chunk with more steps makes no more allocations, except for the few that waking a thread
    // may need.
    let mut calls = |steps| measure(|| over_time.run_steps(steps).unwrap()).2;
    let warm = calls(10);
    assert!(warm > 0);
    let (few, many) = (calls(10), calls(1000));
    assert!(many <= few + 8, "{few} allocations for 10 steps, {many} for 1000");
}
