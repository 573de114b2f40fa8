//! The elementary functions, compared with double-double arithmetic.

use super::double_double::{self, DoubleDouble};
use super::uniforms;
use overtime::Real;
use overtime::math::{
    cos, decay, exp, exp_neg, expm1, exprel, exprel_slope, inv_exprel, inv_exprel_of, log, relax, sigmoid, sin, tanh,
};
use std::f64::consts::FRAC_PI_2;

fn within(what: &str, x: f64, ulps: f64, bound: f64, worst: &mut f64) {
    assert!(ulps <= bound, "{what}({x:e}) is {ulps} ulp off, more than {bound}");
    *worst = worst.max(ulps);
}

#[test]
fn exp_is_within_two_ulp_in_single_precision() {
    let mut worst = 0.0;
    for x in floats(1e-6, 87.9, 61).chain(floats(-1e-6, -86.9, 61)) {
        within("exp", x.into(), ulps32(exp(x), f64::from(x).exp()), 2.0, &mut worst);
    }
    println!("exp, f32: {worst:.3} ulp");
}

#[test]
fn exp_is_within_two_ulp_in_double_precision() {
    let mut worst = 0.0;
    for u in uniforms(1).take(400_000) {
        // One value of each pair covers the whole range, and the other the range of neurons.
        for x in [(u - 0.5) * 1400.0, (u - 0.5) * 40.0] {
            let (e, n) = double_double::exp(x);
            let DoubleDouble(high, low) = e.scaled(n);
            within("exp", x, ulps64(exp(x), high, low), 2.0, &mut worst);
        }
    }
    println!("exp, f64: {worst:.3} ulp");
}

/// The exponentials of the neurons: e^{−z} for V between −191 and 61 mV at scale 18, and 1 −
/// e^{−z}.
#[test]
fn the_neurons_exponentials_are_within_two_ulp() {
    let (mut single, mut double) = (0.0, 0.0);
    for z in floats(1e-6, 7.0, 61).chain(floats(-1e-6, -7.0, 61)) {
        within("exp_neg", z.into(), ulps32(exp_neg(z), (-f64::from(z)).exp()), 2.0, &mut single);
    }
    for u in uniforms(5).take(200_000) {
        let z = (u - 0.5) * 14.0;
        let (e, n) = double_double::exp(-z);
        let DoubleDouble(high, low) = e.scaled(n);
        within("exp_neg", z, ulps64(exp_neg(z), high, low), 2.0, &mut double);
    }
    let mut far = 0.0;
    for z in floats(7.0, 86.9, 61).chain(floats(-7.0, -86.9, 61)) {
        within("exp_neg", z.into(), ulps32(exp_neg(z), (-f64::from(z)).exp()), 6.0, &mut far);
    }
    println!("exp_neg at large arguments: {far:.3} ulp (f32)");
    println!("exp_neg: {single:.3} ulp (f32), {double:.3} ulp (f64)");
    let (mut single, mut double) = (0.0, 0.0);
    for z in floats(1e-30, 80.0, 457) {
        within("decay", z.into(), ulps32(decay(z), -(-f64::from(z)).exp_m1()), 3.0, &mut single);
        let wide = f64::from(z) * 1.000_000_01;
        within("decay", wide, ulps64(decay(wide), -(-wide).exp_m1(), 0.0), 3.0, &mut double);
    }
    println!("decay: {single:.3} ulp (f32), {double:.3} ulp (f64)");
}

#[test]
fn exp_saturates_and_keeps_nan() {
    assert!(exp(1000.0_f32).is_finite() && exp(1e4_f64).is_finite());
    assert!(exp(-1000.0_f32) >= 0.0 && exp(-1000.0_f32) <= 1e-37 && exp(-1e4_f64) >= 0.0 && exp(-1e4_f64) <= 1e-307);
    assert!(exp(f32::INFINITY).is_finite() && exp(f64::NEG_INFINITY) <= 1e-307);
    assert!(exp(f32::NAN).is_nan() && exp(f64::NAN).is_nan() && tanh(f32::NAN).is_nan() && sigmoid(f64::NAN).is_nan());
    assert!(expm1(f64::NAN).is_nan() && exprel(f32::NAN).is_nan());
    assert_eq!(
        (exp(0.0_f32), exp(0.0_f64), expm1(0.0_f32), exprel(0.0_f64), tanh(0.0_f32), sigmoid(0.0_f64)),
        (1.0, 1.0, 0.0, 1.0, 0.0, 0.5)
    );
}

