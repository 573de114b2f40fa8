//! Inputs and the axes of batches.

use super::{Pair, hh, message};
use ndarray::{Array1, Array2, Array3, ArrayD, Axis, array, s};
use overtime::models::Activation;
use overtime::{Error, FirstAxis, Input, LoopOverTime, OutVars, Sequential, monitor};

/// brainpy `over_time(x)` with a tree of arrays: several inputs by name.
#[test]
fn several_inputs_go_by_their_names() {
    let (a, b) = (array![[1.0], [2.0]], array![[10.0], [20.0]]);
    let mut over_time = LoopOverTime::builder(Pair).out_vars(["s1", "s2"]).build().unwrap();
    let run = over_time.run(Input::series().named("b", &b).named("a", &a)).unwrap();
    assert_eq!(run["s1"], array![[2.0], [4.0]].into_dyn());
    assert_eq!(run["s2"], array![[13.0], [35.0]].into_dyn());
    // One input is an array, and the other is a constant.
    let run = over_time.run(Input::series().named("a", &a).named_constant("b", 0.0)).unwrap();
    assert_eq!(run["s1"], array![[5.0], [7.0]].into_dyn());
    assert!(message(over_time.run(&a)).contains("a, b"));
    assert!(message(over_time.run(Input::series().named("c", &a))).contains("no input named `c`; there is: a, b"));
    let longer = array![[1.0], [2.0], [3.0]];
    assert!(
        message(over_time.run(Input::series().named("a", &a).named("b", &longer)))
            .contains("axis time has length 3, expected 2")
    );
}

/// brainpy `data_first_axis='B'`: it applies to the input and to every result here. (In brainpy,
/// results stay time-major if there is state.)
#[test]
fn batch_first_is_for_the_input_and_every_result() {
    let x = Array3::from_shape_fn((3, 8, 2), |(b, t, n)| (b * 5 + t + n) as f64);
    let build = |axis| {
        let vars: OutVars = [monitor("V"), monitor("m").every(2), monitor("n").units([1])].into();
        LoopOverTime::builder(hh(2)).batch(3).first_axis(axis).out_vars(vars).build().unwrap()
    };
    let batch_first = build(FirstAxis::Batch).run(&x).unwrap();
    let time_first = build(FirstAxis::Time).run(x.view().permuted_axes([1, 0, 2])).unwrap();
    let swapped = |array: &ArrayD<f64>| {
        let mut view = array.clone();
        view.swap_axes(0, 1);
        view
    };
    assert_eq!(batch_first.output.shape(), [3, 8, 2]);
    assert_eq!(batch_first.output, swapped(&time_first.output));
    for (name, shape) in [("V", [3, 8, 2]), ("m", [3, 4, 2]), ("n", [3, 8, 1])] {
        assert_eq!(batch_first[name].shape(), shape);
        assert_eq!(batch_first[name], swapped(&time_first[name]));
    }
    let no_batch = LoopOverTime::<f64, _>::builder(hh(2)).first_axis(FirstAxis::Batch).build();
    assert!(message(no_batch).contains("has no batch"));
}

/// brainpy `no_state=True`: time is flattened into the batch. A duration and a system with state
/// are refused.
#[test]
fn no_state_flattens_refuses_a_duration_and_refuses_state() {
    let x = Array3::from_shape_fn((9, 2, 4), |(t, b, n)| (t as f64 - 4.0) * 0.25 + b as f64 - n as f64 * 0.5);
    let build = |no_state| {
        let system =
            Sequential::new().layer("a", Activation::Tanh.layer([4])).layer("b", Activation::Softmax.layer([4]));
        LoopOverTime::builder(system).batch(2).no_state(no_state).build().unwrap()
    };
    let run = build(true).run(&x).unwrap();
    assert_eq!(run.output.shape(), [9, 2, 4]);
    // The loop flattens a stateless system without the option too. The result equals the run step
    // by step.
    assert_eq!(build(false).run(&x).unwrap().output, run.output);
    let mut stepwise = build(false);
    for t in 0..9 {
        let one = stepwise.run(x.slice(s![t..=t, .., ..])).unwrap();
        assert_eq!(one.output.index_axis(Axis(0), 0), run.output.index_axis(Axis(0), t));
    }
    let mut over_time = build(true);
    assert!(message(over_time.run_for(1.0)).contains("no_state"));
    assert!(message(LoopOverTime::<f64, _>::builder(hh(2)).no_state(true).build()).contains("V, m, h, n"));
}

/// brainpy adds arrays of different batch sizes, and fails within JAX. Here the error names the
/// axis, and no step runs.
#[test]
fn a_wrong_batch_is_an_error_with_axis_expected_and_given() {
    let mut over_time = LoopOverTime::builder(hh(2)).batch(4).out_vars("V").build().unwrap();
    let before = over_time.run_steps(1).unwrap();
    let wrong = over_time.run(&Array3::zeros((5, 3, 2)));
    assert!(
        matches!(&wrong, Err(Error::Shape { argument, axis, expected: 4, given: 3 }) if argument == "input `x`" && axis == "batch"),
        "{wrong:?}"
    );
    let units = over_time.run(&Array3::zeros((5, 4, 3)));
    assert!(
        matches!(&units, Err(Error::Shape { axis, expected: 2, given: 3, .. }) if axis == "feature 0"),
        "{units:?}"
    );
    assert!(matches!(over_time.run(&Array2::zeros((5, 4))), Err(Error::Rank { .. })));
    assert_eq!(over_time.i(), before.i);
    // Axes of length 1, and a series with one value for each step, are broadcast over batch and
    // units.
    let broadcast = over_time.run(&Array3::from_elem((5, 1, 1), 3.0)).unwrap();
    over_time.reset_state(4).unwrap();
    over_time.run_steps(1).unwrap();
    assert_eq!(over_time.run(&Array1::from_elem(5, 3.0)).unwrap()["V"], broadcast["V"]);
}
