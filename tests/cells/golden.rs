//! Cells and layers compared with runs of brainpy. The tests of CUDA include this file:
//! `super::device` selects the device.

use crate::common::{close, golden, narrow, widen};
use overtime::models::{Activation, Conv2d, Dense, brainpy};
use overtime::{Builder, FirstAxis, LoopOverTime, Scalar, Sequential};

/// Sets a layer's weights to the reference run's weights of this name.
macro_rules! with {
    ($reference:expr, $name:literal, $layer:expr) => {{
        let prefix = concat!("w.", $name, ".");
        $reference
            .with(prefix)
            .fold($layer, |layer, (name, values)| layer.weight(name, values.as_slice().unwrap()).unwrap())
    }};
}

type Loop<T> = Builder<T, Sequential<T>>;

/// Runs the case, and compares the output and all variables that brainpy monitored.
fn check<T: Scalar>(name: &str, batch: usize, layers: Sequential<T>, options: impl Fn(Loop<T>) -> Loop<T>) {
    let reference = golden(name);
    let monitored: Vec<&str> = reference.with("mon.").map(|(layer, _)| layer).collect();
    let vars: Vec<String> = monitored.iter().map(|layer| format!("{layer}.state")).collect();
    let Some(device) = super::device() else { return };
    let mut builder = options(LoopOverTime::builder(layers).device(device).batch(batch));
    if !vars.is_empty() {
        builder = builder.out_vars(vars);
    }
    let mut over_time = builder.build().unwrap();
    let run = over_time.run(&narrow::<T>(reference.array("in"))).unwrap();
    let tol = if size_of::<T>() == 8 { 1e-10 } else { 2e-5 };
    let what = format!("{name} {}", T::DTYPE);
    // brainpy's results are time-major even for a batch-major input. The results here have the
    // input's layout.
    let time_major = |a: &ndarray::ArrayD<T>, like: &ndarray::ArrayD<f64>| {
        let mut a = widen(a);
        if a.shape() != like.shape() {
            a.swap_axes(0, 1);
        }
        a
    };
    let out = reference.array("out");
    println!("{what}: {:e}", close(&what, &time_major(&run.output, out), out, tol));
    for (layer, expected) in reference.with("mon.") {
        let found = time_major(&run[format!("{layer}.state").as_str()], expected);
        println!("{what} {layer}: {:e}", close(&format!("{what} {layer}"), &found, expected, tol));
    }
}

fn rnn_seed<T: Scalar>() {
    let reference = golden("rnn_seed");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", brainpy::RnnCell::<T>::new(100, 20)))
        .layer("l2", Activation::Relu.layer([20]))
        .layer("l3", with!(reference, "l3", brainpy::RnnCell::<T>::new(20, 2)));
    check("rnn_seed", 128, layers, |b| b);
}

fn rnn_batch_first<T: Scalar>() {
    let reference = golden("rnn_batch_first");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", brainpy::RnnCell::<T>::new(7, 33).activation(Activation::Tanh)))
        .layer("l2", with!(reference, "l2", brainpy::RnnCell::<T>::new(33, 5).activation(Activation::Sigmoid)));
    check("rnn_batch_first", 9, layers, |b| b.first_axis(FirstAxis::Batch));
}

fn gru<T: Scalar>() {
    let reference = golden("gru");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", brainpy::GruCell::<T>::new(19, 37)))
        .layer("l2", with!(reference, "l2", brainpy::GruCell::<T>::new(37, 8)));
    check("gru", 16, layers, |b| b);
}

fn lstm<T: Scalar>() {
    let reference = golden("lstm");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", brainpy::LstmCell::<T>::new(19, 37)))
        .layer("l2", with!(reference, "l2", brainpy::LstmCell::<T>::new(37, 8)));
    check("lstm", 16, layers, |b| b);
}

fn dense_no_state<T: Scalar>() {
    let reference = golden("dense_no_state");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", Dense::<T>::new(31, 17)))
        .layer("l2", Activation::Tanh.layer([17]))
        .layer("l3", with!(reference, "l3", Dense::<T>::new(17, 4)));
    check("dense_no_state", 12, layers, |b| b.no_state(true));
}

fn dense_rnn_mixed<T: Scalar>() {
    let reference = golden("dense_rnn_mixed");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", Dense::<T>::new(31, 17)))
        .layer("l2", Activation::Relu.layer([17]))
        .layer("l3", with!(reference, "l3", brainpy::LstmCell::<T>::new(17, 23)))
        .layer("l4", with!(reference, "l4", Dense::<T>::new(23, 3)));
    check("dense_rnn_mixed", 12, layers, |b| b);
}

fn conv2d_no_state<T: Scalar>() {
    let reference = golden("conv2d_no_state");
    let layers = Sequential::new()
        .layer("l1", with!(reference, "l1", Conv2d::<T>::new(3, 8, (3, 3), (9, 11))))
        .layer("l2", Activation::Relu.layer([9, 11, 8]));
    check("conv2d_no_state", 4, layers, |b| b.no_state(true));
}

macro_rules! cases {
    ($($name:ident)*) => { $(
        mod $name {
            #[test]
            fn f64() { super::$name::<f64>(); }
            #[test]
            fn f32() { super::$name::<f32>(); }
        }
    )* };
}

cases! { rnn_seed rnn_batch_first gru lstm dense_no_state dense_rnn_mixed conv2d_no_state }
