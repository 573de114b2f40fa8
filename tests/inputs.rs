//! Inputs with one value for each unit, on the CPU; the module `cuda` includes these tests for a GPU.

use super::device;
use ndarray::{Array1, Array2, Array3, ArrayD, array};
use overtime::models::{AdExIf, Conv2d, Hh, Lif, LstmCell};
use overtime::{Error, FirstAxis, Input, LoopOverTime, System};

const STEPS: usize = 130;

/// The output of a run, and its last state.
fn run<S: System<f32>>(
    make: impl Fn() -> S,
    (batch, first_axis): (Option<usize>, FirstAxis),
    input: Input<'_, f32>,
) -> Option<(ArrayD<f32>, Vec<ArrayD<f32>>)> {
    let builder = LoopOverTime::builder(make()).batch(batch).first_axis(first_axis).device(device()?);
    let mut over_time = builder.build().unwrap();
    let output = over_time.run(input).unwrap().output;
    Some((output, over_time.state_dict().unwrap().iter().map(|(_, x)| x.clone()).collect()))
}

fn currents(n: usize) -> Vec<f32> {
    (0..n).map(|k| 3.0 + (k % 13) as f32).collect()
}

/// The values of each unit, repeated at every step, give the same bits.
#[test]
fn one_value_for_each_unit_is_a_series_of_the_same_values() {
    for n in [1, 3, 700] {
        let i = Array1::from(currents(n));
        let series = i.broadcast((STEPS, n)).unwrap();
        let how = (None, FirstAxis::Time);
        let right = run(|| Hh::new(n), how, Input::from(series));
        assert!(run(|| Hh::new(n), how, Input::steps(STEPS as u64).constants(&i)) == right, "{n}");
        // A slice and a vector are values as well.
        let all = currents(n);
        assert!(run(|| Hh::new(n), how, Input::duration(13.0).constants(&all)) == right, "{n}");
        assert!(run(|| Hh::new(n), how, Input::duration(13.0).named_constants("x", &all[..])) == right, "{n}");
    }
    let three = run(|| Hh::new(3), (None, FirstAxis::Time), Input::steps(9).constants(&[1.0, 2.0, 3.0]));
    let right = array![[1.0, 2.0, 3.0]];
    let right = run(|| Hh::new(3), (None, FirstAxis::Time), Input::from(right.broadcast((9, 3)).unwrap()));
    assert!(three == right);
}

/// In a batch the values are for all rows, or each row has its own.
#[test]
fn rows_share_values_or_have_their_own() {
    let (n, rows) = (33, 4);
    let own = Array2::from_shape_fn((rows, n), |(b, k)| 4.0 + b as f32 + (k % 7) as f32);
    let shared = own.row(1).to_owned();
    for first_axis in [FirstAxis::Time, FirstAxis::Batch] {
        let how = (Some(rows), first_axis);
        let series = |values: ndarray::ArrayView2<'_, f32>| {
            let whole = values.broadcast((STEPS, rows, n)).unwrap().to_owned();
            if first_axis == FirstAxis::Batch { whole.permuted_axes([1, 0, 2]) } else { whole }
        };
        let input = || Input::steps(STEPS as u64);
        let right = series(own.view());
        assert!(run(|| Lif::new(n), how, input().constants(&own)) == run(|| Lif::new(n), how, Input::from(&right)));
        let right = series(shared.broadcast((rows, n)).unwrap());
        assert!(run(|| Lif::new(n), how, input().constants(&shared)) == run(|| Lif::new(n), how, Input::from(&right)));
        // One value for each row, shared by its units.
        let column = own.column(2).insert_axis(ndarray::Axis(1));
        let right = series(column.broadcast((rows, n)).unwrap());
        assert!(run(|| Lif::new(n), how, input().constants(column)) == run(|| Lif::new(n), how, Input::from(&right)));
    }
}

