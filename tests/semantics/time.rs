//! Time, the index of a step, and the state between calls.

use super::{Pair, hh, message};
use ndarray::{Axis, array, s};
use overtime::LoopOverTime;

/// brainpy `out_vars`: variables are recorded after the step, and right-hand sides read the old
/// state.
#[test]
fn variables_are_recorded_after_the_step_which_reads_the_old_state() {
    let mut over_time = LoopOverTime::builder(Pair).shared_arg("gain", 10.0).out_vars(["s1", "s2"]).build().unwrap();
    let run = over_time.run_steps(2).unwrap();
    // (1, 2) → (1 + 20, 2 + 1) → (21 + 30, 3 + 21)
    assert_eq!(run["s1"], array![[21.0], [51.0]].into_dyn());
    assert_eq!(run["s2"], array![[3.0], [24.0]].into_dyn());
    assert_eq!(run.output.index_axis(Axis(1), 2), array![21.0, 51.0].into_dyn());
}

/// brainpy `t0`, `i0`, `dt`: t = t0 + i·dt, and both t and i reach `update` (`share['t']`,
/// `share['i']`).
#[test]
fn time_is_computed_from_the_index_not_accumulated() {
    let mut over_time = LoopOverTime::builder(Pair).dt(0.1).t0(3.0).i0(30).build().unwrap();
    let run = over_time.run_steps(100_000).unwrap();
    for k in [0, 1, 2, 77_777, 99_999] {
        assert_eq!(run.output[[k, 0]], 3.0 + k as f64 * 0.1);
        assert_eq!(run.output[[k, 1]], 30.0 + k as f64);
        assert_eq!(run.ts[k], run.output[[k, 0]]);
    }
    assert_eq!((run.steps, run.i, over_time.i()), (100_000, 100_030, 100_030));
    assert_eq!((run.t, over_time.t()), (3.0 + 100_000.0 * 0.1, run.t));
}

/// brainpy: the state, `t0` and `i0` carry over from call to call; `reset_state` resets all three.
#[test]
fn state_and_clock_carry_over_until_reset_state() {
    let mut over_time = LoopOverTime::builder(Pair).dt(0.5).t0(3.0).i0(30).out_vars("s2").build().unwrap();
    let first = over_time.run_steps(3).unwrap();
    let second = over_time.run_steps(2).unwrap();
    assert_eq!(first["s2"], array![[3.0], [4.0], [5.0]].into_dyn());
    assert_eq!(second["s2"], array![[6.0], [7.0]].into_dyn());
    assert_eq!(second.output.slice(s![.., ..2]), array![[4.5, 33.0], [5.0, 34.0]]);
    over_time.reset_state(None).unwrap();
    assert_eq!((over_time.i(), over_time.t()), (30, 3.0));
    let again = over_time.run_steps(3).unwrap();
    assert_eq!((again["s2"].clone(), again.output), (first["s2"].clone(), first.output));
}

/// brainpy `reset_state(batch_size)`: the loop has another batch size from then on.
#[test]
fn reset_state_takes_a_batch_size() {
    let mut over_time = LoopOverTime::builder(hh(3)).out_vars("V").build().unwrap();
    assert_eq!(over_time.run_steps(2).unwrap().output.shape(), [2, 3]);
    over_time.reset_state(4).unwrap();
    let run = over_time.run_steps(2).unwrap();
    assert_eq!((run.output.shape(), run["V"].shape()), ([2, 4, 3].as_slice(), [2, 4, 3].as_slice()));
    assert_eq!((over_time.batch(), over_time.i()), (Some(4), 2));
    over_time.reset_state(None).unwrap();
    assert_eq!(over_time.run_steps(2).unwrap().output.shape(), [2, 3]);
}

/// brainpy `over_time(100.)`: a duration of any number type, which never gives one step too many.
#[test]
fn a_duration_is_rounded_to_steps() {
    let mut over_time = LoopOverTime::builder(hh(1)).dt(0.1).build().unwrap();
    for k in 1..400_u32 {
        assert_eq!(over_time.steps_of(f64::from(k) * 0.1).unwrap(), u64::from(k));
    }
    assert_eq!(over_time.run_for(100_i32.into()).unwrap().output.shape(), [1000, 1]);
    assert_eq!(over_time.run_for(0.25).unwrap().steps, 3);
    assert_eq!(over_time.run_for(0.0).unwrap().output.shape(), [0, 1]);
    let i = over_time.i();
    for wrong in [-1.0, f64::NAN, f64::INFINITY] {
        assert!(message(over_time.run_for(wrong)).contains("duration"));
    }
    assert_eq!(over_time.i(), i);
}
