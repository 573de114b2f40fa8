//! The activation functions of layers.

use super::uniforms;
use crate::common::golden_folder;
use ndarray::{Array1, Array2};
use overtime::math::normal_cdf;
use overtime::models::Activation;
use overtime::{LoopOverTime, Real};
use std::collections::BTreeMap;

/// Activations as layers. The terms may cancel, so the bound is absolute and relative: |error| ≤
/// bound·(ε·|f| + ε·tiny).
#[test]
fn activations_match_their_definitions() {
    let gelu = |x: f64| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044_715 * x * x * x)).tanh());
    let truth = |activation: Activation, x: f64| match activation {
        Activation::Identity => x,
        Activation::Relu => x.max(0.0),
        Activation::Tanh => x.tanh(),
        Activation::Sigmoid => 1.0 / (1.0 + (-x).exp()),
        Activation::LeakyRelu => x.max(0.01 * x),
        Activation::Elu => {
            if x > 0.0 {
                x
            } else {
                x.exp_m1()
            }
        }
        Activation::Gelu => gelu(x),
        // The system has no such function. A table in another test covers this activation.
        Activation::GeluErf => f64::NAN,
        Activation::Softplus => x.max(0.0) + (-x.abs()).exp().ln_1p(),
        _ => f64::NAN,
    };
    fn run<R: Real>(activation: Activation, x: &[f64]) -> Vec<f64> {
        let input = Array2::from_shape_fn((1, x.len()), |(_, k)| R::of(x[k]));
        let run = LoopOverTime::new(activation.layer([x.len()])).unwrap().run(&input).unwrap();
        run.output.iter().map(|v: &R| v.to_f64()).collect()
    }
    // These numbers are exactly representable in f32, so both types get the same values.
    let xs: Vec<f64> = uniforms(3)
        .take(50_000)
        .map(|u| f64::from(((u - 0.5) * 50.0) as f32))
        .chain([0.0, 1e-6, -1e-6, 1e-3])
        .collect();
    for activation in Activation::ALL.into_iter().filter(|a| ![Activation::Softmax, Activation::GeluErf].contains(a)) {
        for (values, epsilon) in
            [(run::<f32>(activation, &xs), f64::from(f32::EPSILON)), (run::<f64>(activation, &xs), f64::EPSILON)]
        {
            for (x, value) in xs.iter().zip(values) {
                let truth = truth(activation, *x);
                // Where 1 + tanh cancels, gelu keeps the error of its inner sum, as JAX's gelu
                // does.
                let scale = if activation == Activation::Gelu { x.abs() } else { truth.abs() };
                assert!(
                    (value - truth).abs() <= 6.0 * epsilon * scale + 1e-37,
                    "{activation}({x}) is {value}, not {truth}"
                );
            }
        }
    }
    let softmax = run::<f64>(Activation::Softmax, &[1.0, 2.0, 1000.0, 1000.0]);
    assert!((softmax[2] - 0.5).abs() <= 1e-15 && (softmax[3] - 0.5).abs() <= 1e-15 && softmax[0].abs() <= 1e-300);
}

/// Φ, and x·Φ(x), compared with values of 50 digits in both tails, to a few units in the last
/// place.
#[test]
fn the_normal_distribution_is_right_in_both_tails() {
    let golden: BTreeMap<String, Array1<f64>> =
        (overtime_npz::read(golden_folder().join("normal.npz")).unwrap().into_iter())
            .map(|(name, array)| (name, array.to_f64().into_dimensionality().unwrap()))
            .collect();
    let (xs, phi) = (&golden["x"], &golden["phi"]);
    assert!(xs.len() > 400 && xs.iter().all(|x| f64::from(*x as f32) == *x));
    fn gelu<R: Real>(xs: &Array1<f64>) -> Vec<f64> {
        let input = Array2::from_shape_fn((1, xs.len()), |(_, k)| R::of(xs[k]));
        let run = LoopOverTime::new(Activation::GeluErf.layer([xs.len()])).unwrap().run(&input).unwrap();
        run.output.iter().map(|v: &R| v.to_f64()).collect()
    }
    let (single, double) = (gelu::<f32>(xs), gelu::<f64>(xs));
    let mut tails = [0, 0];
    for (k, (x, truth)) in xs.iter().zip(phi).enumerate() {
        // Here e^{−x²/2} is a normal number. Beyond this range the result is 0, or below the
        // smallest normal number.
        if x * x < 160.0 {
            let off = (f64::from(normal_cdf(*x as f32)) - truth).abs() / f64::from(f32::EPSILON);
            assert!(off <= 8.0 * truth, "f32, {x}: off by {off} of {truth}");
            assert!(
                (single[k] - x * truth).abs() <= 9.0 * f64::from(f32::EPSILON) * (x * truth).abs(),
                "f32 gelu, {x}: {}",
                single[k]
            );
            tails[0] += usize::from(*x < -4.0);
        } else {
            assert!(
                (single[k] - x * truth).abs() <= 1e-36 + f64::from(f32::EPSILON) * x.max(0.0),
                "f32 gelu, {x}: {}",
                single[k]
            );
        }
        if x * x < 1400.0 {
            let off = (normal_cdf(*x) - truth).abs() / f64::EPSILON;
            assert!(off <= 8.0 * truth, "f64, {x}: off by {off} of {truth}");
            assert!(
                (double[k] - x * truth).abs() <= 9.0 * f64::EPSILON * (x * truth).abs(),
                "f64 gelu, {x}: {}",
                double[k]
            );
            tails[1] += usize::from(*x < -14.0);
        } else {
            assert!((double[k] - x * truth).abs() <= 1e-300, "f64 gelu, {x}: {}", double[k]);
        }
    }
    assert!(tails.iter().all(|n| *n > 50), "{tails:?}");
    assert!(normal_cdf(f64::NAN).is_nan() && normal_cdf(f32::NAN).is_nan());
    assert_eq!(
        [normal_cdf(f64::INFINITY), normal_cdf(f64::NEG_INFINITY), normal_cdf(0.0), normal_cdf(-0.0)],
        [1.0, 0.0, 0.5, 0.5]
    );
    let named = ["gelu", "gelu_tanh", "gelu_erf"].map(|name| name.parse::<Activation>().unwrap());
    assert_eq!(named, [Activation::Gelu, Activation::Gelu, Activation::GeluErf]);
}
