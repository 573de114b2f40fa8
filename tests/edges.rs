//! The ends of every range: zero, one, and very many.

use ndarray::Array2;
use overtime::models::{Activation, Dense, Gru, Hh, Lif, brainpy};
use overtime::network::{Group, Network, Receptor};
use overtime::{Closure, Distribution, Error, FirstAxis, Init, Input, LoopOverTime, Sequential, System, monitor};

#[test]
fn no_units_no_rows_and_no_steps_give_empty_results() {
    for units in [0, 1, 3] {
        for batch in [None, Some(0), Some(2)] {
            for steps in [0, 1, 2] {
                let mut over_time =
                    LoopOverTime::builder(Hh::<f32>::new(units)).batch(batch).out_vars(["V", "spike"]).build().unwrap();
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
fn a_run_that_cannot_fit_is_refused_before_it_allocates() {
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(1000)).out_vars(monitor("V")).build().unwrap();
    let before = (over_time.i(), over_time.t());
    // These runs have 2⁴⁰ steps of 16 kB, and more elements than 64 bits can count.
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

/// `check` reports what a run would report for the whole input. It does not run, and does not look
/// at values.
#[test]
fn an_input_is_checked_without_a_run() {
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(3)).batch(2).first_axis(FirstAxis::Batch).build().unwrap();
    let before = over_time.state_dict().unwrap();
    assert_eq!(over_time.check(&ndarray::Array3::from_elem((2, 50, 3), f64::NAN)).unwrap(), 50);
    assert_eq!(over_time.check(Input::duration(10.0).constant(1.0)).unwrap(), 100);
    assert_eq!(over_time.check(&vec![0.0; 7]).unwrap(), 7);
    for shape in [vec![50, 3], vec![3, 50, 3], vec![2, 50, 4], vec![2, 50, 3, 1]] {
        let x = ndarray::ArrayD::<f64>::zeros(shape);
        assert_eq!(over_time.check(&x).unwrap_err().to_string(), over_time.run(&x).unwrap_err().to_string());
    }
    let x = ndarray::Array3::<f64>::zeros((2, 50, 3));
    for input in [
        Input::from(&x).lengths(&[1, 2]),
        Input::steps(49).values(&x),
        Input::steps(1).named("y", &x),
        Input::duration(-1.0),
    ] {
        assert_eq!(
            over_time.check(input.clone()).unwrap_err().to_string(),
            over_time.run(input).unwrap_err().to_string()
        );
    }
    assert_eq!((over_time.i(), over_time.state_dict().unwrap()), (0, before));
}

/// Distributions whose bounds are in the wrong order, that have few values within their bounds, or
/// whose standard deviation is negative, are refused everywhere.
#[test]
fn invalid_distributions_are_refused() {
    fn refused(init: &Init, system: impl System<f32>) {
        let error = LoopOverTime::new(system).map(|_| ()).unwrap_err();
        assert!(matches!(&error, Error::Value { .. }), "{init:?}: {error}");
    }
    let normal = Distribution::Normal(0.0, 1.0);
    let bounded = [normal.redrawn(9.0..), normal.clipped(2.0..=1.0), normal.redrawn(f64::NAN..)];
    let free = [Init::uniform(5.0, 1.0), Init::normal(0.0, -1.0)];
    for init in free.into_iter().chain(bounded.map(Init::from)) {
        refused(&init, Hh::new(2).v(init.clone()));
        refused(&init, Lif::new(2).v(init.clone()));
        refused(&init, Dense::new(2, 3).b_init(init.clone()));
        refused(&init, brainpy::RnnCell::new(2, 3).state_init(init.clone()));
        refused(&init, Gru::new(2, 3).wh_init(init.clone()));
        refused(&init, Closure::new([1], |_, _, _, _| {}).var("s", [2], init.clone()));
        let group = Group::new("P", Lif::<f32>::new(2)).receptor(Receptor::exponential("s", 5.0).init(init.clone()));
        match Network::builder(0.1).group(group).build() {
            Ok(network) => refused(&init, network),
            Err(error) => assert!(matches!(error, Error::Value { .. }), "{error}"),
        }
    }
    LoopOverTime::new(Hh::<f32>::new(2).v(Init::uniform(-65.0, -65.0)).gates(
        Init::Zeros,
        Init::Zeros,
        Init::normal(0.3, 0.0),
    ))
    .unwrap();
}
