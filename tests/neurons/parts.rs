//! Runs in parts, and systems made of closures.

use ndarray::{Array3, ArrayD, Axis};
use overtime::models::{Gru, Hh, Lstm};
use overtime::{
    Closure, Error, Events, Init, Input, LoopOverTime, Recording, Result, Scalar, System, for_loop, monitor,
};

/// The joined results of a run in parts.
struct Whole<T> {
    output: ArrayD<T>,
    ts: Vec<f64>,
    events: Events,
    parts: Vec<u64>,
}

fn in_parts<T: Scalar, S: System<T>>(over_time: &mut LoopOverTime<T, S>, input: Input<'_, T>, most: u64) -> Whole<T> {
    let mut all: Vec<Recording<T>> = Vec::new();
    let made = over_time.run_in_parts(input, most, |part| -> Result<()> {
        all.push(part);
        Ok(())
    });
    assert_eq!(made.unwrap(), all.iter().map(|part| part.steps).sum::<u64>());
    let views: Vec<_> = all.iter().map(|part| part.output.view()).collect();
    let mut whole = Whole {
        output: ndarray::concatenate(Axis(0), &views).unwrap(),
        ts: Vec::new(),
        events: Events::default(),
        parts: vec![],
    };
    for part in &all {
        whole.ts.extend(&part.ts);
        whole.parts.push(part.steps);
        if let Ok(events) = part.events("spike") {
            whole.events.step.extend(&events.step);
            whole.events.row.extend(&events.row);
            whole.events.unit.extend(&events.unit);
        }
    }
    whole
}

#[test]
fn parts_joined_equal_the_whole_run() {
    let x = Array3::from_shape_fn((257, 7, 33), |(k, b, n)| ((k * 5 + b * 3 + n) % 40) as f32 * 0.5);
    let build = || {
        let hh = Hh::<f32>::new(33).noise(0.5);
        LoopOverTime::builder(hh)
            .batch(7)
            .seed(3)
            .record_every(3)
            .out_vars([monitor("spike").events().every(1)])
            .build()
            .unwrap()
    };
    let (mut whole, mut after) = (build(), build());
    let expected = whole.run(&x).unwrap();
    for most in [1, 2, 100, 256, 257, 1000] {
        let mut over_time = build();
        let got = in_parts(&mut over_time, Input::from(&x), most);
        assert!(
            got.output == expected.output && got.ts == expected.ts && got.events == *expected.events("spike").unwrap(),
            "{most}"
        );
        assert!(
            got.parts.iter().all(|n| *n <= most) && got.parts.len() == 257_usize.div_ceil(most as usize),
            "{:?}",
            got.parts
        );
        assert_eq!((over_time.i(), over_time.t()), (257, whole.t()));
        let (a, b) = (over_time.state_dict().unwrap(), whole.state_dict().unwrap());
        assert!(a.iter().eq(b.iter()));
    }
    assert_eq!(in_parts(&mut after, Input::steps(0), 5).parts, [0]);
    let times: Vec<f64> = expected.events("spike").unwrap().step.iter().map(|i| *i as f64 * 0.1).collect();
    assert!(!times.is_empty() && expected.times("spike").unwrap() == times && expected.times("V").is_err());
    assert_eq!((after.time_of(0), after.time_of(10)), (0.0, 10.0 * 0.1));
}

#[test]
fn rows_of_unequal_length_go_on_from_part_to_part() {
    let x = Array3::from_shape_fn((10, 3, 4), |(k, b, n)| (k + b * 2 + n) as f32 * 0.1 - 0.5);
    let build = || LoopOverTime::builder(Lstm::<f32>::new(4, 5).seed(2)).batch(3).build().unwrap();
    let expected = build().run(Input::from(&x).lengths(&[10, 4, 0])).unwrap();
    for most in [1, 3, 4] {
        assert_eq!(in_parts(&mut build(), Input::from(&x).lengths(&[10, 4, 0]), most).output, expected.output);
    }
    // A run in both directions of time cannot be split.
    let mut both = LoopOverTime::builder(Gru::<f32>::new(4, 5).bidirectional(true)).batch(3).build().unwrap();
    assert!(both.run_in_parts(&x, 9, |_| -> Result<()> { Ok(()) }).is_err());
    assert_eq!(both.run_in_parts(&x, 10, |_| -> Result<()> { Ok(()) }).unwrap(), 10);
}