/// Cells and layers take them too, and so do several inputs.
#[test]
fn cells_images_and_several_inputs() {
    let x = array![0.5_f32, -1.0, 2.0];
    let how = (Some(2), FirstAxis::Time);
    let right = Array3::from_shape_fn((20, 2, 3), |(_, _, k)| x[k]);
    let cell = || LstmCell::new(3, 5).seed(3);
    assert!(run(cell, how, Input::steps(20).constants(&x)) == run(cell, how, Input::from(&right)));
    let image = Array3::from_shape_fn((4, 5, 2), |(h, w, c)| (h * 10 + w + 5 * c) as f32 * 0.1);
    let right = image.broadcast((6, 4, 5, 2)).unwrap();
    let conv = || Conv2d::new(2, 3, (2, 2), (4, 5)).seed(1);
    let how = (None, FirstAxis::Time);
    assert!(run(conv, how, Input::steps(6).constants(&image)) == run(conv, how, Input::from(right)));
    let (i, g) = (currents(7), array![0.1_f32, 0.0, 0.2, 0.0, 0.0, 0.3, 0.1]);
    let neurons = || AdExIf::<f32>::new(7).conductance();
    let both = Input::steps(50).constants(&i).named_constants("g", &g);
    let series = [Array1::from(i.clone()), g.clone()].map(|x| x.broadcast((50, 7)).unwrap().to_owned());
    let right = Input::series().named("x", &series[0]).named("g", &series[1]);
    assert!(run(neurons, how, both) == run(neurons, how, right));
    // Values beside a series have its length.
    let both = Input::from(&series[0]).named_constants("g", &g);
    let right = Input::series().named("x", &series[0]).named("g", &series[1]);
    assert!(run(neurons, how, both) == run(neurons, how, right));
}

#[test]
fn values_of_another_shape_are_errors() {
    fn input<'a>() -> Input<'a, f64> {
        Input::steps(5)
    }
    let mut over_time = LoopOverTime::builder(Hh::<f64>::new(3)).build().unwrap();
    for wrong in [vec![], vec![1.0; 2], vec![1.0; 4]] {
        let error = over_time.run(input().constants(&wrong)).unwrap_err();
        assert!(matches!(&error, Error::Shape { expected: 3, .. }), "{error}");
        assert!(over_time.check(input().constants(&wrong)).is_err());
    }
    let two = Array2::<f64>::ones((1, 3));
    let error = over_time.run(input().constants(&two)).unwrap_err();
    assert!(error.to_string().contains("expected [3], given an array of shape [1, 3]"), "{error}");
    assert!(over_time.run(input().constants(&[1.0; 3]).constant(2.0)).unwrap_err().to_string().contains("twice"));
    assert!(over_time.run(input().named_constants("y", &[1.0; 3])).unwrap_err().to_string().contains("`y`"));
    // Alone they do not say how long a run is.
    assert!(over_time.run(Input::series().constants(&[1.0; 3])).unwrap_err().to_string().contains("a run needs"));
    for bad in [f64::NAN, f64::INFINITY] {
        let error = over_time.run(input().constants(&[1.0, bad, 1.0])).unwrap_err();
        assert!(matches!(error, Error::NotFinite { index: 1, .. }), "{error}");
    }
    let mut batch = LoopOverTime::builder(Hh::<f64>::new(3)).batch(2).build().unwrap();
    let error = batch.run(input().constants(&Array2::ones((4, 3)))).unwrap_err();
    assert!(matches!(&error, Error::Shape { expected: 2, given: 4, .. }), "{error}");
    let error = batch.run(input().constants(&Array3::ones((1, 2, 3)))).unwrap_err();
    assert!(error.to_string().contains("expected [3] or [2, 3]"), "{error}");
    // A cell has as many features as weights.
    let mut cell = LoopOverTime::builder(LstmCell::<f64>::new(3, 5)).batch(2).build().unwrap();
    assert!(cell.run(input().constants(&[1.0])).is_err());
    // No units have no values.
    let mut none = LoopOverTime::builder(Hh::<f64>::new(0)).build().unwrap();
    assert_eq!(none.run(input().constants(&[0.0; 0])).unwrap().output.shape(), [5, 0]);
}

/// The values are read in place: they may be a view with any strides.
#[test]
fn values_may_have_any_strides() {
    let all = Array2::from_shape_fn((8, 6), |(a, b)| (a * 6 + b) as f32 * 0.4);
    let column = all.column(2);
    let copy = column.to_owned();
    let how = (None, FirstAxis::Time);
    let input = || Input::steps(40);
    assert!(run(|| Hh::new(8), how, input().constants(column)) == run(|| Hh::new(8), how, input().constants(&copy)));
    let reversed = ndarray::Array1::from_iter(copy.iter().rev().copied());
    let view = copy.slice(ndarray::s![..;-1]);
    assert!(run(|| Hh::new(8), how, input().constants(view)) == run(|| Hh::new(8), how, input().constants(&reversed)));
}
