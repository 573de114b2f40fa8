//! Values that are not finite, in arguments and in results.

use super::{neurons, unchanged};
use ndarray::ArrayD;
use overtime::models::{Hh, Method, brainpy};
use overtime::{Error, Init, Input, LoopOverTime};

#[test]
fn nan_or_infinity_in_the_input_is_an_error() {
    let mut over_time = neurons();
    over_time.run_steps(4).unwrap();
    for bad in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut x = ArrayD::zeros(vec![10, 2, 3]);
        x[[6, 1, 2]] = bad;
        let error = unchanged(&mut over_time, |l| l.run(&x).map(drop));
        assert!(
            matches!(&error, Error::NotFinite { variable, step: Some(10), index: 5, .. } if variable == "input `x`"),
            "{error}"
        );
    }
    let error = unchanged(&mut over_time, |l| l.run(Input::steps(5).constant(f64::NAN)).map(drop));
    assert!(matches!(error, Error::NotFinite { .. }));
}

#[test]
fn nan_or_infinity_in_parameters_and_initial_values_is_an_error() {
    let build = |hh: Hh<f64>| LoopOverTime::new(hh).map(drop);
    let bad = Hh::new(3).param("gL", f64::NAN).unwrap();
    assert!(
        matches!(build(bad), Err(Error::NotFinite { variable, step: None, index: 0, .. }) if variable == "parameter `gL`")
    );
    let bad = Hh::new(3).param("ENa", vec![50.0, 50.0, f64::INFINITY]).unwrap();
    assert!(matches!(build(bad), Err(Error::NotFinite { index: 2, .. })));
    assert!(matches!(build(Hh::new(3).v(Init::Constant(f64::NAN))), Err(Error::NotFinite { .. })));
    assert!(matches!(
        build(Hh::new(3).v(Init::Values(vec![0.0, f64::NAN, 0.0]))),
        Err(Error::NotFinite { index: 1, .. })
    ));
    assert!(build(Hh::new(3).noise(f64::NAN)).is_err());
    assert!(build(Hh::new(3).param("C", 0.0).unwrap()).is_err());
}

#[test]
fn nan_or_infinity_in_weights_is_an_error() {
    let mut over_time = LoopOverTime::<f32, _>::new(brainpy::RnnCell::new(2, 3)).unwrap();
    let before = over_time.state_dict().unwrap();
    let mut b = ArrayD::zeros(vec![3]);
    b[[1]] = f64::NAN;
    let error = over_time.load_weights(&[("b".to_owned(), b)], false).unwrap_err();
    assert!(matches!(&error, Error::NotFinite { variable, index: 1, .. } if variable == "b"), "{error}");
    // The value is too large for f32, so it becomes infinite.
    let error = over_time.load_weights(&[("b".to_owned(), ArrayD::from_elem(vec![3], 1e300))], false).unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }));
    assert_eq!(over_time.state_dict().unwrap(), before);
}

#[test]
fn nan_or_infinity_that_arises_in_the_state_is_an_error() {
    let unstable = || LoopOverTime::builder(Hh::<f64>::new(3).method(Method::Euler)).out_vars("V");
    let mut over_time = unstable().build().unwrap();
    let error = over_time.run(Input::steps(50).constant(1e6)).unwrap_err();
    let Error::NotFinite { step: Some(step), index, value, .. } = error else { panic!("{error}") };
    assert!(step < 50 && index < 3 && !value.is_finite(), "{error}");
    let mut lets = unstable().allow_non_finite().build().unwrap();
    let run = lets.run(Input::steps(50).constant(1e6)).unwrap();
    assert!(!run["V"].iter().all(|v| v.is_finite()));
    // The error names the first step with a non-finite value. V may stay finite a little longer.
    assert!((0..step as usize).all(|k| run["V"].index_axis(ndarray::Axis(0), k).iter().all(|v| v.is_finite())));
}

#[test]
fn infinity_that_arises_in_the_output_is_an_error() {
    use overtime::models::Dense;
    let layer = || LoopOverTime::builder(Dense::<f32>::new(1, 1).w_init(Init::Constant(3e38)));
    let mut x = ndarray::Array2::from_elem((21, 1), 0.1_f32);
    x[[11, 0]] = 10.0;
    // The infinite value is in the third recorded row, and its step has index 12.
    for (every, chunk) in [(1, 64), (4, 64), (4, 9), (4, 5)] {
        let mut over_time = layer().i0(1).record_every(every).chunk(chunk).build().unwrap();
        let error = over_time.run(&x).unwrap_err();
        let Error::NotFinite { variable, step, index: 0, value: f64::INFINITY } = &error else { panic!("{error}") };
        assert_eq!((variable.as_str(), *step), ("output", Some(12)), "every {every}, chunks of {chunk}");
    }
    // If nothing is recorded, a flattened run checks all values, and any other run checks the last
    // step of each chunk.
    for (i0, every, kept) in [(1, 1, false), (1, 100, true)] {
        let mut over_time = layer().i0(i0).record_every(every).record_output(kept).chunk(12).build().unwrap();
        let error = over_time.run(&x).unwrap_err();
        assert!(matches!(error, Error::NotFinite { step: Some(12), .. }), "{error}");
    }
}