#[test]
fn an_error_ends_the_run_after_its_part() {
    #[derive(Debug)]
    enum Own {
        Enough,
        Theirs(Error),
    }
    impl From<Error> for Own {
        fn from(e: Error) -> Self {
            Self::Theirs(e)
        }
    }
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(2)).build().unwrap();
    let mut left = 3;
    let stopped = over_time.run_in_parts(Input::steps(1000), 10, |_| {
        left -= 1;
        if left == 0 { Err(Own::Enough) } else { Ok(()) }
    });
    assert!(matches!(stopped, Err(Own::Enough)) && over_time.i() == 30);
    let wrong = over_time.run_in_parts(Input::steps(5), 0, |_| Err(Own::Enough));
    assert!(matches!(wrong, Err(Own::Theirs(Error::Value { .. }))));
    // The whole input is checked before any step runs.
    let mut x = ndarray::Array1::<f64>::zeros(100);
    x[99] = f64::NAN;
    let wrong = over_time.run_in_parts(&x, 10, |_| Err(Own::Enough));
    assert!(matches!(wrong, Err(Own::Theirs(Error::NotFinite { step: Some(129), .. }))) && over_time.i() == 30);
}

/// A closure for one row is a system. Batches, threads and splits make no difference.
#[test]
fn a_closure_is_called_for_each_row() {
    let system = || {
        Closure::<f64, _>::new([2], |at, x, state, y| {
            let [sum, count] = state.vars();
            sum.iter_mut().zip(x.port(0)).for_each(|(s, x)| *s += *x * at.dt);
            count[0] += 1.0;
            y[0] = sum.iter().sum::<f64>() * count[0];
        })
        .input("x", [3])
        .var("sum", [3], Init::uniform(0.0, 1.0))
        .var("count", [], 0.0)
    };
    let x = Array3::from_shape_fn((40, 7, 3), |(k, b, n)| (k * 21 + b * 3 + n) as f64);
    let build =
        |threads| LoopOverTime::builder(system()).batch(7).seed(4).threads(threads).out_vars("count").build().unwrap();
    let expected = build(1).run(&x).unwrap();
    let start = build(1).state_dict().unwrap();
    let sums = start.get("sum").unwrap().clone();
    for (k, row) in expected.output.axis_iter(Axis(0)).enumerate() {
        for b in 0..7 {
            let mut sum: Vec<f64> = (0..3).map(|n| sums[[b, n]]).collect();
            (0..=k).for_each(|k| sum.iter_mut().enumerate().for_each(|(n, s)| *s += x[[k, b, n]] * 0.1));
            assert_eq!(row[[b, 0]], sum.iter().sum::<f64>() * (k + 1) as f64);
            assert_eq!(row[[b, 1]], 0.0);
        }
    }
    assert_ne!(sums[[0, 0]], sums[[1, 0]]);
    let mut split = build(2);
    let first = split.run(x.slice(ndarray::s![..13, .., ..]).to_owned().view()).unwrap();
    let second = split.run(x.slice(ndarray::s![13.., .., ..]).to_owned().view()).unwrap();
    assert_eq!(ndarray::concatenate(Axis(0), &[first.output.view(), second.output.view()]).unwrap(), expected.output);
    // An invalid closure is an error, and a closure without a kernel cannot run on a GPU.
    let wrong = Closure::<f64, _>::new([1], |_, _, _, _| {}).var("v", [2], vec![1.0, 2.0, 3.0]);
    assert!(matches!(for_loop(wrong, Input::steps(1)), Err(Error::Shape { .. })));
    assert!(for_loop(system(), Input::steps(1)).is_err());
    let empty = Closure::<f64, _>::new([0], |_, _, state, _| state.var_mut(0)[0] += 1.0).var("n", [1], 0.0);
    let mut empty = LoopOverTime::builder(empty).batch(3).out_vars("n").build().unwrap();
    let run = empty.run_steps(4).unwrap();
    assert_eq!(run.output.shape(), [4, 3, 0]);
}