/// A function of one value in both types, with the true function and the bounds in ulp.
struct Function {
    name: &'static str,
    single: fn(f32) -> f32,
    double: fn(f64) -> f64,
    truth: fn(f64) -> f64,
    bounds: (f64, f64),
}

#[test]
fn the_other_functions_are_within_a_few_ulp() {
    let functions = [
        Function { name: "expm1", single: expm1, double: expm1, truth: f64::exp_m1, bounds: (2.5, 3.0) },
        Function {
            name: "exprel",
            single: exprel,
            double: exprel,
            truth: |x| if x == 0.0 { 1.0 } else { x.exp_m1() / x },
            bounds: (2.5, 3.0),
        },
        Function { name: "tanh", single: tanh, double: tanh, truth: f64::tanh, bounds: (3.0, 5.0) },
        Function {
            name: "sigmoid",
            single: sigmoid,
            double: sigmoid,
            truth: |x| 1.0 / (1.0 + (-x).exp()),
            bounds: (3.0, 5.0),
        },
    ];
    for Function { name, single, double, truth, bounds } in functions {
        let (mut worst32, mut worst64) = (0.0, 0.0);
        for x in floats(1e-7, 80.0, 457).chain(floats(-1e-7, -80.0, 457)) {
            within(name, x.into(), ulps32(single(x), truth(x.into())), bounds.0, &mut worst32);
        }
        // The true value comes from the system's own function, which is itself wrong by up to one
        // ulp. The bound is wider for this reason.
        for u in uniforms(2).take(200_000) {
            for x in [(u - 0.5) * 80.0, (u - 0.5) * 2.0, (u - 0.5) * 1e-3] {
                within(name, x, ulps64(double(x), truth(x), 0.0), bounds.1, &mut worst64);
            }
        }
        println!("{name}: {worst32:.3} ulp (f32), {worst64:.3} ulp (f64)");
    }
}

/// A function with its true value in double-double arithmetic, with intervals of arguments and the
/// bound in ulp for each type.
struct Precise {
    name: &'static str,
    single: fn(f32) -> f32,
    double: fn(f64) -> f64,
    truth: fn(f64) -> DoubleDouble,
    singles: &'static [(f32, f32)],
    doubles: &'static [(f64, f64)],
    bounds: (f64, f64),
}

const PRECISE: [Precise; 5] = [
    Precise {
        name: "log",
        single: log,
        double: log,
        truth: double_double::log,
        singles: &[(1e-45, f32::MAX), (0.5, 2.0)],
        doubles: &[(5e-324, f64::MAX), (0.5, 2.0), (0.999, 1.001)],
        bounds: (1.0, 1.0),
    },
    Precise {
        name: "sin",
        single: sin,
        double: sin,
        truth: |x| double_double::sin_cos(x).0,
        singles: &[(1e-7, 1e5), (-1e-7, -1e5), (1e2, 1e5)],
        doubles: &[(1e-9, 1e9), (-1e-9, -1e9), (0.1, 10.0)],
        bounds: (2.0, 2.0),
    },
    Precise {
        name: "cos",
        single: cos,
        double: cos,
        truth: |x| double_double::sin_cos(x).1,
        singles: &[(1e-7, 1e5), (-1e-7, -1e5), (1e2, 1e5)],
        doubles: &[(1e-9, 1e9), (-1e-9, -1e9), (0.1, 10.0)],
        bounds: (2.0, 2.0),
    },
    Precise {
        name: "inv_exprel",
        single: inv_exprel,
        double: inv_exprel,
        truth: double_double::inv_exprel,
        singles: &[(1e-7, 1e4), (-1e-7, -80.0)],
        doubles: &[(1e-9, 1e4), (-1e-9, -700.0), (0.1, 2.0), (-0.1, -2.0)],
        bounds: (3.0, 3.0),
    },
    Precise {
        name: "exprel_slope",
        single: exprel_slope,
        double: exprel_slope,
        truth: double_double::exprel_slope,
        singles: &[(1e-7, 80.0), (-1e-7, -80.0), (-1.0, -2.0)],
        doubles: &[(1e-9, 700.0), (-1e-9, -700.0), (0.5, 5.0), (-0.5, -5.0)],
        bounds: (5.0, 5.0),
    },
];

