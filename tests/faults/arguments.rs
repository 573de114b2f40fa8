//! Time steps, shapes and devices.

use super::{neurons, unchanged};
use ndarray::{Array2, ArrayD, array};
use overtime::models::Hh;
use overtime::{Error, FirstAxis, Input, LoopOverTime};

#[test]
fn invalid_time_steps_and_durations_are_refused() {
    for dt in [0.0, -0.1, f64::NAN, f64::INFINITY] {
        let error = LoopOverTime::builder(Hh::<f64>::new(1)).dt(dt).build().unwrap_err();
        assert!(matches!(&error, Error::Value { argument, .. } if argument == "dt"), "{error}");
    }
    assert!(LoopOverTime::builder(Hh::<f64>::new(1)).t0(f64::NAN).build().is_err());
    let mut over_time = neurons();
    for duration in [-1.0, f64::NAN, f64::INFINITY, 1e300] {
        let error = unchanged(&mut over_time, |l| l.run_for(duration).map(drop));
        assert!(matches!(&error, Error::Value { argument, .. } if argument == "duration"), "{error}");
    }
    // The documented rule: a duration within 1e-6 of a whole number of steps, or within the
    // rounding of f32, is rounded to it; any other is rounded up.
    for (duration, steps) in [(0.0, 0), (0.3, 3), (0.1 * 3.0, 3), (0.31, 4), (0.300_000_01, 3), (0.05, 1)] {
        assert_eq!(over_time.steps_of(duration).unwrap(), steps, "{duration}");
    }
}

#[test]
fn an_error_names_the_wrong_axis_with_expected_and_given_lengths() {
    let mut over_time = neurons();
    over_time.run_steps(3).unwrap();
    let zeros = |shape: &[usize]| ArrayD::<f64>::zeros(shape);
    let cases: [(&[usize], &str, usize, usize); 2] = [(&[5, 4, 3], "batch", 2, 4), (&[5, 2, 7], "feature 0", 3, 7)];
    for (shape, axis_, expected_, given_) in cases {
        match unchanged(&mut over_time, |l| l.run(&zeros(shape)).map(drop)) {
            Error::Shape { argument, axis, expected, given } => {
                assert_eq!(
                    (argument.as_str(), axis.as_str(), expected, given),
                    ("input `x`", axis_, expected_, given_)
                );
            }
            other => panic!("{other}"),
        }
    }
    for shape in [&[][..], &[5, 3], &[5, 2, 3, 1]] {
        let error = unchanged(&mut over_time, |l| l.run(&zeros(shape)).map(drop));
        assert!(matches!(&error, Error::Rank { given, .. } if given == shape), "{error}");
    }
    let named = unchanged(&mut over_time, |l| l.run(Input::series().named("y", &zeros(&[5, 2, 3]))).map(drop));
    assert!(matches!(named, Error::Unknown { what: "input", .. }));
    let length = unchanged(&mut over_time, |l| l.run(Input::steps(4).values(&zeros(&[5, 2, 3]))).map(drop));
    assert!(matches!(length, Error::Shape { expected: 4, given: 5, .. }));
    let units = LoopOverTime::<f64, _>::new(Hh::new(3).param("gL", vec![0.3; 4]).unwrap()).unwrap_err();
    assert!(matches!(units, Error::Shape { expected: 3, given: 4, .. }));
    let batch_major = LoopOverTime::builder(Hh::<f64>::new(3)).first_axis(FirstAxis::Batch).build();
    assert!(batch_major.is_err());
    assert!(LoopOverTime::<f64, _>::builder(Hh::new(3)).no_state(true).build().is_err());
}

#[test]
fn a_tpu_is_refused() {
    let mut over_time = neurons();
    assert!(matches!(unchanged(&mut over_time, |l| l.tpu()), Error::DeviceUnavailable { .. }));
}

/// Arrays of any memory layout are the same input.
#[test]
fn arrays_of_any_memory_layout_are_the_same_input() {
    let x = Array2::from_shape_fn((4, 3), |(t, n)| (t * 3 + n) as f64);
    let turned = x.t().as_standard_layout().into_owned();
    let run = |x: ndarray::ArrayView2<'_, f64>| LoopOverTime::new(Hh::new(3)).unwrap().run(x).unwrap().output;
    assert_eq!(run(x.view()), run(turned.t()));
    assert_eq!(array![[1.0]].t().shape(), [1, 1]);
}
