//! Nothing, one, and very many: the ends of every range.

use ndarray::Array2;
use overtime::models::{Activation, Hh};
use overtime::{Error, Input, LoopOverTime, Sequential, monitor};

#[test]
fn no_units_no_rows_and_no_steps_give_empty_results() {
    for units in [0, 1, 3] {
        for batch in [None, Some(0), Some(2)] {
            for steps in [0, 1, 2] {
                let mut over_time = LoopOverTime::builder(Hh::<f32>::new(units)).batch(batch).out_vars(["V", "spike"]).build().unwrap();
                for input in [Input::steps(steps), Input::steps(steps).constant(3.0)] {
                    let run = over_time.run(input).unwrap();
                    let mut shape = vec![steps as usize];
                    shape.extend(batch);
                    shape.push(units);
                    assert_eq!(run["V"].shape(), shape);
                    assert_eq!(run.output.shape(), shape);
                    assert_eq!(run.ts.len(), steps as usize);
                }
                assert_eq!(over_time.i(), 2 * steps);
            }
        }
    }
}

#[test]
fn a_stateless_system_over_nothing_is_nothing() {
    let layer = Sequential::new().layer("l1", Activation::Relu.layer([3])).layer("l2", Activation::Softmax.layer([3]));
    let mut over_time = LoopOverTime::<f64, _>::new(layer).unwrap();
    for steps in [0, 1, 5] {
        let run = over_time.run(&Array2::from_elem((steps, 3), 1.5)).unwrap();
        assert_eq!(run.output.shape(), [steps, 3]);
        assert!(run.output.iter().all(|y| (y - 1.0 / 3.0).abs() <= 1e-15));
    }
}

#[test]
fn what_cannot_fit_is_refused_before_it_is_taken() {
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(1000)).out_vars(monitor("V")).build().unwrap();
    let before = (over_time.i(), over_time.t());
    // 2⁴⁰ steps of 16 kB; and more elements than a word can count.
    for steps in [1_u64 << 40, 1 << 62] {
        match over_time.run_steps(steps) {
            Err(Error::OutOfMemory { need, free, .. }) => assert!(need > free),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!((over_time.i(), over_time.t()), before);
    assert!(matches!(LoopOverTime::<f32, _>::new(Hh::new(usize::MAX / 2)), Err(Error::OutOfMemory { .. })));
    assert!(matches!(over_time.reset_state(usize::MAX / 8), Err(Error::OutOfMemory { .. })));
    assert_eq!(over_time.batch(), None);
    over_time.run_steps(1).unwrap();
}

#[test]
fn step_indices_past_32_bits_count_on() {
    let first = u64::from(u32::MAX) - 3;
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(2).noise(1.0)).i0(first).record_every(4).build().unwrap();
    let run = over_time.run_steps(10).unwrap();
    assert_eq!(run.i, first + 10);
    assert_eq!(run.output.shape()[0], (first..first + 10).filter(|i| i % 4 == 0).count());
    let mut end = LoopOverTime::builder(Hh::<f64>::new(1)).i0(u64::MAX - 5).build().unwrap();
    assert!(end.run_steps(10).is_err());
    assert_eq!(end.run_steps(5).unwrap().i, u64::MAX);
}