#[test]
fn the_precise_functions_are_within_their_bounds() {
    for Precise { name, single, double, truth, singles, doubles, bounds } in PRECISE {
        let (mut worst32, mut worst64) = (0.0, 0.0);
        for &(from, to) in singles {
            // An odd stride reaches all last bits.
            let stride = ((to.to_bits() - from.to_bits()) / 15_000) | 1;
            for x in floats(from, to, stride as usize) {
                within(name, x.into(), ulps32(single(x), truth(x.into()).0), bounds.0, &mut worst32);
            }
        }
        for &(from, to) in doubles {
            // The bits of a number grow with its logarithm.
            let (low, span) = (from.to_bits(), (to.to_bits() - from.to_bits()) as f64);
            for x in uniforms(6).take(15_000).map(|u| f64::from_bits(low + (u * span) as u64)) {
                let DoubleDouble(high, low) = truth(x);
                within(name, x, ulps64(double(x), high, low), bounds.1, &mut worst64);
            }
        }
        println!("{name}: {worst32:.3} ulp (f32), {worst64:.3} ulp (f64)");
    }
}

/// Near multiples of π/2 the sine or the cosine is small, and keeps its relative accuracy.
#[test]
fn sines_near_their_zeros_are_within_two_ulp() {
    let (mut single, mut double) = (0.0, 0.0);
    for k in (1..640_000).step_by(31) {
        let zero = f64::from(k) * FRAC_PI_2;
        for x in [zero, f64::from_bits(zero.to_bits() + 1), zero * (1.0 + 1e-9)] {
            let truth = double_double::sin_cos(x);
            within("sin", x, ulps64(sin(x), truth.0.0, truth.0.1), 2.0, &mut double);
            within("cos", x, ulps64(cos(x), truth.1.0, truth.1.1), 2.0, &mut double);
        }
        let x = zero as f32;
        if x <= 1e5 {
            within("sin", x.into(), ulps32(sin(x), f64::from(x).sin()), 2.0, &mut single);
            within("cos", x.into(), ulps32(cos(x), f64::from(x).cos()), 2.0, &mut single);
        }
    }
    println!("sin and cos near zeros: {single:.3} ulp (f32), {double:.3} ulp (f64)");
}

/// (1 − e^{−s·t})/s, with the part of s·t that rounding loses.
fn relax_truth(s: f64, t: f64) -> f64 {
    let z = s * t;
    (-(-z).exp_m1() + s.mul_add(t, -z) * (-z).exp()) / s
}

#[test]
fn relax_is_within_four_ulp_and_the_rounding_error_of_its_exponent() {
    let (mut single, mut double) = (0.0, 0.0);
    for u in uniforms(7).take(20_000) {
        for t in [1e-7, 0.025, 1.0, 50.0] {
            for z in [80.0 * u, u, 1e-3 * u, 1e-20 * u, -u, -79.99 * u] {
                let bound = 4.0 + (-z).max(0.0);
                let s = z / t;
                within("relax", s, ulps64(relax(s, t), relax_truth(s, t), 0.0), bound, &mut double);
                let (s, t) = (s as f32, t as f32);
                let truth = relax_truth(s.into(), t.into());
                within("relax", s.into(), ulps32(relax(s, t), truth), bound, &mut single);
            }
        }
    }
    println!("relax: {single:.3} ulp (f32), {double:.3} ulp (f64)");
}

