//! Invalid cells and layers are refused, with an error that names the argument and the place.

use overtime::models::{Activation, Conv2d, Dense, Padding, brainpy};
use overtime::{Error, Init, LoopOverTime, System};

fn built<S: System<f32>>(system: S) -> Result<(), Error> {
    LoopOverTime::builder(system).batch(2).build().map(|_| ())
}

#[test]
fn a_weight_of_the_wrong_length_is_refused() {
    let error = brainpy::RnnCell::<f32>::new(3, 4).weight("Wi", &[0.0; 11]).unwrap_err();
    assert!(
        matches!(&error, Error::Shape { expected: 12, given: 11, argument, .. } if argument.contains("Wi")),
        "{error}"
    );
    let error = built(brainpy::GruCell::new(3, 4).b_init(Init::Values(vec![0.0; 11]))).unwrap_err();
    assert!(matches!(error, Error::Shape { expected: 12, given: 11, .. }), "{error}");
    let error = built(brainpy::LstmCell::new(3, 4).state_init(Init::Values(vec![0.0; 4]))).unwrap_err();
    assert!(matches!(error, Error::Shape { expected: 8, given: 4, .. }), "{error}");
}

#[test]
fn an_unknown_weight_is_refused_with_the_known_names() {
    let error = Dense::<f32>::new(3, 4).weight("Wi", &[0.0; 12]).unwrap_err();
    assert_eq!(error.to_string(), "no weight named `Wi`; there is: W, b");
    let error = brainpy::RnnCell::<f32>::new(3, 4).bias(false).weight("b", &[0.0; 4]).unwrap_err();
    assert_eq!(error.to_string(), "no weight named `b`; there is: Wi, Wh");
}

#[test]
fn a_weight_that_is_not_finite_is_refused() {
    let mut values = [0.5; 16];
    values[5] = f64::NAN;
    let error = built(brainpy::RnnCell::new(3, 4).weight("Wh", &values).unwrap()).unwrap_err();
    assert!(matches!(&error, Error::NotFinite { variable, index: 5, .. } if variable.contains("Wh")), "{error}");
    // The value is finite in f64 and infinite in f16.
    let cell = brainpy::RnnCell::<half::f16>::new(3, 4).weight("b", &[0.0, 1e6, 0.0, 0.0]).unwrap();
    let error = LoopOverTime::new(cell).map(|_| ()).unwrap_err();
    assert!(matches!(error, Error::NotFinite { index: 1, .. }), "{error}");
}

#[test]
fn softmax_within_a_cell_is_refused() {
    let error = built(brainpy::GruCell::new(3, 4).activation(Activation::Softmax)).unwrap_err();
    assert!(matches!(&error, Error::Value { given, .. } if given == "softmax"), "{error}");
}

#[test]
fn invalid_sizes_are_refused() {
    for (num_in, num_out) in [(0, 4), (4, 0), (usize::MAX, 2), (2, usize::MAX), (1 << 40, 1 << 40)] {
        assert!(built(brainpy::RnnCell::new(num_in, num_out)).is_err(), "{num_in} {num_out}");
        assert!(built(brainpy::LstmCell::new(num_in, num_out)).is_err(), "{num_in} {num_out}");
        assert!(built(Dense::new(num_in, num_out)).is_err(), "{num_in} {num_out}");
    }
}

#[test]
fn an_impossible_convolution_is_refused() {
    let conv = || Conv2d::<f32>::new(4, 6, (3, 3), (5, 5));
    let error = built(conv().groups(3)).unwrap_err();
    assert_eq!(error.to_string(), "groups: 3 does not divide 4 and 6 channels");
    let error = built(conv().padding(Padding::Valid).dilation(3, 1)).unwrap_err();
    assert_eq!(error.to_string(), "input (height): 0 + 5 + 0 does not reach over a window of 7");
    assert!(built(conv().groups(0)).is_err());
    assert!(built(conv().stride(0, 1)).is_err());
    assert!(built(conv().dilation(1, 0)).is_err());
    assert!(built(conv().padding(Padding::Explicit([(usize::MAX, 1), (0, 0)]))).is_err());
    assert!(built(conv().dilation(usize::MAX, usize::MAX)).is_err());
    assert!(built(Conv2d::new(1, 1, (0, 1), (5, 5))).is_err());
    assert!(built(Conv2d::new(1, 1, (1, 1), (0, 5))).is_err());
    assert!(built(Conv2d::new(1, 1, (1, 1), (usize::MAX, 5))).is_err());
    assert!("FULL".parse::<Padding>().is_err());
}
