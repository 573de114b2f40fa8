//! The elementary functions, compared with double-double arithmetic.

use super::uniforms;
use overtime::math::{decay, exp, exp_neg, expm1, exprel, sigmoid, tanh};

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
            let (double_double::DoubleDouble(high, low), n) = double_double::exp(x);
            // A power of two scales both parts exactly. It takes two steps, because 2ⁿ alone may
            // not be a double.
            let scale = |v: f64| v * 2.0_f64.powi(n / 2) * 2.0_f64.powi(n - n / 2);
            within("exp", x, ulps64(exp(x), scale(high), scale(low)), 2.0, &mut worst);
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
        let (double_double::DoubleDouble(high, low), n) = double_double::exp(-z);
        let scale = 2.0_f64.powi(n);
        within("exp_neg", z, ulps64(exp_neg(z), high * scale, low * scale), 2.0, &mut double);
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

/// Double-double arithmetic: a number is the sum of two doubles, which gives about 106 bits.
mod double_double {
    #[derive(Clone, Copy)]
    pub(crate) struct DoubleDouble(pub(crate) f64, pub(crate) f64);

    impl DoubleDouble {
        fn of_sum(a: f64, b: f64) -> Self {
            let s = a + b;
            let t = s - a;
            Self(s, (a - (s - t)) + (b - t))
        }
        fn plus(self, o: Self) -> Self {
            let Self(s, e) = Self::of_sum(self.0, o.0);
            Self::of_sum(s, e + self.1 + o.1)
        }
        fn times(self, o: Self) -> Self {
            let p = self.0 * o.0;
            Self::of_sum(p, self.0.mul_add(o.0, -p) + (self.0 * o.1 + self.1 * o.0))
        }
    }

    /// eˣ: the argument is reduced by multiples of ln 2 (in three parts) and by 2⁻⁸; Taylor's
    /// series follows, and eight squarings.
    pub(crate) fn exp(x: f64) -> (DoubleDouble, i32) {
        let n = (x * std::f64::consts::LOG2_E).round();
        let (l1, l2, l3) = (0.693_147_180_369_123_8, 1.908_214_929_270_587_7e-10, 0.0);
        let exact = |l: f64| {
            let p = n * l;
            DoubleDouble(-p, -n.mul_add(l, -p))
        };
        let r = DoubleDouble(x, 0.0).plus(exact(l1)).plus(exact(l2)).plus(exact(l3));
        let r = DoubleDouble(r.0 / 256.0, r.1 / 256.0);
        let mut sum = DoubleDouble(1.0, 0.0);
        for k in (1..=14).rev() {
            let q = f64::from(k);
            let step = sum.times(r);
            // Divides by a small integer, and keeps the remainder.
            let d = step.0 / q;
            let rest = (-d).mul_add(q, step.0) + step.1;
            sum = DoubleDouble(1.0, 0.0).plus(DoubleDouble(d, rest / q));
        }
        for _ in 0..8 {
            sum = sum.times(sum);
        }
        (sum, n as i32)
    }
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