/// x/(1 − e) for e = e⁻ˣ, with the error that the rounding of the exponential leaves.
#[test]
fn inv_exprel_of_an_exponential_is_within_six_ulp() {
    let (mut single, mut double) = (0.0, 0.0);
    let truth = |x: f64| if x == 0.0 { 1.0 } else { x / -(-x).exp_m1() };
    for u in uniforms(9).take(50_000) {
        for x in [60.0 * u, -60.0 * u, u, -u, 0.5 + 1e-3 * u, -0.5 - 1e-3 * u, 1e-12 * u] {
            within("inv_exprel_of", x, ulps64(inv_exprel_of(x, exp(-x)), truth(x), 0.0), 6.0, &mut double);
            let x = x as f32;
            within("inv_exprel_of", x.into(), ulps32(inv_exprel_of(x, exp(-x)), truth(x.into())), 6.0, &mut single);
        }
    }
    println!("inv_exprel_of: {single:.3} ulp (f32), {double:.3} ulp (f64)");
}

/// A rate whose reciprocal is no normal `f32` counts as 8e37.
#[test]
fn relax_is_finite_for_all_rates() {
    for s in [8e37_f32, 2e38, f32::MAX, f32::INFINITY] {
        assert_eq!(relax(s, 0.1).to_bits(), relax(8e37_f32, 0.1).to_bits());
    }
    assert!((relax(8e37_f32, 0.1) * 8e37 - 1.0).abs() < 1e-6);
    assert!(relax(f64::INFINITY, 0.1) > 0.0);
}

#[test]
fn special_values_of_the_functions() {
    fn check<R: Real>() {
        let [zero, one, infinity, nan] = [0.0, 1.0, f64::INFINITY, f64::NAN].map(R::of);
        assert_eq!((log(zero), log(-zero), log(one), log(infinity)), (-infinity, -infinity, zero, infinity));
        for x in [-one, -infinity, nan, R::of(-1e-30)] {
            assert!(log(x).to_f64().is_nan(), "{x}");
        }
        for x in [infinity, -infinity, nan] {
            assert!(sin(x).to_f64().is_nan() && cos(x).to_f64().is_nan(), "{x}");
        }
        assert_eq!((sin(zero), cos(zero), cos(-zero)), (zero, one, one));
        assert!(sin(-zero).to_f64().is_sign_negative());
        for x in uniforms(8).take(2000).map(|u| R::of(10.0_f64.powf(u * 38.0 + 1e-3))) {
            assert!(sin(x).abs() <= one && cos(x).abs() <= one, "{x}");
            assert!(sin(-x) == -sin(x) && cos(-x) == cos(x), "{x}");
            assert!(inv_exprel(x) == x || x < R::of(40.0), "{x}");
            let far = [inv_exprel(-x), exprel_slope(x), exprel_slope(-x), relax(x, one), relax(-x, one)];
            assert!(far.iter().all(|y| y.is_finite()), "{x}: {far:?}");
        }
        assert_eq!((inv_exprel(zero), inv_exprel(-zero), exprel_slope(zero)), (one, one, R::of(0.5)));
        assert!(inv_exprel(R::of(-1e30)) < R::of(1e-30) && inv_exprel(R::of(-1e30)) >= zero);
        assert!([inv_exprel(nan), exprel_slope(nan), relax(nan, one)].iter().all(|y| y.to_f64().is_nan()));
        for t in [1e-6, 0.025, 0.1, 7.0].map(R::of) {
            for s in [zero, -zero, R::of(1e-35), R::of(-1e-35)] {
                assert!((relax(s, t) / t - one).abs() <= R::of(3e-7), "{s} {t}: {}", relax(s, t));
            }
            assert_eq!(relax(R::of(-1e6) / t, t), relax(R::of(-80.0) / t, t));
        }
    }
    check::<f32>();
    check::<f64>();
}

/// The distance between `value` and the double `truth`, in units in the last place of `truth` in
/// `f32`.
fn ulps32(value: f32, truth: f64) -> f64 {
    let near = truth as f32;
    let ulp = f64::from(f32::from_bits(near.abs().to_bits() + 1)) - f64::from(near.abs());
    (f64::from(value) - truth).abs() / ulp
}

fn ulps64(value: f64, truth: f64, rest: f64) -> f64 {
    let ulp = f64::from_bits(truth.abs().to_bits() + 1) - truth.abs();
    ((value - truth) - rest).abs() / ulp
}

/// Every `stride`-th `f32` between two numbers of the same sign.
fn floats(from: f32, to: f32, stride: usize) -> impl Iterator<Item = f32> {
    (from.to_bits()..=to.to_bits()).step_by(stride).map(f32::from_bits)
}
